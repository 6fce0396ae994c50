"""Estimate how much centres differ, patients of a centre, and fractions of a patient."""

from popmargin.errors.centres import estimate_centre_errors
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.within_reach import read_selected


def main(selected, centre_errors, **options):
    """Read the chosen images, call one library function, write one table."""
    rows = estimate_centre_errors(read_selected(selected, by_centre=True), **options)
    write_rows(rows, centre_errors, "centre_errors", options["group_by"])


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
