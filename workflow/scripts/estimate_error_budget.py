"""Estimate what every component of the error budget weighs in the recommended margin."""

import polars as pl

from popmargin.errors.population import axis_data_of_table, estimate_population_errors
from popmargin.errors.target_parts import estimate_target_parts
from popmargin.margins.budget_shares import estimate_error_budget, outside_remark, share_remarks
from popmargin.margins.coverage_question import recipe_options
from popmargin.margins.group_errors import group_errors
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.account import flags_of, flags_table, withheld
from popmargin.pipeline.components import read_components
from popmargin.pipeline.rows import rows_table
from popmargin.pipeline.script import rule_log
from popmargin.tables.result import read_result
from popmargin.tables.write import write_table


def main(
    unit_summaries,
    error_components,
    earlier_flags,
    error_budget_shares,
    flags,
    shifts=None,
    *,
    covers,
    group_by,
    estimating,
    complete,
    margins,
    overrides,
    organ_motion,
):
    """Read summaries, take the margin of the first recipe apart, write a row a component."""
    units = axis_data_of_table(read_result(unit_summaries, "unit_summaries"), group_by)
    estimates, _ = estimate_population_errors(units, **estimating)
    groups = group_errors(estimates, covers=covers, seed=estimating["seed"])
    components = read_components(error_components)
    earlier = [flag for path in earlier_flags for flag in flags_of(read_result(path, "flags"))]
    rows = estimate_error_budget(
        groups,
        components,
        find_recipe(margins["recipes"][0]),
        complete=complete,
        target_parts=target_parts(shifts, organ_motion, group_by, estimating["seed"]),
        fractions=margins["fractions"],
        options=recipe_options(margins),
        withheld=withheld(earlier, overrides),
        level=estimating["confidence_level"],
        seed=estimating["seed"],
    )
    name = "error_budget_shares"
    write_table(rows_table(rows, name, group_by), error_budget_shares, contract=name)
    remarks = share_remarks(rows, complete)
    if organ_motion and not shifts:
        remarks.append(outside_remark(organ_motion["target"]))
    write_table(flags_table(remarks), flags, contract="flags")


def target_parts(shifts, organ_motion, group_by, seed):
    """Split errors that were matched on the target; nothing where the workflow gives no shifts."""
    if not shifts:
        return []
    rows = pl.scan_parquet(shifts)
    return estimate_target_parts(rows, group_by=group_by, seed=seed, **organ_motion)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
