"""Histograms and the generalised equivalent uniform dose."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import OutOfRange
from popmargin.outcomes.dose_volume import (
    check_dose_volume,
    differential_from_cumulative,
    generalised_eud_gy,
    mean_dose_gy,
)
from popmargin.outcomes.fractionation import biologically_effective_dose_gy, equivalent_dose_2gy
from tests.oracles.outcomes_models import generalised_eud

BINS = st.lists(st.tuples(st.floats(0.1, 80), st.floats(0.01, 1)), min_size=1, max_size=6)


def histogram(bins):
    dose, volume = np.array(bins).T
    return dose, volume / volume.sum()


@settings(deadline=None, max_examples=60)
@given(BINS, st.floats(0.2, 20), st.booleans())
def test_eud_agrees_with_the_plain_loop(bins, size, negative):
    dose, volume = histogram(bins)
    exponent = -size if negative else size
    expected = generalised_eud(dose.tolist(), volume.tolist(), exponent)
    assert generalised_eud_gy(dose, volume, exponent=exponent) == pytest.approx(expected, rel=1e-9)


@settings(deadline=None, max_examples=60)
@given(BINS, st.floats(-30, 30), st.floats(0.1, 10))
def test_eud_lies_between_the_extremes_and_rises_with_the_exponent(bins, exponent, step):
    dose, volume = histogram(bins)
    if exponent == 0 or exponent + step == 0:
        return
    eud = generalised_eud_gy(dose, volume, exponent=exponent)
    assert dose.min() * (1 - 1e-9) <= eud <= dose.max() * (1 + 1e-9)
    more = generalised_eud_gy(dose, volume, exponent=exponent + step)
    assert more >= eud * (1 - 1e-9)


def test_eud_of_extreme_exponents_stays_finite():
    assert generalised_eud_gy([1, 75], [0.5, 0.5], exponent=1000) == pytest.approx(75, rel=1e-3)
    assert generalised_eud_gy([1, 75], [0.5, 0.5], exponent=-1000) == pytest.approx(1, rel=1e-3)


def test_exponent_near_zero_is_the_geometric_mean():
    expected = 10**0.25 * 40**0.75
    assert generalised_eud_gy([10, 40], [0.25, 0.75], exponent=1e-12) == pytest.approx(expected)
    assert generalised_eud_gy([10, 40], [0.25, 0.75], exponent=-1e-12) == pytest.approx(expected)


def test_mean_is_exponent_one_and_cold_spots_end_a_negative_exponent():
    mean = mean_dose_gy([10, 30], [0.25, 0.75])
    assert generalised_eud_gy([10, 30], [0.25, 0.75], exponent=1) == pytest.approx(mean)
    assert generalised_eud_gy([0, 30], [0.25, 0.75], exponent=-10) == 0.0
    assert generalised_eud_gy([0, 30], [0.0, 1.0], exponent=-10) == pytest.approx(30)
    assert generalised_eud_gy([0], [1.0], exponent=2) == 0.0


def test_cumulative_histogram_keeps_the_volume_and_the_hottest_share():
    dose, volume = differential_from_cumulative([0, 20, 40], [1.0, 0.7, 0.1])
    assert dose.tolist() == [10, 30, 40]
    assert np.allclose(volume, [0.3, 0.6, 0.1])


def test_fractionation_identities():
    dose = np.array([10.0, 50.0, 70.0])
    assert np.allclose(equivalent_dose_2gy(dose, fractions=35, alpha_beta_gy=3)[2], 70)
    equal = equivalent_dose_2gy(dose, fractions=20, alpha_beta_gy=3)
    effective = biologically_effective_dose_gy(dose, dose / 20, alpha_beta_gy=3)
    again = biologically_effective_dose_gy(equal, 2.0, alpha_beta_gy=3)
    assert np.allclose(effective, again)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: check_dose_volume([0, 20, 40], [1.0, 0.7, 0.1]), "differential_from_cumulative"),
        (lambda: check_dose_volume([1, 2], [1.0]), "volume_fraction"),
        (lambda: check_dose_volume([-1], [1.0]), "dose_gy"),
        (lambda: check_dose_volume([1], [float("nan")]), "volume_fraction"),
        (lambda: check_dose_volume([[1]], [[1.0]]), "volume_fraction"),
        (lambda: generalised_eud_gy([1], [1], exponent=0), "exponent"),
        (lambda: differential_from_cumulative([0, 10], [0.9, 0.0]), "volume_at_least"),
        (lambda: differential_from_cumulative([0, 10], [1.0, 1.1]), "volume_at_least"),
        (lambda: differential_from_cumulative([10, 0], [1.0, 0.5]), "dose_gy"),
        (lambda: equivalent_dose_2gy(60, fractions=0, alpha_beta_gy=3), "fractions"),
        (lambda: equivalent_dose_2gy(60, fractions=30, alpha_beta_gy=0), "alpha_beta_gy"),
    ],
)
def test_impossible_histograms_are_refused(call, name):
    with pytest.raises(OutOfRange, match=name):
        call()
