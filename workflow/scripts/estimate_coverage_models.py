"""Estimate what the margins cover with measured errors, own random SDs and a contoured CTV."""

import polars as pl

from popmargin.margins.coverage_question import coverage_question
from popmargin.margins.group_errors import group_errors, with_budget
from popmargin.margins.logged_courses import logged_courses
from popmargin.margins.random_sd_spread import random_variance_shapes
from popmargin.margins.study_coverage_models import estimate_coverage_models
from popmargin.margins.target_surface import surface_of_table
from popmargin.pipeline.account import read_flags, withheld
from popmargin.pipeline.components import read_components
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.unit_table import read_estimates
from popmargin.pipeline.within_reach import read_selected
from popmargin.tables.result import read_result


def main(
    unit_summaries, selected, axis_correlations, error_components, earlier_flags, coverage_models,
    model_doses, contours=None, *, covers, group_by, estimating, complete, overrides, models,
    structure, **asked,
):  # fmt: skip
    """Read summaries, logged errors and contours, write coverages and histograms by model."""
    estimates = read_estimates(unit_summaries, group_by, **estimating)
    seed = estimating["seed"]
    correlations = read_result(axis_correlations, "axis_correlations").to_dicts()
    groups = group_errors(estimates, covers=covers, seed=seed, correlations=correlations)
    groups = with_budget(groups, read_components(error_components), complete, seed=seed)
    surface = (structure, surface_of_table(pl.read_parquet(contours))) if contours else None
    rows, doses = estimate_coverage_models(
        groups,
        coverage_question(estimating["confidence_level"], seed, **asked),
        logged_courses(read_selected(selected)),
        models=models,
        shapes=random_variance_shapes(estimates),
        surface=surface,
        withheld=withheld(read_flags(*earlier_flags), overrides),
    )
    write_rows(rows, coverage_models, "coverage_models", group_by)
    name = "dose_population"
    write_rows(doses, model_doses, name, group_by)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
