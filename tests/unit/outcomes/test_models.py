"""Closed formulae of complication and control against plain loops, limits and slopes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import OutOfRange
from popmargin.outcomes.complication import (
    linear_logistic_probability,
    lkb_probability,
    logistic_probability,
    relative_seriality_probability,
)
from popmargin.outcomes.control import logistic_control, poisson_control
from tests.oracles.outcomes_models import normal_below, relative_seriality
from tests.oracles.outcomes_models import poisson_control as plain_poisson_control


@pytest.mark.parametrize("dose", [20.0, 60.0, 76.9, 90.0])
def test_lkb_is_the_normal_distribution(dose):
    expected = normal_below((dose - 76.9) / (0.13 * 76.9))
    assert lkb_probability(dose, td50_gy=76.9, m=0.13) == pytest.approx(expected, abs=1e-7)


def test_logistic_slope_at_half_is_gamma():
    step = 1e-4
    rise = logistic_probability(60 + step, td50_gy=60, gamma50=1.7) - logistic_probability(
        60 - step, td50_gy=60, gamma50=1.7
    )
    assert 60 * rise / (2 * step) == pytest.approx(1.7, rel=1e-6)
    assert logistic_probability(0, td50_gy=60, gamma50=1.7) == 0.0


def test_linear_logistic_is_half_where_the_predictor_is_zero():
    assert linear_logistic_probability(20, intercept=-4, slope_per_gy=0.2) == 0.5
    assert linear_logistic_probability(1e6, intercept=-4, slope_per_gy=0.2) == 1.0


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0, 90), st.floats(0.05, 1)), min_size=1, max_size=5),
    st.floats(20, 80),
    st.floats(0.5, 4),
    st.floats(0.05, 2),
)
def test_relative_seriality_agrees_with_the_plain_loop(bins, d50, gamma, seriality):
    dose, volume = np.array(bins).T
    volume = volume / volume.sum()
    expected = relative_seriality(dose.tolist(), volume.tolist(), d50, gamma, seriality)
    found = relative_seriality_probability(
        dose, volume, d50_gy=d50, gamma=gamma, seriality=seriality
    )
    # the plain loop loses the digits of 1 - (1 - tiny); the library keeps them
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-4)


def test_relative_seriality_of_uniform_dose_does_not_depend_on_seriality():
    values = [
        relative_seriality_probability([50], [1], d50_gy=60, gamma=2, seriality=s)
        for s in (0.1, 1.0, 3.0)
    ]
    assert np.allclose(values, 2 ** (-np.exp(np.e * 2 * (1 - 50 / 60))), rtol=1e-12)


def test_steepest_slope_of_the_seriality_response_is_gamma():
    dose = np.linspace(0.5, 1.5, 20001)
    response = [
        relative_seriality_probability([value], [1], d50_gy=1, gamma=2, seriality=1)
        for value in dose[::20]
    ]
    assert np.gradient(response, dose[::20]).max() == pytest.approx(2, rel=1e-4)


def test_serial_organs_fear_hot_spots_and_parallel_ones_spread():
    hot, even = ([70, 10], [0.2, 0.8]), ([22], [1.0])
    risks = [
        relative_seriality_probability(*plan, d50_gy=60, gamma=2, seriality=1)
        for plan in (hot, even)
    ]
    assert risks[0] > 100 * risks[1]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.floats(30, 90), st.floats(0.05, 1)), min_size=1, max_size=5),
    st.integers(1, 40),
    st.floats(0.05, 0.5),
    st.floats(1, 15),
)
def test_poisson_control_agrees_with_the_plain_loop(bins, fractions, alpha, alpha_beta):
    dose, volume = np.array(bins).T
    volume = volume / volume.sum()
    expected = plain_poisson_control(
        dose.tolist(), volume.tolist(), fractions, alpha, alpha_beta, 1e7
    )
    found = poisson_control(
        dose,
        volume,
        fractions=fractions,
        alpha_per_gy=alpha,
        alpha_beta_gy=alpha_beta,
        clonogens=1e7,
    )
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_poisson_average_over_sensitivity_against_draws():
    settings_ = {"fractions": 35, "alpha_beta_gy": 3.0, "clonogens": 1e8}
    found = poisson_control([72], [1], alpha_per_gy=0.26, alpha_sd_per_gy=0.06, **settings_)
    alphas = np.random.default_rng(3).normal(0.26, 0.06, 200000)
    effective = 72 * (1 + 72 / 35 / 3)
    drawn = np.exp(-1e8 * np.exp(-alphas[alphas > 0] * effective))
    assert abs(found - drawn.mean()) < 3 * drawn.std() / np.sqrt(drawn.size)
    nearly_none = poisson_control([72], [1], alpha_per_gy=0.26, alpha_sd_per_gy=1e-6, **settings_)
    none = poisson_control([72], [1], alpha_per_gy=0.26, **settings_)
    assert nearly_none == pytest.approx(none, abs=1e-4)


def test_logistic_control_of_parts_multiplies():
    whole = logistic_control([70], [1], d50_gy=65, gamma50=2)
    parts = logistic_control([70, 70], [0.3, 0.7], d50_gy=65, gamma50=2)
    assert parts == pytest.approx(whole)
    cold = logistic_control([70, 0], [0.99, 0.01], d50_gy=65, gamma50=2)
    assert cold == 0.0


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: lkb_probability(-1, td50_gy=50, m=0.1), "eud_gy"),
        (lambda: lkb_probability(1, td50_gy=0, m=0.1), "td50_gy"),
        (lambda: lkb_probability(1, td50_gy=50, m=0), "m:"),
        (lambda: logistic_probability(1, td50_gy=50, gamma50=0), "gamma50"),
        (lambda: linear_logistic_probability(1, intercept=np.inf, slope_per_gy=1), "intercept"),
        (
            lambda: relative_seriality_probability([1], [1], d50_gy=1, gamma=1, seriality=0),
            "seriality",
        ),
        (
            lambda: poisson_control(
                [1], [1], fractions=1, alpha_per_gy=0, alpha_beta_gy=1, clonogens=1
            ),
            "alpha_per_gy",
        ),
    ],
)
def test_impossible_parameters_are_refused(call, name):
    with pytest.raises(OutOfRange, match=name):
        call()
