"""Breathing traces of many patients and fractions as one table, and their population errors.

Assumptions: one trace is one patient and fraction; patients are independent. The position of a
trace is its time-weighted mean: how it changes from fraction to fraction is the baseline shift.
Limits: those of `popmargin.motion.trace_cleaning` and `popmargin.motion.breathing`; a single
amplitude (one column) has no axis and is named ``amplitude``. Which trace cannot be used is said.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import polars as pl

from popmargin.core.axes import TRANSLATIONS, axis_column
from popmargin.core.exceptions import NotEstimable, PopmarginError, RefusedInput
from popmargin.core.flags import Flag
from popmargin.motion.breathing import Breathing, describe_breathing
from popmargin.motion.trace_cleaning import CleanTrace, clean_trace
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.two_levels import estimate_two_levels

AMPLITUDE: Final = "amplitude"
POPULATION: Final = {
    "mean_mm": "baseline position",
    "sd_mm": "breathing SD",
    "peak_to_peak_mm": "peak to peak",
    "drift_mm_per_min": "drift per minute",
}


def trace_columns(names: list[str]) -> dict[str, str]:
    """Axis -> column of a traces table: three axes, or one amplitude.

    Raises `RefusedInput` when neither is there.

    >>> trace_columns(["patient_id", "t_s", "amplitude_mm"])
    {'amplitude': 'amplitude_mm'}
    """
    axes = {a: axis_column(a) for a in TRANSLATIONS if axis_column(a) in names}
    if axes:
        return axes
    if f"{AMPLITUDE}_mm" in names:
        return {AMPLITUDE: f"{AMPLITUDE}_mm"}
    expected = "lr_mm, si_mm, ap_mm or amplitude_mm"
    raise RefusedInput("traces", expected, "none of them", "declare the columns of the source")


def summarise_traces(
    traces: pl.DataFrame,
    *,
    gate_window_share: float = 0.3,
    latency_s: float = 0.2,
    confidence_level: float = 0.95,
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Rows of contract ``trace_summaries`` (one a trace and axis) and flags.

    Parameters
    ----------
    traces : canonical traces: ``patient_id``, ``fraction``, ``t_s`` and positions in mm.
    gate_window_share, latency_s, confidence_level : as in `describe_breathing`.

    Raises
    ------
    RefusedInput
        When the table has no position column. A trace that cannot be used gets a row with the
        reason instead.

    Examples
    --------
    >>> t = np.arange(600) / 10.0
    >>> rows, flags = summarise_traces(pl.DataFrame({
    ...     "patient_id": "p", "fraction": 1, "t_s": t, "amplitude_mm": 9 * np.sin(t),
    ... }))
    >>> rows[0]["axis"], round(rows[0]["peak_to_peak_mm"], 1)
    ('amplitude', 18.0)
    """
    columns = trace_columns(traces.columns)
    rows: list[dict[str, Any]] = []
    flags: list[Flag] = []
    cut = {"n_sentinels": 0, "n_missing": 0, "n_backwards": 0}
    keys = ["patient_id", "fraction"]
    # Row order decides nothing: samples are put in the order of time unless times run backwards.
    for (patient, fraction), part in sorted(
        traces.partition_by(keys, as_dict=True, maintain_order=True).items()
    ):
        head = {"patient_id": patient, "fraction": fraction, "basis": "trace"}
        try:
            trace = clean_trace(
                part["t_s"].to_numpy(),
                part.select(
                    pl.col(c).cast(pl.Float64).fill_null(np.nan) for c in columns.values()
                ).to_numpy(),
            )
            found = describe_breathing(
                trace,
                gate_window_share=gate_window_share,
                latency_s=latency_s,
                confidence_level=confidence_level,
            )
        except (RefusedInput, NotEstimable) as error:
            reason = f"patient {patient}, fraction {fraction}: {error}"
            flags.append(Flag("trace_not_usable", "warn", reason, patients=1))
            rows += [{**head, "axis": a, **_nothing(), "reason": str(error)} for a in columns]
            continue
        for name in cut:
            cut[name] += getattr(trace, name)
        for place, axis in enumerate(columns):
            rows.append({**head, "axis": axis, **_numbers(trace, found, place), "reason": None})
    return rows, [*flags, *_cleaning_flags(cut)]


