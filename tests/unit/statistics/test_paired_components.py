"""Joint draws of two sets: exact margins, the pivots they invert, Pitman-Morgan, coverage."""

import math

import numpy as np
import pytest
from scipy import stats

from popmargin.core.exceptions import NotEstimable, OutOfRange
from popmargin.statistics.generalised_interval import GeneralisedDraws, generalised_draws
from popmargin.statistics.interval import interval_of
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.paired_components import (
    adjusted_correlation,
    between_ratio,
    difference_of,
    p_value_of,
    paired_draws,
)
from popmargin.statistics.two_sets import TwoSets
from tests.oracles.comparison_two_sets import pitman_morgan_ratio, weighted_squares


def cohort(rng, groups, size, between, within, correlation):
    """Two measurements of the same groups, float[groups, size, 2]."""
    lower = np.array([[1.0, 0.0], [correlation, math.sqrt(1.0 - correlation**2)]])
    start = rng.normal(size=(groups, 1, 2)) @ lower.T
    return between * start + within * rng.normal(size=(groups, size, 2))


def data_of(values):
    means = values.mean(axis=1)
    squares = ((values - means[:, None]) ** 2).sum(axis=1)
    return OneWayData.from_summaries([values.shape[1]] * len(values), means, squares)


def paired(values):
    codes = np.arange(len(values))
    return TwoSets(data_of(values[..., 0]), data_of(values[..., 1]), codes, codes)


def apart(first, second):
    return TwoSets(first, second, np.arange(first.group_count), -1 - np.arange(second.group_count))


UNEQUAL = OneWayData.from_summaries(
    [1, 3, 8, 5, 3, 2], [1.0, -2.0, 0.5, 3.0, 2.2, -0.7], [0.0, 4.0, 9.0, 3.0, 1.0, 2.0]
)


def test_draws_of_one_set_are_those_of_the_generalised_interval():
    draws, _ = paired_draws(apart(UNEQUAL, UNEQUAL), draws=4181)
    alone = generalised_draws(UNEQUAL)
    for name in ("between_sd", "within_sd"):
        one, two = interval_of(getattr(draws, name)), interval_of(getattr(alone, name))
        assert (one.low, one.median, one.high) == pytest.approx(
            (two.low, two.median, two.high), rel=0.03, abs=0.03
        )


def test_every_draw_inverts_both_pivots():
    draws, _ = paired_draws(apart(UNEQUAL, UNEQUAL), draws=512)
    within = np.sort(UNEQUAL.sums_of_squares.sum() / draws.within_sd**2)
    middles = (np.arange(512) + 0.5) / 512
    assert within == pytest.approx(stats.chi2.ppf(middles, UNEQUAL.by_size.within_df), rel=1e-9)
    pivots = stats.chi2.ppf(middles, 5)
    found = [
        weighted_squares(b * b, w * w, UNEQUAL.sizes.tolist(), UNEQUAL.means.tolist())
        for b, w in zip(draws.between_sd, draws.within_sd, strict=True)
    ]
    # Draws above 0 meet some pivot exactly; those at 0 stay below theirs.
    above = np.array(found)[draws.between_sd > 0]
    nearest = np.abs(pivots[None, :] - above[:, None]).min(axis=1)
    assert above.size > 300
    assert nearest.max() < 1e-6


@pytest.mark.parametrize("correlation", [0.0, 0.6, 0.95])
@pytest.mark.parametrize("groups", [10, 30])
def test_without_variance_within_the_interval_is_that_of_pitman_and_morgan(groups, correlation):
    values = cohort(np.random.default_rng(groups), groups, 3, 2.0, 1e-4, correlation)
    sets = paired(values)
    found = between_ratio(1.0, *paired_draws(sets, draws=30_000))
    low, high = pitman_morgan_ratio(sets.first.means.tolist(), sets.second.means.tolist())
    # Where the adjusted r^2 is cut off at 0 the interval is the F interval, up to 9 % narrower.
    slack = 0.03 if adjusted_correlation(sets) > 0 else 0.09
    assert math.log(found.high / found.low) == pytest.approx(math.log(high / low), rel=slack)


