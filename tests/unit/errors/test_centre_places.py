"""Funnel limits hold alike centres and show the one that differs."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import chi2, norm

from popmargin.errors.centre_places import place_centres
from popmargin.errors.pooled_packets import pool_packets
from tests.unit.errors.cohort_of_centres import packet, shifts


def places(frames):
    data, _ = pool_packets([packet(frame, name) for name, frame in frames.items()])
    return [row for row in place_centres(data) if row["centre"] is not None]


def test_limits_by_hand():
    frames = {name: shifts(name, 12, seed=k, sizes=(5,)) for k, name in enumerate("AB")}
    rows = {(row["centre"], row["quantity"]): row for row in places(frames) if row["axis"] == "lr"}
    by_patient = (
        frames["B"]
        .group_by("patient_id")
        .agg(mean=pl.col("lr_mm").mean(), var=pl.col("lr_mm").var())
    )
    spread = float(by_patient["mean"].var())
    mean = float(by_patient["mean"].mean())
    row = rows["A", "group_mean"]
    assert row["expected_mm"] == pytest.approx(mean)
    error = np.sqrt(spread / 12 + spread / 12)
    assert row["outer_high_mm"] == pytest.approx(mean + norm.ppf(0.999) * error)
    row = rows["A", "sd_of_means"]
    assert row["inner_low_mm"] == pytest.approx(np.sqrt(spread * chi2.ppf(0.025, 11) / 11))
    row = rows["A", "random_sd"]
    assert row["expected_mm"] == pytest.approx(np.sqrt(float(by_patient["var"].mean())))


def test_an_outlier_is_shown_and_does_not_hide_itself():
    frames = {name: shifts(name, 15, seed=k + 1) for k, name in enumerate("ABCDE")}
    frames["F"] = shifts("F", 40, seed=9, mean=4.0)
    found = [row for row in places(frames) if row["quantity"] == "group_mean"]
    assert {row["centre"] for row in found if row["place"] == "beyond 99.8 %"} == {"F"}


def test_alike_centres_leave_the_inner_limits_about_once_in_twenty():
    rows = []
    for seed in range(6):
        rows += places({f"{k}": shifts(f"{k}", 10, seed=100 * seed + k) for k in range(12)})
    outside = np.mean([row["place"] != "within" for row in rows])
    far = np.mean([row["place"] == "beyond 99.8 %" for row in rows])
    # 648 places: 5 % +- 2.5 % (they share their neighbours).
    assert 0.02 < outside < 0.09
    assert far < 0.015


def test_one_centre_alone_has_no_place():
    assert places({"A": shifts("A", 12)}) == []
