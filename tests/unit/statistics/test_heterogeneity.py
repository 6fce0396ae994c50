"""The test of equal group variances, the inverse-gamma helper and the precision of a design."""

import numpy as np
import pytest
from scipy.special import betaincinv

from popmargin.core.exceptions import NotEstimable, OutOfRange
from popmargin.statistics import heterogeneity
from popmargin.statistics.anova import anova_components
from popmargin.statistics.conventional import conventional_components
from popmargin.statistics.heterogeneity import variance_heterogeneity
from popmargin.statistics.inverse_gamma import InverseGamma
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.precision import BalancedDesign, groups_for_precision
from popmargin.statistics.size_table import SizeTable


def cohort(rng, sizes, variances) -> OneWayData:
    sizes = np.asarray(sizes)
    squares = np.where(sizes > 1, variances * rng.chisquare(np.maximum(sizes - 1, 1)), 0.0)
    return OneWayData.from_summaries(sizes, np.zeros(sizes.size), squares)


@pytest.mark.parametrize("sizes", [[2] * 30, [5] * 10, [1, 2, 3, 8, 20] * 4])
def test_size_of_the_test(sizes: list[int]) -> None:
    """Equal variances: p below 0.05 in 5 % of 2,000 cohorts, four standard errors and 1 point."""
    rng = np.random.default_rng(4)
    found = [variance_heterogeneity(cohort(rng, sizes, 1.0)).p_value for _ in range(2000)]
    allowed = 4 * (0.05 * 0.95 / 2000) ** 0.5 + 0.01
    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.05, abs=allowed)


def test_unequal_variances_are_found_and_measured() -> None:
    rng = np.random.default_rng(5)
    found = [
        variance_heterogeneity(cohort(rng, [15] * 60, 5.0 / rng.gamma(6.0, 1.0, 60)))
        for _ in range(200)
    ]
    assert np.mean([test.p_value < 0.05 for test in found]) > 0.95
    # Shape 6: variation 1 / sqrt(4).
    assert np.median([test.variation for test in found]) == pytest.approx(0.5, abs=0.08)
    assert found[0].statistic > 1
    assert found[0].groups == 60


def test_groups_without_any_spread_are_taken() -> None:
    data = OneWayData.from_summaries([5] * 4, [0.0] * 4, [0.0, 0.0, 10.0, 12.0])
    assert 0 < variance_heterogeneity(data).p_value < 0.2


def test_moments_of_the_statistic_are_exact() -> None:
    """Against simulation: mean of the scaled statistic is 1 when variances are equal."""
    rng = np.random.default_rng(6)
    sizes = [2, 3, 9, 9, 5]
    found = [variance_heterogeneity(cohort(rng, sizes, 3.0)).statistic for _ in range(4000)]
    error = np.std(found) / 4000**0.5
    assert np.mean(found) == pytest.approx(1.0, abs=4 * error)


def test_three_moments_of_two_groups_are_the_integrals() -> None:
    """Z ~ Beta(a, b): U = Z^2 / a + (1 - Z)^2 / b by quadrature over equal strata of Z."""
    a, b = 1.5, 4.0
    z = betaincinv(a, b, (np.arange(400_000) + 0.5) / 400_000)
    u = z**2 / a + (1 - z) ** 2 / b
    mean, variance, third = heterogeneity._moments(np.array([1.0, 1.0]), np.array([a, b]))
    assert mean == pytest.approx(u.mean(), rel=1e-6)
    assert variance == pytest.approx(u.var(), rel=1e-5)
    assert third == pytest.approx(((u - u.mean()) ** 3).mean(), rel=1e-4)


def test_three_moments_of_three_groups_are_those_of_simulation() -> None:
    """Products over three distinct groups enter the third moment only here."""
    a = np.array([0.5, 2.0, 6.0])
    z = np.random.default_rng(1).dirichlet(a, 400_000)
    u = (z**2 / a).sum(axis=1)
    mean, variance, third = heterogeneity._moments(np.ones(3), a)
    assert mean == pytest.approx(u.mean(), rel=0.005)
    assert variance == pytest.approx(u.var(), rel=0.02)
    assert third == pytest.approx(((u - u.mean()) ** 3).mean(), rel=0.05)


def test_upper_tail_is_the_gamma_curve_and_its_normal_limit() -> None:
    assert heterogeneity._upper_tail(1.5, 2.0) == pytest.approx(np.exp(-2.5))
    # Shape 4: e^-7 (1 + 7 + 7^2 / 2 + 7^3 / 6).
    series = np.exp(-7.0) * (1 + 7 + 49 / 2 + 343 / 6)
    assert heterogeneity._upper_tail(1.5, 1.0) == pytest.approx(series)
    assert heterogeneity._upper_tail(-2.0, 2.0) == 1.0
    assert heterogeneity._upper_tail(1.959964, 0.0) == pytest.approx(0.025, abs=1e-6)
    assert heterogeneity._upper_tail(1.0, 0.021) == pytest.approx(
        heterogeneity._upper_tail(1.0, 0.0), abs=0.001
    )


