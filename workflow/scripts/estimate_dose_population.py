"""Estimate what share of patients gets at least which minimum dose, for two margins."""

from popmargin.errors.population import estimate_population_errors
from popmargin.margins.coverage_question import coverage_question
from popmargin.margins.group_errors import group_errors, with_budget
from popmargin.margins.study_dose_population import estimate_dose_population
from popmargin.pipeline.account import flags_of, withheld
from popmargin.pipeline.components import read_components
from popmargin.pipeline.rows import rows_table, write_result
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.unit_table import read_units
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
    units = read_units(unit_summaries, group_by)
    estimates, _ = estimate_population_errors(units, **estimating)
    correlations = read_result(axis_correlations, "axis_correlations").to_dicts()
    seed = estimating["seed"]
    groups = group_errors(estimates, covers=covers, seed=seed, correlations=correlations)
    groups = with_budget(groups, read_components(error_components), complete, seed=seed)
    flags = [flag for path in earlier_flags for flag in flags_of(read_result(path, "flags"))]
    question = coverage_question(estimating["confidence_level"], seed, **asked)
    found = [] if withheld(flags, overrides) else estimate_dose_population(groups, question)
    if model_doses:
        found += read_result(model_doses, "dose_population").to_dicts()
    write_result(rows_table(found, "dose_population", group_by), dose_population)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
