"""Lag products and their expectations, against written-out matrices and against simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.statistics.anova import anova_components
from popmargin.statistics.dependence import serial_dependence
from popmargin.statistics.lag_moments import lag_moments
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.ordered_groups import OrderedGroups
from tests.oracles.comparison_lag_moments import lag_expectations

COURSES = [[1, 2, 3, 4, 5, 6], [1, 2, 4, 5, 9], [3, 4, 5], [1, 2], [7]]


def groups_of(courses, values=None):
    labels = np.repeat(np.arange(len(courses)), [len(c) for c in courses])
    positions = np.concatenate(courses)
    rng = np.random.default_rng(0)
    return OrderedGroups.from_values(
        rng.normal(size=labels.size) if values is None else values, labels, positions
    )


@settings(deadline=None, max_examples=25)
@given(st.floats(-0.9, 0.9), st.booleans())
def test_expectations_are_the_traces(phi, detrended):
    moments = lag_moments(groups_of(COURSES), detrended=detrended)
    found = np.array(
        [
            moments.expected_products(phi),
            moments.expected_squares(phi),
            moments.mean_inflation(phi),
        ]
    ).T
    for course, row in zip(COURSES, found, strict=True):
        expected = lag_expectations(course, phi, detrended=detrended and len(course) > 2)
        if detrended and len(course) <= 2:
            expected = (0.0, 0.0, expected[2])
        assert row == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("detrended", [False, True])
def test_products_are_those_of_successive_deviations(detrended):
    groups = groups_of(COURSES)
    moments = lag_moments(groups, detrended=detrended)
    for place, course in enumerate(COURSES[:3]):
        start = int(groups.starts[place])
        x = groups.values[start : start + len(course)]
        degree = 1 if detrended else 0
        e = x - np.polyval(np.polyfit(course, x, degree), course)
        pairs = [e[i] * e[i + 1] for i in range(len(course) - 1) if course[i + 1] == course[i] + 1]
        assert moments.products[place] == pytest.approx(sum(pairs))
        assert moments.squares[place] == pytest.approx(float(e @ e))
    assert moments.pairs == 5 + 2 + 2 + 1


def test_weekly_images_step_by_the_week():
    daily, weekly = groups_of([[1, 2, 3, 4]] * 3), groups_of([[1, 6, 11, 16]] * 3)
    one, other = lag_moments(daily), lag_moments(weekly)
    assert one.expected_products(0.5) == pytest.approx(other.expected_products(0.5))
    assert other.pairs == 9


def test_ratio_variance_when_independent_is_the_simulated_one():
    rng = np.random.default_rng(4)
    course = [1, 2, 3, 5, 6, 7, 8]
    groups = groups_of([course] * 20_000, rng.normal(size=140_000))
    moments = lag_moments(groups, detrended=True)
    seen = np.var(moments.products / moments.squares)
    assert moments.ratio_variances[0] == pytest.approx(seen, rel=0.04)


def test_test_keeps_its_size_when_group_variances_differ():
    rng = np.random.default_rng(6)
    trials, rejected = 500, 0
    for _ in range(trials):
        scale = np.repeat(np.sqrt(2.0 / rng.standard_gamma(3.0, 20)), 10)
        values = scale * rng.normal(size=200)
        groups = groups_of([list(range(10))] * 20, values)
        rejected += serial_dependence(groups, draws=2).p_value < 0.05
    assert rejected / trials == pytest.approx(0.05, abs=4 * (0.05 * 0.95 / trials) ** 0.5)


def test_a_trend_is_not_taken_for_dependence_when_detrended():
    rng = np.random.default_rng(8)
    found = []
    for _ in range(60):
        values = (rng.normal(size=(20, 15)) + 0.1 * np.arange(15)).ravel()
        groups = groups_of([list(range(15))] * 20, values)
        found.append(
            [serial_dependence(groups, detrended=d, draws=2).autocorrelation for d in (True, False)]
        )
    with_line, about_mean = np.mean(found, axis=0)
    assert with_line == pytest.approx(0.0, abs=0.03)
    assert about_mean > 0.1


def test_detrended_means_are_compared_at_one_position():
    """Courses of two lengths on one common line: no variance between is left."""
    rng = np.random.default_rng(9)
    courses = [list(range(8)), list(range(24))] * 10
    values = np.concatenate([0.5 * np.array(c) + 0.1 * rng.normal(size=len(c)) for c in courses])
    groups = groups_of(courses, values)
    assert serial_dependence(groups, detrended=True, draws=2).between_sd < 0.1
    labels = np.repeat(np.arange(20), groups.sizes)
    assert anova_components(OneWayData.from_values(groups.values, labels)).between_sd > 1.0
