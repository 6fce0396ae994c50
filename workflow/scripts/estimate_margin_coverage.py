"""Estimate what the margins of every group really cover, for the stated target and course."""

from popmargin.margins.coverage_curve import trace_coverage
from popmargin.margins.coverage_question import coverage_question
from popmargin.margins.group_errors import group_errors, with_budget
from popmargin.margins.logged_courses import logged_courses
from popmargin.margins.study_coverage import estimate_margin_coverage
from popmargin.pipeline.account import read_flags, withheld
from popmargin.pipeline.components import read_components
from popmargin.pipeline.rows import write_rows
from popmargin.pipeline.script import rule_log
from popmargin.pipeline.unit_table import read_estimates
from popmargin.pipeline.within_reach import read_selected
from popmargin.tables.result import read_result


def main(
    unit_summaries,
    selected,
    axis_correlations,
    error_components,
    earlier_flags,
    margin_coverage,
    coverage_curve,
    *,
    covers,
    group_by,
    estimating,
    complete,
    overrides,
    **asked,
):
    """Read summaries and logged errors, write coverages and the curve; no target gives no row."""
    estimates = read_estimates(unit_summaries, group_by, **estimating)
    question = coverage_question(estimating["confidence_level"], estimating["seed"], **asked)
    seed = estimating["seed"]
    correlations = read_result(axis_correlations, "axis_correlations").to_dicts()
    groups = group_errors(estimates, covers=covers, seed=seed, correlations=correlations)
    groups = with_budget(groups, read_components(error_components), complete, seed=seed)
    groups = groups if question else []
    stands = withheld(read_flags(*earlier_flags), overrides)
    logs = logged_courses(read_selected(selected))
    rows = estimate_margin_coverage(groups, question, logs, withheld=stands)
    curve = [] if stands else trace_coverage(groups, question, logs)
    for found, path, name in (
        (rows, margin_coverage, "margin_coverage"),
        (curve, coverage_curve, "coverage_curve"),
    ):
        write_rows(found, path, name, group_by)


if __name__ == "__main__":
    with rule_log(snakemake):
        main(**snakemake.input, **snakemake.output, **snakemake.params.options)
