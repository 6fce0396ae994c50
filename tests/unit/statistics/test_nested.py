"""Three nested levels: ANOVA, REML, intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import stdtrit

from popmargin.core.exceptions import NotEstimable, OutOfRange
from popmargin.statistics.interval import interval_of
from popmargin.statistics.nested import nested_anova_components, nested_mean
from popmargin.statistics.nested_interval import nested_draws, nested_mean_interval
from popmargin.statistics.nested_reml import nested_reml_components
from popmargin.statistics.nested_table import NestedTable
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.point_set import chi_square_points
from tests.oracles import statistics_plain as plain
from tests.unit.statistics.strategies import seeds


def cohort(seed: int, *, balanced: bool = False, outer_sd: float = 1.0, groups: int = 4):
    """Values, group labels and outer labels of a small three-level cohort."""
    rng = np.random.default_rng(seed)
    rows = []
    for outer in range(4):
        shift = outer_sd * rng.normal()
        for group in range(groups if balanced else int(rng.integers(1, 6))):
            level = shift + 1.5 * rng.normal()
            size = 3 if balanced else int(rng.integers(1, 6))
            rows += [(level + rng.normal(), f"{outer}/{group}", outer) for _ in range(size)]
    # One outer group that makes every component estimable.
    rows += [(rng.normal(), f"z/{group}", 9) for group in range(groups) for _ in range(3)]
    return tuple(list(column) for column in zip(*rows, strict=True))


def as_lists(values, labels, outers) -> list[plain.Groups]:
    found: dict[object, dict[object, list[float]]] = {}
    for value, label, outer in zip(values, labels, outers, strict=True):
        found.setdefault(outer, {}).setdefault(label, []).append(value)
    return [list(groups.values()) for groups in found.values()]


def components(parts) -> list[float]:
    return [parts.outer_variance, parts.group_variance, parts.within_variance]


@pytest.mark.parametrize("seed", range(5))
def test_reml_is_at_the_optimum_of_the_dense_likelihood(seed: int) -> None:
    columns = cohort(seed)
    parts = nested_reml_components(NestedTable.from_values(*columns))
    outers = as_lists(*columns)
    group, outer = (v / parts.within_variance for v in components(parts)[1::-1])
    best = plain.nested_criterion(outers, group, outer)
    for d_group in (-0.05, 0.0, 0.05):
        for d_outer in (-0.05, 0.0, 0.05):
            if group + d_group >= 0 and outer + d_outer >= 0:
                near = plain.nested_criterion(outers, group + d_group, outer + d_outer)
                assert near >= best - 1e-9


@settings(deadline=None, max_examples=15)
@given(seed=seeds)
def test_balanced_anova_is_reml_when_positive(seed: int) -> None:
    table = NestedTable.from_values(*cohort(seed, balanced=True, outer_sd=2.0))
    anova, reml = nested_anova_components(table), nested_reml_components(table)
    if min(components(anova)) > 0:
        assert components(reml) == pytest.approx(components(anova), rel=1e-7)
        assert reml.mean == pytest.approx(anova.mean)
    else:
        assert min(components(reml)) == 0.0


def test_anova_is_unbiased_in_unbalanced_data() -> None:
    """Mean of 1,500 estimates within four standard errors of the truth (outer 1, 2.25, 1)."""
    found = []
    for seed in range(1500):
        rng = np.random.default_rng(seed)
        outer = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])
        sizes = np.array([1, 4, 2, 3, 1, 2, 2, 5, 1])
        effect = rng.normal(size=3)[outer] + 1.5 * rng.normal(size=9)
        labels = np.repeat(np.arange(9), sizes)
        values = effect[labels] + rng.normal(size=labels.size)
        found.append(
            components(
                nested_anova_components(NestedTable.from_values(values, labels, outer[labels]))
            )
        )
    error = np.std(found, axis=0) / 1500**0.5
    assert (np.abs(np.mean(found, axis=0) - [1.0, 2.25, 1.0]) < 4 * error).all()


@settings(deadline=None, max_examples=25)
@given(seed=seeds)
def test_order_and_names_change_no_bit(seed: int) -> None:
    values, labels, outers = (np.array(column) for column in cohort(seed))
    rng = np.random.default_rng(seed)
    order = rng.permutation(values.size)
    names = dict(zip(np.unique(outers), rng.permutation(["b", "a", "00", "Z", "0"]), strict=True))
    moved = NestedTable.from_values(
        values[order], [f"<{label}>" for label in labels[order]], [names[o] for o in outers[order]]
    )
    table = NestedTable.from_values(values, labels, outers)
    for estimate in (nested_anova_components, nested_reml_components, nested_mean_interval):
        assert estimate(moved) == estimate(table)
    before, after = nested_draws(table, draws=21), nested_draws(moved, draws=21)
    assert after.outer_sd.tolist() == before.outer_sd.tolist()


@settings(deadline=None, max_examples=15)
@given(seed=seeds, shift=st.floats(-100, 100))
def test_translation_moves_only_the_mean(seed: int, shift: float) -> None:
    values, labels, outers = cohort(seed)
    before = nested_reml_components(NestedTable.from_values(values, labels, outers))
    after = nested_reml_components(
        NestedTable.from_values(np.array(values) + shift, labels, outers)
    )
    assert components(after) == pytest.approx(components(before), abs=1e-6)
    assert after.mean == pytest.approx(before.mean + shift, abs=1e-6)


def test_intervals_cover_all_three_sds() -> None:
    """300 unbalanced cohorts; 95 % less four standard errors."""
    rng = np.random.default_rng(1)
    held = np.zeros(4)
    outer = np.repeat(np.arange(6), [3, 7, 5, 4, 8, 6])
    sizes = rng.integers(1, 8, outer.size)
    labels = np.repeat(np.arange(outer.size), sizes)
    for _ in range(300):
        effect = rng.normal(size=6)[outer] + 1.5 * rng.normal(size=outer.size)
        values = effect[labels] + rng.normal(size=labels.size)
        table = NestedTable.from_values(values, labels, outer[labels])
        draws = nested_draws(table, draws=610)
        found = [
            (interval_of(draws.outer_sd), 1.0),
            (interval_of(draws.group_sd), 1.5),
            (interval_of(draws.within_sd), 1.0),
            (nested_mean_interval(table), 0.0),
        ]
        held += [interval.low <= truth <= interval.high for interval, truth in found]
    assert (held / 300 > 0.95 - 4 * (0.95 * 0.05 / 300) ** 0.5).all()


@pytest.mark.parametrize("seed", range(4))
def test_every_draw_is_the_plain_loop(seed: int) -> None:
    values, labels, outers = cohort(seed)
    values = [value + 50.0 for value in values]
    table = NestedTable.from_values(values, labels, outers)
    draws = nested_draws(table, draws=34, seed=seed)
    freedom = (
        table.outer_count - 1,
        table.group_count - table.outer_count,
        table.observation_count - table.group_count,
    )
    pivots = [chi_square_points(df, k, 3, seed, 34) for k, df in enumerate(freedom)]
    lists = as_lists(values, labels, outers)
    for d in range(34):
        expected = plain.nested_draw(lists, *(float(points[d]) for points in pivots))
        found = (draws.outer_sd[d], draws.group_sd[d], draws.within_sd[d])
        assert found == pytest.approx(expected, rel=1e-8, abs=1e-10)


def test_two_outer_groups_are_enough() -> None:
    table = NestedTable.from_values([0, 2, 3, 5, 9, 7, 14, 12], list("aabbccdd"), list("xxxxyyyy"))
    assert components(nested_anova_components(table)) == pytest.approx([27.75, 7.5, 2.0])
    found = nested_mean_interval(table, 0.9)
    half = np.array([-stdtrit(1, 0.95), stdtrit(1, 0.95), stdtrit(1, 0.9)]) * 4.0
    assert [found.low, found.high, found.upper] == pytest.approx(6.5 + half)


def test_partial_answers_say_why() -> None:
    one_outer = NestedTable.from_values([1, 3, 4, 8.0], list("aabb"), list("xxxx"))
    parts = nested_anova_components(one_outer)
    assert parts.outer_variance is None
    assert parts.outer_sd is None
    assert (parts.group_variance, parts.within_variance) == (5.5, 5.0)
    assert nested_reml_components(one_outer) == parts
    pairs = nested_anova_components(
        NestedTable.from_values([1, 3, 4, 8.0], list("aabb"), list("xxyy"))
    )
    assert (pairs.group_variance, pairs.within_variance, len(pairs.reasons)) == (None, 5.0, 2)
    single = nested_anova_components(
        NestedTable.from_values([1, 3, 4, 8.0], list("abcd"), list("xxyy"))
    )
    assert (single.mean, single.within_variance, len(single.reasons)) == (4.0, None, 3)
    assert nested_mean(one_outer) == 4.0
    with pytest.raises(NotEstimable, match="2 outer groups"):
        nested_draws(one_outer)
    with pytest.raises(NotEstimable, match="2 outer groups"):
        nested_mean_interval(one_outer)


def test_constants_give_zero() -> None:
    table = NestedTable.from_values([0.3] * 8, list("aabbccdd"), list("xxxxyyyy"))
    for estimate in (nested_anova_components, nested_reml_components):
        assert components(estimate(table)) == [0.0, 0.0, 0.0]
    draws = nested_draws(table, draws=21)
    for values in (draws.outer_sd, draws.group_sd, draws.within_sd):
        assert not values.any()


def test_nothing_varying_within_groups() -> None:
    table = NestedTable.from_values([1, 1, 3, 3, 7, 7, 8, 8.0], list("aabbccdd"), list("xxxxyyyy"))
    draws = nested_draws(table, draws=89)
    assert not draws.within_sd.any()
    assert np.median(draws.group_sd) > 1
    assert np.isfinite(draws.outer_sd).all()
    flat = NestedTable.from_values([1, 1, 1, 1, 7, 7, 7, 7.0], list("aabbccdd"), list("xxxxyyyy"))
    assert np.median(nested_draws(flat, draws=89).outer_sd) > 3


def test_labels_must_fit() -> None:
    data = OneWayData.from_summaries([2, 2], [1.0, 2.0], [1.0, 1.0])
    with pytest.raises(OutOfRange, match="one per group"):
        NestedTable.from_summaries(data, ["x"])
    with pytest.raises(OutOfRange, match="one label per observation"):
        NestedTable.from_values([1.0, 2.0], ["a", "b"], ["x"])
