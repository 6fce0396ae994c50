"""Counts near zero and near its mirror image: plain loops, symmetry, what turns the sign."""

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.random_streams import random_stream
from popmargin.quality.mirror import mirror_count, one_sided_probability
from popmargin.quality.rows import PositionRows, position_rows, smooth_quantile
from tests.oracles.quality_cohorts import clean_cohort
from tests.oracles.quality_plain import mirror_difference, score


@pytest.fixture(scope="module")
def rows():
    return position_rows(clean_cohort(random_stream(41, "mirror")))


@pytest.mark.parametrize("axes", [(0,), (0, 1, 2)])
@pytest.mark.parametrize("box", [False, True])
@pytest.mark.parametrize("radius", [1.0, 3.0])
def test_the_counts_are_those_of_plain_loops(rows, axes, box, radius):
    found = mirror_count(rows, axes, radius, box=box)
    plain = mirror_difference(rows, axes, radius, box=box)
    assert found.excess == sum(plain.values())
    assert found.score == pytest.approx(score(plain), rel=1e-12)


def test_rows_at_zero_raise_the_score_and_a_hole_lowers_it(rows):
    clean = mirror_count(rows, (0, 1, 2), 1.0).score
    values = rows.values.copy()
    values[::4] = 0.1
    residual = PositionRows.of(rows.unit, rows.fraction, values)
    assert mirror_count(residual, (0, 1, 2), 1.0).score > clean + 3.0
    kept = np.abs(rows.values[:, 0]) > 1.0
    assert mirror_count(rows.kept(kept), (0,), 1.0).score < -4.0


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.1, 5.0))
def test_turning_every_sign_changes_nothing(seed, radius):
    rng = np.random.default_rng(seed)
    values = rng.normal(1.0, 2.0, (30, 3))
    units = np.repeat(np.arange(6), 5)
    fractions = np.tile(np.arange(1, 6), 6)
    one, other = (
        mirror_count(PositionRows.of(units, fractions, sign * values), (0, 1, 2), radius)
        for sign in (1.0, -1.0)
    )
    assert (one.score, one.excess) == (other.score, other.excess)


def test_a_single_patient_cannot_prove_anything():
    one = PositionRows.of([0] * 30, range(1, 31), [[0.0, 0.0, 0.0]] * 10 + [[9.0, 9.0, 9.0]] * 20)
    found = mirror_count(one, (0, 1, 2), 1.0)
    assert found.score == 1.0
    assert one_sided_probability(found.score, 1) > 0.1


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(-10, 10), min_size=2, max_size=40, unique=True))
def test_the_smooth_median_of_different_values_is_the_median(values):
    assert smooth_quantile(np.array(values), 0.5) == pytest.approx(np.median(values), abs=1e-12)


def test_the_smooth_quantile_knows_no_steps():
    """The upper quartile of a normal with SD 2 is 1.349; on a grid of 1 the plain one is 1.

    A line between the middles of the cells at 1 and 2 gives 1.42 in place of it.
    """
    exact = np.random.default_rng(3).normal(0.0, 2.0, 20_000)
    assert smooth_quantile(exact, 0.75) == pytest.approx(1.349, rel=0.03)
    below = [NormalDist(0.0, 2.0).cdf(edge) for edge in (0.5, 1.5, 2.5)]
    one, two = (0.5 * (below[k] + below[k + 1]) for k in (0, 1))
    assert np.quantile(np.round(exact), 0.75) == 1.0
    expected = 1.0 + (0.75 - one) / (two - one)
    assert smooth_quantile(np.round(exact), 0.75) == pytest.approx(expected, rel=0.02)
