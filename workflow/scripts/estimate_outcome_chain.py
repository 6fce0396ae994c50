"""Estimate what margins and protocols do to organ dose, NTCP and TCP of the stated phantoms."""

from popmargin.margins.coverage_question import recipe_options
from popmargin.margins.group_errors import group_errors
from popmargin.margins.registry import find_recipe
from popmargin.outcomes.phantom import TargetPhantom
from popmargin.outcomes.study_chain import estimate_outcome_chain
from popmargin.pipeline.account import read_flags, withheld
from popmargin.pipeline.components import read_components
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.unit_table import read_estimates


def main(
    unit_summaries,
    error_components,
    earlier_flags,
    outcome_chain,
    outcome_curve,
    *,
    covers,
    group_by,
    estimating,
    margins,
    target,
    present,
    scenarios,
    patients,
    overrides,
):
    """Read summaries, follow every scenario from errors to response, write arms and curves."""
    estimates = read_estimates(unit_summaries, group_by, **estimating)
    rows, curve = estimate_outcome_chain(
        group_errors(estimates, covers=covers, seed=estimating["seed"]),
        [] if withheld(read_flags(*earlier_flags), overrides) else scenarios,
        recipe=find_recipe(margins["recipes"][0]),
        options=recipe_options(margins),
        recipe_fractions=margins["fractions"],
        target=TargetPhantom(
            target["ctv_radius_mm"], margins["penumbra_sd_mm"], margins["dose_level"]
        ),
        present_margin_mm=(present["lr"], present["si"], present["ap"]) if present else None,
        patients=patients,
        components=read_components(error_components),
        level=estimating["confidence_level"],
        seed=estimating["seed"],
    )
    write_rows(rows, outcome_chain, "outcome_chain")
    write_rows(curve, outcome_curve, "outcome_curve")


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
