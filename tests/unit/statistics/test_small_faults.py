"""Single values, worked out by hand or by another formula, that a small slip would move."""

import math

import numpy as np
import pytest
from scipy.special import stdtrit
from scipy.stats import multivariate_normal

from popmargin.core.exceptions import OutOfRange
from popmargin.statistics.anova import anova_components
from popmargin.statistics.nested import nested_anova_components
from popmargin.statistics.nested_interval import nested_draws, nested_mean_interval
from popmargin.statistics.nested_table import NestedTable
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.point_set import chi_square_points
from popmargin.statistics.reml import log_likelihood, reml_components
from popmargin.statistics.size_table import whole_array
from popmargin.statistics.two_sets import TwoSets
from popmargin.statistics.within_interval import within_interval
from popmargin.statistics.within_ratio import jackknife_correlation, within_ratio


def test_mean_of_four_centres_is_a_t_interval_of_their_means():
    values = [0, 2, 3, 5, 9, 7, 14, 12, 1, 1, 4, 2, 8, 9, 9, 6]
    table = NestedTable.from_values(values, list("aabbccddeeffgghh"), list("wwwwxxxxyyyyzzzz"))
    means = np.reshape(values, (4, 4)).mean(axis=1)
    half = stdtrit(3, 0.975) * means.std(ddof=1) / 2
    found = nested_mean_interval(table, 0.95)
    assert [found.low, found.high] == pytest.approx([means.mean() - half, means.mean() + half])


def test_constant_patients_spread_about_the_mean_of_their_centre():
    table = NestedTable.from_values([1, 1, 3, 3, 7, 7, 8, 8.0], list("aabbccdd"), list("xxxxyyyy"))
    pivots = chi_square_points(2, 1, 3, 5, 34)
    # (1 - 2)^2 + (3 - 2)^2 + (7 - 7.5)^2 + (8 - 7.5)^2 = 2.5
    assert nested_draws(table, draws=34, seed=5).group_sd == pytest.approx(np.sqrt(2.5 / pivots))


def test_tables_of_centres_are_the_table_of_their_rows():
    first, second = ([0, 2, 3, 5, 9, 7.0], [41, 43, 40, 49, 58, 50.0])
    tables = [OneWayData.from_values(values, list("aabbcc")).by_size for values in (first, second)]
    whole = NestedTable.from_values(first + second, list("aabbccddeeff"), list("xxxxxxyyyyyy"))
    found = nested_anova_components(NestedTable.from_tables(tables))
    expected = nested_anova_components(whole)
    for name in ("mean", "outer_variance", "group_variance", "within_variance"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name)), name


def test_two_groups_far_apart():
    data = OneWayData.from_values([0, 0.1, 100, 100.1], list("aabb"))
    expected = anova_components(data)
    found = reml_components(data)
    assert found.between_variance == pytest.approx(expected.between_variance)
    assert found.within_variance == pytest.approx(expected.within_variance)


def test_likelihood_where_all_means_agree():
    # Two pairs about one mean: covariance of a pair is within + between on its diagonal.
    data = OneWayData.from_values([1, 3, 0, 4.0], list("aabb"))
    pair = np.full((2, 2), 1.5) + 2.0 * np.eye(2)
    covariance = np.kron(np.eye(2), pair)
    expected = multivariate_normal([2.0] * 4, covariance).logpdf([1, 3, 0, 4.0])
    assert log_likelihood(data, 1.5, 2.0, restricted=False) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("sizes", "found"), [([1, 1.5, 3], "1.5"), ([1, 2, 0], "0")])
def test_the_size_that_is_none_is_named(sizes, found):
    with pytest.raises(OutOfRange, match=rf"found {found}"):
        whole_array("sizes", sizes)


def sets_of(first, second, *, paired):
    data = [
        OneWayData.from_values(np.ravel(rows), np.repeat(np.arange(len(rows)), len(rows[0])))
        for rows in (first, second)
    ]
    codes = np.arange(len(second))
    return TwoSets(*data, np.arange(len(first)), codes if paired else 1000 + codes)


def test_both_limits_of_a_ratio():
    rng = np.random.default_rng(8)
    first, second = rng.normal(size=(12, 6)), 2.0 * rng.normal(size=(9, 6))
    sets = sets_of(first, second, paired=False)
    one, two = within_interval(sets.first, 0.9), within_interval(sets.second, 0.9)
    found = within_ratio(sets, 0.9)
    sds = [
        math.sqrt(s.sums_of_squares.sum() / (s.sizes - 1).sum()) for s in (sets.first, sets.second)
    ]
    up = math.hypot(math.log(one.high / sds[0]), math.log(sds[1] / two.low))
    assert found.high == pytest.approx(sds[0] / sds[1] * math.exp(up))


def test_groups_that_all_vary_alike_carry_no_correlation():
    rows = [[0.0, 1.0], [2.0, 3.0], [5.0, 6.0], [9.0, 10.0]]
    assert jackknife_correlation(sets_of(rows, rows, paired=True)) == 0.0


def test_means_that_spread_a_little_less_than_chance():
    """The likelihood rises so gently from 0 that its slope there is nearly 0."""
    apart = math.sqrt(0.25 * (1.0 - 1e-4))
    data = OneWayData.from_summaries([4] * 3, [-apart, 0.0, apart], [3.0] * 3)
    assert anova_components(data).between_variance == pytest.approx(-0.25e-4, rel=1e-6)
    assert reml_components(data).between_variance == 0.0
