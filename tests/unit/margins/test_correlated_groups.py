"""Correlations of the axes enter the coverage of a study; components dilute them."""

from dataclasses import replace

import numpy as np
import pytest

from popmargin.errors.correlations import estimate_axis_correlations
from popmargin.errors.population import axis_data, estimate_population_errors
from popmargin.errors.select import select_images
from popmargin.errors.units import summarise_units
from popmargin.margins.course_errors import CourseErrors
from popmargin.margins.coverage import Target
from popmargin.margins.coverage_curve import trace_coverage
from popmargin.margins.coverage_monte_carlo import coverage_monte_carlo
from popmargin.margins.coverage_question import CoverageQuestion
from popmargin.margins.error_budget import ErrorComponent
from popmargin.margins.group_errors import group_errors, with_components
from popmargin.margins.registry import find_recipe
from popmargin.margins.study_coverage import describe_axes, estimate_margin_coverage
from popmargin.margins.study_dose_population import estimate_dose_population
from tests.figures.comparison_tables import comparison_shifts

QUESTION = CoverageQuestion(
    Target(20.0), 5, 0.9, [find_recipe("stroom")], present_margin_mm=(9.0, 9.0, 9.0)
)
PART = ErrorComponent("delineation", "systematic", 2.0, 2.0, 2.0, "study")


@pytest.fixture(scope="module")
def measured():
    """Patient means of the later patients are shifted on all axes at once: strongly correlated."""
    shifts = comparison_shifts(("lung",))
    estimates, _ = estimate_population_errors(axis_data(summarise_units(shifts, group_by=["site"])))
    chosen = select_images(shifts.lazy(), group_by=["site"]).collect()
    rows, _ = estimate_axis_correlations(chosen, group_by=["site"])
    return estimates, rows


def groups_of(measured, *, correlated=True):
    estimates, rows = measured
    return group_errors(estimates, covers="x", seed=1, correlations=rows if correlated else ())


def test_covariances_of_the_data_are_those_that_were_measured(measured):
    (group,) = groups_of(measured)
    covariance = group.errors().systematic_covariance()
    for row in measured[1]:
        if row["level"] == "systematic":
            i, j = (("lr", "si", "ap").index(row[name]) for name in ("axis_1", "axis_2"))
            assert covariance[i, j] == pytest.approx(row["covariance_mm2"], rel=0.02, abs=0.02)
    assert describe_axes(group) == "correlated as measured"


def test_a_component_adds_variance_and_no_covariance(measured):
    (group,) = groups_of(measured)
    whole = with_components(group, [PART], False)
    added = whole.errors().systematic_covariance() - group.errors().systematic_covariance()
    assert added == pytest.approx(4.0 * np.eye(3), abs=1e-9)


def test_without_measured_correlations_axes_are_independent_and_say_so(measured):
    (group,) = groups_of(measured, correlated=False)
    covariance = group.errors().systematic_covariance()
    assert np.count_nonzero(covariance - np.diag(covariance.diagonal())) == 0
    assert describe_axes(group) == "taken as independent"


def test_correlated_errors_change_the_coverage_of_a_study(measured):
    together = 0.9 + 0.1 * np.eye(3)
    (apart,) = groups_of(measured, correlated=False)
    rows = [
        next(
            row
            for row in estimate_margin_coverage([group], QUESTION, {})
            if row["kind"] == "present"
        )
        for group in (replace(apart, correlations=(together, None)), apart)
    ]
    direct = coverage_monte_carlo(
        CourseErrors(
            np.sqrt(apart.errors().systematic_covariance().diagonal()),
            np.sqrt(apart.errors().random_covariance().diagonal()),
            systematic_correlation=together,
        ),
        9.0, Target(20.0), np.random.default_rng(3), fractions=5, n_patients=8_000,
    )  # fmt: skip
    errors = [row["coverage_standard_error"] for row in rows]
    error = 4.0 * np.hypot(direct.coverage_standard_error, errors[0])
    assert rows[0]["coverage"] == pytest.approx(direct.coverage, abs=error)
    assert abs(rows[0]["coverage"] - rows[1]["coverage"]) > 4.0 * np.hypot(*errors)


def test_the_closed_form_stands_beside_the_simulated_curve(measured):
    rows = trace_coverage(groups_of(measured, correlated=False), QUESTION, {})
    assert rows[0]["closed_form_coverage"] is None
    closed = np.array([row["closed_form_coverage"] for row in rows[1:]])
    simulated = np.array([row["coverage"] for row in rows[1:]])
    assert np.all(np.diff(closed) >= 0.0)
    # Five fractions: effective errors are near, and a few per cent too many at most.
    assert np.abs(closed - simulated).max() < 0.12


def test_the_histogram_meets_the_coverage_at_the_wanted_dose(measured):
    groups = groups_of(measured)
    rows = estimate_dose_population(groups, QUESTION)
    assert {row["kind"] for row in rows} == {"recipe", "present"}
    present = [row for row in rows if row["kind"] == "present"]
    shares = [row["population"] for row in present]
    assert np.all(np.diff(shares) <= 0.0)
    at_level = next(row["population"] for row in present if row["dose"] == 0.95)
    found = estimate_margin_coverage(groups, QUESTION, {})
    coverage = next(row for row in found if row["kind"] == "present")["coverage"]
    # 1,000 stratified patients: a standard error below one per cent.
    assert at_level == pytest.approx(coverage, abs=0.04)
    assert estimate_dose_population(groups, None) == []
