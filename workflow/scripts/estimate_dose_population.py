"""Estimate what share of patients gets at least which minimum dose, for two margins."""

from popmargin.margins.coverage_question import coverage_question
from popmargin.margins.group_errors import group_errors, with_budget
from popmargin.margins.study_dose_population import estimate_dose_population
from popmargin.pipeline.account import read_flags, withheld
from popmargin.pipeline.components import read_components
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.unit_table import read_estimates
from popmargin.tables.result import read_result


def main(
    unit_summaries,
    axis_correlations,
    error_components,
    earlier_flags,
    dose_population,
    model_doses=None,
    *,
    covers,
    group_by,
    estimating,
    complete,
    overrides,
    **asked,
):
    """Read summaries, simulate courses, write histograms; no target gives no row."""
    estimates = read_estimates(unit_summaries, group_by, **estimating)
    correlations = read_result(axis_correlations, "axis_correlations").to_dicts()
    seed = estimating["seed"]
    groups = group_errors(estimates, covers=covers, seed=seed, correlations=correlations)
    groups = with_budget(groups, read_components(error_components), complete, seed=seed)
    question = coverage_question(estimating["confidence_level"], seed, **asked)
    found = (
        []
        if withheld(read_flags(*earlier_flags), overrides)
        else estimate_dose_population(groups, question)
    )
    if model_doses:
        found += read_result(model_doses, "dose_population").to_dicts()
    write_rows(found, dose_population, "dose_population", group_by)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
