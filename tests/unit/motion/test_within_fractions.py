"""Motion within fractions: what is put into simulated walks comes out, and what cannot is said."""

import numpy as np
import polars as pl
import pytest

from popmargin.core.exceptions import NotEstimable, OutOfRange
from popmargin.margins.random_walk import random_walk_variances
from popmargin.motion.growth_curve import describe_growth, reimaging_intervals
from popmargin.motion.intrafraction import estimate_intrafraction_motion
from popmargin.motion.moves import moves_within_fractions
from popmargin.motion.reimaging import longest_interval_min, mean_square_mm2
from popmargin.statistics.growth import variance_growth

START = np.datetime64("2026-01-05T09:00:00")


def walks(*, patients=20, fractions=20, minutes=(4.0, 9.0), d=0.5, match=0.3, drift=0.1, seed=1):
    """Shifts after correction, during and after treatment; minutes vary by half."""
    rng = np.random.default_rng(seed)
    steps = np.diff([0.0, *minutes])[:, None] * rng.uniform(0.5, 1.5, (1, patients * fractions))
    rates = np.repeat(rng.normal(0, drift, (patients, 3)), fractions, axis=0)
    moved = rates * steps[..., None] + rng.normal(size=(*steps.shape, 3)) * np.sqrt(
        d * steps[..., None]
    )
    walked = np.cumsum(np.concatenate([np.zeros((1, patients * fractions, 3)), moved]), axis=0)
    seen = walked + rng.normal(0, match, walked.shape)
    time = np.concatenate([np.zeros((1, patients * fractions)), np.cumsum(steps, axis=0)])
    timings = ["after_correction", *["during_treatment"] * (len(minutes) - 1), "after_treatment"]
    frames = [
        pl.DataFrame(
            {
                "group": "all",
                "patient_id": np.repeat([f"p{i:02d}" for i in range(patients)], fractions),
                "fraction": np.tile(np.arange(1, fractions + 1), patients),
                "timing": timing,
                "image": place + 1,
                "acquired_at": START + (time[place] * 60e6).astype("timedelta64[us]"),
                **{f"{a}_mm": seen[place, :, k] for k, a in enumerate(("lr", "si", "ap"))},
            }
        )
        for place, timing in enumerate(timings)
    ]
    return pl.concat(frames)


def test_walk_drift_and_matching_come_back():
    rows, flags = estimate_intrafraction_motion(moves_within_fractions(walks(patients=60)))
    assert flags == []
    assert [row["axis"] for row in rows] == ["lr", "si", "ap"]
    for row in rows:
        assert row["walk_low_mm2_per_min"] < 0.5 < row["walk_high_mm2_per_min"]
        assert 0.0 <= row["match_sd_mm"] < 0.7  # 2 s^2 is a tenth of what a step shows
        half = 0.5 * (row["drift_high_mm_per_min"] - row["drift_low_mm_per_min"])
        assert abs(row["drift_mm_per_min"]) < 2.0 * half < 0.2
        assert (row["n_patients"], row["n_fractions"], row["n_intervals"]) == (60, 1200, 2400)


