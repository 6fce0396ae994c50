"""Counts near zero and near its mirror image: plain loops, symmetry, what turns the sign."""

from statistics import NormalDist

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.cohorts.simulate import simulate_cohort
from popmargin.core.random_streams import random_stream
from popmargin.quality.mirror import mirror_count, one_sided_probability
from popmargin.quality.mixed_timing import find_mixed_timing
from popmargin.quality.rows import PositionRows, position_rows, smooth_quantile
from popmargin.quality.selective_logging import find_selective_logging
from popmargin.quality.thresholds import Thresholds
from tests.oracles.quality_cohorts import clean_cohort
from tests.oracles.quality_plain import mirror_difference, score

AXES = ["lr_mm", "si_mm", "ap_mm"]


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
    one = PositionRows.of([0] * 30, range(1, 31), [[0.0, 0.0, 0.0]] * 6 + [[9.0, 9.0, 9.0]] * 24)
    found = mirror_count(one, (0, 1, 2), 1.0)
    assert found.score == 1.0
    assert one_sided_probability(found.score, 1) > 0.1


NOBODY = {"group_mean_mm": 0.0, "systematic_sd_mm": 0.0, "random_sd_mm": 2.0}
NOTHING_WRONG = {
    "no systematic error, long courses": ([30] * 300, NOBODY),
    "no systematic error, short courses": ([5] * 600, NOBODY),
    "small systematic error": ([20] * 300, NOBODY | {"systematic_sd_mm": 0.5}),
    "heavy tails": ([20] * 300, NOBODY | {"random_tail_degrees": 3.0}),
    "patients differ": ([20] * 300, NOBODY | {"random_variance_shape": 3.0}),
    "values to 5 mm": ([20] * 600, {"group_mean_mm": 1.0, "systematic_sd_mm": 2.0,
                                   "random_sd_mm": 2.0, "grid_mm": 5.0}),
}  # fmt: skip


@pytest.mark.parametrize("kind", NOTHING_WRONG)
def test_large_clean_tables_say_nothing(kind):
    # Where chance alone moves patients off zero a mirror at their medians saw holes and residuals.
    fractions, truth = NOTHING_WRONG[kind]
    grid = truth.get("grid_mm", 0.1)
    truth = {name: value for name, value in truth.items() if name != "grid_mm"}
    for number in range(3):
        rng = random_stream(number, "large and clean", kind)
        cohort = simulate_cohort(rng=rng, fractions=fractions, **truth)
        moved = cohort.with_columns(pl.col(AXES).truediv(grid).round().mul(grid))
        for find in (find_selective_logging, find_mixed_timing):
            assert find(position_rows(moved), Thresholds()) is None


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
