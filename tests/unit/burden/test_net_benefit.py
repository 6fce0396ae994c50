"""Net benefit, acceptability and the value of knowing, against closed forms."""

from statistics import NormalDist

import numpy as np
import pytest

from popmargin.burden.net_benefit import (
    net_benefit,
    probability_best,
    value_of_one_parameter,
    value_of_perfect_information,
)
from popmargin.burden.threshold import price_per_effect, toxicity_reduction_needed
from popmargin.core.exceptions import OutOfRange

N = 20_000


def normal_choice(mean=-0.5, known_sd=1.0, noise_sd=2.0):
    """An option worth theta + noise against one worth nothing."""
    rng = np.random.default_rng(3)
    theta = rng.normal(mean, known_sd, N)
    return np.c_[np.zeros(N), theta + rng.normal(0, noise_sd, N)], theta


def expected_gain(mean, sd):
    unit = NormalDist()
    return sd * unit.pdf(mean / sd) - abs(mean) * unit.cdf(-abs(mean) / sd)


def test_value_of_one_parameter_is_the_normal_closed_form():
    benefit, theta = normal_choice()
    found = value_of_one_parameter(benefit, theta)
    assert found.value == pytest.approx(expected_gain(-0.5, 1.0), abs=5 * found.standard_error)
    assert 0 < found.standard_error < 0.01


def test_value_of_everything_is_the_normal_closed_form_and_bounds_that_of_one():
    benefit, theta = normal_choice()
    found = value_of_perfect_information(benefit)
    assert found.value == pytest.approx(expected_gain(-0.5, 5**0.5), abs=5 * found.standard_error)
    assert found.value > value_of_one_parameter(benefit, theta).value


def test_what_does_not_matter_or_vary_is_worth_nothing():
    benefit, _ = normal_choice(mean=-9.0, noise_sd=0.5)
    unrelated = np.random.default_rng(8).normal(size=N)
    assert value_of_one_parameter(benefit, unrelated).value == pytest.approx(0, abs=1e-3)
    assert value_of_one_parameter(benefit, np.ones(N)) == (0.0, 0.0)


def test_probabilities_add_to_one_and_carry_their_monte_carlo_error():
    benefit, _ = normal_choice()
    none, other = probability_best(benefit)
    assert none.value + other.value == pytest.approx(1.0, abs=1e-12)
    expected = NormalDist(-0.5, 5**0.5).cdf(0)
    assert none.value == pytest.approx(expected, abs=5 * none.standard_error)
    assert none.standard_error == pytest.approx((expected * (1 - expected) / N) ** 0.5, rel=0.02)


def test_unknown_options_and_negative_prices_are_refused():
    with pytest.raises(OutOfRange, match="benefit"):
        probability_best([[1.0, np.nan]])
    with pytest.raises(OutOfRange, match="willingness_to_pay"):
        net_benefit([[1.0]], [[1.0]], -1)
    with pytest.raises(OutOfRange, match="parameter"):
        value_of_one_parameter([[1.0], [2.0]], [1.0])


def test_thresholds():
    assert price_per_effect(-300, 3) == -100
    assert price_per_effect(300, -1) is None
    assert toxicity_reduction_needed(-5, 100) == 0
    assert toxicity_reduction_needed(101, 100) is None
    with pytest.raises(OutOfRange, match="worth"):
        toxicity_reduction_needed(5, 0)
