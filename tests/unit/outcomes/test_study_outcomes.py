"""Observed outcomes of a study from its config: timing of exposure, centres, and refusals."""

import numpy as np
import polars as pl
import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.outcomes.study_outcomes import estimate_observed_outcomes

PATIENTS = 120
ANALYSIS = {
    "endpoint": "gi", "grade_at_least": None, "compare": None, "randomised": False,
    "exposures": [], "covariates": ["age"], "models": ["cox"], "landmark_fraction": None,
    "landmark_months": None, "start_stop": False,
}  # fmt: skip


def study(centres=1, origin="start", **changes):
    """Outcomes, patients and shifts of a cohort without any effect."""
    rng = np.random.default_rng(3)
    ids = [f"p{i}" for i in range(PATIENTS)]
    event = rng.random(PATIENTS) < 0.4
    values = {
        "patient_id": ids, "endpoint": ["gi"] * PATIENTS,
        "grade": [2 if one else None for one in event], "event": event.astype(int),
        "time_months": rng.uniform(2, 24, PATIENTS), "time_origin": [origin] * PATIENTS,
    } | changes  # fmt: skip
    patients = pl.DataFrame(
        {"patient_id": ids, "age": rng.normal(70, 8, PATIENTS), "arm": ["a", "b"] * (PATIENTS // 2),
         "centre": [f"c{i % centres}" for i in range(PATIENTS)],
         **{f"margin_{axis}_mm": [3.0] * PATIENTS for axis in ("lr", "si", "ap")}}
    )  # fmt: skip
    places = [(name, fraction) for name in ids for fraction in range(1, 7)]
    shifts = pl.DataFrame(places, schema=["patient_id", "fraction"], orient="row").with_columns(
        pl.Series(f"{axis}_mm", rng.normal(0, 3, len(places))) for axis in ("lr", "si", "ap")
    )
    return pl.DataFrame(values), patients, shifts


def effects(tables, **analysis):
    return estimate_observed_outcomes(*tables, [ANALYSIS | analysis])["outcome_effects"]


def test_start_stop_has_every_patient_and_event_once():
    exposures = ["systematic_error_mm", "margin_deficit_mm"]
    rows = effects(study(), exposures=exposures, start_stop=True)
    events = int(study()[0]["event"].sum())
    assert [row["term"] for row in rows] == [*exposures, "age"]
    assert {(row["n_patients"], row["n_events"]) for row in rows} == {(PATIENTS, events)}
    assert all(row["ratio_low"] < 1 < row["ratio_high"] for row in rows)
    assert rows[0]["exposure_time"].startswith("start-stop: images made so far; 0 patients")


def test_landmark_says_who_it_leaves_out():
    tables = study(time_months=[0.1] * 3 + [12.0] * (PATIENTS - 3))
    row = effects(tables, exposures=["systematic_error_mm"], landmark_fraction=3)[0]
    assert row["exposure_time"] == "landmark at fraction 3 (0.14 months), 3 patients before it"
    assert row["n_patients"] == PATIENTS - 3


@pytest.mark.parametrize(
    ("analysis", "origin", "words"),
    [
        ({}, "start", "landmark_fraction or start_stop"),
        ({"start_stop": True}, "end", "from its end"),
        ({"start_stop": True, "models": ["logistic"]}, "start", "for start_stop the model cox"),
        ({"start_stop": True, "exposures": ["random_error_mm"]}, "start", "one image shows"),
    ],
)
def test_exposure_during_treatment_needs_its_time(analysis, origin, words):
    asked = {"exposures": ["systematic_error_mm"]} | analysis
    with pytest.raises(RefusedInput, match=words):
        effects(study(origin=origin), **asked)


@pytest.mark.parametrize(
    ("centres", "words"),
    [
        (1, "one centre"),
        (4, "not counted: 4 centres"),
        (12, "clustered by 12 centres"),
        (8, "not counted: 8 centres"),
    ],
)
def test_centres_are_counted_or_it_is_said_why_not(centres, words):
    assert effects(study(centres))[0]["clustering"].startswith(words)


@pytest.mark.parametrize(
    ("changes", "analysis", "words"),
    [
        ({"event": [0] * PATIENTS, "grade": [None] * PATIENTS}, {}, "no event"),
        ({"event": [1] * PATIENTS}, {"models": ["logistic"]}, "everybody has the event"),
        ({"endpoint": ["gi"] * PATIENTS}, {"covariates": ["centre"]}, "one arm"),
    ],
)
def test_nothing_to_estimate_is_said(changes, analysis, words):
    row = effects(study(**changes), **analysis)[0]
    assert words in row["reason"]
    assert row.get("ratio") is None


def test_separation_is_penalised_and_finite():
    tables = study(event=[0, 1] * (PATIENTS // 2), grade=[None, 2] * (PATIENTS // 2))
    row = effects(tables, covariates=["arm"], models=["logistic"])[0]
    assert row["method"] == "penalised"
    assert 1 < row["ratio_low"] < row["ratio"] < row["ratio_high"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"time_months": [-1.0] + [5.0] * (PATIENTS - 1)}, "before treatment"),
        ({"patient_id": ["p1", "p1"] + [f"p{i}" for i in range(2, PATIENTS)]}, "duplicate"),
    ],
)
def test_impossible_outcomes_are_refused(changes, words):
    tables = study(**changes, event=[0] * PATIENTS, grade=[None] * PATIENTS)
    with pytest.raises(RefusedInput, match=words):
        effects(tables)
    outcomes, patients, shifts = study()
    with pytest.raises(RefusedInput, match="duplicate patients"):
        effects((outcomes, pl.concat([patients, patients.head(1)]), shifts))
