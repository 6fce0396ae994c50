"""Rules on filling with their intervals; organs without a filling; depth from path and density."""

import numpy as np
import polars as pl
import pytest

from popmargin.anatomy.depth_dose import estimate_depth_dose
from popmargin.anatomy.filling import relate_to_filling
from popmargin.anatomy.rule_yield import rule_yield
from popmargin.anatomy.series import series_of
from popmargin.core.exceptions import OutOfRange


def rows_of(structure, quantity, unit, values, side=""):
    """Rows of one series from (patients, fractions) values, fraction 0 first."""
    patients, n = values.shape
    return pl.DataFrame(
        {
            "patient_id": np.repeat([f"p{p:02d}" for p in range(patients)], n),
            "course": "1",
            "fraction": np.tile(np.arange(n), patients),
            "structure": structure,
            "side": side,
            "quantity": quantity,
            "unit": unit,
            "value": values.ravel(),
        }
    )


def prostates(patients=20, fractions=20, slope=-0.3, seed=1):
    rng = np.random.default_rng(seed)
    filling = 30 + rng.normal(0, 5, (patients, fractions + 1))
    moved = slope * (filling - filling[:, :1]) + rng.normal(0, 1.0, filling.shape)
    return pl.concat(
        [
            rows_of("rectum", "diameter", "mm", filling),
            rows_of("prostate", "displacement_ap", "mm", moved),
        ]
    )


def test_rules_have_intervals_that_hold_what_they_estimate():
    mobility, rules, _ = relate_to_filling(series_of(prostates())[0], limits=[0.2], plans=[4])
    assert [(r["rule"], r["setting"]) for r in rules] == [
        ("none", 0.0), ("treat later", 0.2), ("library", 4.0),
    ]  # fmt: skip
    none, later, library = rules
    for row in rules:
        assert row["rms_low_mm"] < row["rms_mm"] < row["rms_high_mm"]
    assert later["postponed_share_low"] < later["postponed_share"] < later["postponed_share_high"]
    assert 0.0 < later["saved_per_postponed_low_mm"] < later["saved_per_postponed_high_mm"]
    assert (none["rms_saved_high_mm"], library["postponed_share_high"]) == (0.0, 0.0)
    assert library["rms_saved_low_mm"] > 0.0
    row = mobility[0]
    assert row["slope_low"] < -0.3 < row["slope_high"]
    assert row["systematic_sd_low_mm"] < row["systematic_sd_mm"] < row["systematic_sd_high_mm"]


def test_interval_of_the_share_postponed_covers_in_95_of_100():
    rng = np.random.default_rng(2)
    inside, runs = 0, 400
    for _ in range(runs):
        share = rng.beta(3, 9, 15)
        kept = rng.random((15, 12)) > share[:, None]
        moved = rng.normal(0, 1, kept.size)
        found = rule_yield(np.repeat(np.arange(15), 12), moved, moved, kept.ravel())
        inside += found["postponed_share_low"] <= 0.25 <= found["postponed_share_high"]
    assert 0.92 <= inside / runs <= 0.98


def test_nothing_postponed_still_has_an_upper_limit():
    found = rule_yield(np.repeat(np.arange(9), 4), np.ones(36), np.ones(36), np.ones(36) > 0)
    assert found["postponed_share"] == found["postponed_share_low"] == 0.0
    assert 0.2 < found["postponed_share_high"] < 0.4
    assert found["saved_per_postponed_mm"] is None


def test_an_organ_without_a_filling_has_its_errors_and_says_why_no_slope():
    rng = np.random.default_rng(3)
    kidney = rows_of("kidney", "displacement_si", "mm", rng.normal(0, 4, (12, 8)), side="left")
    (row,), rules, _ = relate_to_filling(series_of(kidney)[0])
    assert rules == []
    assert row["filling"] == "none measured"
    assert row["random_sd_low_mm"] < 4.0 < row["random_sd_high_mm"]
    assert "no filling" in row["reason"]


@pytest.mark.parametrize("wrong", [{"limits": [0.0]}, {"plans": [1]}])
def test_impossible_rules_are_refused(wrong):
    with pytest.raises(OutOfRange):
        relate_to_filling(series_of(prostates(3, 4))[0], **wrong)


def test_a_change_of_density_in_the_path_is_a_change_of_depth():
    # 40 mm of collapsed lung that opens again: 30 mm of water less in the path.
    path = rows_of("lung", "path_length", "mm", np.array([[40.0, 40.0, 40.0]]))
    density = rows_of("lung", "density", "1", np.array([[1.0, 1.0, 0.25]]))
    rows, _ = estimate_depth_dose(series_of(pl.concat([path, density]))[0], tpr_20_10=0.683)
    assert [row["depth_change_mm"] for row in rows] == [0.0, -30.0]
    assert rows[1]["dose_change_percent"] == pytest.approx(12.1, abs=0.05)
    assert rows[1]["beyond_threshold"] == "yes"


@pytest.mark.parametrize(("tpr", "percent"), [(0.683, 3.8), (0.67, 4.0)])
def test_six_mv_loses_about_four_per_cent_a_centimetre(tpr, percent):
    depths = rows_of("lung", "water_equivalent_depth", "mm", np.array([[90.0, 91.0, 82.0]]))
    rows, _ = estimate_depth_dose(series_of(depths)[0], tpr_20_10=tpr)
    assert -10.0 * rows[0]["dose_change_percent"] == pytest.approx(percent, abs=0.06)
    assert rows[0]["threshold_mm"] == pytest.approx(8.0, abs=0.7)
    assert [row["beyond_threshold"] for row in rows] == ["no", "yes"]
