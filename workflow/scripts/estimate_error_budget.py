"""Estimate what every component of the error budget weighs in the recommended margin."""

import polars as pl

from popmargin.errors.target_parts import estimate_target_parts
from popmargin.margins.budget_shares import estimate_error_budget, share_remarks
from popmargin.margins.coverage_question import recipe_options
from popmargin.margins.group_errors import group_errors
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.account import read_flags, withheld, write_flags
from popmargin.pipeline.components import read_components
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.unit_table import read_estimates


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
    estimates = read_estimates(unit_summaries, group_by, **estimating)
    matches = pl.scan_parquet(shifts) if shifts else None
    rows = estimate_error_budget(
        group_errors(estimates, covers=covers, seed=estimating["seed"]),
        read_components(error_components),
        find_recipe(margins["recipes"][0]),
        complete=complete,
        target_parts=estimate_target_parts(matches, group_by=group_by, **(organ_motion or {})),
        fractions=margins["fractions"],
        options=recipe_options(margins),
        withheld=withheld(read_flags(*earlier_flags), overrides),
        level=estimating["confidence_level"],
        seed=estimating["seed"],
    )
    write_rows(rows, error_budget_shares, "error_budget_shares", group_by)
    outside = organ_motion["target"] if organ_motion and not shifts else None
    write_flags(share_remarks(rows, complete, outside), flags)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
