"""Slow motion in traces: drift, walk and fidgets that were put in come out, breathing does not."""

import numpy as np
import polars as pl
import pytest

from popmargin.core.exceptions import OutOfRange
from popmargin.motion.growth_curve import describe_growth, reimaging_intervals
from popmargin.motion.intrafraction import estimate_intrafraction_motion
from popmargin.motion.trace_moves import moves_of_traces


def traces(*, patients=15, fractions=5, minutes=5.0, walk=0.4, drift=0.0, breath=0.0, seed=1):
    """Traces at two a second: a walk, a drift of each patient, breathing of 4.1 s, noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(0.0, 60.0 * minutes, 0.5)
    frames = []
    for patient in range(patients):
        rate = rng.normal(0.0, drift, 3) + drift
        for fraction in range(1, fractions + 1):
            steps = rng.normal(0.0, np.sqrt(walk * 0.5 / 60.0), (t.size, 3))
            breathing = breath * np.cos(np.pi * t / 4.1 + rng.uniform(0, np.pi)) ** 4
            x = np.cumsum(steps, axis=0) + np.outer(t / 60.0, rate) + breathing[:, None]
            x += rng.normal(0.0, 0.3, x.shape)
            columns = {f"{a}_mm": x[:, k] for k, a in enumerate(("lr", "si", "ap"))}
            frames.append(
                pl.DataFrame(
                    {"patient_id": f"p{patient:02d}", "fraction": fraction, "t_s": t, **columns}
                )
            )
    return pl.concat(frames)


@pytest.mark.parametrize("breath", [0.0, 10.0])
def test_walk_and_drift_come_out_with_and_without_breathing(breath):
    moves = moves_of_traces(traces(patients=30, drift=0.1, breath=breath))
    rows, flags = estimate_intrafraction_motion(moves, confidence_level=0.999)
    assert flags == []
    for row in rows:
        assert row["walk_low_mm2_per_min"] < 0.4 < row["walk_high_mm2_per_min"]
        assert row["drift_low_mm_per_min"] < 0.1 < row["drift_high_mm_per_min"]
        assert (row["n_patients"], row["n_fractions"]) == (30, 150)
        # A trace does not say where the patient was set up.
        assert row["systematic_share"] is None


def test_breathing_alone_is_no_walk():
    moves = moves_of_traces(traces(walk=0.0, breath=20.0))
    for row in estimate_intrafraction_motion(moves)[0]:
        assert row["walk_low_mm2_per_min"] == 0.0
        assert row["walk_mm2_per_min"] < 0.2


def test_a_jump_is_a_fidget():
    still = traces(patients=4, walk=0.01)
    jumped = still.with_columns(
        si_mm=pl.col("si_mm")
        + 8.0 * ((pl.col("patient_id") == "p02") & (pl.col("t_s") > 150)).cast(pl.Float64)
    )
    counts = {
        row["axis"]: row["n_fidgets"]
        for row in estimate_intrafraction_motion(moves_of_traces(jumped))[0]
    }
    assert counts["si"] >= 5  # one in each fraction of that patient
    assert counts["lr"] == 0


def test_growth_and_intervals_follow_from_traces():
    moves = moves_of_traces(traces(patients=20, minutes=12.0))
    si = [row["rms_mm"] for row in describe_growth(moves) if row["axis"] == "si"]
    assert len(si) > 2
    assert si == sorted(si)
    rows = estimate_intrafraction_motion(moves)[0]
    found = reimaging_intervals(rows, [2.0], delay_min=0.0)
    assert all(5.0 < row["interval_min"] < 60.0 for row in found)


def test_a_gap_counts_with_its_time_and_nothing_is_invented():
    one = traces(patients=2, fractions=1).filter(~pl.col("t_s").is_between(60.0, 180.0))
    steps = moves_of_traces(one)
    assert steps["minutes"].max() == pytest.approx(4.75, abs=0.1)
    assert steps.filter(pl.col("step_minutes") > 2.0).height == 2


def test_what_gives_no_step():
    short = traces(patients=2, minutes=0.2)
    assert moves_of_traces(short).is_empty()
    assert estimate_intrafraction_motion(moves_of_traces(short)) == ([], [])
    single = pl.DataFrame({"patient_id": ["p"], "fraction": [1], "t_s": [0.0], "si_mm": [1.0]})
    assert moves_of_traces(single).is_empty()
    amplitude = short.select("patient_id", "fraction", "t_s", amplitude_mm="si_mm")
    assert moves_of_traces(amplitude).is_empty()
    with pytest.raises(OutOfRange, match="block_s"):
        moves_of_traces(short, block_s=0.0)
