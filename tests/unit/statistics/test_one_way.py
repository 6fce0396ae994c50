"""Reduction of observations to groups and to the table by size."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import OutOfRange
from popmargin.statistics.anova import anova_components
from popmargin.statistics.conventional import conventional_components
from popmargin.statistics.generalised_interval import generalised_draws
from popmargin.statistics.mean_interval import mean_interval
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.reml import reml_components
from popmargin.statistics.size_table import SizeTable
from popmargin.statistics.within_interval import within_interval
from tests.unit.statistics.strategies import cohorts, seeds


def everything(data: OneWayData) -> list[object]:
    """Every number derived from a cohort."""
    draws = generalised_draws(data, draws=21)
    found = [anova_components(data), reml_components(data)]
    found += [conventional_components(data, kind) for kind in ("rms", "pooled", "mean")]
    found += [mean_interval(data, found[1]), draws.between_sd.tolist(), draws.within_sd.tolist()]
    if (data.sizes > 1).sum() > 1:
        found.append(within_interval(data))
    return found


@settings(deadline=None, max_examples=40)
@given(data=cohorts, seed=seeds)
def test_order_of_groups_changes_no_bit(data: OneWayData, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(data.sizes.size)
    moved = OneWayData.from_summaries(
        data.sizes[order], data.means[order], data.sums_of_squares[order]
    )
    assert everything(moved) == everything(data)


@settings(deadline=None, max_examples=40)
@given(seed=seeds)
def test_order_of_rows_and_names_of_groups_change_no_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(5), [1, 4, 2, 9, 4])
    values = rng.normal(size=labels.size) + labels / 3
    order = rng.permutation(labels.size)
    names = np.array(["00123", "123", "1E5", "NA", "<b>"])[rng.permutation(5)]
    moved = OneWayData.from_values(values[order], names[labels[order]])
    assert everything(moved) == everything(OneWayData.from_values(values, labels))


@settings(deadline=None, max_examples=40)
@given(data=cohorts, shift=st.floats(-1e3, 1e3))
def test_translation_moves_only_the_mean(data: OneWayData, shift: float) -> None:
    moved = OneWayData.from_summaries(data.sizes, data.means + shift, data.sums_of_squares)
    for estimate in (anova_components, conventional_components, reml_components):
        before, after = estimate(data), estimate(moved)
        scale = before.within_variance + abs(before.between_variance)
        assert after.mean == pytest.approx(before.mean + shift, rel=1e-12, abs=1e-9)
        assert after.between_variance == pytest.approx(before.between_variance, abs=1e-8 * scale)
        assert after.within_variance == pytest.approx(before.within_variance, rel=1e-9)


@settings(deadline=None, max_examples=40)
@given(data=cohorts, power=st.integers(-20, 20))
def test_scaling_by_a_power_of_two_scales_exactly(data: OneWayData, power: int) -> None:
    factor = 2.0**power
    scaled = OneWayData.from_summaries(
        data.sizes, data.means * factor, data.sums_of_squares * factor**2
    )
    for estimate in (anova_components, conventional_components, reml_components):
        before, after = estimate(data), estimate(scaled)
        assert after.between_variance == before.between_variance * factor**2
        assert after.within_variance == before.within_variance * factor**2
        assert after.mean == before.mean * factor
    draws, both = generalised_draws(data, draws=21), generalised_draws(scaled, draws=21)
    assert both.between_sd.tolist() == (draws.between_sd * factor).tolist()


@settings(deadline=None, max_examples=40)
@given(data=cohorts, seed=seeds)
def test_pooling_tables_of_parts_is_the_whole(data: OneWayData, seed: int) -> None:
    """Moments of each centre pooled give what the groups give together."""
    part = np.random.default_rng(seed).integers(0, 3, data.sizes.size)
    columns = []
    for key in sorted(set(zip(part.tolist(), data.sizes.tolist(), strict=True))):
        inside = (part == key[0]) & (data.sizes == key[1])
        m, ss = data.means[inside], data.sums_of_squares[inside]
        columns.append((key[1], m.size, m.sum(), (m * m).sum(), ss.sum()))
    pooled = SizeTable.from_moments(*zip(*columns, strict=True))
    for estimate in (anova_components, conventional_components, reml_components):
        whole, parts = estimate(data), estimate(pooled)
        scale = whole.within_variance + abs(whole.between_variance)
        assert parts.between_variance == pytest.approx(whole.between_variance, abs=1e-9 * scale)
        assert parts.within_variance == pytest.approx(whole.within_variance, rel=1e-12)
        assert parts.mean == pytest.approx(whole.mean, rel=1e-12)


@settings(deadline=None, max_examples=20)
@given(data=cohorts, shift=st.floats(-5, 5))
def test_the_reference_of_a_table_does_not_matter(data: OneWayData, shift: float) -> None:
    table = data.by_size
    moved = replace(
        table,
        deviation_sums=table.deviation_sums + shift * table.groups,
        deviation_squares=table.deviation_squares
        + 2 * shift * table.deviation_sums
        + shift**2 * table.groups,
        reference=table.reference - shift,
    )
    assert moved.squares_of_means == pytest.approx(table.squares_of_means, rel=1e-6)
    for estimate in (anova_components, reml_components):
        before, after = estimate(table), estimate(moved)
        scale = before.within_variance + abs(before.between_variance)
        assert after.mean == pytest.approx(before.mean, abs=1e-9)
        assert after.between_variance == pytest.approx(before.between_variance, abs=1e-7 * scale)


def test_constants_have_exactly_no_variance() -> None:
    data = OneWayData.from_values([0.1] * 7, ["a"] * 3 + ["b"] * 4)
    assert data.sums_of_squares.tolist() == [0.0, 0.0]
    assert data.by_size.squares_of_means == 0.0
    assert data.by_size.mean == 0.1


def test_groups_of_one_observation_are_allowed() -> None:
    data = OneWayData.from_values([1.0, 2.0, 3.0], ["a", "b", "b"])
    assert data.sizes.tolist() == [1, 2]
    assert data.by_size.within_df == 1
    assert data.observation_count == 3


def test_arrays_belong_to_the_data() -> None:
    means = np.array([1.0, 2.0])
    data = OneWayData.from_summaries([2, 2], means, [1.0, 1.0])
    means[0] = 99.0
    assert data.means.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        data.means[0] = 5.0


@pytest.mark.parametrize(
    ("sizes", "means", "squares", "word"),
    [
        ([0, 2], [1.0, 2.0], [0.0, 1.0], "sizes"),
        ([2.5, 2], [1.0, 2.0], [0.0, 1.0], "sizes"),
        ([], [], [], "sizes"),
        ([2, 2], [1.0], [0.0, 1.0], "means"),
        ([2, 2], [1.0, np.nan], [0.0, 1.0], "means"),
        ([2, 2], [1.0, 2.0], [-1.0, 1.0], "sums_of_squares"),
        ([1, 2], [1.0, 2.0], [1.0, 1.0], "sums_of_squares"),
        ([2, 2], [1.0, 2.0], [np.inf, 1.0], "sums_of_squares"),
    ],
)
def test_impossible_groups_are_refused(sizes, means, squares, word) -> None:
    with pytest.raises(OutOfRange, match=word):
        OneWayData.from_summaries(sizes, means, squares)


@pytest.mark.parametrize(
    ("values", "labels", "word"),
    [([], [], "labels"), ([1.0], ["a", "b"], "values"), ([np.nan], ["a"], "values")],
)
def test_impossible_values_are_refused(values, labels, word) -> None:
    with pytest.raises(OutOfRange, match=word):
        OneWayData.from_values(values, labels)


def test_moments_are_checked() -> None:
    with pytest.raises(OutOfRange, match="groups"):
        SizeTable.from_moments([2], [1, 1], [1.0], [1.0], [1.0])
    with pytest.raises(OutOfRange, match="mean_squares"):
        SizeTable.from_moments([2], [1], [1.0], [-1.0], [1.0])
