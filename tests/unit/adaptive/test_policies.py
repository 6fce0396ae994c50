"""Triggers, schedules and the predictor: by hand, no leakage, silent where data are few."""

import numpy as np
import polars as pl
import pytest

from popmargin.adaptive.policy import replay_replanning
from popmargin.adaptive.predictor import Examples, area_under_curve, examples_of, judge_predictor
from popmargin.adaptive.triggers import shipped_triggers
from popmargin.anatomy.series import series_of
from popmargin.core.exceptions import NotEstimable, PopmarginError, WrongUsage

WEIGHT = next(t for t in shipped_triggers() if t["trigger"] == "hn_weight_loss")


def weights(losses, fractions=range(0, 31, 5), noise=0.0, seed=1):
    """Weight of one patient a loss (kg a fraction from 80 kg)."""
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        [
            {"patient_id": f"p{i:03d}", "course": "1", "fraction": f, "structure": "body",
             "side": "", "quantity": "weight", "unit": "kg",
             "value": 80 - loss * f + noise * rng.normal()}
            for i, loss in enumerate(losses) for f in fractions
        ]
    )  # fmt: skip


def event(patient, fraction, structure="replan"):
    return pl.DataFrame(
        {"patient_id": [patient], "course": "1", "fraction": fraction, "structure": structure,
         "side": "", "quantity": "event", "unit": "1", "value": 1.0}
    )  # fmt: skip


def replay(table, name="trigger_replay", **options):
    rows, flags = replay_replanning(table, triggers=["hn_weight_loss"], **options)
    return rows[name], flags


def test_who_is_called_and_when_by_hand():
    # 10 % of 80 kg is lost after 20 fractions at 0.4 kg: exactly 10 % does not exceed it.
    table = weights([0.0, 0.4, 1.0])
    (row,), _ = replay(table)
    assert (row["n_patients"], row["n_looks"], row["n_called"]) == (3, 18, 2)
    alarms, _ = replay(table, "trigger_alarms")
    assert {a["patient_id"]: a["fraction"] for a in alarms} == {"p001": 25, "p002": 10}
    assert row["n_alarms"] == 2 + 5
    assert row["called_share_low"] < 2 / 3 < row["called_share_high"]
    assert row["n_missed"] is None  # nobody was planned again: nothing is known of misses


def test_new_plans_in_the_log_show_what_was_missed():
    table = pl.concat([weights([0.0, 1.0]), event("p000", 12), event("p001", 15)],
                      how="vertical_relaxed")  # fmt: skip
    (row,), _ = replay(table)
    assert (row["n_replanned"], row["n_replanned_called"], row["n_missed"]) == (2, 1, 1)


def test_hydration_days_raise_no_alarm():
    table = weights([0.0]).with_columns(
        pl.when(pl.col("fraction") == 10).then(60.0).otherwise("value").alias("value")
    )
    assert replay(table)[0][0]["n_called"] == 1
    excused = pl.concat([table, event("p000", 10, "hydration")], how="vertical_relaxed")
    assert replay(excused)[0][0]["n_called"] == 0


def test_schedules_trade_distance_for_plans():
    rows, _ = replay(weights([0.5] * 5), "replanning_schedules", replan_delay_fractions=0)
    by_name = {row["schedule"]: row for row in rows}
    assert by_name["none"]["plans_per_patient"] == 0.0
    assert by_name["week 3"]["plans_per_patient"] == 1.0
    assert by_name["week 3"]["rms_distance"] < by_name["none"]["rms_distance"]
    # By hand: 0.625 % a fraction; without a new plan at 5, 10 ... 30 fractions.
    expected = np.sqrt(np.mean((0.625 * np.arange(5, 31, 5)) ** 2))
    assert by_name["none"]["rms_distance"] == pytest.approx(expected)


def test_one_patient_is_not_compared():
    rows, _ = replay(weights([0.5]), "replanning_schedules")
    assert all(row["rms_distance"] is None and "2 patients" in row["reason"] for row in rows)


def test_features_know_nothing_of_later_fractions():
    table = weights(np.linspace(0, 0.6, 40), noise=0.3)
    changed = table.with_columns(
        pl.when(pl.col("fraction") > 10)
        .then(pl.col("value") - 30)
        .otherwise("value")
        .alias("value")
    )
    early, late = (
        examples_of(series_of(t)[0][0], WEIGHT, by_fraction=10) for t in (table, changed)
    )
    assert np.array_equal(early.features, late.features)
    assert late.crossed.all()
    assert not early.crossed.all()


def test_patients_of_a_centre_stay_together():
    table = weights([0.1] * 12)
    centres = {f"p{i:03d}": f"c{i % 4}" for i in range(12)}
    series = series_of(table)[0][0]
    assert np.unique(examples_of(series, WEIGHT, by_fraction=5, centres=centres).groups).size == 4
    assert np.unique(examples_of(series, WEIGHT, by_fraction=5).groups).size == 12


def examples(features, crossed):
    n = crossed.size
    return Examples(features, crossed, np.arange(n), 0, features[:, 0] > 0.5)