def test_interval_of_the_walk_covers_in_95_of_100():
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(300):
        tau = rng.uniform(2, 8, 300)
        moved = rng.normal(0, np.sqrt(0.2 + 0.5 * tau))
        found = variance_growth(moved, tau, np.arange(300) // 15, start=0.2)
        inside += found.rate_low <= 0.5 <= found.rate_high
    assert 0.91 <= inside / 300 <= 0.985


def test_alike_times_need_the_matching_error():
    shifts = walks(patients=10, minutes=(5.0,)).with_columns(
        pl.when(pl.col("timing") == "after_treatment")
        .then(pl.lit(START).cast(pl.Datetime("us")) + pl.duration(minutes=5))
        .otherwise("acquired_at")
        .alias("acquired_at")
    )
    moves = moves_within_fractions(shifts)
    unknown, flags = estimate_intrafraction_motion(moves)
    assert unknown[0]["walk_mm2_per_min"] is None
    assert "all intervals last as long" in unknown[0]["reason"]
    assert {flag.code for flag in flags} == {"not_estimable"}
    known, _ = estimate_intrafraction_motion(moves, match_sd_mm=0.3)
    assert known[0]["walk_mm2_per_min"] is not None
    assert known[0]["match_sd_given"] == "yes"


def test_without_times_the_displacement_stays_and_the_rates_do_not():
    shifts = walks(patients=5, fractions=5).drop("acquired_at")
    row = estimate_intrafraction_motion(moves_within_fractions(shifts))[0][0]
    assert row["group_mean_mm"] is not None
    assert row["drift_mm_per_min"] is None
    assert "no images with a time" in row["reason"]
    assert describe_growth(moves_within_fractions(shifts)) == []


def test_one_patient_and_one_image():
    one = estimate_intrafraction_motion(moves_within_fractions(walks(patients=1)))[0][0]
    assert one["group_mean_mm"] is None
    assert one["reason"]
    single = walks(patients=4).filter(pl.col("image") == 1)
    assert moves_within_fractions(single).is_empty()
    assert estimate_intrafraction_motion(moves_within_fractions(single)) == ([], [])


def test_patient_and_organ_are_told_apart():
    bone = walks(patients=8, drift=0.0).with_columns(surrogate=pl.lit("bone"))
    organ = bone.with_columns(
        surrogate=pl.lit("soft_tissue"),
        si_mm=pl.col("si_mm") + 2.0 * (pl.col("timing") == "after_treatment").cast(pl.Float64),
    )
    rows, _ = estimate_intrafraction_motion(moves_within_fractions(pl.concat([bone, organ])))
    own = next(
        r for r in rows if r["axis"] == "si" and r["surrogate"] == "soft tissue relative to bone"
    )
    assert own["group_mean_mm"] == pytest.approx(2.0)
    assert own["random_sd_mm"] == pytest.approx(0.0, abs=1e-9)


def test_the_start_is_the_last_image_before_the_beam():
    shifts = pl.DataFrame(
        {
            "group": "all",
            "patient_id": "p",
            "fraction": 1,
            "timing": ["before_correction", "after_correction", "after_treatment"],
            "lr_mm": [9.0, 1.0, 3.0],
            "si_mm": [0.0, 0.0, 0.0],
            "ap_mm": [0.0, 0.0, 0.0],
        }
    )
    moves = moves_within_fractions(shifts)
    assert moves.select("moved_lr_mm", "start_lr_mm", "last").rows() == [(2.0, 1.0, True)]


def test_row_order_changes_nothing():
    shifts = walks(patients=6)
    one, other = (
        estimate_intrafraction_motion(moves_within_fractions(frame))
        for frame in (shifts, shifts.sample(fraction=1.0, shuffle=True, seed=4))
    )
    assert one == other


def test_shares_add_up_from_equal_parts():
    # Half of the displacement varies as much as the start: it makes up half of both variances.
    rng = np.random.default_rng(8)
    patients, fractions = 400, 10
    both = rng.normal(0, 1, (2, patients, 1)) + rng.normal(0, 1, (2, patients, fractions))
    start, end = both[0].ravel(), (both[0] + 2.0 * both[1]).ravel()
    ids = np.repeat([f"{i:03d}" for i in range(patients)], fractions)
    frames = [
        pl.DataFrame({"group": "all", "patient_id": ids,
                      "fraction": np.tile(range(fractions), patients),
                      "timing": timing, "lr_mm": x, "si_mm": x, "ap_mm": x})
        for timing, x in (("after_correction", start), ("after_treatment", end))
    ]  # fmt: skip
    row = estimate_intrafraction_motion(moves_within_fractions(pl.concat(frames)))[0][0]
    for kind in ("systematic", "random"):
        assert row[f"{kind}_share_low"] < 0.5 < row[f"{kind}_share_high"]
        assert row[f"{kind}_share"] == pytest.approx(0.5, abs=0.06)


def test_mean_square_is_that_of_the_random_walk():
    walk = random_walk_variances(1.0, 10.0, delay_min=2.0)
    assert mean_square_mm2(10.0, diffusion_mm2_per_min=1.0, delay_min=2.0) == pytest.approx(
        walk.time_average_mm2
    )


@pytest.mark.parametrize("drift", [0.0, 0.2, -0.5])
def test_the_longest_interval_just_meets_the_tolerance(drift):
    options = {"diffusion_mm2_per_min": 0.3, "drift_mm_per_min": drift, "match_sd_mm": 0.5,
               "delay_min": 1.0}  # fmt: skip
    interval = longest_interval_min(2.0, **options)
    assert mean_square_mm2(interval, **options) == pytest.approx(4.0)


def test_out_of_reach_and_impossible_input():
    row = {"group": "all", "surrogate": "bone", "axis": "si", "walk_mm2_per_min": 0.1,
           "walk_low_mm2_per_min": 0.0, "walk_high_mm2_per_min": 0.2, "drift_mm_per_min": 0.0,
           "match_sd_mm": 2.0, "minutes_longest": 10.0}  # fmt: skip
    found = reimaging_intervals([row], [1.0])[0]
    assert found["interval_min"] is None
    assert "out of reach" in found["reason"]
    none = reimaging_intervals([{**row, "walk_mm2_per_min": None}], [1.0])[0]
    assert "not estimable" in none["reason"]
    with pytest.raises(OutOfRange, match="tolerance_mm"):
        longest_interval_min(0.0, diffusion_mm2_per_min=1.0)
    with pytest.raises(OutOfRange, match="times"):
        variance_growth([1.0], [0.0], [1])
    with pytest.raises(NotEstimable, match="2 patients"):
        variance_growth([1.0, 2.0], [1.0, 2.0], [1, 1])
