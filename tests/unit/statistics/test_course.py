"""Observations in order: serial dependence and trend."""

import numpy as np
import pytest
from hypothesis import given, settings

from popmargin.core.exceptions import NotEstimable, OutOfRange
from popmargin.statistics.anova import anova_components
from popmargin.statistics.dependence import serial_dependence
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.ordered_groups import OrderedGroups
from popmargin.statistics.trend import linear_trend
from tests.unit.statistics.strategies import seeds


def course(rng, sizes, phi: float, between_sd: float = 0.5, slope=0.0) -> OrderedGroups:
    values, labels, positions = [], [], []
    slopes = np.broadcast_to(slope, len(sizes))
    for group, size in enumerate(sizes):
        noise = [rng.normal()]
        for _ in range(1, size):
            noise.append(phi * noise[-1] + (1 - phi**2) ** 0.5 * rng.normal())
        level = between_sd * rng.normal()
        values += [level + slopes[group] * k + e for k, e in enumerate(noise)]
        labels += [group] * size
        positions += range(size)
    return OrderedGroups.from_values(values, labels, positions)


def test_dependence_is_found_and_both_variances_are_corrected() -> None:
    """150 cohorts with phi 0.4: means of the estimates within four standard errors of the truth."""
    rng = np.random.default_rng(1)
    sizes = [1, 8, 12, 12, 20] * 4
    found, naive = [], []
    for _ in range(150):
        groups = course(rng, sizes, 0.4)
        result = serial_dependence(groups, draws=55)
        found.append([result.autocorrelation, result.within_variance, result.between_variance])
        assert result.p_value < 0.2
        labels = np.repeat(np.arange(20), groups.sizes)
        naive.append(
            anova_components(OneWayData.from_values(groups.values, labels)).between_variance
        )
    error = np.std(found, axis=0) / 150**0.5
    assert (np.abs(np.mean(found, axis=0) - [0.4, 1.0, 0.25]) < 4 * error).all()
    assert np.mean(naive) > 0.25 + 5 * error[2]


def test_independence_keeps_anova_and_a_uniform_p_value() -> None:
    rng = np.random.default_rng(2)
    p_values = []
    for _ in range(600):
        groups = course(rng, [2, 5, 9, 9] * 3, 0.0)
        p_values.append(serial_dependence(groups, draws=13).p_value)
    allowed = 4 * (0.05 * 0.95 / 600) ** 0.5
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=allowed)


def test_corrected_interval_covers_where_the_usual_one_is_about_the_wrong_quantity() -> None:
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(250):
        result = serial_dependence(course(rng, [12] * 20, 0.4), draws=377)
        held += result.between_interval.low <= 0.5 <= result.between_interval.high
    assert held / 250 > 0.95 - 4 * (0.95 * 0.05 / 250) ** 0.5
    assert result.between_sd == max(0.0, result.between_variance) ** 0.5


@settings(deadline=None, max_examples=20)
@given(seed=seeds)
def test_order_of_rows_and_groups_changes_no_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(5), [3, 6, 4, 5, 6])
    positions = np.concatenate([rng.permutation(9)[:n] for n in (3, 6, 4, 5, 6)])
    values = rng.normal(size=24)
    order, names = rng.permutation(24), rng.permutation(5)
    moved = OrderedGroups.from_values(values[order], names[labels][order], positions[order])
    groups = OrderedGroups.from_values(values, labels, positions)
    assert serial_dependence(moved, draws=21) == serial_dependence(groups, draws=21)
    assert linear_trend(moved) == linear_trend(groups)


def test_trend_test_has_its_size_and_its_interval_covers() -> None:
    """600 cohorts without, 300 with a slope that differs between groups."""
    rng = np.random.default_rng(4)
    sizes = [2, 6, 10, 10] * 4
    p_values = np.array(
        [
            (found.p_value, found.any_slope_p_value)
            for found in (linear_trend(course(rng, sizes, 0.0)) for _ in range(600))
        ]
    )
    allowed = 4 * (0.05 * 0.95 / 600) ** 0.5 + 0.02
    assert (p_values < 0.05).mean(axis=0) == pytest.approx([0.05, 0.05], abs=allowed)
    results = [
        linear_trend(course(rng, [10] * 20, 0.0, slope=0.3 + 0.2 * rng.normal(size=20)))
        for _ in range(300)
    ]
    held = [r.slope_interval.low <= 0.3 <= r.slope_interval.high for r in results]
    assert np.mean(held) == pytest.approx(0.95, abs=4 * (0.95 * 0.05 / 300) ** 0.5)
    assert np.mean([r.slope_sd for r in results]) == pytest.approx(0.2, abs=0.01)
    assert np.mean([r.detrended_within_sd for r in results]) == pytest.approx(1.0, abs=0.02)
    assert max(r.any_slope_p_value for r in results) < 0.01


def test_exact_lines() -> None:
    positions = np.tile(np.arange(4.0), 3)
    labels = np.repeat([0, 1, 2], 4)
    found = linear_trend(OrderedGroups.from_values(2.0 * positions + labels, labels, positions))
    assert (found.slope, found.slope_interval.low, found.slope_interval.high) == (2.0, 2.0, 2.0)
    assert (found.p_value, found.any_slope_p_value, found.slope_sd) == (0.0, 0.0, 0.0)
    flat = linear_trend(OrderedGroups.from_values([1.0] * 12, labels, positions))
    assert (flat.slope, flat.p_value, flat.any_slope_p_value) == (0.0, 1.0, 1.0)


def test_two_observations_a_group_leave_no_degrees_of_freedom() -> None:
    found = linear_trend(OrderedGroups.from_values([0, 1, 0, 2], list("aabb"), [1, 2, 1, 2]))
    assert found.slope == 1.5
    assert (found.any_slope_p_value, found.slope_sd, found.detrended_within_sd) == (None,) * 3


def test_not_estimable_says_why() -> None:
    short = OrderedGroups.from_values([0, 1, 0, 2], list("aabb"), [1, 2, 1, 2])
    with pytest.raises(NotEstimable, match="3 observations"):
        serial_dependence(short)
    with pytest.raises(NotEstimable, match="2 groups"):
        linear_trend(OrderedGroups.from_values([0, 1, 0], list("aab"), [1, 2, 1]))


@pytest.mark.parametrize(
    ("values", "labels", "positions", "word"),
    [
        ([], [], [], "labels"),
        ([1.0], ["a"], [np.inf], "positions"),
        ([1.0, 2.0], ["a", "a"], [3, 3], "position 3 twice in one group"),
    ],
)
def test_impossible_courses_are_refused(values, labels, positions, word) -> None:
    with pytest.raises(OutOfRange, match=word):
        OrderedGroups.from_values(values, labels, positions)
