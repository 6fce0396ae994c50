"""The difference of means of two sets: Welch, paired t, and what lies between."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from popmargin.core.exceptions import NotEstimable, OutOfRange
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.two_sets import TwoSets, mean_difference


def single(means):
    """One observation a group."""
    return OneWayData.from_summaries([1] * len(means), means, [0.0] * len(means))


def sets_of(first, second, first_codes=None, second_codes=None):
    codes_1 = np.arange(len(first)) if first_codes is None else np.asarray(first_codes)
    codes_2 = 1000 + np.arange(len(second)) if second_codes is None else np.asarray(second_codes)
    return TwoSets(single(first), single(second), codes_1, codes_2)


X = [1.2, -0.4, 3.1, 2.2, 0.3, 5.0]
Y = [0.1, 0.9, 2.0, -1.5, 0.2, 1.1]


def test_without_shared_subjects_it_is_welch():
    found = mean_difference(sets_of(X, Y[:4]), 0.9)
    expected = stats.ttest_ind(X, Y[:4], equal_var=False)
    low, high = expected.confidence_interval(0.9)
    assert found.value == pytest.approx(np.mean(X) - np.mean(Y[:4]))
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.p_value == pytest.approx(expected.pvalue)


def test_with_all_subjects_shared_it_is_the_paired_t_test_in_any_order():
    order = [3, 0, 5, 1, 4, 2]
    found = mean_difference(sets_of(X, [Y[i] for i in order], range(6), order))
    expected = stats.ttest_rel(X, Y)
    assert (found.low, found.high) == pytest.approx(tuple(expected.confidence_interval(0.95)))
    assert found.p_value == pytest.approx(expected.pvalue)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 6), st.integers(0, 2**32 - 1))
def test_swapping_the_sets_turns_the_sign(shared, seed):
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=8), rng.normal(size=6)
    codes = np.r_[np.arange(shared), 100 + np.arange(6 - shared)]
    one = mean_difference(sets_of(first, second, range(8), codes))
    other = mean_difference(sets_of(second, first, codes, range(8)))
    assert (other.value, other.low, other.high) == pytest.approx((-one.value, -one.high, -one.low))
    assert other.p_value == pytest.approx(one.p_value)


def test_partly_shared_subjects_hold_their_level():
    rng = np.random.default_rng(7)
    trials, missed = 1500, 0
    codes = np.r_[np.arange(10), 50 + np.arange(10)]
    for _ in range(trials):
        both = rng.normal(size=20)
        first = 2.0 * both + rng.normal(size=20)
        second = np.r_[2.0 * both[:10], 2.0 * rng.normal(size=10)] + rng.normal(size=20)
        found = mean_difference(sets_of(first, second, range(20), codes))
        missed += not found.low <= 0.0 <= found.high
    low, high = stats.binom.ppf([0.0005, 0.9995], trials, 0.05)
    assert low <= missed <= high


def test_groups_of_one_subject_are_not_independent():
    """Three groups of one subject count as one subject's, not as three."""
    doubled = mean_difference(sets_of(np.repeat(X, 3), Y, np.repeat(np.arange(6), 3)))
    once = mean_difference(sets_of(X, Y))
    assert (doubled.low, doubled.high) == pytest.approx((once.low, once.high))


def test_pairs_follow_the_order_and_need_equal_numbers():
    sets = sets_of([0.0] * 5, [0.0] * 4, [1, 1, 2, 2, 3], [2, 1, 2, 3])
    assert sets.pairs.tolist() == [[2, 0], [3, 2], [4, 3]]
    assert sets.shared_subjects == 3


def test_what_cannot_be_told_is_refused():
    with pytest.raises(NotEstimable, match="at least 2 subjects"):
        mean_difference(sets_of([1.0, 2.0], [0.0, 1.0], [5, 5], [6, 7]))
    with pytest.raises(NotEstimable, match="the same in every subject"):
        mean_difference(sets_of(X, [x - 1.0 for x in X], range(6), range(6)))
    with pytest.raises(OutOfRange, match="first_subjects"):
        sets_of(X, Y, [1, 2])
    with pytest.raises(OutOfRange, match="level"):
        mean_difference(sets_of(X, Y), 1.0)
