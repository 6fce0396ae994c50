"""Simulated coverage: against the closed forms, its own standard error, and measured errors."""

import numpy as np
import pytest

from popmargin.core.exceptions import OutOfRange
from popmargin.margins.course_errors import CourseErrors
from popmargin.margins.coverage import Target
from popmargin.margins.coverage_monte_carlo import (
    coverage_monte_carlo,
    coverage_of_logs,
    stratified_standard_error,
)
from popmargin.margins.dose_population import dose_of_population, dose_population
from popmargin.margins.estimate_coverage import estimate_coverage, has_closed_form

CORRELATION = [[1.0, 0.5, 0.0], [0.5, 1.0, 0.2], [0.0, 0.2, 1.0]]
TARGET = Target(30.0)


def stream(seed=1):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("radius", [10.0, 30.0])
@pytest.mark.parametrize(
    ("errors", "fractions"),
    [
        (CourseErrors(3.0, 3.0), None),
        (CourseErrors(1.0, 3.0), None),
        (CourseErrors([1.0, 2.0, 4.0], 3.0), None),
        (CourseErrors([1.0, 2.0, 4.0], 3.0, systematic_correlation=CORRELATION), None),
        (CourseErrors(3.0, 3.0), 1),
        (CourseErrors([1.0, 2.0, 4.0], [3.0, 1.0, 2.0], random_correlation=CORRELATION), 1),
        (CourseErrors(3.0, 0.0), 7),
    ],
)
def test_simulation_agrees_with_the_closed_form(errors, fractions, radius):
    target, margin = Target(radius), 9.0
    assert has_closed_form(errors, margin, fractions)
    exact = estimate_coverage(errors, margin, target, stream(), fractions=fractions)
    simulated = coverage_monte_carlo(
        errors, margin, target, stream(), fractions=fractions, n_patients=5_000
    )
    assert exact.method == "closed_form"
    difference = simulated.coverage - exact.coverage
    assert abs(difference) <= 4.0 * simulated.coverage_standard_error


def test_ellipsoid_of_alpha_times_sigma_covers_ninety_percent():
    sds = np.array([1.0, 2.0, 4.0])
    found = coverage_monte_carlo(
        CourseErrors(sds, 0.0), 2.50027771081 * sds, TARGET, stream(), fractions=1, n_patients=2_000
    )
    assert found.coverage == pytest.approx(0.9, abs=0.001)


def test_many_unequal_fractions_are_the_limit_of_more_and_more():
    errors, margin = CourseErrors(2.0, [1.0, 2.0, 4.0]), 7.0
    limit = coverage_monte_carlo(errors, margin, TARGET, stream(), n_patients=2_000)
    finite = coverage_monte_carlo(errors, margin, TARGET, stream(), fractions=400, n_patients=1_000)
    error = np.hypot(limit.coverage_standard_error, finite.coverage_standard_error)
    assert abs(limit.coverage - finite.coverage) < 4.0 * error


def test_standard_error_is_that_of_repeated_runs():
    runs = [
        coverage_monte_carlo(
            CourseErrors(1.0, 3.0), 5.0, TARGET, stream(seed), fractions=5, n_patients=400
        )
        for seed in range(60)
    ]
    spread = np.std([run.coverage for run in runs], ddof=1)
    stated = np.mean([run.coverage_standard_error for run in runs])
    assert stated == pytest.approx(spread, rel=0.35)
    # Stratified: clearly below the binomial error of as many independent patients.
    share = runs[0].coverage
    assert stated < np.sqrt(share * (1 - share) / 400)


def test_standard_error_is_never_less_than_one_patient():
    assert stratified_standard_error(np.ones(50, dtype=bool)) == 1 / 50


def test_same_stream_gives_the_same_bytes():
    first, second = (
        coverage_monte_carlo(
            CourseErrors(3.0, 3.0), 9.0, TARGET, stream(4), fractions=5, n_patients=500
        )
        for _ in range(2)
    )
    assert first == second


def test_group_mean_costs_coverage():
    def coverage(mean):
        errors = CourseErrors(2.0, 2.0, [0.0, mean, 0.0])
        return estimate_coverage(
            errors, 6.5, TARGET, stream(), fractions=20, n_patients=2_000
        ).coverage

    assert coverage(0.0) > coverage(2.0) + 0.05 > coverage(4.0)


