"""Two proportions: inverse functions, a second implementation, exact and simulated power."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import OutOfRange
from popmargin.trials.noninferiority import noninferiority, noninferiority_power
from popmargin.trials.normal import critical_value
from popmargin.trials.proportions import (
    proportions_by_margin,
    proportions_by_margin_power,
    two_proportions,
    two_proportions_power,
)
from tests.oracles.trials_two_proportions import exact_power

PROPORTION = st.floats(0.02, 0.98)


@settings(deadline=None, max_examples=60)
@given(PROPORTION, PROPORTION, st.floats(0.5, 0.99), st.floats(0.001, 0.2))
def test_size_is_the_smallest_that_reaches_the_power(control, experimental, power, alpha):
    if abs(control - experimental) < 0.01:
        return
    size = two_proportions(control, experimental, power=power, alpha=alpha)
    assert size.power_reached >= power - 1e-7
    if size.patients_per_arm > 1:
        fewer = two_proportions_power(
            control, experimental, patients_per_arm=size.patients_per_arm - 1, alpha=alpha
        )
        assert fewer < power


@settings(deadline=None, max_examples=60)
@given(PROPORTION, PROPORTION, st.floats(-0.3, 0.3), st.floats(0.5, 0.99), st.floats(0.3, 3))
def test_margin_size_is_the_smallest_that_reaches_the_power(
    control, experimental, margin, power, allocation
):
    if experimental - control - margin < 0.01:
        return
    size = proportions_by_margin(
        control, experimental, margin=margin, power=power, allocation=allocation
    )
    assert size.power_reached >= power - 1e-7
    assert size.patients == size.patients_control + size.patients_experimental
    if size.patients_control > 1:
        fewer = proportions_by_margin_power(
            control,
            experimental,
            margin=margin,
            patients_control=size.patients_control - 1,
            allocation=allocation,
        )
        assert fewer < power


@pytest.mark.parametrize(
    ("control", "experimental"), [(0.434, 0.244), (0.083, 0.058), (0.2, 0.5), (0.9, 0.8)]
)
def test_agrees_with_statsmodels(control, experimental):
    from statsmodels.stats.proportion import (
        power_proportions_2indep,
        samplesize_proportions_2indep_onetail,
    )

    size = two_proportions(control, experimental, power=0.85)
    other = samplesize_proportions_2indep_onetail(
        experimental - control,
        control,
        power=0.85,
        alpha=0.025,
        alternative="larger" if experimental > control else "smaller",
    )
    assert size.patients_per_arm == int(np.ceil(other))
    # statsmodels adds the far tail of the two-sided test, here far below 1e-6
    power = power_proportions_2indep(
        experimental - control, control, size.patients_per_arm, alpha=0.05, return_results=False
    )
    assert abs(power - size.power_reached) < 1e-6


def test_power_is_close_to_the_exact_power():
    critical = critical_value(0.05, sides=2)
    approximate = two_proportions_power(0.434, 0.244, patients_per_arm=97)
    assert abs(exact_power(0.434, 0.244, 97, critical) - approximate) < 0.01


def test_simulated_power_of_noninferiority():
    trials, rng = 4000, np.random.default_rng(5)
    size = noninferiority(0.80, margin=0.10)
    control, experimental = rng.binomial(size.patients_per_arm, 0.80, (2, trials)) / (
        size.patients_per_arm
    )
    variance = (control * (1 - control) + experimental * (1 - experimental)) / (
        size.patients_per_arm
    )
    z = (experimental - control + 0.10) / np.sqrt(variance)
    simulated = (z > critical_value(0.025, sides=1)).mean()
    error = np.sqrt(size.power_reached * (1 - size.power_reached) / trials)
    assert abs(simulated - size.power_reached) < 3 * error


def test_simulated_power_of_superiority():
    trials, rng = 4000, np.random.default_rng(6)
    size = two_proportions(0.434, 0.244)
    first = rng.binomial(size.patients_per_arm, 0.434, trials) / size.patients_per_arm
    second = rng.binomial(size.patients_per_arm, 0.244, trials) / size.patients_per_arm
    pooled = (first + second) / 2
    z = (first - second) / np.sqrt(2 * pooled * (1 - pooled) / size.patients_per_arm)
    simulated = (np.abs(z) > critical_value(0.05, sides=2)).mean()
    error = np.sqrt(size.power_reached * (1 - size.power_reached) / trials)
    assert abs(simulated - size.power_reached) < 3 * error


def test_noninferiority_total_of_unequal_arms():
    # Kopecky and Green: N = [(za+zb)/(M+PE-PS)]^2 [PE(1-PE)/KE + PS(1-PS)/(1-KE)], KE = 2/3
    z = critical_value(0.025, sides=1) + critical_value(0.1, sides=1)
    total = (z / (0.1 + 0.82 - 0.80)) ** 2 * (0.82 * 0.18 / (2 / 3) + 0.80 * 0.20 / (1 / 3))
    size = noninferiority(0.80, experimental=0.82, margin=0.1, allocation=2.0)
    assert total <= size.patients < total + 3
    assert size.patients_experimental == 2 * size.patients_control
    power = noninferiority_power(
        0.80, experimental=0.82, margin=0.1, allocation=2.0, patients_control=size.patients_control
    )
    assert power == size.power_reached


def test_assumptions_name_the_margin_and_the_direction():
    text = " ".join(noninferiority(0.8, margin=0.1).assumptions)
    assert "a loss of up to 0.1" in text
    assert "a higher proportion is better" in text


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: two_proportions(0.3, 0.3), "experimental"),
        (lambda: two_proportions(0.0, 0.3), "control"),
        (lambda: two_proportions(0.2, 0.3, power=1.0), "power"),
        (lambda: two_proportions(0.2, 0.3, alpha=0.0), "alpha"),
        (lambda: two_proportions_power(0.2, 0.3, patients_per_arm=0), "patients_per_arm"),
        (lambda: proportions_by_margin(0.8, 0.6, margin=-0.1), "margin"),
        (lambda: proportions_by_margin(0.5, 0.6, margin=-2.0), "margin"),
        (lambda: proportions_by_margin(0.5, 0.6, margin=0, allocation=0), "allocation"),
        (lambda: noninferiority(0.8, margin=-0.1), "margin"),
        (lambda: noninferiority(0.8, margin=0.1, experimental=0.7), "margin"),
    ],
)
def test_impossible_designs_are_refused(call, name):
    with pytest.raises(OutOfRange, match=name):
        call()