def test_independent_sets_give_the_f_interval():
    rng = np.random.default_rng(2)
    first, second = (data_of(x) for x in rng.normal(size=(2, 12, 3, 1))[..., 0])
    still = [OneWayData.from_summaries([2] * 12, d.means, [1e-9] * 12) for d in (first, second)]
    found = between_ratio(1.0, *paired_draws(apart(*still), draws=30_000))
    ratio = first.means.std() / second.means.std()
    low, high = (ratio / math.sqrt(stats.f.ppf(p, 11, 11)) for p in (0.975, 0.025))
    assert (found.low, found.high) == pytest.approx((low, high), rel=0.03)


@pytest.mark.parametrize(
    ("groups", "shared", "within", "correlation"),
    [(15, 15, 1.0, 0.8), (15, 0, 1.0, 0.0), (20, 12, 2.0, 0.9)],
)
def test_coverage_of_ratio_and_recipe(groups, shared, within, correlation):
    rng = np.random.default_rng(groups + shared)
    trials, missed = 350, np.zeros(2)
    for trial in range(trials):
        values = cohort(rng, groups, 8, 2.0, within, correlation)
        other = values[..., 1]
        other[shared:] = cohort(rng, groups - shared, 8, 2.0, within, 0.0)[..., 1]
        codes = np.arange(groups)
        second = np.where(codes < shared, codes, 100 + codes)
        sets = TwoSets(data_of(values[..., 0]), data_of(other), codes, second)
        one, two = paired_draws(sets, seed=trial, draws=1500)
        ratio = between_ratio(1.0, one, two)
        high = math.inf if ratio.high is None else ratio.high
        recipe = [2.5 * d.between_sd + 0.7 * d.within_sd for d in (one, two)]
        gap = difference_of(0.0, *recipe)
        missed += [not ratio.low <= 1.0 <= high, not gap.low <= 0.0 <= gap.high]
    # True coverage between 93 % and 97.5 %, with one false alarm in a thousand runs.
    assert missed.max() <= stats.binom.ppf(0.999, trials, 0.07)
    assert missed.min() >= stats.binom.ppf(0.001, trials, 0.025)


def test_a_between_sd_of_zero_gives_no_upper_limit_and_a_p_value():
    flat = data_of(np.tile([-1.0, 1.0, -2.0, 2.0], (6, 1)))
    spread = OneWayData.from_summaries([4] * 6, [0.0, 9.0, -8.0, 4.0, 2.0, -6.0], [3.0] * 6)
    one, two = paired_draws(apart(spread, flat))
    found = between_ratio(None, one, two)
    assert (found.value, found.high) == (None, None)
    assert found.low > 1.0
    assert found.p_value < 0.01
    assert between_ratio(0.0, two, one).low == 0.0


def test_both_zero_is_no_information():
    zero = GeneralisedDraws(np.zeros(9), np.ones(9))
    found = between_ratio(None, zero, zero)
    assert (found.low, found.high, found.p_value) == (0.0, None, 1.0)


def test_seed_orders_and_data_decide():
    sets = apart(UNEQUAL, UNEQUAL)
    one, again = paired_draws(sets, draws=64)[1], paired_draws(sets, draws=64)[1]
    other = paired_draws(sets, seed=2, draws=64)[1]
    assert np.array_equal(one.within_sd, again.within_sd)
    assert not np.array_equal(one.within_sd, other.within_sd)
    assert np.array_equal(np.sort(one.within_sd), np.sort(other.within_sd))


def test_fewer_than_four_pairs_count_as_independent():
    values = cohort(np.random.default_rng(1), 3, 4, 2.0, 0.5, 0.9)
    assert adjusted_correlation(paired(values)) == 0.0


def test_refusals():
    single = OneWayData.from_summaries([1, 1, 1], [0.0, 1.0, 2.0], [0.0, 0.0, 0.0])
    with pytest.raises(NotEstimable, match="within groups"):
        paired_draws(apart(UNEQUAL, single))
    lonely = OneWayData.from_summaries([4], [0.0], [3.0])
    with pytest.raises(NotEstimable, match="at least 2 groups"):
        paired_draws(apart(UNEQUAL, lonely))
    with pytest.raises(OutOfRange, match="second"):
        difference_of(0.0, np.zeros(3), np.zeros(4))


def test_p_value_counts_ties_on_both_sides():
    assert p_value_of(np.array([0.0, 0.0, 0.0])) == 1.0
    assert p_value_of(np.arange(1.0, 1000.0)) == pytest.approx(0.002)
