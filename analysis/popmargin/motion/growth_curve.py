"""How far positions have moved after a time, and how often to image again.

Assumptions: displacements of a fraction are seen against its first image; a bin of time holds what
was imaged in it, so different patients may stand in different bins. The interval of a bin treats
patients as independent. Limits: a curve over bins is no model; the fitted one is that of
`popmargin.motion.intrafraction` and is extrapolated nowhere.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import stdtrit

from popmargin.core.axes import TRANSLATIONS, axis_column
from popmargin.motion.reimaging import NEVER_MIN, longest_interval_min

# ASSUME bins of a few minutes: short against a fraction, wide enough to hold several images.
FEWEST: Final = 5
EDGES_MIN: Final = (0.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 1e9)


def describe_growth(moves: pl.DataFrame, *, confidence_level: float = 0.95) -> list[dict[str, Any]]:
    """Rows of contract ``motion_growth``: RMS displacement by minutes since the first image.

    Parameters: ``moves`` of `popmargin.motion.moves.moves_within_fractions`. Fractions without
    times have no place here. A bin of fewer than five patients would have an interval that hides
    all others: it is left out. ``mean_mm`` is the drift since the first image, with its interval.

    >>> describe_growth(pl.DataFrame(schema={"group": pl.String, "surrogate": pl.String,
    ...     "minutes": pl.Float64, "patient_id": pl.String}))
    []
    """
    rows: list[dict[str, Any]] = []
    timed = moves.drop_nulls("minutes").filter(pl.col("minutes") > 0)
    parts = timed.partition_by(["group", "surrogate"], as_dict=True, maintain_order=True)
    for (group, surrogate), part in parts.items():
        for low, high in itertools.pairwise(EDGES_MIN):
            inside = part.filter((pl.col("minutes") > low) & (pl.col("minutes") <= high))
            for axis in TRANSLATIONS:
                found = _bin(inside, f"moved_{axis_column(axis)}", confidence_level)
                if found:
                    head = {"group": group, "surrogate": surrogate, "axis": axis}
                    rows.append({**head, **found})
    return rows


def _bin(inside: pl.DataFrame, column: str, level: float) -> dict[str, Any] | None:
    values = inside.drop_nulls(column)
    labels = values.select(pl.col("patient_id").rank("dense").cast(pl.Int64) - 1).to_series()
    patients = values["patient_id"].n_unique()
    if patients < FEWEST:
        return None
    moved, codes = values[column].to_numpy(), labels.to_numpy()
    n = np.bincount(codes)
    squares = np.bincount(codes, moved**2)
    mean_square = float(squares.sum() / n.sum())
    if mean_square <= 0.0:
        return None
    sums = np.bincount(codes, moved)
    mean = float(sums.sum() / n.sum())
    t = float(stdtrit(patients - 1, 0.5 * (1.0 + level)))
    # Patients as clusters of a ratio of sums; the RMS on the log scale, nearer to normal there.
    half = 0.5 * t * _error(squares - n * mean_square, n) / mean_square
    drifted = t * _error(sums - n * mean, n)
    rms = math.sqrt(mean_square)
    return {
        "minutes": float(values["minutes"].mean()),  # type: ignore[arg-type]  # not empty
        "n_patients": patients,
        "n_images": values.height,
        "mean_mm": mean,
        "mean_low_mm": mean - drifted,
        "mean_high_mm": mean + drifted,
        "rms_mm": rms,
        "rms_low_mm": rms * math.exp(-half),
        "rms_high_mm": rms * math.exp(half),
    }


def _error(rest: NDArray[np.float64], n: NDArray[np.int64]) -> float:
    """Standard error of a ratio of sums over patients from what each leaves."""
    patients = n.size
    return math.sqrt(patients / (patients - 1.0) * float((rest**2).sum())) / float(n.sum())


def reimaging_intervals(
    rows: Sequence[Mapping[str, Any]], tolerances_mm: Sequence[float], *, delay_min: float = 1.0
) -> list[dict[str, Any]]:
    """Rows of contract ``reimaging``: longest interval between images for each tolerance.

    Parameters
    ----------
    rows : of `popmargin.motion.intrafraction.estimate_intrafraction_motion`.
    tolerances_mm : root mean squared errors an axis in mm, > 0.
    delay_min : minutes from image to beam, >= 0.

    Returns
    -------
    list of dict
        ``interval_min`` with limits from those of D (the fastest walk gives the low limit);
        ``beyond_observed`` when longer than any fraction that was seen; a ``reason`` in place of
        a value where the tolerance is out of reach or D is not estimable.

    Examples
    --------
    >>> row = {"group": "all", "surrogate": "bone", "axis": "si", "walk_mm2_per_min": 0.5,
    ...     "walk_low_mm2_per_min": 0.25, "walk_high_mm2_per_min": 1.0, "drift_mm_per_min": 0.0,
    ...     "match_sd_mm": 0.0, "minutes_longest": 12.0}
    >>> found = reimaging_intervals([row], [2.0], delay_min=0.0)[0]
    >>> found["interval_min"], found["interval_low_min"], found["beyond_observed"]
    (16.0, 8.0, 'yes')
    """
    return [
        {
            **{key: row[key] for key in ("group", "surrogate", "axis")},
            "tolerance_mm": tolerance,
            "delay_min": delay_min,
            **_interval(row, tolerance, delay_min),
        }
        for row in rows
        for tolerance in tolerances_mm
    ]


def _interval(row: Mapping[str, Any], tolerance: float, delay: float) -> dict[str, Any]:
    nothing = dict.fromkeys(
        ("interval_min", "interval_low_min", "interval_high_min", "beyond_observed")
    )
    if row["walk_mm2_per_min"] is None or row["drift_mm_per_min"] is None:
        return {**nothing, "reason": "the growth of the variance is not estimable"}
    found = [
        longest_interval_min(
            tolerance,
            diffusion_mm2_per_min=row[f"walk{end}_mm2_per_min"],
            drift_mm_per_min=row["drift_mm_per_min"],
            match_sd_mm=row["match_sd_mm"] or 0.0,
            delay_min=delay,
        )
        for end in ("", "_high", "_low")
    ]
    value, low, high = found
    if value is None:
        reason = "out of reach: matching and the delay alone exceed the tolerance"
        return {**nothing, "reason": reason}
    seen = row["minutes_longest"]
    never = value >= NEVER_MIN
    return {
        "interval_min": None if never else value,
        "interval_low_min": 0.0 if low is None else None if low >= NEVER_MIN else low,
        "interval_high_min": None if high is None or high >= NEVER_MIN else high,
        "beyond_observed": "yes" if never or (seen is not None and value > seen) else "no",
        "reason": "no growth was seen" if never else None,
    }
