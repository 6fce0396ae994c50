"""Observed outcomes: impossible tables are refused, known effects are found, words are careful."""

import numpy as np
import polars as pl
import pytest

from benchmarks.outcome_coverage import Design, cox_holds, summary
from popmargin.core.exceptions import NotEstimable, RefusedInput, WrongUsage
from popmargin.outcomes.effects import (
    outcome_associations,
    weighted_association,
)
from popmargin.outcomes.exposures import after_landmark, patient_exposures, start_stop_rows
from popmargin.outcomes.observed import (
    endpoint_cohort,
    estimate_incidence,
    estimate_outcome_curves,
)
from popmargin.outcomes.simulated_outcomes import simulate_outcome_cohort
from popmargin.outcomes.study_outcomes import left_out_prediction
from popmargin.statistics.regression import fit_cox


def outcomes(*rows):
    """Rows (patient, grade, event, months) of one endpoint from the start."""
    return pl.DataFrame(
        [(p, "gi", g, e, float(t), "start") for p, g, e, t in rows],
        schema={
            "patient_id": pl.String, "endpoint": pl.String, "grade": pl.Int64,
            "event": pl.Int64, "time_months": pl.Float64, "time_origin": pl.String,
        },
        orient="row",
    )  # fmt: skip


def test_the_first_event_of_the_grade_counts():
    table = outcomes(("a", 1, 1, 3), ("a", 3, 1, 9), ("a", 2, 1, 12), ("b", 1, 1, 5),
                     ("b", None, 0, 30), ("c", None, 2, 7))  # fmt: skip
    assert endpoint_cohort(table, "gi").select("event", "time_months").rows() == [
        (1, 3.0), (1, 5.0), (2, 7.0),
    ]  # fmt: skip
    assert endpoint_cohort(table, "gi", grade_at_least=2).select("event", "time_months").rows() == [
        (1, 9.0), (0, 30.0), (2, 7.0),
    ]  # fmt: skip
    rows = estimate_incidence(table)
    assert [(r["grade_at_least"], r["n_events"]) for r in rows] == [
        (None, 2), (1, 2), (2, 1), (3, 1),
    ]  # fmt: skip
    assert all(r["share_low"] <= r["share"] <= r["share_high"] for r in rows)


@pytest.mark.parametrize(
    ("rows", "grade", "words"),
    [
        ([("a", 1, 1, -0.5)], None, "outcome before treatment"),
        ([("a", 1, 3, 2)], None, "another code"),
        ([("a", 1, 1, 2), ("a", 1, 1, 2)], None, "duplicate patients"),
        ([("a", None, 0, 2), ("a", None, 0, 9)], None, "duplicate patients"),
        ([("a", None, 1, 2)], 2, "without one"),
    ],
)
def test_impossible_outcomes_are_refused(rows, grade, words):
    with pytest.raises(RefusedInput, match=words):
        endpoint_cohort(outcomes(*rows), "gi", grade_at_least=grade)


def test_mixed_origins_and_absent_endpoints_are_refused():
    table = outcomes(("a", 1, 1, 2), ("b", 1, 1, 2))
    mixed = table.with_columns(time_origin=pl.Series(["start", "end"]))
    with pytest.raises(RefusedInput, match="one origin"):
        endpoint_cohort(mixed, "gi")
    with pytest.raises(NotEstimable, match="gu"):
        endpoint_cohort(table, "gu")


def test_curves_end_at_the_share_where_nobody_is_censored_early():
    table = outcomes(*((f"p{i}", 1, int(i < 4), 1 + i if i < 4 else 50) for i in range(10)))
    people = pl.DataFrame({"patient_id": [f"p{i}" for i in range(10)], "arm": ["x"] * 10})
    rows = estimate_outcome_curves(table, people, "arm", ["gi"])
    assert rows[-1]["incidence"] == pytest.approx(0.4)
    assert rows[-1]["incidence"] + rows[-1]["event_free"] == pytest.approx(1.0)
    assert [(row["time_months"], row["at_risk"]) for row in rows] == [
        (0, 10), (1, 10), (2, 9), (3, 8), (4, 7), (12, 6), (24, 6), (36, 6), (48, 6), (50, 6),
    ]  # fmt: skip


