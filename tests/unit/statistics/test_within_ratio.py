"""The ratio of SDs within groups: MOVER, its p-value, and its coverage."""

import math

import numpy as np
import pytest
from scipy import stats

from popmargin.core.exceptions import NotEstimable
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.two_sets import TwoSets
from popmargin.statistics.within_interval import within_interval
from popmargin.statistics.within_ratio import jackknife_correlation, within_ratio


def data_of(values):
    """Groups from an array of shape (groups, observations)."""
    means = values.mean(axis=1)
    squares = ((values - means[:, None]) ** 2).sum(axis=1)
    return OneWayData.from_summaries([values.shape[1]] * len(values), means, squares)


def sets_of(first, second, *, paired):
    codes = np.arange(len(first))
    other = codes if paired else 1000 + np.arange(len(second))
    return TwoSets(data_of(first), data_of(second), codes, other)


RNG = np.random.default_rng(3)
A, B = RNG.normal(size=(12, 6)), 1.3 * RNG.normal(size=(12, 6))


def test_independent_sets_combine_their_limits_in_quadrature():
    sets = sets_of(A, B, paired=False)
    found = within_ratio(sets, 0.9)
    one, two = within_interval(sets.first, 0.9), within_interval(sets.second, 0.9)
    sd_1, sd_2 = (math.sqrt(x.sums_of_squares.sum() / 60) for x in (sets.first, sets.second))
    low = math.hypot(math.log(sd_1 / one.low), math.log(two.high / sd_2))
    assert found.value == pytest.approx(sd_1 / sd_2)
    assert found.low == pytest.approx(sd_1 / sd_2 * math.exp(-low))


@pytest.mark.parametrize("paired", [True, False])
def test_p_value_is_the_level_at_which_the_interval_touches_one(paired):
    sets = sets_of(A, B, paired=paired)
    p_value = within_ratio(sets).p_value
    touching = within_ratio(sets, 1.0 - p_value)
    assert 0.001 < p_value < 0.5
    assert touching.high == pytest.approx(1.0, abs=1e-6)


def test_shared_subjects_that_move_together_narrow_the_interval():
    together = np.concatenate([A, A]) * np.repeat([1.0, 2.0], 12)[:, None]
    noisy = 1.3 * together + 0.1 * np.random.default_rng(5).normal(size=together.shape)
    joined, apart = (within_ratio(sets_of(together, noisy, paired=p)) for p in (True, False))
    assert jackknife_correlation(sets_of(together, noisy, paired=True)) > 0.95
    assert math.log(joined.high / joined.low) < 0.4 * math.log(apart.high / apart.low)


@pytest.mark.parametrize(("paired", "shape"), [(True, None), (False, None), (True, 3.0)])
def test_coverage_is_near_nominal(paired, shape):
    rng = np.random.default_rng(11)
    trials, missed = 400, 0
    for _ in range(trials):
        scale = 1.0 if shape is None else np.sqrt(2.0 / rng.standard_gamma(shape, (15, 1)))
        first, noise = rng.normal(size=(2, 15, 8))
        second = (0.7 * first + math.sqrt(1 - 0.49) * noise) if paired else noise
        found = within_ratio(sets_of(scale * first, scale * second, paired=paired))
        missed += not found.low <= 1.0 <= found.high
    # Between 99 % (conservative) and 92.5 % true coverage.
    assert stats.binom.ppf(0.001, trials, 0.01) <= missed <= stats.binom.ppf(0.999, trials, 0.075)


def test_nothing_within_a_group_is_not_estimable():
    with pytest.raises(NotEstimable, match="nothing varies"):
        within_ratio(sets_of(A, np.zeros((12, 6)), paired=False))
    with pytest.raises(NotEstimable, match="at least 2 groups"):
        within_ratio(sets_of(A, B[:1], paired=False))


def test_two_groups_give_a_wide_interval_or_a_reason_but_no_overflow():
    sets = sets_of(A[:2], B[:2], paired=False)
    assert 0.0 < within_ratio(sets).p_value <= 1.0
    with pytest.raises(NotEstimable, match="too few groups"):
        within_ratio(sets, 1.0 - 1e-9)
