"""Conventional, ANOVA and likelihood estimates against plain loops and their own invariants."""

import math

import numpy as np
import pytest
from hypothesis import given, settings

from popmargin.core.exceptions import NotEstimable, OutOfRange, WrongUsage
from popmargin.statistics.anova import anova_components
from popmargin.statistics.conventional import conventional_components, finite_size_ratio
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.reml import (
    log_likelihood,
    maximum_likelihood_components,
    reml_components,
)
from popmargin.statistics.size_table import SizeTable
from tests.oracles import statistics_plain as plain
from tests.unit.statistics.strategies import balanced_cohorts, cohorts, data_of

ALL = (anova_components, conventional_components, reml_components, maximum_likelihood_components)


@pytest.mark.parametrize("seed", range(12))
def test_anova_is_the_plain_loop(seed: int) -> None:
    groups = plain.random_groups(seed)
    parts = anova_components(data_of(groups))
    found = [parts.mean, parts.between_variance, parts.within_variance]
    assert found == pytest.approx(list(plain.anova(groups)), rel=1e-11)


@pytest.mark.parametrize("seed", range(12))
def test_conventional_is_the_plain_loop(seed: int) -> None:
    groups = plain.random_groups(seed)
    means = [plain.mean(group) for group in groups]
    variances = [plain.squares(g) / (len(g) - 1) for g in groups if len(g) > 1]
    data = data_of(groups)
    rms, average = conventional_components(data), conventional_components(data, "mean")
    assert rms.between_variance == pytest.approx(plain.squares(means) / (len(means) - 1))
    assert rms.within_variance == pytest.approx(plain.mean(variances))
    assert average.within_sd == pytest.approx(plain.mean([v**0.5 for v in variances]))
    pooled = conventional_components(data, "pooled").within_variance
    assert pooled == pytest.approx(anova_components(data).within_variance)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("between", [0.0, 1.0, 20.0])
def test_reml_reaches_the_optimum_of_a_brute_force_grid(seed: int, between: float) -> None:
    groups = plain.random_groups(seed, between=between)
    parts = reml_components(data_of(groups))
    ratio = parts.between_variance / parts.within_variance
    on_grid, lowest = plain.reml_by_grid(groups, points=300)
    assert plain.reml_criterion(groups, ratio) <= lowest + 1e-10
    # The grid's neighbours bracket the optimum unless two optima are as good.
    step = (1e4 / 1e-6) ** (1 / 300)
    assert on_grid / step - 1e-6 <= ratio <= on_grid * step + 1e-6


@pytest.mark.parametrize(
    ("sizes", "means", "squares", "ratio"),
    [
        # Two optima each: at 0 and inside; the inner, the boundary, both inside.
        ([2, 2, 100, 400], [3.84, -0.05, 0.0, 0.03], [0.24, 0.35, 87.14, 421.78], 3.0305804),
        (
            [3, 1, 2, 10, 2, 400],
            [-5.08, 0.06, 1.12, 0.71, 0.37, -0.01],
            [5.2, 0.0, 17.69, 134.89, 11.2, 4113.98],
            0.0,
        ),
        (
            [1, 3, 400, 400, 2],
            [0.16, -5.99, -0.15, 0.17, 0.07],
            [0.0, 5.47, 3926.64, 3556.53, 1.33],
            0.4411034,
        ),
    ],
)
def test_reml_picks_the_better_of_two_optima(sizes, means, squares, ratio) -> None:
    parts = reml_components(OneWayData.from_summaries(sizes, means, squares))
    found = parts.between_variance / parts.within_variance
    assert found == pytest.approx(ratio, rel=1e-6)
    groups = [
        [m + (ss / 2) ** 0.5, m - (ss / 2) ** 0.5, *[m] * (n - 2)] if n > 1 else [m]
        for n, m, ss in zip(sizes, means, squares, strict=True)
    ]
    assert plain.reml_criterion(groups, found) <= plain.reml_by_grid(groups, points=80)[1] + 1e-8


@settings(deadline=None, max_examples=60)
@given(data=cohorts)
def test_reml_and_ml_are_stationary_or_on_the_boundary(data: OneWayData) -> None:
    for estimate, restricted in ((reml_components, True), (maximum_likelihood_components, False)):
        parts = estimate(data)
        between, within = parts.between_variance, parts.within_variance
        best = log_likelihood(data, between, within, restricted=restricted)
        for a, b in ((1e-4, 0), (-1e-4, 0), (0, 1e-4), (0, -1e-4)):
            # At the boundary a step is a share of the within variance, and inwards only.
            near = between * (1 + a) if between else max(0.0, a) * within
            value = log_likelihood(data, near, within * (1 + b), restricted=restricted)
            assert value <= best + 1e-9


@settings(deadline=None, max_examples=60)
@given(data=balanced_cohorts)
def test_balanced_anova_is_reml_when_positive(data: OneWayData) -> None:
    anova, reml = anova_components(data), reml_components(data)
    if anova.between_variance > 0:
        assert reml.between_variance == pytest.approx(anova.between_variance, rel=1e-8)
        assert reml.within_variance == pytest.approx(anova.within_variance, rel=1e-9)
        assert reml.mean == pytest.approx(anova.mean, rel=1e-12)
    else:
        assert reml.between_variance == 0.0


@settings(deadline=None, max_examples=60)
@given(data=balanced_cohorts)
def test_adding_a_group_at_the_mean_lowers_the_sd_between(data: OneWayData) -> None:
    size = int(data.sizes[0])
    parts = anova_components(data)
    larger = OneWayData.from_summaries(
        np.append(data.sizes, size),
        np.append(data.means, parts.mean),
        np.append(data.sums_of_squares, parts.within_variance * (size - 1)),
    )
    for estimate in (anova_components, conventional_components):
        assert estimate(larger).between_variance < estimate(data).between_variance