def test_round_months_end_where_a_group_is_no_longer_observed():
    table = outcomes(("a", 1, 1, 5), ("b", None, 0, 30), ("c", None, 0, 61), ("d", 1, 1, 90))
    people = pl.DataFrame({"patient_id": ["a", "b", "c", "d"], "arm": ["x", "x", "y", None]})
    rows = estimate_outcome_curves(table, people, "arm", ["gi"])
    assert [(row["group"], row["time_months"], row["at_risk"]) for row in rows] == [
        ("x", 0, 2), ("x", 5, 2), ("x", 12, 1), ("x", 24, 1), ("x", 30, 1),
        *(("y", 12 * year, 1) for year in range(6)), ("y", 61, 1),
    ]  # fmt: skip
    assert estimate_outcome_curves(table, people.clear(), "arm", ["gi"]) == []


def cohort_of(patients, seed, **truth):
    return simulate_outcome_cohort(patients, rng=np.random.default_rng(seed), **truth)[0]


def test_rows_say_what_they_are_adjusted_for_and_never_more_than_association():
    cohort = cohort_of(800, 3)
    rows = outcome_associations(cohort, ["igrt_protocol", "frailty", "age"], model="logistic")
    assert [row["term"] for row in rows] == ["igrt_protocol: weekly", "frailty", "age"] or [
        row["term"] for row in rows
    ] == ["igrt_protocol: daily", "frailty", "age"]
    assert rows[0]["adjusted_for"] == "frailty, age"
    assert {row["statement"] for row in rows} == {"association"}
    trial = outcome_associations(
        cohort, ["igrt_protocol", "age"], model="cox", randomised=["igrt_protocol"]
    )
    assert [row["statement"] for row in trial] == ["randomised effect", "association"]


def test_missing_covariates_are_imputed_and_said():
    cohort = cohort_of(900, 4)
    gone = np.random.default_rng(1).random(900) < 0.3
    holes = cohort.with_columns(
        pl.when(pl.Series(gone)).then(None).otherwise("frailty").alias("frailty")
    )
    row = outcome_associations(holes, ["igrt_protocol", "frailty"], model="logistic")[0]
    whole = outcome_associations(cohort, ["igrt_protocol", "frailty"], model="logistic")[0]
    assert row["missing_share"] == pytest.approx(gone.mean())
    assert abs(np.log(row["ratio"] / whole["ratio"])) < 0.15
    width = np.log(row["ratio_high"] / row["ratio_low"])
    assert width > np.log(whole["ratio_high"] / whole["ratio_low"])


def test_what_is_not_estimable_says_why():
    cohort = cohort_of(60, 5)
    none = cohort.with_columns(event=pl.lit(0))
    (row,) = outcome_associations(none, ["age"], model="cox")
    assert "no event" in row["reason"]
    one_arm = cohort.with_columns(igrt_protocol=pl.lit("daily"))
    (row,) = outcome_associations(one_arm, ["igrt_protocol"], model="logistic")
    assert "one arm" in row["reason"]
    row, balance = weighted_association(one_arm, "igrt_protocol", ["age"])
    assert "two are needed" in row["reason"]
    assert balance == []
    twice = pl.concat([cohort, cohort.head(1)])
    with pytest.raises(RefusedInput, match="duplicate"):
        outcome_associations(twice, ["age"], model="cox")
    with pytest.raises(WrongUsage, match="no column bmi"):
        weighted_association(cohort, "igrt_protocol", ["bmi"])


def test_every_centre_is_predicted_from_the_others():
    cohort = cohort_of(900, 7, centres=6)
    row = left_out_prediction(cohort, ["frailty", "age", "igrt_protocol"])
    assert row["n_centres"] == 6
    assert 0.6 < row["area_low"] < row["area"] < row["area_high"] < 0.85
    assert 0.7 < row["calibration_slope"] < 1.3
    assert "one centre" in left_out_prediction(cohort_of(90, 7), ["age"])["reason"]


