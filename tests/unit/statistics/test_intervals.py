"""Intervals of the mean and of the within SD, and the textbook ones."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import chdtri, stdtrit

from popmargin.core.exceptions import NotEstimable, OutOfRange, WrongUsage
from popmargin.statistics.anova import anova_components
from popmargin.statistics.classical_intervals import (
    chi_square_sd_of_means,
    chi_square_within_sd,
    modified_large_sample_between_variance,
    satterthwaite_between_variance,
    satterthwaite_df,
    williams_tukey_between_variance,
)
from popmargin.statistics.conventional import conventional_components
from popmargin.statistics.mean_interval import mean_interval
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.reml import maximum_likelihood_components, reml_components
from popmargin.statistics.size_table import SizeTable
from popmargin.statistics.within_interval import within_interval
from tests.oracles import statistics_plain as plain
from tests.unit.statistics.strategies import cohorts, data_of

BETWEEN = (
    modified_large_sample_between_variance,
    williams_tukey_between_variance,
    satterthwaite_between_variance,
)


def inverse_gamma_cohort(rng, groups: int, size: int) -> OneWayData:
    variances = 2.0 / rng.gamma(3.0, 1.0, groups)
    squares = variances * rng.chisquare(size - 1, groups)
    return OneWayData.from_summaries(np.full(groups, size), np.zeros(groups), squares)


def test_mean_interval_of_group_means_is_students() -> None:
    data = OneWayData.from_values([1.0, 3.0, 5.0, 9.0, 11.0], list("aabbc"))
    means = np.array([2.0, 7.0, 11.0])
    half = stdtrit(2, 0.95) * means.std(ddof=1) / math.sqrt(3)
    for estimate in (anova_components, conventional_components):
        found = mean_interval(data, estimate(data), 0.9)
        assert (found.low, found.high) == pytest.approx((means.mean() - half, means.mean() + half))
        assert found.upper == pytest.approx(
            means.mean() + stdtrit(2, 0.9) * means.std(ddof=1) / math.sqrt(3)
        )


@pytest.mark.parametrize("seed", range(4))
def test_weighted_mean_interval_is_the_plain_loop(seed: int) -> None:
    groups = plain.random_groups(seed, between=3.0)
    data = data_of(groups)
    for estimate in (reml_components, maximum_likelihood_components):
        parts = estimate(data)
        weights = [1 / (parts.between_variance + parts.within_variance / len(g)) for g in groups]
        means = [plain.mean(group) for group in groups]
        centre = sum(w * m for w, m in zip(weights, means, strict=True)) / sum(weights)
        squares = sum(w * (m - centre) ** 2 for w, m in zip(weights, means, strict=True))
        half = stdtrit(len(groups) - 1, 0.975) * math.sqrt(
            squares / (len(groups) - 1) / sum(weights)
        )
        found = mean_interval(data, parts)
        assert (found.low, found.high) == pytest.approx((centre - half, centre + half))


def test_mean_of_two_groups_has_one_degree_of_freedom() -> None:
    data = OneWayData.from_summaries([3, 3], [1.0, 5.0], [2.0, 6.0])
    assert mean_interval(data, anova_components(data)).high == pytest.approx(
        3.0 + 2.0 * stdtrit(1, 0.975)
    )


def test_mean_of_one_group_has_no_interval() -> None:
    data = OneWayData.from_summaries([5], [2.0], [8.0])
    with pytest.raises(NotEstimable, match="2 groups"):
        mean_interval(data, anova_components(data))


@settings(deadline=None, max_examples=40)
@given(data=cohorts, kind=st.sampled_from(["pooled", "rms", "mean"]), power=st.integers(-8, 8))
def test_within_interval_holds_its_estimate_and_scales(
    data: OneWayData, kind: str, power: int
) -> None:
    if (data.sizes > 1).sum() < 2:
        with pytest.raises(NotEstimable, match="2 groups"):
            within_interval(data, within=kind)
        return
    found = within_interval(data, within=kind)
    estimate = conventional_components(data, kind).within_sd
    assert 0 < found.low < estimate < found.upper < found.high < math.inf
    scaled = OneWayData.from_summaries(data.sizes, data.means, data.sums_of_squares * 4.0**power)
    assert within_interval(scaled, within=kind).high == pytest.approx(found.high * 2.0**power)


@pytest.mark.parametrize("seed", range(6))
def test_within_interval_rests_on_the_jackknife(seed: int) -> None:
    """The spread in ln(variance) is the delete-one-group jackknife's, which is nearly linear."""
    rng = np.random.default_rng(seed)
    groups = [list(rng.normal(size=int(n))) for n in rng.integers(4, 12, 40)]
    estimate, variance = plain.within_log_jackknife(groups)
    found = within_interval(data_of(groups), 0.9)
    below = estimate + variance / 2 - 2 * math.log(found.low)
    assert below == pytest.approx(stdtrit(39, 0.95) * math.sqrt(variance), rel=0.05)


@pytest.mark.parametrize("kind", ["pooled", "rms", "mean"])
@pytest.mark.parametrize("seed", range(6))
def test_within_interval_is_the_plain_loop(seed: int, kind: str) -> None:
    groups = plain.random_groups(seed)
    found = within_interval(data_of(groups), 0.9, kind)
    count = sum(len(group) > 1 for group in groups)
    low, high = plain.within_limits(groups, float(stdtrit(count - 1, 0.95)), kind)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-11)