def test_too_few_data_are_said_plainly():
    rows, _ = replay(weights([0.1, 0.5, 0.6]), "predictor_performance")
    assert rows[0]["method"] == "none"
    assert "too few data to learn anything" in rows[0]["reason"]
    flags = replay_replanning(weights([0.1, 0.5, 0.6]))[1]
    assert "too_few_to_learn" in {flag.code for flag in flags}
    with pytest.raises(NotEstimable, match="20 of either kind"):
        judge_predictor(examples(np.zeros((5, 3)), np.zeros(5, dtype=bool)))


def test_a_real_signal_is_learnt_and_noise_is_not():
    rng = np.random.default_rng(3)
    signal = rng.normal(size=(150, 3))
    crossed = rng.random(150) < 1 / (1 + np.exp(-2.5 * signal[:, 0]))
    found = judge_predictor(examples(signal, crossed))
    learned, simple = found.performance
    assert learned["auc_low"] > learned["auc_of_chance"]
    assert learned["brier"] < learned["brier_of_prevalence"]
    assert 0.5 < learned["calibration_slope"] < 2.0
    assert learned["net_benefit_50"] > learned["net_benefit_all_50"]
    assert simple["brier"] is None
    # The rule sees the first of the features; nothing else matters, so nothing is gained.
    assert learned["auc_gain_low"] < learned["auc_gain"] < 0.02
    assert learned["calibration_slope_low"] < 1.0 < learned["calibration_slope_high"]
    inside = [r["observed_low"] <= r["predicted"] <= r["observed_high"] for r in found.calibration]
    assert sum(inside) >= 4
    at_half = {r["method"]: r for r in found.decisions if r["threshold"] == 0.5}
    assert at_half["learned"]["net_benefit"] == pytest.approx(learned["net_benefit_50"])
    assert at_half["learned"]["net_benefit_low"] > at_half["everybody"]["net_benefit"]
    assert at_half["nobody"]["net_benefit_high"] == 0.0
    nothing = judge_predictor(examples(signal, rng.permutation(crossed))).performance[0]
    assert nothing["auc_low"] < nothing["auc_of_chance"]


def test_area_under_the_curve_equals_a_plain_loop():
    rng = np.random.default_rng(2)
    score, crossed = rng.integers(0, 6, 40).astype(float), rng.random(40) < 0.4
    pairs = [(a > b) + 0.5 * (a == b) for a in score[crossed] for b in score[~crossed]]
    assert area_under_curve(score, crossed) == pytest.approx(np.mean(pairs))


def test_an_unknown_trigger_is_refused():
    with pytest.raises(WrongUsage, match="hn_weight_loss"):
        replay_replanning(weights([0.1]), triggers=["nothing"])


OWN = {"trigger": "weight_8", "structure": "body", "quantity": "weight", "direction": "loss",
       "threshold": 8, "unit": "%", "action": "look at the plan", "source": "local protocol",
       "level": "red"}  # fmt: skip


def test_own_triggers_are_replayed_like_those_that_are_shipped():
    rows, _ = replay_replanning(weights([0.1, 0.3, 0.4]), own=[OWN], use_shipped=False)
    (row,) = rows["trigger_replay"]
    assert (row["trigger"], row["level"], row["trigger_status"]) == (
        "weight_8", "red", "stated by the site",
    )  # fmt: skip
    assert row["n_called"] == 2
    with_shipped, _ = replay_replanning(weights([0.1]), own=[OWN])
    assert {"weight_8", "hn_weight_loss"} <= {r["trigger"] for r in with_shipped["trigger_replay"]}


def test_a_trigger_looks_at_the_patients_of_its_site():
    table = weights([0.4, 0.4]).with_columns(
        site=pl.when(pl.col("patient_id") == "p000")
        .then(pl.lit("Head and neck (larynx)"))
        .otherwise(pl.lit("lung"))
    )
    rows, flags = replay_replanning(table, own=[{**OWN, "site": "lung"}])
    called = {row["trigger"]: row["patient_id"] for row in rows["trigger_alarms"]}
    assert called == {"hn_weight_loss": "p000", "weight_8": "p001"}
    assert "site_not_known" not in {flag.code for flag in flags}
    assert "site_not_known" in {f.code for f in replay_replanning(weights([0.4]))[1]}


@pytest.mark.parametrize(
    ("change", "message"),
    [({"threshold": 0}, "number > 0"), ({"threshold": "much"}, "number > 0"),
     ({"source": None}, "the key source"), ({"direction": "up"}, "loss, gain, either"),
     ({"level": "blue"}, "red, orange, yellow"), ({"unit": "kg"}, "expected %"),
     ({"colour": "red"}, "no key 'colour'"), ({"trigger": "hn_weight_loss"}, "is taken")],
)  # fmt: skip
def test_an_own_trigger_that_is_not_complete_is_refused(change, message):
    with pytest.raises(PopmarginError, match=message):
        replay_replanning(weights([0.1]), own=[{**OWN, **change}])
