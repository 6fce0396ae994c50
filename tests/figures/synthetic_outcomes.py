"""Small made-up tables of the outcome stages, in the form of their contracts."""

import numpy as np
import polars as pl

from popmargin.margins.registry import find_recipe
from popmargin.outcomes.complication_sets import complication_set
from popmargin.outcomes.effects import reported
from popmargin.outcomes.phantom import TargetPhantom
from popmargin.outcomes.simulated_outcomes import simulate_outcome_cohort
from popmargin.outcomes.study_chain import estimate_outcome_chain
from popmargin.outcomes.study_outcomes import estimate_observed_outcomes
from popmargin.pipeline.rows import rows_table
from popmargin.tables.contract import find_contract
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
    cohort, _ = simulate_outcome_cohort(patients, rng=np.random.default_rng(4))
    outcomes = cohort.select(
        "patient_id", "event", "time_months",
        pl.lit("gi").alias("endpoint"), pl.lit("end").alias("time_origin"),
        pl.when(pl.col("event") == 1).then(2).cast(pl.Int64).alias("grade"),
    )  # fmt: skip
    analysis = {
        "endpoint": "gi", "grade_at_least": None, "compare": "igrt_protocol", "randomised": False,
        "exposures": [], "covariates": ["frailty", "age"], "models": ["logistic", "cox"],
        "landmark_fraction": None, "landmark_months": None,
    }  # fmt: skip
    people = cohort.drop("event", "time_months")
    found = estimate_observed_outcomes(outcomes, people, pl.DataFrame(), [analysis])
    return {
        name: rows_table(reported(rows, find_contract(name).names), name)
        for name, rows in found.items()
    }
