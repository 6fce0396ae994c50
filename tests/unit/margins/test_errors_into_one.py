"""Combination, effective errors, rotations, breathing and the random walk: rules and refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import OutOfRange
from popmargin.margins.alpha_beta import alpha_factor, beta_factor
from popmargin.margins.breathing import breathing_sd, cosine_power_sd_ratio
from popmargin.margins.combine import offset_sum, quadrature_sum
from popmargin.margins.effective_errors import effective_errors
from popmargin.margins.random_walk import linear_drift_offset, random_walk_variances
from popmargin.margins.rotations import chord_displacement, rotation_displacement_sd

sds = st.floats(0.0, 20.0)


@settings(deadline=None, max_examples=50)
@given(st.lists(sds, max_size=6))
def test_quadrature_lies_between_the_largest_and_the_sum(parts):
    total = quadrature_sum(parts)
    assert max(parts, default=0.0) <= total + 1e-12
    assert total <= math.fsum(parts) + 1e-9


def test_impossible_components_are_refused():
    with pytest.raises(OutOfRange, match="standard_deviations_mm"):
        quadrature_sum([1.0, -1.0])
    with pytest.raises(OutOfRange, match="offsets_mm"):
        offset_sum([1.0, float("nan")])


@settings(deadline=None, max_examples=50)
@given(sds, sds, st.integers(1, 60))
def test_effective_errors_keep_the_total_variance(systematic, random, fractions):
    s, r = effective_errors(systematic, random, fractions=fractions)
    assert float(s**2 + r**2) == pytest.approx(systematic**2 + random**2, rel=1e-12, abs=1e-12)
    assert float(s) >= systematic - 1e-9


def test_many_fractions_leave_the_errors_as_they_are():
    s, r = effective_errors(2.0, 3.0, fractions=10**12)
    assert (float(s), float(r)) == pytest.approx((2.0, 3.0), abs=1e-9)


def test_rotation_sd_agrees_with_turned_points():
    lever, sd = np.array([30.0, -10.0, 40.0]), np.array([0.4, 0.7, 0.2])
    omega = np.radians(np.random.default_rng(3).normal(0.0, sd, size=(200_000, 3)))
    simulated = np.cross(omega, lever).std(axis=0)
    assert rotation_displacement_sd(lever, sd) == pytest.approx(simulated, rel=0.008)


def test_chord_is_shorter_than_the_arc_and_ignores_the_sign():
    assert chord_displacement([-10.0, 10.0], 50.0).tolist() == pytest.approx(
        [100.0 * math.sin(math.radians(5.0))] * 2
    )


@pytest.mark.parametrize("lever", [[1.0, 2.0], [1.0, 2.0, float("nan")]])
def test_rotation_refuses_what_is_no_point(lever):
    with pytest.raises(OutOfRange, match="lever_mm"):
        rotation_displacement_sd(lever, [1.0, 1.0, 1.0])
    with pytest.raises(OutOfRange, match="rotation_sd_deg"):
        rotation_displacement_sd([1.0, 1.0, 1.0], [1.0, -1.0, 1.0])


def test_cosine_ratio_is_that_of_a_sampled_trace():
    phase = (np.arange(20_000) + 0.5) / 20_000 * math.pi
    for power in (2, 4, 6, 8):
        assert cosine_power_sd_ratio(power) == pytest.approx((np.cos(phase) ** power).std())


@pytest.mark.parametrize("power", [0, 1, 3, 2.5])
def test_cosine_ratio_refuses_odd_powers(power):
    with pytest.raises(OutOfRange, match="power"):
        cosine_power_sd_ratio(power)


def test_breathing_refuses_a_negative_amplitude():
    with pytest.raises(OutOfRange, match="peak_to_peak_mm"):
        breathing_sd(-1.0)
    assert float(breathing_sd(4.0, sd_ratio=0.25)) == 1.0


@settings(deadline=None, max_examples=50)
@given(st.floats(0.0, 5.0), st.floats(0.0, 30.0), st.floats(0.0, 30.0))
def test_beam_mean_and_within_beam_add_to_the_time_average(diffusion, beam, delay):
    walk = random_walk_variances(diffusion, beam, delay_min=delay)
    assert walk.beam_mean_mm2 + walk.within_beam_mm2 == pytest.approx(walk.time_average_mm2)


def test_random_walk_agrees_with_a_simulated_one():
    steps, walkers = 200, 20_000
    path = np.random.default_rng(5).normal(0.0, math.sqrt(10.0 / steps), (walkers, steps))
    path = path.cumsum(axis=1)
    walk = random_walk_variances(1.0, 10.0)
    assert path.mean(axis=1).var() == pytest.approx(walk.beam_mean_mm2, rel=0.05)
    assert path.var(axis=1).mean() == pytest.approx(walk.within_beam_mm2, rel=0.05)
    assert linear_drift_offset(1.0, -2.0) == -0.5


def test_alpha_and_beta_refuse_what_they_cannot_say():
    for bad in (0.0, 1.0, float("nan")):
        with pytest.raises(OutOfRange, match="population"):
            alpha_factor(bad)
        with pytest.raises(OutOfRange, match="dose_level"):
            beta_factor(bad)
    with pytest.raises(OutOfRange, match="dimensions"):
        alpha_factor(0.9, dimensions=4)
    with pytest.raises(OutOfRange, match="one-sided"):
        alpha_factor(0.9, dimensions=3, one_sided=True)
    with pytest.raises(OutOfRange, match="beams"):
        beta_factor(0.8, beams=5)
