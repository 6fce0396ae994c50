"""Describe the shape of the errors by histograms and normal quantiles."""

from popmargin.errors.distribution import describe_distribution
from popmargin.pipeline.rows import write_result
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.within_reach import read_selected


def main(selected, error_distribution, **options):
    """Read the chosen images, call one library function, write one table."""
    write_result(describe_distribution(read_selected(selected), **options), error_distribution)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
