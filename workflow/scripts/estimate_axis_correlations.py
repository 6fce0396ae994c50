"""Estimate covariance and correlation of the errors between axes."""

from popmargin.errors.correlations import estimate_axis_correlations
from popmargin.pipeline.account import write_flags
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.within_reach import read_selected


def main(selected, axis_correlations, flags, **options):
    """Read the chosen images, call one library function, write one table."""
    rows, remarks = estimate_axis_correlations(read_selected(selected), **options)
    write_rows(rows, axis_correlations, "axis_correlations", options["group_by"])
    write_flags(remarks, flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
