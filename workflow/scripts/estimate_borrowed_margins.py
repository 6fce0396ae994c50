"""Combine small groups with the published rows that the config names, beside the data alone."""

from popmargin.margins.borrowing import borrow_for_groups
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.account import read_flags, withheld, write_flags
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.unit_table import read_estimates


def main(
    unit_summaries,
    earlier_flags,
    borrowed_margins,
    flags,
    *,
    borrowing,
    recipes,
    group_by,
    overrides,
    estimating,
    how,
):
    """Read summaries, combine, write errors and margins with the weight of the literature."""
    estimates = read_estimates(unit_summaries, group_by, **estimating)
    rows, remarks = borrow_for_groups(
        estimates,
        borrowing,
        [find_recipe(name) for name in recipes],
        withheld=withheld(read_flags(*earlier_flags), overrides),
        seed=estimating["seed"],
        **how,
    )
    write_rows(rows, borrowed_margins, "borrowed_margins", group_by)
    write_flags(remarks, flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
