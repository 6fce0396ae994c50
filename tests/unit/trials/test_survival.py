"""Log-rank trials: inverse functions, quadrature of the event share, simulated power."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import OutOfRange
from popmargin.trials.normal import critical_value
from popmargin.trials.survival import (
    exponential_event_share,
    survival,
    survival_by_accrual,
    survival_power,
)
from tests.oracles.trials_log_rank import log_rank_statistic


@settings(deadline=None, max_examples=60)
@given(st.floats(0.2, 0.95), st.floats(0.5, 0.99), st.floats(0.001, 0.2))
def test_events_are_the_fewest_that_reach_the_power(hazard_ratio, power, alpha):
    size = survival(hazard_ratio, power=power, alpha=alpha)
    assert size.power_reached >= power - 1e-7
    if size.events > 1:
        assert survival_power(hazard_ratio, events=size.events - 1, alpha=alpha) < power


def test_direction_of_the_hazard_ratio_does_not_matter():
    assert survival(0.5).events == survival(2.0).events


def test_patients_need_an_event_share():
    assert survival(0.71).patients_per_arm is None
    assert survival(0.71).patients is None
    assert survival(0.71, event_share=1.0).patients == 268


@pytest.mark.parametrize("loss", [0.0, 0.01])
@pytest.mark.parametrize("follow_up", [0.0, 24.0])
def test_event_share_by_quadrature(loss, follow_up):
    rate, accrual = 0.02, 18.0
    entry = (np.arange(20000) + 0.5) / 20000 * accrual
    time = follow_up + accrual - entry
    # event before loss and before the analysis, averaged over the time of entry
    expected = np.mean(rate / (rate + loss) * (1 - np.exp(-(rate + loss) * time)))
    share = exponential_event_share(
        rate, accrual_months=accrual, follow_up_months=follow_up, loss_per_month=loss
    )
    assert abs(share - expected) < 1e-8


def test_accrual_averages_the_two_arms():
    size = survival_by_accrual(
        0.5, control_event_free=0.5, at_months=12, accrual_months=12, follow_up_months=12
    )
    rate = np.log(2) / 12
    shares = [
        exponential_event_share(arm, accrual_months=12, follow_up_months=12)
        for arm in (rate, rate / 2)
    ]
    assert size.event_share == pytest.approx(np.mean(shares), abs=1e-12)
    assert size.patients_per_arm == int(np.ceil(size.events / np.mean(shares) / 2))
    assert "averaged over the arms" in size.assumptions[-1]


def test_recalled_formula_is_flagged():
    size = survival(0.71)
    assert "recalled" in size.formula_status
    assert any("recalled" in assumption for assumption in size.assumptions)


def test_simulated_power_of_the_log_rank_test():
    # 1:1 arms of exponential times, analysed at the planned number of events
    trials, hazard_ratio, rng = 600, 0.6, np.random.default_rng(9)
    size = survival(hazard_ratio)
    arm = size.events
    significant = 0
    experimental = [False] * arm + [True] * arm
    for _ in range(trials):
        times = rng.exponential(np.repeat([1.0, 1.0 / hazard_ratio], arm))
        end = np.sort(times)[size.events - 1]
        statistic = log_rank_statistic(
            np.minimum(times, end + np.arange(2 * arm) * 1e-9).tolist(),
            (times <= end).tolist(),
            experimental,
        )
        significant += abs(statistic) > critical_value(0.05, sides=2)
    error = np.sqrt(size.power_reached * (1 - size.power_reached) / trials)
    assert abs(significant / trials - size.power_reached) < 3 * error


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: survival(1.0), "hazard_ratio"),
        (lambda: survival(0.0), "hazard_ratio"),
        (lambda: survival(0.7, event_share=0.0), "event_share"),
        (lambda: survival(0.7, event_share=1.1), "event_share"),
        (lambda: survival(0.7, power=0.0), "power"),
        (lambda: survival_power(0.7, events=0), "events"),
        (
            lambda: exponential_event_share(0, accrual_months=1, follow_up_months=1),
            "rate_per_month",
        ),
        (
            lambda: exponential_event_share(1, accrual_months=0, follow_up_months=1),
            "accrual_months",
        ),
        (
            lambda: exponential_event_share(1, accrual_months=1, follow_up_months=-1),
            "follow_up_months",
        ),
    ],
)
def test_impossible_designs_are_refused(call, name):
    with pytest.raises(OutOfRange, match=name):
        call()