def test_nothing_to_compare_is_none() -> None:
    assert variance_heterogeneity(OneWayData.from_summaries([5, 1], [0, 1], [3.0, 0])) is None
    assert variance_heterogeneity(OneWayData.from_summaries([5, 5], [0, 1], [0, 0])) is None
    with pytest.raises(NotEstimable, match="does not hold"):
        variance_heterogeneity(SizeTable.from_moments([5], [2], [1.0], [1.0], [3.0]))


def test_many_groups_use_the_normal_limit() -> None:
    rng = np.random.default_rng(7)
    test = variance_heterogeneity(cohort(rng, [200] * 40_000, 1.0))
    assert 0.001 < test.p_value < 0.999
    assert variance_heterogeneity(cohort(rng, [200] * 20_000, rng.uniform(0.5, 1.5, 20_000)))


def test_inverse_gamma_limits_are_said() -> None:
    assert InverseGamma.from_moments(2.0, 0.5).shape == pytest.approx(6.0)
    assert InverseGamma.from_moments(2.0, 0.5).mean_variance == pytest.approx(2.0)
    with pytest.raises(NotEstimable, match="infinite"):
        _ = InverseGamma(1.0, 2.0).mean_variance
    with pytest.raises(NotEstimable, match="infinite"):
        _ = InverseGamma(2.0, 2.0).excess_kurtosis
    for shape, scale in ((0.0, 1.0), (1.0, -1.0)):
        with pytest.raises(OutOfRange, match="> 0"):
            InverseGamma(shape, scale)
    with pytest.raises(OutOfRange, match="variation"):
        InverseGamma.from_moments(1.0, 0.0)


def test_precision_of_a_design_is_that_of_simulated_estimates() -> None:
    rng = np.random.default_rng(8)
    design = BalancedDesign(12, 4, 1.5, 3.0)
    found = []
    for _ in range(4000):
        means = 1.5 * rng.normal(size=12) + 1.5 * rng.normal(size=12)
        data = OneWayData.from_summaries([4] * 12, means, 9.0 * rng.chisquare(3, 12))
        parts = anova_components(data)
        found.append([parts.between_variance, parts.within_variance])
    between, within = np.array(found).T
    assert between.std() == pytest.approx(design.between_variance_error, rel=0.06)
    assert np.sqrt(within).std() == pytest.approx(design.within_sd_error, rel=0.06)
    assert np.cov(between, within)[0, 1] == pytest.approx(design.variance_covariance, rel=0.35)
    share = (between <= 0).mean()
    allowed = 4 * (share * (1 - share) / 4000) ** 0.5
    assert design.truncation_probability == pytest.approx(share, abs=allowed)
    assert conventional_components(data).between_variance > parts.between_variance


def test_precision_scales_with_the_unit() -> None:
    small, large = BalancedDesign(12, 4, 0.5, 1.0), BalancedDesign(12, 4, 1.5, 3.0)
    for name, power in (
        ("between_variance_error", 2),
        ("between_sd_error", 1),
        ("within_sd_error", 1),
        ("variance_covariance", 4),
        ("truncation_probability", 0),
    ):
        assert getattr(large, name) == pytest.approx(3.0**power * getattr(small, name))
    assert large.combination_error(2.5, 0.7) == pytest.approx(3 * small.combination_error(2.5, 0.7))


def test_precision_without_noise_within() -> None:
    design = BalancedDesign(10, 4, 1.5, 0.0)
    assert design.truncation_probability == 0.0
    assert design.combination_error(2.5, 0.7) == pytest.approx(2.5 * design.between_sd_error)


def test_groups_for_precision_is_the_smallest_that_does() -> None:
    target = 0.25 / 1.959964
    groups = groups_for_precision(1.0, 2.0, 5, relative_half_width=0.25)
    assert BalancedDesign(groups, 5, 1.0, 2.0).between_sd_error <= target
    assert BalancedDesign(groups - 1, 5, 1.0, 2.0).between_sd_error > target
    assert groups_for_precision(1.0, 0.0, 5, relative_half_width=0.999, level=0.2) == 2


@pytest.mark.parametrize(
    "arguments", [(1, 5, 1.0, 1.0), (5, 1, 1.0, 1.0), (5, 5, 0.0, 1.0), (5, 5, 1.0, -1.0)]
)
def test_impossible_designs_are_refused(arguments) -> None:
    with pytest.raises(OutOfRange, match="expected"):
        BalancedDesign(*arguments)
