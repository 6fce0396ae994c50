"""Known answers at the edges: ties, zero variances, far ends, other units, pooled rows."""

import math

import numpy as np
import pytest
from scipy.stats import pearson3

from popmargin.statistics.anova import anova_components
from popmargin.statistics.conventional import conventional_components
from popmargin.statistics.generalised_interval import (
    conventional_between_interval,
    conventional_draws,
)
from popmargin.statistics.heterogeneity import variance_heterogeneity
from popmargin.statistics.interval import interval_of
from popmargin.statistics.nested import nested_anova_components, nested_mean
from popmargin.statistics.nested_interval import nested_draws
from popmargin.statistics.nested_reml import nested_reml_components
from popmargin.statistics.nested_table import NestedTable
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.point_set import chi_square_points
from popmargin.statistics.reml import maximum_likelihood_components, reml_components
from popmargin.statistics.size_table import SizeTable
from popmargin.statistics.two_sets import TwoSets
from popmargin.statistics.within_ratio import jackknife_correlation
from tests.oracles import statistics_plain as plain

# Two outer groups of two groups, unequal sizes throughout.
VALUES = [0, 2, 3, 5, 4, 9, 7, 14, 12, 10, 11.0]
GROUPS, OUTERS = list("aabbbccdddd"), list("xxxxxyyyyyy")


def components(parts) -> list[float]:
    return [parts.outer_variance, parts.group_variance, parts.within_variance]


def test_equal_mean_squares_leave_nothing_between_groups() -> None:
    """Both mean squares are 2: the likelihood is level at 0, which is its best value."""
    data = OneWayData.from_summaries([2] * 3, [-1.0, 0.0, 1.0], [2.0] * 3)
    assert anova_components(data).between_variance == 0.0
    found = reml_components(data)
    assert found.between_variance == 0.0
    # (6 within + 2 * 2 between) / 5 degrees of freedom.
    assert found.within_variance == pytest.approx(2.0)


@pytest.mark.parametrize("size", [3, 6, 50])
def test_two_groups_however_far_apart(size: int) -> None:
    """Balanced: within SSW / (N - P), between by subtraction; the ratio is in the thousands."""
    data = OneWayData.from_summaries([size] * 2, [-100.0, 100.0], [size - 1.0] * 2)
    found = reml_components(data)
    assert found.within_variance == pytest.approx(1.0)
    assert found.between_variance == pytest.approx(20_000.0 - 1.0 / size)
    # Full likelihood: half the sum of squares of the means in place of all of it.
    full = maximum_likelihood_components(data)
    assert full.between_variance == pytest.approx(10_000.0 - 1.0 / size)


def test_rows_of_moments_carry_the_spread_of_every_group() -> None:
    """Two sources of groups of 3: sums of squares 2, 8 and 18, so SDs 1, 2 and 3."""
    pooled = SizeTable.from_moments(
        sizes=[3, 3, 1],
        groups=[2, 1, 1],
        mean_sums=[4.0, 5.0, 1.0],
        mean_squares=[10.0, 25.0, 1.0],
        within_squares=[10.0, 18.0, 0.0],
        within_sd_sums=[3.0, 3.0, 0.0],
        squared_within_squares=[68.0, 324.0, 0.0],
    )
    groups = OneWayData.from_summaries([3, 3, 3, 1], [1.0, 3.0, 5.0, 1.0], [2.0, 8.0, 18.0, 0.0])
    assert pooled.within_sd_sums.tolist() == [0.0, 6.0]
    assert pooled.squared_within_squares.tolist() == [0.0, 392.0]
    assert conventional_components(pooled, "mean").within_sd == pytest.approx(2.0)
    assert variance_heterogeneity(pooled).p_value == variance_heterogeneity(groups).p_value


def test_unequal_variances_of_two_groups_of_three() -> None:
    """Z, the first share of the sum of squares, is uniform; U = Z^2 + (1 - Z)^2.

    Mean 2 / 3, variance 4 (1 / 30 - 1 / 36) = 1 / 45, third moment 8 (1 / 60 - 1 / 140 - 1 / 108).
    """
    data = OneWayData.from_summaries([3, 3], [0.0, 5.0], [1.0, 9.0])
    found = variance_heterogeneity(data)
    skewness = 8.0 * (1 / 60 - 1 / 140 - 1 / 108) * 45.0**1.5
    expected = pearson3(skewness).sf((0.82 - 2 / 3) * math.sqrt(45.0))
    assert found.statistic == pytest.approx(0.82 * 3 / 2)
    assert found.p_value == pytest.approx(expected, rel=1e-9)


def test_conventional_interval_is_that_of_the_draws_shown_beside_it() -> None:
    data = OneWayData.from_summaries([2, 3, 4], [2.0, 4.0, 10.0], [2.0, 8.0, 8.0])
    assert conventional_between_interval(data) == interval_of(conventional_draws(data).between_sd)


def paired(first, second) -> TwoSets:
    """Groups of five with the given sums of squares; the same subjects in both sets."""
    count = len(first)
    data = [
        OneWayData.from_summaries([5] * count, [0.0] * count, squares)
        for squares in (first, second)
    ]
    return TwoSets(*data, np.arange(count), np.arange(count))


def test_four_pairs_show_a_correlation_and_three_do_not() -> None:
    """Deviations of (1, 2, 3, 4) and (2, 1, 4, 3) from 2.5: products sum to 3, squares to 5."""
    assert jackknife_correlation(paired([1, 2, 3, 4.0], [2, 1, 4, 3.0])) == pytest.approx(0.6)
    assert jackknife_correlation(paired([1, 2, 3.0], [2, 4, 6.0])) == 0.0


