"""Solved margins reach the coverage that was wanted, and their intervals carry the draws."""

import numpy as np
import pytest

from popmargin.core.exceptions import OutOfRange
from popmargin.margins.course_errors import CourseErrors
from popmargin.margins.coverage import Target
from popmargin.margins.coverage_closed_form import margin_many_fractions
from popmargin.margins.coverage_monte_carlo import coverage_monte_carlo
from popmargin.margins.solve_margin import MarginSearch, simulated_courses, solve_margin
from popmargin.margins.solve_margin_interval import solve_margin_interval

TARGET = Target(30.0)


def stream(seed=1):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("errors", "fractions", "share"),
    [
        (CourseErrors(3.0, 3.0), 10, 0.90),
        (CourseErrors(1.0, 3.0), 5, 0.95),
        (CourseErrors([1.0, 2.0, 3.0], [2.0, 3.0, 1.0], 0.5), 6, 0.80),
    ],
)
def test_solved_margin_reaches_its_coverage_in_other_patients(errors, fractions, share):
    solved = solve_margin(share, errors, TARGET, stream(), fractions=fractions, n_patients=4_000)
    check = coverage_monte_carlo(
        errors, solved.margin_mm, TARGET, stream(2), fractions=fractions, n_patients=4_000
    )
    error = np.hypot(check.coverage_standard_error, solved.coverage_standard_error)
    assert abs(check.coverage - share) <= 4.0 * error
    assert solved.method == "monte_carlo"


def test_default_patients_give_a_twentieth_of_a_millimetre():
    margins = [
        solve_margin(0.90, CourseErrors(1.0, 3.0), TARGET, stream(seed), fractions=3)
        for seed in range(2)
    ]
    assert all(solved.margin_standard_error_mm < 0.02 for solved in margins)
    first, second = (solved.margin_mm[0] for solved in margins)
    assert first == pytest.approx(second, abs=0.05)


def test_stated_standard_error_is_that_of_repeated_runs():
    runs = [
        solve_margin(0.9, CourseErrors(2.0, 3.0), TARGET, stream(seed), fractions=4, n_patients=500)
        for seed in range(40)
    ]
    spread = np.std([run.margin_mm[0] for run in runs], ddof=1)
    stated = np.mean([run.margin_standard_error_mm for run in runs])
    assert stated == pytest.approx(spread, rel=0.4)


def test_margins_may_be_wanted_in_proportion():
    errors = CourseErrors([1.0, 2.0, 3.0], 2.0)
    solved = solve_margin(
        0.9, errors, TARGET, stream(), fractions=5, axis_ratio=[1.0, 2.0, 3.0], n_patients=1_500
    )
    lr, si, ap = solved.margin_mm
    assert (si / lr, ap / lr) == pytest.approx((2.0, 3.0))
    check = coverage_monte_carlo(
        errors, solved.margin_mm, TARGET, stream(2), fractions=5, n_patients=1_500
    )
    assert check.coverage == pytest.approx(0.9, abs=4 * check.coverage_standard_error + 0.005)


@pytest.mark.parametrize(("fractions", "random"), [(None, 3.0), (1, 3.0), (12, 0.0)])
def test_closed_forms_are_used_where_they_exist(fractions, random):
    solved = solve_margin(0.9, CourseErrors(3.0, random), TARGET, stream(), fractions=fractions)
    expected = {
        None: margin_many_fractions(0.9, 3.0, 3.0, TARGET),
        1: 2.50027771081 * np.hypot(3.0, random),
        12: 7.50083313243,
    }[fractions]
    assert solved.margin_mm == pytest.approx((expected,) * 3, abs=1e-8)
    assert (solved.method, solved.margin_standard_error_mm) == ("closed_form", 0.0)


def test_search_starts_well_from_any_guess():
    blur, courses = simulated_courses(CourseErrors(2.0, 2.0), 5, 400, stream())
    margins = [
        MarginSearch(courses, TARGET, np.ones(3), blur).solve(0.9, guess)
        for guess in (0.0, 3.0, 7.0, 40.0)
    ]
    assert margins == pytest.approx([margins[0]] * 4, abs=0.011)