def test_a_negative_variance_is_kept_beside_an_sd_of_zero() -> None:
    parts = anova_components(OneWayData.from_summaries([5, 5, 5], [1.0, 1.1, 0.9], [40.0] * 3))
    assert parts.between_variance == pytest.approx(0.01 - 10 / 5)
    assert parts.between_sd == 0.0
    assert parts.reasons == ()


@pytest.mark.parametrize("estimate", ALL)
def test_one_group_gives_the_mean_and_the_within_sd(estimate) -> None:
    parts = estimate(OneWayData.from_summaries([5], [2.0], [8.0]))
    assert parts.mean == 2.0
    assert parts.between_variance is None
    assert parts.between_sd is None
    divisor = 5 if estimate is maximum_likelihood_components else 4
    assert parts.within_variance == pytest.approx(8.0 / divisor)
    assert len(parts.reasons) == 1
    assert "2 groups" in parts.reasons[0]


@pytest.mark.parametrize("estimate", ALL)
def test_single_observations_give_the_mean(estimate) -> None:
    parts = estimate(OneWayData.from_values([1.0, 2.0, 6.0], [1, 2, 3]))
    assert parts.mean == pytest.approx(3.0)
    assert parts.within_variance is None
    assert parts.within_sd is None
    if estimate is conventional_components:
        assert parts.between_variance == pytest.approx(7.0)
        assert len(parts.reasons) == 1
    else:
        assert parts.between_variance is None
        assert len(parts.reasons) == 2


@pytest.mark.parametrize("estimate", ALL)
def test_one_observation_gives_the_mean_and_two_reasons(estimate) -> None:
    parts = estimate(OneWayData.from_values([1.5], ["a"]))
    assert (parts.mean, parts.between_variance, parts.within_variance) == (1.5, None, None)
    assert len(parts.reasons) == 2


@pytest.mark.parametrize("estimate", ALL)
def test_reasons_name_what_is_missing(estimate) -> None:
    one = estimate(OneWayData.from_values([1.5], ["a"])).reasons
    assert [("1 observation" in text or "has 1" in text, "found 1" in text) for text in one] == [
        (True, False),
        (False, True),
    ]
    single = estimate(OneWayData.from_values([1.5, 2.5], ["a", "b"])).reasons
    assert all("every group has 1" in text for text in single)


def test_two_groups_are_enough() -> None:
    data = OneWayData.from_summaries([3, 3], [1.0, 5.0], [2.0, 6.0])
    for estimate in (anova_components, reml_components):
        parts = estimate(data)
        assert parts.between_variance == pytest.approx(8.0 - 2.0 / 3)
        assert parts.within_variance == pytest.approx(2.0)
    assert conventional_components(data).between_variance == pytest.approx(8.0)
    assert maximum_likelihood_components(data).between_variance == pytest.approx(4.0 - 2.0 / 3)


@pytest.mark.parametrize("estimate", ALL)
def test_constants_give_zero(estimate) -> None:
    parts = estimate(OneWayData.from_values([0.3] * 6, list("aabbcc")))
    assert (parts.mean, parts.between_variance, parts.within_variance) == (0.3, 0.0, 0.0)


def test_nothing_varying_within_leaves_the_variance_of_the_means() -> None:
    data = OneWayData.from_summaries([2, 5, 3], [1.0, 2.0, 6.0], [0.0] * 3)
    for estimate, expected in ((reml_components, 7.0), (maximum_likelihood_components, 14 / 3)):
        parts = estimate(data)
        assert parts.within_variance == 0.0
        assert parts.between_variance == pytest.approx(expected)


def test_extreme_ratio_of_variances() -> None:
    """Between groups ten orders of magnitude above within: no overflow, the limit is met."""
    data = OneWayData.from_summaries([2, 5, 3, 4], [1e5, 2e5, 6e5, 3e5], [1e-5, 3e-5, 2e-5, 4e-5])
    parts = reml_components(data)
    assert parts.between_sd == pytest.approx(data.means.std(ddof=1), rel=1e-9)
    assert parts.within_variance == pytest.approx(1e-4 / 10, rel=1e-6)


def test_log_likelihood_is_the_normal_density_for_known_mean_structure() -> None:
    """Two groups of one: the restricted likelihood is that of their difference."""
    data = OneWayData.from_values([1.0, 4.0], ["a", "b"])
    variance = 2 * (1.5 + 0.5)
    expected = -0.5 * (math.log(2 * math.pi * variance) + 9.0 / variance)
    assert log_likelihood(data, 1.5, 0.5) == pytest.approx(expected)


def test_wrong_arguments_are_refused() -> None:
    data = OneWayData.from_values([1.0, 2.0, 6.0, 7.0], [1, 1, 2, 2])
    with pytest.raises(WrongUsage, match="rms, pooled, mean"):
        conventional_components(data, "median")
    with pytest.raises(OutOfRange, match="within_variance"):
        log_likelihood(data, 1.0, 0.0)
    with pytest.raises(OutOfRange, match="between_sd"):
        finite_size_ratio(0.0, 1.0, 5)
    table = SizeTable.from_moments([2], [2], [8.0], [44.5], [1.0])
    with pytest.raises(NotEstimable, match="sums"):
        conventional_components(table, "mean")
    assert conventional_components(table).between_variance == pytest.approx(12.5)
