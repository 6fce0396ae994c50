"""Dominated options and the frontier, against the definition in plain loops."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.burden.frontier import check_criteria, dominating_option, pareto_frontier
from popmargin.core.exceptions import OutOfRange
from tests.oracles.burden_frontier import frontier

VALUE = st.one_of(st.integers(0, 4).map(float), st.just(math.nan))
TABLES = st.integers(1, 3).flatmap(
    lambda k: st.lists(st.lists(VALUE, min_size=k, max_size=k), min_size=1, max_size=12)
)


@settings(deadline=None, max_examples=200)
@given(table=TABLES)
def test_frontier_is_that_of_the_definition(table):
    assert pareto_frontier(table).tolist() == frontier(table)


@settings(deadline=None, max_examples=200)
@given(table=TABLES)
def test_who_dominates_is_on_the_frontier_and_better(table):
    on = frontier(table)
    for mine, other in zip(table, dominating_option(table), strict=True):
        if other < 0:
            continue
        assert on[other]
        assert all(a <= b for a, b in zip(table[other], mine, strict=True))
        assert table[other] != mine


def test_equal_options_stay_both():
    assert pareto_frontier([[1, 2], [1, 2], [1, 3]]).tolist() == [True, True, False]


@pytest.mark.parametrize("criteria", [["a"], ["a", "a"], ["a", "x"], ["a", "b", "c", "d"]])
def test_two_or_three_known_criteria(criteria):
    with pytest.raises(OutOfRange, match="criteria"):
        check_criteria(criteria, "abcd")
