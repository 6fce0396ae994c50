"""Estimate autocorrelation and trend within the course, and both SDs corrected for them."""

from popmargin.errors.course_dependence import estimate_course_dependence
from popmargin.pipeline.account import write_flags
from popmargin.pipeline.rows import in_both_units, write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.within_reach import read_selected


def main(selected, course_dependence, flags, **options):
    """Read the chosen images, call one library function, write one table."""
    rows, remarks = estimate_course_dependence(read_selected(selected), **options)
    write_rows(in_both_units(rows), course_dependence, "course_dependence", options["group_by"])
    write_flags(remarks, flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