def test_within_interval_of_equal_groups_has_no_lift() -> None:
    """All group variances equal: the smallest spread allowed, and a symmetric log interval."""
    data = OneWayData.from_summaries([5] * 10, [0.0] * 10, [16.0] * 10)
    found = within_interval(data)
    variance = 0.25 * 2.0 / 40
    half = stdtrit(9, 0.975) * math.sqrt(variance)
    assert 2 * math.log(found.low) == pytest.approx(math.log(4) + variance / 2 - half)
    assert 2 * math.log(found.high) == pytest.approx(math.log(4) + variance / 2 + half)


def test_within_interval_of_a_pooled_table_is_that_of_the_groups() -> None:
    data = inverse_gamma_cohort(np.random.default_rng(3), 12, 6)
    table, ss = data.by_size, data.sums_of_squares
    columns = [data.sizes, np.ones(12), data.means, data.means**2, ss, np.sqrt(ss / 5), ss**2]
    pooled = SizeTable.from_moments(*columns)
    for kind in ("pooled", "rms", "mean"):
        whole, parts = within_interval(table, within=kind), within_interval(pooled, within=kind)
        assert (parts.low, parts.high) == pytest.approx((whole.low, whole.high), rel=1e-12)
    bare = SizeTable.from_moments(*columns[:5])
    for kind in ("pooled", "rms", "mean"):
        with pytest.raises(NotEstimable, match="does not hold"):
            within_interval(bare, within=kind)


def test_within_interval_covers_unequal_variances_where_chi_square_does_not() -> None:
    """1,500 cohorts at inverse-gamma shape 3; at least 91 % less four standard errors."""
    rng = np.random.default_rng(8)
    ours = theirs = 0
    for _ in range(1500):
        data = inverse_gamma_cohort(rng, 20, 15)
        robust, classical = within_interval(data), chi_square_within_sd(data)
        ours += robust.low <= 1.0 <= robust.high
        theirs += classical.low <= 1.0 <= classical.high
    assert ours / 1500 > 0.91 - 4 * (0.09 * 0.91 / 1500) ** 0.5
    assert theirs / 1500 < 0.7


def test_within_interval_refuses_what_it_cannot_do() -> None:
    with pytest.raises(WrongUsage, match="rms"):
        within_interval(OneWayData.from_summaries([5, 5], [0, 0], [1, 1]), within="median")
    with pytest.raises(NotEstimable, match="every group has 1"):
        within_interval(OneWayData.from_values([1.0, 2.0], ["a", "b"]))
    zero = within_interval(OneWayData.from_summaries([5, 5], [0, 1], [0, 0]))
    assert (zero.low, zero.high, zero.upper) == (0.0, 0.0, 0.0)


def test_chi_square_intervals_are_their_definition() -> None:
    data = OneWayData.from_summaries([4, 6, 2], [0.0, 1.0, 5.0], [3.0, 8.0, 1.0])
    found = chi_square_within_sd(data, 0.9)
    assert found.low == pytest.approx(math.sqrt(12 / chdtri(9, 0.05)))
    assert found.high == pytest.approx(math.sqrt(12 / chdtri(9, 0.95)))
    assert found.upper == pytest.approx(math.sqrt(12 / chdtri(9, 0.9)))
    means = chi_square_sd_of_means(data)
    assert means.high == pytest.approx(math.sqrt(14 / chdtri(2, 0.975)))


@pytest.mark.parametrize("interval", BETWEEN)
def test_textbook_intervals_refuse_what_they_are_not_for(interval) -> None:
    with pytest.raises(WrongUsage, match="one size"):
        interval(OneWayData.from_summaries([4, 6], [0.0, 5.0], [3.0, 8.0]))
    with pytest.raises(NotEstimable, match="2 groups"):
        interval(OneWayData.from_summaries([4], [0.0], [3.0]))
    with pytest.raises(NotEstimable, match="2 observations"):
        interval(OneWayData.from_values([1.0, 2.0], ["a", "b"]))
    with pytest.raises(OutOfRange, match="level"):
        interval(OneWayData.from_summaries([4, 4], [0.0, 5.0], [3.0, 8.0]), 0.0)


@pytest.mark.parametrize("interval", BETWEEN)
def test_textbook_limits_are_in_order(interval) -> None:
    found = interval(OneWayData.from_summaries([4] * 9, np.arange(9.0), [3.0] * 9))
    variance = anova_components(
        OneWayData.from_summaries([4] * 9, np.arange(9.0), [3.0] * 9)
    ).between_variance
    assert 0 < found.low < variance < found.upper < found.high


def test_textbook_limits_of_a_negative_estimate() -> None:
    data = OneWayData.from_summaries([4] * 5, [1.0, 1.1, 0.9, 1.0, 1.0], [12.0] * 5)
    assert modified_large_sample_between_variance(data).low == 0.0
    assert williams_tukey_between_variance(data).low == 0.0
    with pytest.raises(NotEstimable, match="not positive"):
        satterthwaite_df(data)


def test_one_group_has_no_chi_square_sd_of_means() -> None:
    with pytest.raises(NotEstimable, match="2 groups"):
        chi_square_sd_of_means(OneWayData.from_summaries([4], [0.0], [3.0]))
    with pytest.raises(NotEstimable, match="2 observations"):
        chi_square_within_sd(OneWayData.from_values([1.0, 2.0], ["a", "b"]))
