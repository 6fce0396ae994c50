"""Generalised intervals: each draw against a plain loop, invariants, coverage."""

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.special import chdtri

from popmargin.core.exceptions import NotEstimable, OutOfRange
from popmargin.statistics.anova import anova_components
from popmargin.statistics.classical_intervals import (
    chi_square_sd_of_means,
    chi_square_within_sd,
)
from popmargin.statistics.generalised_interval import (
    conventional_between_interval,
    conventional_draws,
    generalised_draws,
)
from popmargin.statistics.interval import interval_of
from popmargin.statistics.mean_interval import mean_interval
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.point_set import chi_square_points, unit_points
from popmargin.statistics.within_interval import within_interval
from tests.oracles import statistics_plain as plain
from tests.unit.statistics.strategies import balanced_cohorts, cohorts, data_of


@pytest.mark.parametrize("seed", range(8))
def test_every_draw_is_the_plain_loop(seed: int) -> None:
    groups = plain.random_groups(seed)
    data = data_of(groups)
    draws = generalised_draws(data, draws=55, seed=seed)
    w1 = chi_square_points(data.group_count - 1, 0, 2, seed, 55)
    w2 = chi_square_points(data.by_size.within_df, 1, 2, seed, 55)
    for d in range(55):
        between, within = plain.generalised_draw(groups, w1[d], w2[d])
        assert draws.between_sd[d] == pytest.approx(between, rel=1e-10, abs=1e-12)
        assert draws.within_sd[d] == pytest.approx(within, rel=1e-12)


@settings(deadline=None, max_examples=40)
@given(data=cohorts)
def test_draws_are_finite_and_ordered(data: OneWayData) -> None:
    draws = generalised_draws(data, draws=233)
    assert np.isfinite(draws.between_sd).all()
    assert (draws.between_sd >= 0).all()
    found = interval_of(draws.between_sd, 0.9)
    assert found.low <= found.median <= found.upper <= found.high


@settings(deadline=None, max_examples=30)
@given(data=balanced_cohorts)
def test_draws_of_balanced_data_are_the_closed_form(data: OneWayData) -> None:
    table = data.by_size
    draws = generalised_draws(data, draws=89)
    pivot = chi_square_points(table.group_count - 1, 0, 2, 1, 89)
    closed = table.squares_of_means / pivot - draws.within_sd**2 / int(table.sizes[0])
    assert draws.between_sd**2 == pytest.approx(np.maximum(closed, 0.0), rel=1e-12)


def test_points_are_evenly_spread() -> None:
    first, second = (unit_points(k, 2, 1, 4181) for k in (0, 1))
    for points in (first, second):
        assert abs(np.sort(points) - (np.arange(4181) + 0.5) / 4181).max() < 2 / 4181
    inside = np.mean((first < 0.3) & (second < 0.7))
    assert inside == pytest.approx(0.21, abs=0.001)
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 0.5


def test_chi_square_points_are_quantiles() -> None:
    points = chi_square_points(7, 0, 2, 1, 1000)
    assert points[24] == pytest.approx(chdtri(7, 1 - 0.0245))
    assert points[-1] > points[0]


def test_seed_moves_the_percentiles_little() -> None:
    data = OneWayData.from_summaries([5] * 20, np.linspace(-2, 2, 20), [8.0] * 20)
    highs = [interval_of(generalised_draws(data, seed=seed).between_sd).high for seed in range(6)]
    assert max(highs) / min(highs) - 1 < 0.005
    assert len(set(highs)) == 6


def test_conventional_interval_is_chi_square_in_balanced_data() -> None:
    data = OneWayData.from_summaries([5] * 8, np.arange(8.0), [8.0] * 8)
    exact = conventional_between_interval(data)
    assert exact == chi_square_sd_of_means(data)
    drawn = interval_of(conventional_draws(data).between_sd)
    assert (drawn.low, drawn.high) == pytest.approx((exact.low, exact.high), rel=0.005)


