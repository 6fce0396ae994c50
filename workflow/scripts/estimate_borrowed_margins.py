"""Combine small groups with the published rows that the config names, beside the data alone."""

from popmargin.errors.population import estimate_population_errors
from popmargin.margins.borrowing import borrow_for_groups
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.account import flags_of, flags_table, withheld
from popmargin.pipeline.rows import rows_table
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.unit_table import read_units
from popmargin.tables.result import read_result
from popmargin.tables.write import write_table


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
    units = read_units(unit_summaries, group_by)
    estimates, _ = estimate_population_errors(units, **estimating)
    earlier = [flag for path in earlier_flags for flag in flags_of(read_result(path, "flags"))]
    rows, remarks = borrow_for_groups(
        estimates,
        borrowing,
        [find_recipe(name) for name in recipes],
        withheld=withheld(earlier, overrides),
        seed=estimating["seed"],
        **how,
    )
    table = rows_table(rows, "borrowed_margins", group_by)
    write_table(table, borrowed_margins, contract="borrowed_margins")
    write_table(flags_table(remarks), flags, contract="flags")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