def test_patients_who_differ_in_their_random_error_are_covered_less_often():
    same = coverage_monte_carlo(
        CourseErrors(1.0, 3.0), 5.5, TARGET, stream(), fractions=20, n_patients=3_000
    )
    differ = coverage_monte_carlo(
        CourseErrors(1.0, 3.0, random_variance_shape=2.0),
        5.5,
        TARGET,
        stream(),
        fractions=20,
        n_patients=3_000,
    )
    assert differ.coverage < same.coverage - 0.02


@pytest.mark.parametrize(
    ("errors", "margin", "fractions"),
    [
        (CourseErrors(3.0, 3.0), 9.0, 30),
        (CourseErrors(3.0, [1.0, 2.0, 3.0]), 9.0, None),
        (CourseErrors(3.0, 3.0), [9.0, 9.0, 10.0], None),
        (CourseErrors(3.0, 3.0, 1.0), 9.0, None),
        (CourseErrors(3.0, 3.0, random_variance_shape=3.0), 9.0, 1),
    ],
)
def test_what_has_no_closed_form_is_simulated(errors, margin, fractions):
    assert not has_closed_form(errors, margin, fractions)
    found = estimate_coverage(errors, margin, TARGET, stream(), fractions=fractions, n_patients=50)
    assert found.method == "monte_carlo"


def test_measured_errors_of_a_normal_population_are_covered_like_it():
    generator = stream(7)
    logs = generator.normal(0, 2, (400, 1, 3)) + generator.normal(0, 2, (400, 30, 3))
    normal = coverage_monte_carlo(
        CourseErrors(2.0, 2.0), 7.0, TARGET, stream(), fractions=10, n_patients=4_000
    )
    measured = coverage_of_logs(list(logs), 7.0, TARGET, stream(), fractions=10, n_patients=4_000)
    # 400 logged patients leave a standard error of 0.012.
    assert measured.coverage == pytest.approx(normal.coverage, abs=0.05)
    assert 0.0 < measured.coverage_standard_error < 0.01


def test_resampling_stays_within_the_patient():
    logs = [[[0.0, 0.0, 20.0]], [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]]
    found = coverage_of_logs(logs, 5.0, TARGET, stream(), fractions=4, n_patients=2_000)
    assert found.coverage == pytest.approx(0.5, abs=0.05)


def test_impossible_numbers_are_refused():
    with pytest.raises(OutOfRange, match="n_patients"):
        coverage_monte_carlo(CourseErrors(1.0, 1.0), 5.0, TARGET, stream(), n_patients=1)
    with pytest.raises(OutOfRange, match="n_patients"):
        coverage_of_logs([[[1.0, 0, 0]]], 5.0, TARGET, stream(), fractions=30, n_patients=10**7)
    with pytest.raises(OutOfRange, match="margin_mm"):
        estimate_coverage(CourseErrors(1.0, 1.0), -5.0, TARGET, stream())


@pytest.mark.parametrize("margin", [201.0, [5.0, 1e9, 5.0], -1.0])
@pytest.mark.parametrize("fractions", [None, 5])
def test_a_margin_that_no_field_holds_is_refused(margin, fractions):
    with pytest.raises(OutOfRange, match="margin_mm"):
        estimate_coverage(CourseErrors(1, 3), margin, Target(30.0), stream(), fractions=fractions)


def test_dose_population_falls_from_one_to_zero():
    histogram = dose_population([0.9, 0.95, 1.0, 0.97], [0.0, 0.9, 0.95, 0.96, 1.0, 1.01])
    assert histogram.population.tolist() == [1.0, 1.0, 0.75, 0.5, 0.25, 0.0]
    assert np.all(np.diff(dose_population([0.5, 0.7]).population) <= 0)
    assert dose_of_population([0.8, 0.9, 1.0], 0.5) == pytest.approx(0.9)
    for bad in ([], [float("nan")], [[0.9]]):
        with pytest.raises(OutOfRange, match="minimum_doses"):
            dose_population(bad)
