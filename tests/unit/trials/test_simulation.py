"""Simulated trials agree with closed forms; complications cost what they should."""

from dataclasses import replace

import numpy as np
import pytest

from popmargin.core.exceptions import OutOfRange, WrongUsage
from popmargin.trials.interim import obrien_fleming
from popmargin.trials.proportions import two_proportions_power
from popmargin.trials.simulation import TrialPlan, simulate_trial
from popmargin.trials.study_trial import assumed_risks, design_trial, judge_centres

TRIAL = {
    "group": "all", "risk_control": 0.3, "risk_experimental": 0.2, "risk_source": "made up",
    "power": 0.8, "alpha": 0.05, "to_control": 0.05, "to_experimental": 0.05, "drop_out": 0.1,
    "interim_share": 0.5, "centres": 4, "centre_sd": 0.3, "cluster_icc": None,
    "simulated_trials": 800, "patients_per_arm": None,
}  # fmt: skip


def simulated(control, experimental, plan, trials=6000, seed=1):
    return simulate_trial(
        control, experimental, plan, trials=trials, rng=np.random.default_rng(seed)
    )


@pytest.mark.parametrize(
    ("control", "experimental", "patients"),
    [(0.434, 0.244, 97), (0.3, 0.2, 200), (0.15, 0.08, 350)],
)
def test_power_is_that_of_the_closed_form(control, experimental, patients):
    found = simulated(control, experimental, TrialPlan(patients))
    want = two_proportions_power(control, experimental, patients_per_arm=patients)
    assert abs(found.power - want) < 3 * found.power_standard_error
    assert abs(found.difference - found.true_difference) < 3 * found.difference_standard_error
    assert abs(found.coverage - 0.95) < 0.012


@pytest.mark.parametrize("look", [None, 0.5])
@pytest.mark.parametrize("centres", [1, 5])
def test_without_an_effect_the_error_is_alpha(look, centres):
    plan = TrialPlan(150, interim_share=look, centres=centres, centre_sd=0.5 * (centres > 1))
    found = simulated(0.35, 0.35, plan)
    assert abs(found.power - 0.05) < 3 * (0.05 * 0.95 / 6000) ** 0.5


def test_crossing_over_dilutes_to_the_closed_form():
    found = simulated(0.4, 0.25, TrialPlan(150, to_control=0.2, to_experimental=0.1))
    want = two_proportions_power(0.385, 0.28, patients_per_arm=150)
    assert abs(found.power - want) < 3 * found.power_standard_error
    assert abs(found.difference - (0.28 - 0.385)) < 3 * found.difference_standard_error


def test_drop_out_is_a_smaller_trial():
    found = simulated(0.4, 0.25, TrialPlan(150, drop_out=0.2))
    want = two_proportions_power(0.4, 0.25, patients_per_arm=120)
    assert abs(found.power - want) < 4 * found.power_standard_error
    assert found.patients_analysed == pytest.approx(240, abs=1)


def test_an_interim_look_saves_patients_and_little_power():
    plain, look = (simulated(0.45, 0.25, TrialPlan(120, interim_share=t)) for t in (None, 0.5))
    assert look.stopped_early > 0.2
    assert look.patients_expected < 0.95 * plain.patients_expected
    assert plain.power - look.power < 0.03


def test_a_test_stratified_by_centre_gains_where_centres_differ():
    plan = TrialPlan(150, centres=6, centre_sd=1.5)
    with_strata, without = (
        simulated(0.4, 0.27, replace(plan, stratified=on)) for on in (True, False)
    )
    assert with_strata.power > without.power


def test_spending_of_the_looks():
    looks = obrien_fleming(0.5)
    assert (round(looks.interim, 3), round(looks.final, 3)) == (2.963, 1.969)
    late = obrien_fleming(0.9)
    assert late.interim < looks.interim
    assert looks.final > 1.96


def test_the_design_inflates_for_what_goes_wrong():
    design, operating, sensitivity = design_trial(TRIAL, [], seed=2)
    row = design[0]
    assert row["patients_per_arm_plain"] == 294
    assert row["patients_per_arm_plain"] < row["patients_per_arm_diluted"] < row["patients_per_arm"]
    assert [case["case"] for case in operating][-1].endswith("(type I error)")
    planned = operating[1]
    assert abs(planned["power"] - 0.8) < 0.06
    sizes = {case["case"]: case["patients_per_arm"] for case in sensitivity}
    assert sizes["MIRAGE (Kishan 2023): acute GU G>=2"] == 97
    assert sizes["CHHiP IGRT (Murray 2020): RTOG G>=2 bowel to 2 y"] == 1645
    assert any(case["reason"] for case in sensitivity)  # MIRAGE: 0 of an arm


def test_what_cannot_be_planned_is_refused():
    with pytest.raises(OutOfRange, match="other than that of control"):
        design_trial(TRIAL | {"risk_experimental": 0.3}, [], seed=1)
    with pytest.raises(WrongUsage, match="no arm"):
        assumed_risks({"group": "all", "control_arm": "x"}, [])
    for name in ("to_control", "drop_out"):
        with pytest.raises(OutOfRange, match=name):
            TrialPlan(10, **{name: 1.0})


def test_a_centre_joins_by_its_whole_interval():
    base = {"kind": "present", "group": "A", "n_patients": 9, "coverage": 0.9, "population": 0.9,
            "reason": None, "covers": "x", "margin_lr_mm": 5.0, "margin_si_mm": 5.0,
            "margin_ap_mm": 5.0}  # fmt: skip
    limits = [(0.91, 0.99), (0.8, 0.95), (0.5, 0.8)]
    rows = [base | {"coverage_low": low, "coverage_high": high} for low, high in limits]
    assert [row["verdict"] for row in judge_centres(rows)] == [
        "may join", "not shown yet", "not with this margin",
    ]  # fmt: skip
    unknown = base | {"coverage": None, "coverage_low": None, "coverage_high": None}
    assert judge_centres([unknown])[0]["verdict"] == "not estimable"
