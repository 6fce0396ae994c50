"""Published rates in, published rates out; hydration days, steps, filling, depth, and refusals."""

import numpy as np
import polars as pl
import pytest

from popmargin.anatomy.change import estimate_anatomy_change
from popmargin.anatomy.series import series_of
from popmargin.anatomy.steps import find_steps
from popmargin.anatomy.trajectories import estimate_trajectories
from popmargin.anatomy.water_equivalent import (
    arc_dose_change,
    density_depth_change_mm,
    depth_threshold_mm,
    dose_change,
)
from popmargin.cohorts.anatomy import anatomy_cohort
from popmargin.core.exceptions import OutOfRange
from popmargin.statistics.change_detection import (
    alarm_threshold,
    detection_delay,
    likelihood_ratio_path,
)


def volumes(rate, *, patients=30, times=range(0, 36, 5), rate_sd=0.0, noise=0.0, seed=1,
            structure="parotid"):  # fmt: skip
    rng = np.random.default_rng(seed)
    times = np.asarray(times)
    start = rng.uniform(20, 60, (patients, 1))
    rates = rng.normal(rate, rate_sd, (patients, 1)) / 100
    values = start * (1 + rates * times + noise / 100 * rng.normal(size=(patients, times.size)))
    return pl.DataFrame(
        {
            "patient_id": np.repeat([f"p{i:02d}" for i in range(patients)], times.size),
            "course": "1",
            "fraction": np.tile(times, patients),
            "structure": structure,
            "side": "",
            "quantity": "volume",
            "value": values.ravel(),
            "unit": "cc",
        }
    )


def linear(table):
    return estimate_trajectories(series_of(table)[0])[0][0]


@pytest.mark.parametrize(
    ("rate", "fraction", "change"), [(-24 / 35, 35, -24.0), (-24.7 / 15, 15, -24.7)]
)
def test_published_rates_come_back(rate, fraction, change):
    """Parotid 24 % at fraction 35 (Kager 2015): 0.69 a fraction; lung GTV 24.7 % at 30 Gy (Fox)."""
    row = linear(volumes(rate, times=range(0, fraction + 1, 5)))
    assert row["rate"] == pytest.approx(rate, abs=1e-9)
    assert row["change_at_last"] == pytest.approx(change, abs=1e-6)
    assert row["rate_unit"] == "%/fraction"


def test_noisy_published_rates_are_covered_in_95_of_100():
    inside = 0
    for seed in range(200):
        row = linear(volumes(-0.69, patients=15, rate_sd=0.31, noise=3, seed=seed))
        inside += row["rate_low"] <= -0.69 <= row["rate_high"]
    assert 0.91 <= inside / 200 <= 0.99


def test_exponential_rate():
    table = volumes(0.0).with_columns(pl.col("value") * (-0.0078 * pl.col("fraction")).exp())
    rows = estimate_trajectories(series_of(table)[0])[0]
    assert rows[1]["rate"] == pytest.approx(-0.78)
    assert rows[1]["change_at_last"] == pytest.approx(100 * np.expm1(-0.0078 * 35))


def test_hydration_days_would_mislead_and_are_left_out():
    table = anatomy_cohort("head_and_neck_anatomy", rng=np.random.default_rng(3))
    table = table.with_columns(course=pl.lit("1"))
    kept, dropped = (
        next(r for r in estimate_trajectories(series_of(table, exclude_events=events)[0])[0]
             if r["structure"] == "parotid")
        for events in (("hydration",), ())
    )  # fmt: skip
    assert kept["n_excluded"] == 3 * 38
    assert abs(kept["rate"] + 0.69) < abs(dropped["rate"] + 0.69)
    assert kept["rate_low"] < -0.69 < kept["rate_high"]


def test_one_patient_one_time_point_and_two_units():
    one = linear(volumes(-1.0, patients=1))
    assert one["rate"] is None
    assert "2 patients" in one["reason"]
    single = linear(volumes(-1.0).filter(pl.col("fraction") == 5))
    assert "found 0" in single["reason"]
    both = pl.concat([volumes(-1.0), volumes(-1.0).with_columns(unit=pl.lit("ml"))])
    assert "several_units" in {flag.code for flag in series_of(both)[1]}


def test_repeated_times_count_once_and_gaps_do_no_harm():
    table = volumes(-0.69, noise=2)
    twice = pl.concat([table, table.filter(pl.col("fraction") == 10)])
    assert linear(twice)["rate"] == pytest.approx(linear(table)["rate"])
    holes = linear(table.filter(~pl.col("fraction").is_in([10, 15, 20])))
    assert holes["rate_low"] < -0.69 < holes["rate_high"]


