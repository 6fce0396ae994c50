"""Estimate what every component of the error budget weighs in the recommended margin."""

from popmargin.errors.population import axis_data_of_table, estimate_population_errors
from popmargin.margins.budget_shares import components_of, estimate_error_budget
from popmargin.margins.coverage_question import recipe_options
from popmargin.margins.error_budget import budget_remarks
from popmargin.margins.group_errors import group_errors
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.account import flags_of, flags_table, withheld
from popmargin.pipeline.rows import rows_table
from popmargin.pipeline.script import rule_log
from popmargin.tables.result import read_result
from popmargin.tables.write import write_table


def main(
    unit_summaries,
    earlier_flags,
    error_budget_shares,
    flags,
    *,
    covers,
    group_by,
    estimating,
    budget,
    margins,
    overrides,
):
    """Read summaries, take the margin of the first recipe apart, write a row a component."""
    units = axis_data_of_table(read_result(unit_summaries, "unit_summaries"), group_by)
    estimates, _ = estimate_population_errors(units, **estimating)
    groups = group_errors(estimates, covers=covers, seed=estimating["seed"])
    components = components_of(budget)
    earlier = [flag for path in earlier_flags for flag in flags_of(read_result(path, "flags"))]
    rows = estimate_error_budget(
        groups,
        components,
        find_recipe(margins["recipes"][0]),
        complete=budget["complete"],
        fractions=margins["fractions"],
        options=recipe_options(margins),
        withheld=withheld(earlier, overrides),
        level=estimating["confidence_level"],
        seed=estimating["seed"],
    )
    name = "error_budget_shares"
    write_table(rows_table(rows, name, group_by), error_budget_shares, contract=name)
    inside = [part for group in groups for part in group.components]
    remarks = budget_remarks([*inside, *components], budget["complete"])
    write_table(flags_table(remarks), flags, contract="flags")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