_NAMES: Final = (
    "n_samples", "n_left_out", "duration_s", "gap_s", "n_breaths", "period_s", "mean_mm",
    "sd_mm", "sd_low_mm", "sd_high_mm", "sd_with_drift_mm", "peak_to_peak_mm",
    "peak_to_peak_low_mm", "peak_to_peak_high_mm", "range_95_mm", "range_mm",
    "sd_over_peak_to_peak", "drift_mm_per_min", "duty_cycle", "gate_sd_mm", "gate_range_mm",
    "tracking_sd_mm",
)  # fmt: skip


def _nothing() -> dict[str, None]:
    return dict.fromkeys(_NAMES)


def _numbers(trace: CleanTrace, found: Breathing, place: int) -> dict[str, Any]:
    height = float(found.peak_to_peak_mm[place])
    sd = float(found.sd_mm[place])
    tracking = found.tracking_sd_mm
    values = (
        trace.t_s.size, trace.n_sentinels + trace.n_missing + trace.n_backwards,
        float(trace.weight_s.sum()), trace.gap_s, found.n_breaths, found.period_s,
        float(found.mean_mm[place]), sd, *found.sd_limits_mm[:, place].tolist(),
        float(found.total_sd_mm[place]), height, *found.peak_to_peak_limits_mm[:, place].tolist(),
        float(found.range_95_mm[place]), float(found.range_mm[place]),
        sd / height if height > 0.0 else None, float(found.drift_mm_per_min[place]),
        found.gate.duty_cycle, float(found.gate.residual_sd_mm[place]),
        float(found.gate.residual_range_mm[place]),
        None if tracking is None else float(tracking[place]),
    )  # fmt: skip
    return dict(zip(_NAMES, values, strict=True))


def _cleaning_flags(cut: Mapping[str, int]) -> Iterator[Flag]:
    words = {
        "n_sentinels": "samples say that the marker was lost (exact zeros or 999) and are no "
        "positions",
        "n_missing": "samples have no position on an axis",
        "n_backwards": "samples have a time that is not after the sample before them",
    }
    for name, count in cut.items():
        if count:
            yield Flag("trace_samples_left_out", "info", f"traces: {count} {words[name]}")


def estimate_breathing_population(
    rows: list[dict[str, Any]], *, confidence_level: float = 0.95, seed: int = 1
) -> list[dict[str, Any]]:
    """Rows of contract ``breathing_population``: each quantity over patients and fractions.

    Parameters
    ----------
    rows : of `summarise_traces`; those with a reason are left out.
    confidence_level, seed : of the intervals.

    Examples
    --------
    >>> t = np.arange(600) / 10.0
    >>> traces = [pl.DataFrame({"patient_id": p, "fraction": f, "t_s": t,
    ...     "si_mm": (5 + f) * np.sin(t)}) for p in "ab" for f in (1, 2)]
    >>> found = estimate_breathing_population(summarise_traces(pl.concat(traces))[0])
    >>> found[2]["quantity"], round(found[2]["group_mean"], 1)
    ('peak to peak', 13.0)
    """
    usable = [row for row in rows if row["reason"] is None]
    found = []
    for axis in dict.fromkeys(row["axis"] for row in rows):
        of_axis = [row for row in usable if row["axis"] == axis]
        for name, words in POPULATION.items():
            # A 4D-CT amplitude has neither position nor drift.
            part = [row for row in of_axis if row[name] is not None]
            head = {
                "axis": axis,
                "quantity": words,
                "unit": "mm/min" if name.endswith("per_min") else "mm",
                "n_patients": len({row["patient_id"] for row in part}),
                "n_fractions": len(part),
                "confidence_level": confidence_level,
            }
            found.append({**head, **_levels(part, name, confidence_level, seed)})
    return found


def _levels(
    part: list[dict[str, Any]], name: str, level: float, seed: int
) -> dict[str, float | str | None]:
    try:
        data = OneWayData.from_values(
            [row[name] for row in part], [row["patient_id"] for row in part]
        )
    except PopmarginError:
        empty = estimate_two_levels(OneWayData.from_values([0.0], ["none"]), level=level).row()
        return {**dict.fromkeys(empty), "reason": "no usable trace"}
    two = estimate_two_levels(data, level=level, seed=seed)
    return {**two.row(), "reason": two.reason or None}