def test_balance_and_e_value_stand_beside_the_difference():
    row, balance = weighted_association(cohort_of(1500, 6), "igrt_protocol", ["frailty", "age"])
    assert abs(balance[0]["before"]) > 0.5 > 0.1 > abs(balance[0]["after"])
    assert row["e_value"] >= row["e_value_limit"] >= 1.0
    assert row["difference_low"] < row["difference"] < row["difference_high"]


def test_the_naive_comparison_is_biased_and_the_adjusted_one_is_not():
    """A quick cut of the benchmark: 300 cohorts, +-3 Monte Carlo standard errors."""
    naive, weighted, naive_holds, weighted_holds, odds_hold = summary(Design(400, 1.0), 300)
    assert naive > 0.1
    assert naive_holds < 0.5
    assert abs(weighted) < 0.015
    error = 3 * (0.95 * 0.05 / 300) ** 0.5
    assert abs(weighted_holds - 0.95) < error
    assert abs(odds_hold - 0.95) < error
    rng = np.random.default_rng(8)
    assert abs(np.mean([cox_holds(300, rng) for _ in range(200)]) - 0.95) < 3 * 0.0154


def test_exposure_counts_up_to_the_landmark_and_outcomes_after_it():
    shifts = pl.DataFrame(
        {
            "patient_id": ["a"] * 3 + ["b"], "fraction": [1, 2, 9, 1],
            "lr_mm": [2.0, 4.0, 90.0, 1.0], "si_mm": [0.0] * 4, "ap_mm": [0.0] * 4,
        }
    )  # fmt: skip
    margins = pl.DataFrame(
        {"patient_id": ["a"], **{f"margin_{axis}_mm": [2.0] for axis in ("lr", "si", "ap")}}
    )
    found = patient_exposures(shifts, margins, up_to_fraction=5)
    assert found["systematic_error_mm"].to_list() == [3.0, 1.0]
    assert found["margin_deficit_mm"].to_list() == [1.0, None]
    assert found["random_error_mm"][1] is None
    ended = pl.DataFrame({"time_months": [3.0], "event": [1], "time_origin": ["end"]})
    with pytest.raises(RefusedInput, match="from its end"):
        after_landmark(ended, landmark_months=1)


def test_time_before_an_exposure_is_not_time_under_it():
    """No effect: a count of images over the whole course looks protective, start-stop does not."""
    rng = np.random.default_rng(2)
    n = 500
    time = np.minimum(rng.exponential(1.0, n), 3.0)
    event = (time < 3.0).astype(int)
    cohort = pl.DataFrame(
        {"patient_id": [f"p{i}" for i in range(n)], "event": event, "time_months": time}
    )
    # the largest error seen so far grows with the time under observation
    per_month = 5 / 7 * 30.4375
    rows = [
        (f"p{i}", f + 1, abs(rng.normal()) + 0.05 * f)
        for i in range(n)
        for f in range(int(time[i] * per_month) + 1)
    ]
    shifts = pl.DataFrame(rows, schema=["patient_id", "fraction", "lr_mm"], orient="row")
    shifts = shifts.with_columns(si_mm=pl.lit(0.0), ap_mm=pl.lit(0.0))
    whole = cohort.join(patient_exposures(shifts), on="patient_id")
    naive = fit_cox(
        whole[["systematic_error_mm"]].to_numpy(),
        whole["time_months"].to_numpy(),
        whole["event"].to_numpy(),
    )
    split = start_stop_rows(cohort, shifts)
    honest = fit_cox(
        split[["systematic_error_mm"]].to_numpy(),
        split["time_months"].to_numpy(),
        split["event"].to_numpy(),
        entry=split["entry_months"].to_numpy(),
    )
    assert naive.high[0] < 0  # immortal time: a large error seems to protect
    assert honest.low[0] < 0 < honest.high[0]
    assert split["event"].sum() == event.sum()