def test_a_correlation_is_never_beyond_one() -> None:
    """Sums of squares in proportion, or mirrored: 1 or -1 up to rounding, which must not pass."""
    rng = np.random.default_rng(2)
    for _ in range(200):
        squares = rng.uniform(1.0, 9.0, 7)
        same = jackknife_correlation(paired(squares, squares * rng.uniform(0.1, 3.0)))
        opposed = jackknife_correlation(paired(squares, 10.0 - squares))
        assert 1.0 - 1e-12 < same <= 1.0
        assert -1.0 <= opposed < 1e-12 - 1.0


def test_tables_of_unequal_groups_are_the_table_of_their_rows() -> None:
    """A centre's table has a row a size, whose sums about its own mean are moved to the common."""
    values, groups, outers = (np.array(column) for column in (VALUES, GROUPS, OUTERS))
    tables = [
        OneWayData.from_values(values[outers == name], groups[outers == name]).by_size
        for name in "xy"
    ]
    pooled, whole = NestedTable.from_tables(tables), NestedTable.from_values(values, groups, outers)
    # Means of the groups 1, 4, 8 and 11.75.
    assert nested_mean(pooled) == pytest.approx(6.1875)
    about = pooled.deviation_squares + pooled.reference * (
        2.0 * pooled.deviation_sums + pooled.reference * pooled.groups
    )
    assert about.tolist() == pytest.approx([1.0, 16.0, 64.0, 138.0625])
    for estimate in (nested_anova_components, nested_reml_components):
        assert components(estimate(pooled)) == pytest.approx(components(estimate(whole)))


def test_constant_centres_spread_about_their_mean() -> None:
    """Nothing varies inside a centre: 1 and 7 spread (1 - 4)^2 + (7 - 4)^2 = 18."""
    table = NestedTable.from_values([1, 1, 1, 1, 7, 7, 7, 7.0], list("aabbccdd"), list("xxxxyyyy"))
    draws = nested_draws(table, draws=34, seed=5)
    assert not draws.group_sd.any()
    expected = np.sqrt(18.0 / chi_square_points(1, 0, 3, 5, 34))
    assert draws.outer_sd == pytest.approx(expected)


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_three_sds_follow_the_unit(unit: float) -> None:
    before = NestedTable.from_values(VALUES, GROUPS, OUTERS)
    after = NestedTable.from_values(unit * np.array(VALUES), GROUPS, OUTERS)
    first, second = nested_draws(before, draws=55), nested_draws(after, draws=55)
    for name in ("outer_sd", "group_sd", "within_sd"):
        sds = getattr(first, name)
        assert sds.any()
        assert getattr(second, name) == pytest.approx(unit * sds, rel=1e-8, abs=1e-10 * unit)


def test_three_levels_whose_means_all_agree() -> None:
    """All of the spread is within: 8 groups of (1, 3), sum of squares 16 on 15 degrees."""
    labels, outers = np.repeat(np.arange(8), 2), np.repeat([0, 1], 8)
    found = nested_reml_components(NestedTable.from_values([1, 3] * 8, labels, outers))
    assert components(found) == pytest.approx([0.0, 0.0, 16 / 15])
    assert found.mean == pytest.approx(2.0)


def nested(size: int, apart: float, within_squares: float) -> NestedTable:
    """Three groups at -apart, 0 and apart about either of two centres at 0 and 10."""
    means = np.add.outer([0.0, 10.0], [-apart, 0.0, apart]).ravel()
    data = OneWayData.from_summaries([size] * 6, means, [within_squares] * 6)
    return NestedTable.from_summaries(data, np.repeat([0, 1], 3))


def test_groups_that_spread_a_little_less_than_chance_inside_centres() -> None:
    """The likelihood rises so gently from 0 that its slope there is nearly 0."""
    table = nested(2, math.sqrt(1.0 - 1e-4), 2.0)
    assert nested_anova_components(table).group_variance == pytest.approx(-1e-4, rel=1e-6)
    found = nested_reml_components(table)
    assert found.group_variance == 0.0
    # 12 within and 8 (1 - 1e-4) between the groups of a centre, on 6 + 4 degrees of freedom.
    assert found.within_variance == pytest.approx(2.0 - 0.8e-4)


def test_tiny_variance_between_huge_groups_inside_centres() -> None:
    """A million observations a group: what the means show is 1e-6 of the variance within."""
    size, apart = 1_000_000, 1.5e-3
    found = nested_reml_components(nested(size, apart, size - 1.0))
    # Balanced: the variance of the means, less that of a mean.
    assert found.within_variance == pytest.approx(1.0)
    assert found.group_variance == pytest.approx(apart**2 - 1.0 / size, rel=1e-7)
    assert found.outer_variance == pytest.approx(50.0 - apart**2 / 3)


def test_draws_between_huge_unequal_groups_solve_their_pivot() -> None:
    """The weighted squares about the mean of the centre, one group at a time, are W1."""
    sizes = [1_000_000, 4_000_000, 2_000_000] * 2
    means = [-1.5e-3, 0.0, 2.5e-3, 0.007, 0.010, 0.011]
    data = OneWayData.from_summaries(sizes, means, np.array(sizes) - 1.0)
    draws = nested_draws(NestedTable.from_summaries(data, np.repeat([0, 1], 3)), draws=34, seed=3)
    pivots = chi_square_points(4, 1, 3, 3, 34)
    solved = np.flatnonzero(draws.group_sd > 0.0)
    assert solved.size > 25
    for d in solved:
        noise = [draws.group_sd[d] ** 2 + draws.within_sd[d] ** 2 / size for size in sizes]
        spread = sum(plain.weighted(means[at], noise[at])[2] for at in (slice(0, 3), slice(3, 6)))
        assert spread == pytest.approx(pivots[d], rel=1e-7)
