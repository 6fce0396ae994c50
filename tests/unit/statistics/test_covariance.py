"""Vector form: agreement with each quantity alone, rotation, clipping, correlations."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import NotEstimable, OutOfRange
from popmargin.statistics.anova import anova_components
from popmargin.statistics.correlation import between_correlations, within_correlations
from popmargin.statistics.covariance import covariance_components
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.vector_table import VectorTable
from tests.unit.statistics.strategies import seeds


def cohort(seed: int, sizes=(1, 3, 5, 2, 8, 4)) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(sizes)), sizes)
    mixing = rng.normal(size=(3, 3))
    values = (rng.normal(size=(len(sizes), 3)) @ mixing)[labels]
    return values + rng.normal(size=(labels.size, 3)) @ rng.normal(size=(3, 3)), labels


@settings(deadline=None, max_examples=25)
@given(seed=seeds)
def test_diagonal_is_anova_of_each_quantity_alone(seed: int) -> None:
    values, labels = cohort(seed)
    parts = covariance_components(VectorTable.from_values(values, labels))
    for axis in range(3):
        alone = anova_components(OneWayData.from_values(values[:, axis], labels))
        assert parts.mean[axis] == pytest.approx(alone.mean)
        assert parts.within[axis, axis] == pytest.approx(alone.within_variance)
        assert parts.between[axis, axis] == pytest.approx(
            alone.between_variance, abs=1e-10 * alone.within_variance
        )


@settings(deadline=None, max_examples=25)
@given(seed=seeds)
def test_rotation_rotates(seed: int) -> None:
    values, labels = cohort(seed)
    rotation = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]
    before = covariance_components(VectorTable.from_values(values, labels))
    after = covariance_components(VectorTable.from_values(values @ rotation.T, labels))
    scale = float(np.abs(before.within).max() + np.abs(before.between).max())
    for name in ("between", "within", "between_clipped"):
        expected = rotation @ getattr(before, name) @ rotation.T
        assert getattr(after, name) == pytest.approx(expected, abs=1e-9 * scale)
    assert after.clipped == before.clipped


@settings(deadline=None, max_examples=25)
@given(seed=seeds, parts=st.integers(1, 3))
def test_order_and_pooling_change_nothing(seed: int, parts: int) -> None:
    values, labels = cohort(seed)
    whole = VectorTable.from_values(values, labels)
    order = np.random.default_rng(seed).permutation(labels.size)
    moved = covariance_components(VectorTable.from_values(values[order], labels[order]))
    expected = covariance_components(whole)
    assert moved.between.tolist() == expected.between.tolist()
    moments = []
    for part in range(parts):
        for group in np.flatnonzero(np.arange(6) % parts == part):
            x = values[labels == group]
            m = x.mean(axis=0)
            moments.append((len(x), 1, m, np.outer(m, m), (x - m).T @ (x - m)))
    pooled = covariance_components(VectorTable.from_moments(*map(np.array, zip(*moments))))  # noqa: B905
    scale = float(np.abs(expected.within).max() + np.abs(expected.between).max())
    assert pooled.between == pytest.approx(expected.between, abs=1e-10 * scale)
    assert pooled.mean == pytest.approx(expected.mean)


@settings(deadline=None, max_examples=25)
@given(seed=seeds)
def test_clipped_matrix_is_a_covariance_matrix(seed: int) -> None:
    parts = covariance_components(VectorTable.from_values(*cohort(seed)))
    lowest = np.linalg.eigvalsh(parts.between).min()
    assert parts.clipped == (lowest < -1e-12 * np.abs(parts.between).max())
    assert np.linalg.eigvalsh(parts.between_clipped).min() > -1e-9 * np.abs(parts.between).max()
    if not parts.clipped:
        assert parts.between_clipped.tolist() == parts.between.tolist()


def test_two_groups_are_enough_for_the_matrices() -> None:
    table = VectorTable.from_values([[0, 1], [2, 1], [3, 2], [5, 4]], ["a", "a", "b", "b"])
    parts = covariance_components(table)
    assert parts.within.tolist() == [[2.0, 1.0], [1.0, 1.0]]
    # Means (1, 1) and (4, 3): half the squares of (3, 2), less within / 2.
    assert parts.between == pytest.approx(np.array([[4.5 - 1, 3 - 0.5], [3 - 0.5, 2 - 0.5]]))


def test_an_exactly_singular_matrix_is_not_called_clipped() -> None:
    """Nothing varies within, one quantity is twice the other: the eigenvalue 0 is no finding."""
    m = np.array([[0.1, 0.2], [0.7, 1.4], [1.3, 2.6], [0.4, 0.8]])
    table = VectorTable.from_summaries([3] * 4, m, np.zeros((4, 2, 2)))
    parts = covariance_components(table)
    assert not parts.clipped
    assert parts.between_clipped.tolist() == parts.between.tolist()


def test_the_reference_of_a_table_does_not_matter_to_correlations() -> None:
    table = VectorTable.from_values(*cohort(4, (2, 3, 5, 2, 8, 4)))
    shift = np.array([5.0, -3.0, 1.0])
    cross = table.deviation_sums[:, :, None] * shift
    moved = replace(
        table,
        deviation_sums=table.deviation_sums + table.groups[:, None] * shift,
        deviation_products=table.deviation_products
        + cross
        + cross.transpose(0, 2, 1)
        + table.groups[:, None, None] * np.outer(shift, shift),
        reference=table.reference - shift,
    )
    for before, after in zip(between_correlations(table), between_correlations(moved), strict=True):
        assert after.interval.low == pytest.approx(before.interval.low, abs=1e-6)
        assert after.interval.high == pytest.approx(before.interval.high, abs=1e-6)


def test_two_degrees_of_freedom_within_are_enough_between() -> None:
    values, labels = cohort(1, (2, 2, 1, 1, 1))
    found = between_correlations(VectorTable.from_values(values, labels))
    assert all(-1.0 <= c.interval.low <= c.interval.high <= 1.0 for c in found)


def test_partial_answers_say_why() -> None:
    one = covariance_components(VectorTable.from_values([[1, 2], [3, 5]], ["a", "a"]))
    assert one.between is None
    assert one.within.tolist() == [[2.0, 3.0], [3.0, 4.5]]
    assert len(one.reasons) == 1
    single = covariance_components(VectorTable.from_values([[1, 2], [3, 5]], ["a", "b"]))
    assert single.within is None
    assert single.mean.tolist() == [2.0, 3.5]
    assert len(single.reasons) == 2
    for table in (VectorTable.from_values([[1, 2], [3, 5]], ["a", "b"]),):
        with pytest.raises(NotEstimable, match="observations"):
            between_correlations(table)
        with pytest.raises(NotEstimable, match="3 degrees"):
            within_correlations(table)


def test_correlations_need_enough_groups() -> None:
    values, labels = cohort(1, (3, 3, 3))
    with pytest.raises(NotEstimable, match="4 groups"):
        between_correlations(VectorTable.from_values(values, labels))
    values, labels = cohort(1, (2, 1, 1, 1))
    with pytest.raises(NotEstimable, match="2 degrees"):
        between_correlations(VectorTable.from_values(values, labels))


def test_correlation_intervals_cover() -> None:
    """400 cohorts, true correlations 0.6 and -0.4; 95 % less four standard errors."""
    rng = np.random.default_rng(2)
    held = np.zeros(2)
    for _ in range(400):
        effect = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 15)
        noise = rng.multivariate_normal([0, 0], [[1, -0.4], [-0.4, 1]], 90)
        table = VectorTable.from_values(np.repeat(effect, 6, axis=0) + noise, np.arange(90) // 6)
        for at, (found, truth) in enumerate(
            ((between_correlations, 0.6), (within_correlations, -0.4))
        ):
            interval = found(table, draws=800)[0].interval
            held[at] += interval.low <= truth <= interval.high
    assert (held / 400 > 0.95 - 4 * (0.95 * 0.05 / 400) ** 0.5).all()


def test_no_variance_between_says_nothing_of_the_correlation() -> None:
    rng = np.random.default_rng(3)
    table = VectorTable.from_values(rng.normal(size=(40, 3)), np.arange(40) // 4)
    found = between_correlations(table, seed=2)
    assert [(c.row, c.column) for c in found] == [(0, 1), (0, 2), (1, 2)]
    assert (found[0].interval.low, found[0].interval.high) == (-1.0, 1.0)
    assert found == between_correlations(table, seed=2)
    constant = VectorTable.from_values(np.zeros((12, 2)), np.arange(12) // 3)
    assert between_correlations(constant)[0].value is None


@pytest.mark.parametrize(
    ("values", "labels", "word"),
    [([], [], "labels"), ([[1.0, np.nan]], ["a"], "values"), ([1.0], ["a"], "values")],
)
def test_impossible_values_are_refused(values, labels, word) -> None:
    with pytest.raises(OutOfRange, match=word):
        VectorTable.from_values(values, labels)


def test_impossible_summaries_are_refused() -> None:
    square = np.zeros((1, 2, 2))
    with pytest.raises(OutOfRange, match="means"):
        VectorTable.from_summaries([2], [1.0], square)
    with pytest.raises(OutOfRange, match="within_products"):
        VectorTable.from_summaries([2], [[1.0, 2.0]], np.zeros((1, 3, 2)))
    with pytest.raises(OutOfRange, match="mean_sums"):
        VectorTable.from_moments([2], [1, 2], [[1.0, 2.0]], square, square)
    with pytest.raises(OutOfRange, match="mean_products"):
        VectorTable.from_moments([2], [1], [[1.0, 2.0]], square, np.zeros((2, 2, 2)))
