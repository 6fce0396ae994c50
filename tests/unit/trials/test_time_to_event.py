"""Simulated time-to-event trials: the log-rank twin, Schoenfeld's power, and alpha."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from popmargin.cli.main import main
from popmargin.core.exceptions import OutOfRange
from popmargin.trials.study_survival import design_survival
from popmargin.trials.survival import survival_power
from popmargin.trials.time_to_event import SurvivalPlan, log_rank, simulate_survival_trial
from tests.oracles.trials_log_rank import log_rank_statistic

TRIAL = {
    "power": 0.8, "alpha": 0.05, "to_control": 0.05, "to_experimental": 0.05, "drop_out": 0.1,
    "interim_share": 0.5, "centres": 4, "centre_sd": 0.3, "simulated_trials": 500,
    "patients_per_arm": None,
    "time_to_event": {"horizon_months": 24, "accrual_months": 24, "follow_up_months": 24,
                      "hazard_ratio": None},
}  # fmt: skip
RISKS = {"risk_control": 0.4, "risk_experimental": 0.25}


def simulated(ratio, plan, trials=2000, seed=1):
    rng = np.random.default_rng(seed)
    return simulate_survival_trial(0.03, ratio, plan, trials=trials, rng=rng)


def test_statistic_is_that_of_the_plain_loop():
    rng = np.random.default_rng(2)
    time, event = rng.exponential(1, (5, 60)), rng.random((5, 60)) < 0.6
    arm = rng.integers(0, 2, (5, 60))
    excess, variance = log_rank(time, event, arm, np.zeros(60, dtype=int))
    want = [
        log_rank_statistic(t.tolist(), e.tolist(), (a == 1).tolist())
        for t, e, a in zip(time, event, arm, strict=True)
    ]
    assert_allclose(excess / np.sqrt(variance), want, rtol=1e-12)
    strata = np.arange(60) % 2
    halves = [log_rank(time[:, strata == s], event[:, strata == s], arm[:, strata == s],
                       np.zeros(30, dtype=int)) for s in (0, 1)]  # fmt: skip
    both = log_rank(time, event, arm, strata)
    assert_allclose(both[0], halves[0][0] + halves[1][0])
    assert_allclose(both[1], halves[0][1] + halves[1][1])


@pytest.mark.parametrize(("ratio", "patients"), [(0.71, 250), (0.8, 300)])
def test_power_is_that_of_schoenfelds_events(ratio, patients):
    found = simulated(ratio, SurvivalPlan(patients, 24, 36, events=200))
    want = survival_power(ratio, events=round(found.events))
    assert abs(found.power - want) < 3 * found.power_standard_error
    assert found.hazard_ratio == pytest.approx(ratio, abs=0.02)
    assert (found.stopped_early, found.months) == (0.0, 60.0)


@pytest.mark.parametrize("look", [None, 0.5])
@pytest.mark.parametrize("centres", [1, 5])
def test_without_an_effect_the_error_is_alpha(look, centres):
    plan = SurvivalPlan(
        120, 24, 24, events=130, interim_share=look, centres=centres,
        centre_sd=0.5 * (centres > 1), loss_per_month=0.005,
    )  # fmt: skip
    found = simulated(1.0, plan)
    assert abs(found.power - 0.05) < 3 * (0.05 * 0.95 / 2000) ** 0.5


def test_a_look_saves_time_and_hardly_costs_power():
    plan = SurvivalPlan(200, 24, 36, events=250)
    looked = SurvivalPlan(200, 24, 36, events=250, interim_share=0.6)
    whole, early = simulated(0.65, plan), simulated(0.65, looked)
    assert early.stopped_early > 0.4
    assert early.months < whole.months - 5
    assert whole.power - early.power < 0.03


def test_rows_of_a_study():
    planned, simple, null = design_survival(TRIAL, RISKS, seed=1)
    assert planned["hazard_ratio_planned"] == pytest.approx(np.log(0.75) / np.log(0.6))
    assert abs(simple["power"] - simple["power_formula"]) < 3 * simple["power_standard_error"]
    # The size allows for what goes wrong, so the planned trial keeps about its power.
    assert abs(planned["power"] - 0.8) < 0.07
    assert abs(null["power"] - 0.05) < 0.03
    assert simple["power"] > planned["power"]
    assert design_survival(TRIAL | {"time_to_event": None}, RISKS, seed=1) == []


@pytest.mark.parametrize(
    "change",
    [{"accrual_months": 0}, {"loss_per_month": -1}, {"to_control": 1.0}, {"interim_share": 1.5}],
)
def test_impossible_plans_are_refused(change):
    values = {"patients_per_arm": 50, "accrual_months": 12, "follow_up_months": 12, "events": 40}
    with pytest.raises(OutOfRange):
        SurvivalPlan(**values | change)
    with pytest.raises(OutOfRange):
        design_survival(TRIAL, RISKS | {"risk_experimental": 0.4}, seed=1)


def test_the_command_gives_the_simulation(capsys):
    line = (
        "plan survival_trial --hazard-ratio 0.6 --patients-per-arm 150 --control-event-free 0.6 "
        "--at-months 24 --accrual-months 24 --follow-up-months 24 --trials 300 --json"
    )
    assert main(line.split()) == 0
    row = json.loads(capsys.readouterr().out)["rows"][0]
    assert abs(row["power"] - row["power_formula"]) < 4 * row["power_standard_error"]
    assert row["months"] == 48
