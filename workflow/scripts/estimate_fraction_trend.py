"""Estimate the mean error by fraction number."""

from popmargin.errors.trend import estimate_fraction_trend
from popmargin.pipeline.rows import write_result
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.within_reach import read_selected


def main(selected, fraction_trend, **options):
    """Read the chosen images, call one library function, write one table."""
    write_result(estimate_fraction_trend(read_selected(selected), **options), fraction_trend)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
