"""Small made-up tables of the outcome stages, in the form of their contracts."""

from functools import cache

import numpy as np
import polars as pl

from popmargin.margins.registry import find_recipe
from popmargin.outcomes.complication import lkb_probability
from popmargin.outcomes.complication_sets import complication_set
from popmargin.outcomes.dose_responses import estimate_dose_responses
from popmargin.outcomes.dose_volume import generalised_eud_gy
from popmargin.outcomes.effects import reported
from popmargin.outcomes.evidence import describe_evidence
from popmargin.outcomes.phantom import TargetPhantom
from popmargin.outcomes.simulated_outcomes import simulate_outcome_cohort
from popmargin.outcomes.study_chain import estimate_outcome_chain
from popmargin.outcomes.study_outcomes import estimate_observed_outcomes
from popmargin.pipeline.rows import rows_table
from popmargin.tables.contract import find_contract
from popmargin.trials.study_centres import plan_run_in
from popmargin.trials.study_prior import expect_effects
from popmargin.trials.study_survival import design_survival
from popmargin.trials.study_trial import design_trial, judge_centres, power_curves
from tests.figures.synthetic_errors import group_of

SCENARIO = {
    "group": "all",
    "prescription_gy": 78.0,
    "fractions": 39,
    "organ": {
        "name": "rectum",
        "axis": "ap",
        "side": "negative",
        "gap_mm": 0.0,
        "thickness_mm": 30.0,
        "fall_off_sd_mm": 6.0,
        "background_share": 0.0,
    },
    "ntcp_set": complication_set("rectum_quantec").label,
    "tcp_set": "prostate_logistic",
    "protocols": [{"protocol": "nal:images=3", "imaging_dose_mgy": 30.0}],
}


def chain_tables(scenario=SCENARIO, patients=100) -> dict[str, pl.DataFrame]:
    """Tables ``outcome_chain`` and ``outcome_curve`` of one group."""
    rows, curve = estimate_outcome_chain(
        [group_of(scenario["group"])],
        [scenario],
        recipe=find_recipe("van_herk"),
        options={},
        recipe_fractions=None,
        target=TargetPhantom(30.0),
        present_margin_mm=(8.0, 8.0, 8.0),
        patients=patients,
    )
    return {
        "outcome_chain": rows_table(rows, "outcome_chain"),
        "outcome_curve": rows_table(curve, "outcome_curve"),
    }


def observed_tables(patients=400) -> dict[str, pl.DataFrame]:
    """Tables of observed outcomes of one simulated cohort."""
    cohort, _ = simulate_outcome_cohort(patients, rng=np.random.default_rng(4), centres=4)
    outcomes = cohort.select(
        "patient_id", "event", "time_months",
        pl.lit("gi").alias("endpoint"), pl.lit("end").alias("time_origin"),
        pl.when(pl.col("event") == 1).then(2).cast(pl.Int64).alias("grade"),
    )  # fmt: skip
    analysis = {
        "endpoint": "gi", "grade_at_least": None, "compare": "igrt_protocol", "randomised": False,
        "exposures": [], "covariates": ["frailty", "age"], "models": ["logistic", "cox"],
        "landmark_fraction": None, "landmark_months": None, "start_stop": False,
    }  # fmt: skip
    people = cohort.drop("event", "time_months")
    found = estimate_observed_outcomes(outcomes, people, pl.DataFrame(), [analysis])
    return {
        name: rows_table(reported(rows, find_contract(name).names), name)
        for name, rows in found.items()
    }


@cache
def dose_tables(patients=300) -> dict[str, pl.DataFrame]:
    """Tables of histograms and outcomes of one simulated cohort with a serial organ."""
    rng = np.random.default_rng(5)
    histograms, outcomes = [], []
    for number in range(patients):
        high, share = rng.uniform(50, 85), rng.uniform(0.05, 0.6)
        name = f"synthetic-{number}"
        histograms += [
            (name, "rectum", dose, part) for dose, part in ((10, 1 - share), (high, share))
        ]
        eud = generalised_eud_gy([10.0, high], [1 - share, share], exponent=10.0)
        event = int(rng.random() < lkb_probability(eud, td50_gy=75.0, m=0.15))
        outcomes.append((name, "late rectal", 2 if event else None, event, 24.0, "end"))
    dvh = pl.DataFrame(
        histograms, schema=["patient_id", "structure", "dose_gy", "volume_fraction"], orient="row"
    )
    names = ["patient_id", "endpoint", "grade", "event", "time_months", "time_origin"]
    response = {"structure": "rectum", "ntcp_set": "rectum_quantec", "endpoint": "late rectal",
                "grade_at_least": 2, "alpha_beta_gy": None}  # fmt: skip
    asked = {"kind": "differential", "fractions": None, "responses": [response]}
    found = estimate_dose_responses(dvh, pl.DataFrame(outcomes, schema=names, orient="row"), asked)
    return {
        name: rows_table(reported(rows, find_contract(name).names), name)
        for name, rows in found.items()
    }


TRIAL = {
    "title": "Smaller margin", "group": "prostate", "endpoint": "late toxicity to 2 years",
    "control_label": "7 mm", "experimental_label": "4 mm with daily images", "control_arm": None,
    "experimental_arm": None, "risk_control": 0.3, "risk_experimental": 0.2,
    "risk_source": "made up", "population": "", "imaging": "daily", "action_level_mm": 3.0,
    "quality_assurance": "", "power": 0.8, "alpha": 0.05, "to_control": 0.05,
    "to_experimental": 0.0, "drop_out": 0.1, "interim_share": 0.5, "centres": 3, "centre_sd": 0.2,
    "cluster_icc": 0.02, "patients_per_arm": None, "simulated_trials": 200, "evidence_sites": [],
    "prior_class": "late bowel grade 2 or above to 2 years, smaller margin, randomised",
    "strata": ["risk group"], "run_in_patients": 20, "run_in_fractions": 10, "margin_mm": None,
    "time_to_event": {"horizon_months": 24, "accrual_months": 24, "follow_up_months": 24,
                      "hazard_ratio": None},
}  # fmt: skip


ERROR = {"group": "prostate", "axis": "lr", "estimator": "anova", "systematic_sd_mm": 2.0,
         "random_sd_mm": 2.0}  # fmt: skip
CREDENTIAL = {
    "group": "prostate", "centre": "A", "axis": "lr", "n_patients": 20, "recipe": "van_herk",
    "margin_in_use_mm": 7.0, "margin_needed_mm": 5.5, "margin_needed_low_mm": 4.4,
    "margin_needed_high_mm": 6.9, "margin_needed_upper_mm": 6.7, "share_of_draws": 0.98,
    "verdict": "enough", "group_mean_mm": 0.1, "covers": "set-up error",
}  # fmt: skip


def trial_tables(coverage: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Tables of the trial stage."""
    design, operating, sensitivity = design_trial(TRIAL, [], seed=1)
    found = {
        "trial_design": design,
        "trial_operating": operating,
        "trial_sensitivity": sensitivity,
        "trial_power": power_curves(sensitivity, TRIAL),
        "trial_evidence": describe_evidence(),
        "trial_centres": judge_centres(coverage.to_dicts()),
        "trial_credentials": [CREDENTIAL],
        "trial_run_in": plan_run_in([ERROR], TRIAL),
        "trial_prior": expect_effects(TRIAL, design[0]),
        "trial_survival": design_survival(TRIAL, TRIAL, seed=1),
    }
    return {
        name: rows_table(reported(rows, find_contract(name).names), name)
        for name, rows in found.items()
    }