def test_no_margin_is_needed_where_nobody_is_lost():
    solved = solve_margin(
        0.5, CourseErrors(0.01, 0.01), Target(30.0), stream(), fractions=5, n_patients=100
    )
    assert solved.margin_mm[0] == pytest.approx(0.0, abs=0.05)


def test_interval_follows_the_draws_as_direct_solutions_do():
    generator = stream(3)
    systematic = np.abs(generator.normal(2.0, 0.3, 24))
    random = np.abs(generator.normal(3.0, 0.2, 24))
    found = solve_margin_interval(
        0.9,
        2.0,
        3.0,
        TARGET,
        stream(),
        systematic_draws_mm=systematic,
        random_draws_mm=random,
        fractions=5,
        level=0.8,
    )
    assert found.low_mm < found.margin_mm < found.upper_mm < found.high_mm
    assert found.fit_error_mm < 0.05
    direct = [
        solve_margin(
            0.9, CourseErrors(s, r), TARGET, stream(9), fractions=5, n_patients=8_000
        ).margin_mm[0]
        for s, r in zip(systematic, random, strict=True)
    ]
    expected = np.quantile(direct, [0.1, 0.9], method="hazen")
    assert (found.low_mm, found.high_mm) == pytest.approx(expected, abs=0.1)


def test_interval_of_many_fractions_is_that_of_the_closed_form():
    draws = np.linspace(1.5, 2.5, 101)
    found = solve_margin_interval(
        0.9,
        2.0,
        2.0,
        TARGET,
        stream(),
        systematic_draws_mm=draws,
        random_draws_mm=np.full(101, 2.0),
        level=0.9,
    )
    exact = [margin_many_fractions(0.9, s, 2.0, TARGET) for s in draws]
    expected = np.quantile(exact, [0.05, 0.95, 0.9], method="hazen")
    limits = (found.low_mm, found.high_mm, found.upper_mm)
    assert limits == pytest.approx(expected, abs=1e-6)


def test_three_axes_of_draws_are_taken():
    draws = np.abs(stream(5).normal([1.0, 2.0, 3.0], 0.1, (25, 3)))
    found = solve_margin_interval(
        0.9,
        [1.0, 2.0, 3.0],
        0.0,
        TARGET,
        stream(),
        systematic_draws_mm=draws,
        random_draws_mm=np.zeros(25),
        fractions=5,
    )
    assert found.low_mm < found.margin_mm < found.high_mm


@pytest.mark.parametrize("share", [0.0, 1.0, 1.2])
def test_impossible_share_is_refused(share):
    with pytest.raises(OutOfRange, match="coverage"):
        solve_margin(share, CourseErrors(1.0, 1.0), TARGET, stream())


def test_portions_of_courses_are_joined(monkeypatch):
    monkeypatch.setattr("popmargin.margins.course_errors.ROWS_AT_ONCE", 70)
    blur, courses = simulated_courses(CourseErrors(3.0, 3.0), 7, 25, stream())
    assert (blur, courses.n_patients, len(courses.weights)) == (0.0, 25, 175)
    assert courses.starts.tolist() == list(range(0, 176, 7))


def test_too_few_patients_for_a_high_share_are_refused():
    with pytest.raises(OutOfRange, match=r"n_patients.*at least 10000"):
        solve_margin(0.999, CourseErrors(1.0, 1.0), TARGET, stream(), fractions=5, n_patients=1_000)


def test_impossible_draws_and_ratios_are_refused():
    with pytest.raises(OutOfRange, match="axis_ratio"):
        solve_margin(0.9, CourseErrors(1.0, 1.0), TARGET, stream(), axis_ratio=[1.0, 0.0, 1.0])
    draws = np.ones(30)

    def interval(systematic, random):
        return solve_margin_interval(
            0.9,
            1.0,
            1.0,
            TARGET,
            stream(),
            systematic_draws_mm=systematic,
            random_draws_mm=random,
        )

    with pytest.raises(OutOfRange, match="systematic_draws_mm"):
        interval(draws[:5], draws[:5])
    with pytest.raises(OutOfRange, match="random_draws_mm"):
        interval(draws, draws[:25])
    with pytest.raises(OutOfRange, match="random_draws_mm"):
        interval(draws, -draws)
