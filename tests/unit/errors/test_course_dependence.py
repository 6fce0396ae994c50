"""Dependence and trend within courses: known truths are found, clean cohorts are left alone."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from popmargin.cohorts.simulate import simulate_cohort
from popmargin.errors.course_dependence import SIGNIFICANT_P_VALUE, estimate_course_dependence


def cohort(seed, fractions=20, patients=20, **truth):
    settings = {"group_mean_mm": 0.0, "systematic_sd_mm": 1.5, "random_sd_mm": 2.0} | truth
    frame = simulate_cohort(
        fractions=[fractions] * patients, rng=np.random.default_rng(seed), **settings
    )
    return frame.with_columns(group=pl.lit("all"))


def rows_of(seeds, **truth):
    """Three axes a seed, which are independent of each other."""
    found = [estimate_course_dependence(cohort(seed, **truth)) for seed in seeds]
    return [row for rows, _ in found for row in rows], [
        flag for _, flags in found for flag in flags
    ]


def mean_of(rows, key):
    values = np.array([row[key] for row in rows])
    return values.mean(), values.std(ddof=1) / len(values) ** 0.5


def test_clean_cohorts_raise_flags_in_the_nominal_share():
    rows, flags = rows_of(range(60), fractions=12)
    for key in ("autocorrelation_p_value", "trend_p_value"):
        found = sum(row[key] < 0.05 for row in rows)
        assert stats.binom.ppf(0.0005, 180, 0.05) <= found <= stats.binom.ppf(0.9995, 180, 0.05)
    # The third test, of differing trends, is conservative by construction.
    assert sum(row["trend_sd_p_value"] < 0.05 for row in rows) <= stats.binom.ppf(0.9995, 180, 0.05)
    allowed = stats.binom.ppf(0.9999, 3 * 180, SIGNIFICANT_P_VALUE)
    assert len(flags) <= allowed


def test_dependence_is_found_and_the_systematic_sd_corrected():
    rows, flags = rows_of(range(25), fractions=12, autocorrelation=0.5)
    phi, error = mean_of(rows, "autocorrelation")
    assert phi == pytest.approx(0.5, abs=4 * error)
    for row in rows:
        row["square"] = row["systematic_sd_corrected_mm"] ** 2
        row["usual"] = row["systematic_sd_mm"] ** 2
        row["random"] = row["random_sd_corrected_mm"] ** 2
        row["usual_random"] = row["random_sd_mm"] ** 2
    square, error = mean_of(rows, "square")
    usual, usual_error = mean_of(rows, "usual")
    assert square == pytest.approx(1.5**2, abs=4 * error)
    assert usual > 1.5**2 + 2 * usual_error
    random, random_error = mean_of(rows, "random")
    assert random == pytest.approx(4.0, abs=4 * random_error)
    assert mean_of(rows, "usual_random")[0] < 4.0 - 3 * random_error
    held = sum(
        row["systematic_sd_corrected_low_mm"] <= 1.5 <= row["systematic_sd_corrected_high_mm"]
        for row in rows
    )
    assert held >= stats.binom.ppf(0.0005, 75, 0.93)
    # v n of AR(1) with phi = .5 and n = 12 is 2.67.
    assert mean_of(rows, "patient_mean_variance_ratio")[0] == pytest.approx(2.67, rel=0.15)
    serial = [flag for flag in flags if flag.code == "fractions_depend"]
    assert len(serial) > 70
    assert any(flag.severity == "warn" for flag in serial)


def test_a_common_trend_is_found_and_not_taken_for_dependence():
    rows, flags = rows_of(range(12), trend_mm_per_fraction=0.12)
    slope, error = mean_of(rows, "trend_mm_per_fraction")
    assert slope == pytest.approx(0.12, abs=4 * error)
    assert {row["about_own_line"] for row in rows} == {True}
    assert abs(mean_of(rows, "autocorrelation")[0]) < 0.03
    drifting = [flag for flag in flags if flag.code == "trend_over_course"]
    assert len(drifting) == 36
    assert {flag.severity for flag in drifting} == {"warn"}
    assert "2." in drifting[0].message


def test_trends_of_their_own_are_told_from_a_common_one():
    rows, flags = rows_of(range(6), trend_sd_mm_per_fraction=0.15)
    assert mean_of(rows, "trend_sd_mm_per_fraction")[0] == pytest.approx(0.15, rel=0.15)
    assert sum(flag.code == "trends_differ" for flag in flags) == 18
    assert sum(flag.code == "trend_over_course" for flag in flags) <= 3


def test_short_courses_use_the_patient_mean():
    rows, _ = rows_of([1], fractions=5)
    assert {row["about_own_line"] for row in rows} == {False}
    assert rows[0]["autocorrelation"] is not None


def test_two_fractions_say_why_nothing_can_be_told():
    rows, flags = rows_of([1], fractions=2)
    assert {row["autocorrelation"] for row in rows} == {None}
    assert "needs 2 groups of 3 observations" in rows[0]["reason"]
    assert rows[0]["systematic_sd_mm"] is not None
    assert flags == []


def test_groups_axes_and_units_are_kept_apart():
    frame = cohort(3, fractions=6, patients=6).with_columns(yaw_deg=pl.col("lr_mm") / 10)
    both = pl.concat(
        [frame.with_columns(group=pl.lit(name), site=pl.lit(name)) for name in ("b", "a")]
    )
    rows, _ = estimate_course_dependence(both, group_by=["site"])
    assert [(row["site"], row["axis"]) for row in rows] == [
        (name, axis) for name in "ab" for axis in ("lr", "si", "ap", "yaw")
    ]
    yaw = rows[3]
    assert yaw["trend_deg_per_fraction"] == pytest.approx(rows[0]["trend_mm_per_fraction"] / 10)
    assert yaw["autocorrelation"] == pytest.approx(rows[0]["autocorrelation"])
    assert None not in [row["systematic_sd_corrected_high_mm"] for row in rows[:3]]


def test_order_of_rows_changes_nothing():
    frame = cohort(4, fractions=6, patients=6)
    shuffled = frame.sample(fraction=1.0, shuffle=True, seed=1)
    assert estimate_course_dependence(shuffled) == estimate_course_dependence(frame)