def depths(step=-9.0, patients=10, n=25, seed=2):
    rng = np.random.default_rng(seed)
    rows = [
        {"patient_id": f"p{p}", "course": "1", "fraction": f, "structure": "lung", "side": "",
         "quantity": "water_equivalent_depth", "unit": "mm",
         "value": 90 + rng.normal() + (step if p == 3 and f > 12 else 0.0)}
        for p in range(patients) for f in range(n + 1)
    ]  # fmt: skip
    return pl.DataFrame(rows)


def test_an_atelectasis_that_opens_is_seen_and_nobody_else():
    rows, flags = find_steps(series_of(depths())[0], false_alarms=0.01)
    assert flags == []
    assert [(r["patient_id"], r["step_fraction"], r["kind"]) for r in rows] == [("p3", 13, "step")]
    assert rows[0]["size"] == pytest.approx(-9.0, abs=0.8)
    assert 0 <= rows[0]["delay_fractions"] <= 1


def test_short_courses_are_not_watched_and_that_is_said():
    assert "too_short_to_watch" in {f.code for f in find_steps(series_of(depths(n=3))[0])[1]}


def test_false_alarms_of_the_rule_are_those_stated():
    rng = np.random.default_rng(9)
    for alpha in (0.01, 0.05):
        calm = likelihood_ratio_path(rng.standard_normal((8000, 25))).max(axis=1)
        share = float((calm > alarm_threshold(25, alpha)).mean())
        assert share == pytest.approx(alpha, abs=4 * np.sqrt(alpha / 8000) + 0.003)


def test_statistic_equals_a_plain_loop():
    x = np.random.default_rng(5).standard_normal(9)
    expected = [
        max((abs(x[k:j].mean() - x[:k].mean()) * np.sqrt(k * (j - k) / j) for k in range(2, j)),
            default=0.0)
        for j in range(1, 10)
    ]  # fmt: skip
    assert likelihood_ratio_path(x[None])[0] == pytest.approx(expected)


@pytest.mark.parametrize("shape", ["step", "trend"])
@pytest.mark.parametrize("alpha", [0.01, 0.05])
def test_nothing_beats_the_best_possible(shape, alpha):
    size = 2.0 if shape == "step" else 0.3
    rule, best = (
        detection_delay(25, 9, size, shape=shape, known=known, false_alarms=alpha, courses=1500)
        for known in (False, True)
    )
    assert best.delay < rule.delay < 2.2 * best.delay
    assert best.detected >= rule.detected


def test_filling_explains_displacement_and_rules_have_a_yield():
    table = anatomy_cohort("prostate_anatomy", rng=np.random.default_rng(1))
    rows, _ = estimate_anatomy_change(table.with_columns(course=pl.lit("1")))
    slope = rows["organ_mobility"][0]
    assert slope["slope_low"] < -0.3 < slope["slope_high"]
    assert 0.3 < slope["explained"] < 0.7
    rules = {(r["rule"], r["setting"]): r for r in rows["filling_rules"]}
    start = rules["none", 0.0]["rms_mm"]
    assert rules["treat later", 0.25]["rms_mm"] < start
    assert (
        rules["treat later", 0.25]["postponed_share"] > rules["treat later", 0.5]["postponed_share"]
    )
    assert rules["library", 5.0]["rms_mm"] < rules["library", 2.0]["rms_mm"] < start


def test_6_mv_is_3_8_to_4_0_per_cm_and_3_percent_is_near_8_mm():
    assert 100 * -dose_change(0.01, tpr_20_10=0.683) / 0.001 == pytest.approx(3.81, abs=0.01)
    assert 100 * -dose_change(0.01, tpr_20_10=0.67) / 0.001 == pytest.approx(4.00, abs=0.01)
    assert 100 * -dose_change(0.01, tpr_20_10=0.742) / 0.001 == pytest.approx(2.98, abs=0.01)
    assert depth_threshold_mm(0.03, tpr_20_10=0.683) == pytest.approx(8.0, abs=0.4)
    assert arc_dose_change([8.0] * 4, tpr_20_10=0.683) == pytest.approx(
        float(dose_change(8.0, tpr_20_10=0.683))
    )
    assert density_depth_change_mm(40, 1.0, 0.25) == -30
    with pytest.raises(OutOfRange, match="tpr_20_10"):
        dose_change(1.0, tpr_20_10=1.2)


def test_depth_becomes_dose_and_without_planning_it_does_not():
    rows, _ = estimate_anatomy_change(depths(step=-20.0))
    beyond = {r["patient_id"] for r in rows["depth_dose"] if r["beyond_threshold"] == "yes"}
    assert beyond == {"p3"}
    rows, flags = estimate_anatomy_change(depths().filter(pl.col("fraction") > 0))
    assert rows["depth_dose"] == []
    assert "no_planning_value" in {flag.code for flag in flags}
