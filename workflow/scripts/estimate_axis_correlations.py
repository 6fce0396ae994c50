"""Estimate covariance and correlation of the errors between axes."""

from popmargin.errors.correlations import estimate_axis_correlations
from popmargin.pipeline.account import flags_table
from popmargin.pipeline.rows import rows_table, write_result
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.within_reach import read_selected
from popmargin.tables.write import write_table


def main(selected, axis_correlations, flags, **options):
    """Read the chosen images, call one library function, write one table."""
    rows, remarks = estimate_axis_correlations(read_selected(selected), **options)
    write_result(rows_table(rows, "axis_correlations", options["group_by"]), axis_correlations)
    write_table(flags_table(remarks), flags, contract="flags")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
