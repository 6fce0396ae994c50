"""Breathing from the amplitude of a 4D-CT alone: a model trace in place of a measured one.

Assumptions: the tumour follows an even power of a cosine (cos^4, Lujan's model, recalled) with the
same breath again and again, all axes in phase. Limits: a 4D-CT shows one average breath: deep
breaths, shifts of the baseline and irregular breathing are not in it, so gates and tracking look
better than they will be. The low limit of an SD is a quarter of the amplitude, as in real external
traces (Krilavicius et al., arXiv:1508.00749), the high one that of the model; the amplitude itself
has no interval. Where a trace was measured it is used instead.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.checks import non_negative
from popmargin.core.exceptions import OutOfRange
from popmargin.core.flags import Flag
from popmargin.motion.trace_summaries import summarise_traces

# ASSUME 4 s a breath and 30 of them: the numbers of a periodic model do not depend on more.
PERIOD_S: Final = 4.0
BREATHS: Final = 30
LARGEST_MM: Final = 60.0
# Median of 27 real external traces: their deepest breaths are rare.
LEAST_SD_RATIO: Final = 0.25
BASIS: Final = "4D-CT amplitude"


def model_traces(amplitudes_mm: Mapping[str, Mapping[str, float]]) -> pl.DataFrame:
    """Model traces, one a patient, from peak-to-peak amplitudes in mm by axis.

    Raises `OutOfRange` for an amplitude that is negative or beyond 60 mm.

    >>> traces = model_traces({"p": {"si": 10.0}})
    >>> round(traces["si_mm"].max(), 3), traces["lr_mm"].max()
    (10.0, 0.0)
    """
    t = np.arange(0.0, BREATHS * PERIOD_S, 0.05)
    breath = np.cos(np.pi * t / PERIOD_S) ** 4
    frames = []
    for patient, by_axis in amplitudes_mm.items():
        columns: dict[str, Any] = {"patient_id": patient, "fraction": 0, "t_s": t}
        for axis in TRANSLATIONS:
            height = float(non_negative(f"amplitude_{axis}", by_axis.get(axis, 0.0)))
            if height > LARGEST_MM:
                raise OutOfRange(f"amplitude_{axis}", f"at most {LARGEST_MM:.0f} mm", height)
            columns[f"{axis}_mm"] = height * breath
        frames.append(pl.DataFrame(columns))
    return pl.concat(frames)


def summarise_amplitudes(
    anatomy: pl.DataFrame, *, measured: Sequence[str] = (), **options: float
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Rows of contract ``trace_summaries`` from rows ``amplitude_lr|si|ap`` of an anatomy table.

    Parameters
    ----------
    anatomy : canonical anatomy; amplitudes peak to peak in mm (other units are refused), the mean
        over what a patient has.
    measured : patients with a trace of their own, left out.
    options : those of `popmargin.motion.trace_summaries.summarise_traces`.

    Raises
    ------
    OutOfRange
        For another unit, or an amplitude that is negative or beyond 60 mm.

    Examples
    --------
    >>> rows, flags = summarise_amplitudes(pl.DataFrame({
    ...     "patient_id": ["p"], "quantity": ["amplitude_si"], "value": [10.0], "unit": ["mm"]}))
    >>> [round(rows[1][name], 2) for name in ("sd_low_mm", "sd_mm", "sd_high_mm")]
    [2.5, 3.64, 3.64]
    """
    wanted = anatomy.filter(
        pl.col("quantity").str.starts_with("amplitude_"), ~pl.col("patient_id").is_in(measured)
    )
    if wanted.is_empty():
        return [], []
    for unit in wanted["unit"].unique():
        if unit != "mm":
            raise OutOfRange("unit of an amplitude", "mm", unit)
    means = wanted.group_by("patient_id", "quantity").agg(pl.col("value").sort().mean())
    amplitudes: dict[str, dict[str, float]] = {}
    for patient, quantity, value in means.sort("patient_id", "quantity").iter_rows():
        amplitudes.setdefault(patient, {})[quantity.removeprefix("amplitude_")] = value
    moving = {p: by_axis for p, by_axis in amplitudes.items() if max(by_axis.values()) > 0.0}
    rows, flags = summarise_traces(model_traces(moving), **options) if moving else ([], [])
    message = f"{len(moving)} patients: breathing from the 4D-CT amplitude and a model (cos^4)"
    return [_modelled(row) for row in rows], [
        *flags, Flag("modelled_breathing", "info", message, patients=len(moving))
    ]  # fmt: skip


def _modelled(row: dict[str, Any]) -> dict[str, Any]:
    """What a model knows: limits from the shape of breathing; no position, drift or prediction."""
    low = LEAST_SD_RATIO * row["peak_to_peak_mm"]
    unknown = ("mean_mm", "drift_mm_per_min", "peak_to_peak_low_mm", "peak_to_peak_high_mm",
               "tracking_sd_mm")  # fmt: skip
    return {**row, **dict.fromkeys(unknown), "sd_low_mm": low, "sd_high_mm": row["sd_mm"],
            "basis": BASIS}  # fmt: skip