def test_conventional_interval_of_unbalanced_data_contains_its_noise() -> None:
    data = OneWayData.from_summaries([1, 9, 5, 9, 9], [0.0, 1.0, 2.0, 3.0, 5.0], [0, 8, 4, 8, 8.0])
    larger = conventional_between_interval(data)
    assert larger.low > interval_of(generalised_draws(data).between_sd).low
    noise = chi_square_within_sd(data).low / data.by_size.harmonic_size**0.5
    assert larger.low > noise


@pytest.mark.parametrize("make", [generalised_draws, conventional_draws])
def test_constants_give_zero_to_zero(make) -> None:
    data = OneWayData.from_values([0.3] * 7, list("aabbbcc"))
    draws = make(data)
    for values in (draws.between_sd, 2.5 * draws.between_sd + 0.7 * draws.within_sd):
        found = interval_of(values)
        assert (found.low, found.high, found.upper) == (0.0, 0.0, 0.0)


def test_nothing_varying_within_groups() -> None:
    data = OneWayData.from_summaries([2, 3, 4], [0.0, 1.0, 2.0], [0.0] * 3)
    draws = generalised_draws(data)
    assert not draws.within_sd.any()
    assert interval_of(draws.between_sd).high == pytest.approx(
        chi_square_sd_of_means(data).high, rel=0.005
    )


def test_two_groups_are_enough() -> None:
    data = OneWayData.from_summaries([3, 4], [1.0, 5.0], [2.0, 6.0])
    draws = generalised_draws(data, draws=55)
    w1, w2 = chi_square_points(1, 0, 2, 1, 55), chi_square_points(5, 1, 2, 1, 55)
    noise = 8.0 / w2 * (1 / 3 + 1 / 4)
    expected = np.maximum(16.0 / w1 - noise, 0.0) / 2
    assert draws.between_sd**2 == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("make", [generalised_draws, conventional_draws])
def test_not_estimable_says_why(make) -> None:
    with pytest.raises(NotEstimable, match="2 groups"):
        make(OneWayData.from_summaries([5], [2.0], [8.0]))
    with pytest.raises(NotEstimable, match="2 observations"):
        make(OneWayData.from_values([1.0, 2.0], ["a", "b"]))


def test_impossible_arguments_are_refused() -> None:
    data = OneWayData.from_summaries([5, 5], [2.0, 1.0], [8.0, 8.0])
    with pytest.raises(OutOfRange, match="draws"):
        generalised_draws(data, draws=1)
    with pytest.raises(OutOfRange, match="level"):
        interval_of([1.0, 2.0], 1.0)
    with pytest.raises(OutOfRange, match="finite"):
        interval_of([1.0, np.nan])
    with pytest.raises(OutOfRange, match="two draws"):
        interval_of([1.0])


@pytest.mark.parametrize(
    ("groups", "size", "between_sd", "singles"),
    [(10, 5, 0.5, 0), (20, 25, 2.0, 0), (15, 8, 1.0, 5)],
)
def test_coverage_of_all_four_intervals(
    groups: int, size: int, between_sd: float, singles: int
) -> None:
    """1,200 cohorts a design; 95 % +- 4 binomial standard errors, and a margin of 0.5 points."""
    rng = np.random.default_rng(groups)
    sizes = np.r_[np.ones(singles, int), np.full(groups - singles, size)]
    held = np.zeros(4)
    for _ in range(1200):
        means = between_sd * rng.normal(size=groups) + rng.normal(size=groups) / sizes**0.5
        squares = np.where(sizes > 1, rng.chisquare(np.maximum(sizes - 1, 1)), 0.0)
        data = OneWayData.from_summaries(sizes, means, squares)
        draws = generalised_draws(data, draws=987)
        found = (
            (mean_interval(data, anova_components(data)), 0.0),
            (interval_of(draws.between_sd), between_sd),
            (within_interval(data), 1.0),
            (interval_of(2.5 * draws.between_sd + 0.7 * draws.within_sd), 2.5 * between_sd + 0.7),
        )
        held += [interval.low <= truth <= interval.high for interval, truth in found]
    assert held / 1200 == pytest.approx(
        np.full(4, 0.95), abs=4 * (0.95 * 0.05 / 1200) ** 0.5 + 0.005
    )
