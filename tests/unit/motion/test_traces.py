"""Traces: sentinels, gaps, drift, time weights; real traces of the ExtMarker set."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import NotEstimable, RefusedInput
from popmargin.margins.breathing import cosine_power_sd_ratio
from popmargin.motion.breathing import describe_breathing
from popmargin.motion.trace_cleaning import clean_trace
from popmargin.motion.trace_summaries import estimate_breathing_population, summarise_traces

TRACES = Path(__file__).parents[2] / "reference" / "data" / "extmarker_traces.parquet"
TIME = np.arange(0.0, 120.0, 0.05)


@pytest.fixture(scope="module")
def real():
    """27 real traces of external markers (CC BY 4.0, Krilavicius et al., arXiv:1508.00749)."""
    frame = pl.read_parquet(TRACES)
    return [
        (part["t_ms"].to_numpy() / 1000.0, part.select("x_mm", "y_mm", "z_mm").to_numpy())
        for part in frame.partition_by("sequence", "code", "marker", maintain_order=True)
    ]


def test_real_traces_lose_their_fifteen_sentinels_and_nothing_else(real):
    cleaned = [clean_trace(t, x) for t, x in real]
    assert sum(trace.n_sentinels for trace in cleaned) == 15
    assert sum(trace.n_missing for trace in cleaned) == 0


def test_sd_over_peak_to_peak_of_real_traces_as_published(real):
    over_range, over_95 = [], []
    for t, x in real:
        position = clean_trace(t, x).position_mm
        moved = position - position.mean(axis=0)
        signal = moved @ np.linalg.eigh(moved.T @ moved)[1][:, -1]
        over_range.append(signal.std() / np.ptp(signal))
        over_95.append(signal.std() / np.subtract(*np.percentile(signal, (97.5, 2.5))))
    assert len(real) == 27
    assert np.median(over_range) == pytest.approx(0.248, abs=5e-4)
    assert np.median(over_95) == pytest.approx(0.299, abs=5e-4)


def test_a_sentinel_that_is_kept_would_ruin_the_sd(real):
    t, x = next((t, x) for t, x in real if (x == 0).all(axis=1).any())
    trace = clean_trace(t, x)
    assert x.std(axis=0).max() > 1.5 * np.sqrt(describe_breathing(trace).total_sd_mm ** 2).max()


@pytest.mark.parametrize("power", [2, 4, 6])
@pytest.mark.parametrize("height", [0.5, 10.0, 30.0])
def test_sd_and_amplitude_of_cosine_powers(power, height):
    wave = height * np.cos(np.pi * TIME / 4.0) ** power
    found = describe_breathing(clean_trace(TIME, wave))
    assert found.peak_to_peak_mm[0] == pytest.approx(height, rel=5e-3)
    ratio = found.sd_mm[0] / found.peak_to_peak_mm[0]
    assert ratio == pytest.approx(cosine_power_sd_ratio(power), abs=2e-3)
    assert found.period_s == pytest.approx(4.0, abs=0.06)


def test_drift_is_taken_out_of_breathing_and_reported():
    wave = 10.0 * np.cos(np.pi * TIME / 4.0) ** 4
    still = describe_breathing(clean_trace(TIME, wave))
    drifting = describe_breathing(clean_trace(TIME, wave + 3.0 * TIME / 60.0))
    assert drifting.drift_mm_per_min[0] == pytest.approx(3.0, abs=0.05)
    assert drifting.sd_mm[0] == pytest.approx(still.sd_mm[0], rel=1e-3)
    assert drifting.total_sd_mm[0] > 1.05 * drifting.sd_mm[0]


def test_dense_stretches_do_not_count_more():
    wave = np.cos(np.pi * TIME / 4.0) ** 4
    kept = (TIME < 60.0) | (np.arange(TIME.size) % 4 == 0)
    full, thinned = (clean_trace(TIME[k], wave[k]) for k in (slice(None), kept))
    assert thinned.weight_s.sum() == pytest.approx(full.weight_s.sum(), rel=2e-3)
    sds = [describe_breathing(trace).sd_mm[0] for trace in (full, thinned)]
    assert sds[1] == pytest.approx(sds[0], rel=5e-3)


def test_a_gap_counts_as_nothing():
    kept = (TIME < 40.0) | (TIME > 80.0)
    trace = clean_trace(TIME[kept], np.sin(TIME[kept]))
    assert trace.gap_s == pytest.approx(40.0, abs=0.101)
    assert trace.weight_s.sum() == pytest.approx(80.0, abs=0.2)


def test_zero_of_a_centred_trace_is_a_position():
    wave = np.round(5.0 * np.sin(TIME), 1)
    assert (wave == 0).any()
    assert clean_trace(TIME, wave).n_sentinels == 0


def test_vendor_code_for_lost_is_no_position():
    wave = np.sin(TIME)
    wave[[3, 700]] = 999.0
    assert clean_trace(TIME, wave).n_sentinels == 2


def test_missing_samples_are_counted():
    wave = np.sin(TIME)
    wave[5:9] = np.nan
    assert clean_trace(TIME, wave).n_missing == 4


@pytest.mark.parametrize("times", [np.zeros(50), -np.arange(50.0), np.arange(50) // 2 * 1.0])
def test_repeated_or_backward_times_are_refused(times):
    with pytest.raises(RefusedInput, match="increase"):
        clean_trace(times, np.arange(50.0))


def test_too_short_is_refused_and_no_breath_not_estimable():
    with pytest.raises(RefusedInput, match="at least 10"):
        clean_trace(np.arange(5.0), np.arange(5.0))
    with pytest.raises(NotEstimable, match="3 whole breaths"):
        describe_breathing(clean_trace(TIME[:150], np.sin(TIME[:150])))
    with pytest.raises(NotEstimable, match="3 whole breaths"):
        describe_breathing(clean_trace(TIME, np.ones(TIME.size)))


@settings(deadline=None, max_examples=15)
@given(st.floats(0.1, 30.0), st.floats(-200.0, 200.0))
def test_scale_and_place_of_a_trace_change_nothing_else(scale, place):
    wave = np.cos(np.pi * TIME / 3.0) ** 4 + 0.1 * np.sin(7.0 * TIME)
    one = describe_breathing(clean_trace(TIME, wave))
    other = describe_breathing(clean_trace(TIME, place + scale * wave))
    assert other.sd_mm[0] == pytest.approx(scale * one.sd_mm[0], rel=1e-6)
    assert other.n_breaths == one.n_breaths
    assert other.gate.duty_cycle == pytest.approx(one.gate.duty_cycle, abs=0.01)


def test_a_smaller_gate_leaves_less_motion_and_takes_longer():
    trace = clean_trace(TIME, 20.0 * np.cos(np.pi * TIME / 4.0) ** 4)
    gates = [describe_breathing(trace, gate_window_share=w).gate for w in (0.2, 0.4, 0.8)]
    assert [g.duty_cycle for g in gates] == sorted(g.duty_cycle for g in gates)
    assert [g.residual_sd_mm[0] for g in gates] == sorted(g.residual_sd_mm[0] for g in gates)


def test_a_longer_latency_is_worse():
    rng = np.random.default_rng(2)
    breath = 10.0 * np.cos(np.pi * TIME / 4.0 + 0.3 * np.cumsum(rng.normal(0, 0.1, TIME.size))) ** 4
    trace = clean_trace(TIME, breath + rng.normal(0, 0.1, TIME.size))
    errors = [describe_breathing(trace, latency_s=s).tracking_sd_mm[0] for s in (0.1, 0.3, 1.0)]
    assert errors == sorted(errors)
    assert errors[0] < 0.3 * trace.position_mm.std()


def table(**waves):
    return pl.concat(
        pl.DataFrame({"patient_id": name, "fraction": 1, "t_s": TIME, "si_mm": wave})
        for name, wave in waves.items()
    )


def test_a_trace_that_cannot_be_used_is_named_and_the_others_stay():
    rows, flags = summarise_traces(table(good=9 * np.sin(TIME), flat=0 * TIME))
    by_patient = {row["patient_id"]: row for row in rows}
    assert by_patient["good"]["reason"] is None
    assert by_patient["flat"]["sd_mm"] is None
    assert "3 whole breaths" in by_patient["flat"]["reason"]
    assert [flag.code for flag in flags] == ["trace_not_usable"]


def test_one_patient_has_no_population():
    rows, _ = summarise_traces(table(only=9 * np.sin(TIME)))
    population = estimate_breathing_population(rows)
    assert all(row["group_mean"] is None and row["reason"] for row in population)


def test_no_position_column_is_refused():
    frame = pl.DataFrame({"patient_id": ["p"], "fraction": [1], "t_s": [0.0]})
    with pytest.raises(RefusedInput, match="amplitude_mm"):
        summarise_traces(frame)
