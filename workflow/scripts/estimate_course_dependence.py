"""Estimate autocorrelation and trend within the course, and both SDs corrected for them."""

from popmargin.errors.course_dependence import estimate_course_dependence
from popmargin.pipeline.account import flags_table
from popmargin.pipeline.rows import in_both_units, rows_table
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.within_reach import read_selected
from popmargin.tables.write import write_table


def main(selected, course_dependence, flags, **options):
    """Read the chosen images, call one library function, write one table."""
    rows, remarks = estimate_course_dependence(read_selected(selected), **options)
    table = rows_table(in_both_units(rows), "course_dependence", options["group_by"])
    write_table(table, course_dependence, contract="course_dependence")
    write_table(flags_table(remarks), flags, contract="flags")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
