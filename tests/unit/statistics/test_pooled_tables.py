"""Totals over groups, and nested tables from tables by size: exact, whatever the order."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import NotEstimable, OutOfRange
from popmargin.statistics.anova import anova_components
from popmargin.statistics.conventional import conventional_components
from popmargin.statistics.nested import nested_anova_components
from popmargin.statistics.nested_table import NestedTable
from popmargin.statistics.one_way import OneWayData


def data(seed, groups=6, centre=0.0):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 6, groups)
    means = rng.normal(centre, 2.0, groups)
    squares = np.where(sizes > 1, rng.chisquare(np.maximum(sizes - 1, 1)), 0.0)
    return OneWayData.from_summaries(sizes, means, squares)


@given(st.integers(0, 1000))
@settings(deadline=None, max_examples=30)
def test_totals_are_plain_sums_over_the_groups(seed):
    one = data(seed, centre=5.0)
    totals = one.by_size.totals
    n, deviations = one.sizes, one.means - totals.reference
    several = n > 1
    assert (totals.groups, totals.observations) == (n.size, n.sum())
    assert totals.squared_sizes == (n * n).sum()
    assert totals.replicated_groups == several.sum()
    assert totals.inverse_sizes == pytest.approx((1 / n).sum(), rel=1e-14)
    assert totals.sized_deviations == pytest.approx((n * deviations).sum(), abs=1e-11)
    assert totals.sized_squares == pytest.approx((n * deviations**2).sum(), rel=1e-12)
    assert totals.within_total == pytest.approx(one.sums_of_squares.sum(), rel=1e-14)
    variances = one.sums_of_squares[several] / (n[several] - 1)
    assert totals.within_variances == pytest.approx(variances.sum(), rel=1e-13)
    assert totals.within_sds == pytest.approx(np.sqrt(variances).sum(), rel=1e-13)
    assert totals.mean == pytest.approx(one.means.mean(), rel=1e-13)
    assert totals.harmonic_size == pytest.approx(n.size / (1 / n).sum(), rel=1e-14)
    assert totals.within_df == n.sum() - n.size
    spread = ((one.means - one.means.mean()) ** 2).sum()
    assert totals.squares_of_means == pytest.approx(spread, rel=1e-10)


def test_exact_totals_take_the_place_of_those_of_the_rows():
    one, other = data(1).by_size, data(2).by_size
    mixed = replace(one, exact_totals=other.totals)
    assert anova_components(mixed) == anova_components(other)
    for within in ("rms", "pooled", "mean"):
        assert conventional_components(mixed, within) == conventional_components(other, within)


def test_a_mean_of_sds_that_was_not_passed_on_is_not_estimable():
    with pytest.raises(NotEstimable, match="mean of the group SDs"):
        conventional_components(replace(data(1).by_size, within_sd_sums=None), "mean")


@given(st.permutations(range(4)))
@settings(deadline=None, max_examples=12)
def test_a_nested_table_of_tables_is_that_of_the_groups(order):
    parts = [data(seed, 4 + seed, centre=seed) for seed in range(4)]
    whole = OneWayData.from_summaries(
        *(np.concatenate([getattr(p, name) for p in parts])
          for name in ("sizes", "means", "sums_of_squares"))
    )  # fmt: skip
    outer = np.repeat(range(4), [p.group_count for p in parts])
    true = nested_anova_components(NestedTable.from_summaries(whole, outer))
    table = NestedTable.from_tables([parts[k].by_size for k in order])
    found = nested_anova_components(table)
    for name in ("mean", "outer_variance", "group_variance", "within_variance"):
        assert getattr(found, name) == pytest.approx(getattr(true, name), rel=1e-12)
    plain = NestedTable.from_tables([part.by_size for part in parts])
    assert nested_anova_components(plain) == found
    assert not table.balanced


def test_balance_is_seen():
    one = OneWayData.from_summaries([3, 3], [1.0, 2.0], [1.0, 1.0]).by_size
    three = OneWayData.from_summaries([3, 3, 3], [1.0, 2.0, 4.0], [1.0, 1.0, 2.0]).by_size
    longer = OneWayData.from_summaries([4, 4], [1.0, 2.0], [1.0, 1.0]).by_size
    assert NestedTable.from_tables([one, one]).balanced
    assert not NestedTable.from_tables([one, three]).balanced
    assert not NestedTable.from_tables([one, longer]).balanced


def test_no_table_is_refused():
    with pytest.raises(OutOfRange, match="at least one"):
        NestedTable.from_tables([])
