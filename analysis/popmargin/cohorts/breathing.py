"""Synthetic breathing traces with stated amplitudes, baseline shifts, drift and noise.

Assumptions and limits: cos^4 breathing with breaths that differ by 15 % in length and height, all
axes in phase; gamma-distributed amplitudes between patients. The amplitudes are recalled from the
literature (column ``status`` of ``example_breathing.csv``); the patients are invented. Nothing
clinical follows from them.
"""

from typing import Final

import numpy as np
import polars as pl

from popmargin.cohorts.frame import SYNTHETIC_PREFIX, described_rows
from popmargin.core.axes import TRANSLATIONS

# ASSUME breaths of one patient differ by 15 % in length and in height.
_IRREGULAR: Final = 0.15


def breathing_cohort(label: str, *, rng: np.random.Generator) -> pl.DataFrame:
    """A traces table of invented patients.

    Parameters
    ----------
    label : a label of ``example_breathing.csv``.
    rng : source of the draws.

    Returns
    -------
    Columns patient_id, fraction, t_s, lr_mm, si_mm, ap_mm.

    Raises
    ------
    WrongUsage
        When the label does not exist.

    Examples
    --------
    >>> traces = breathing_cohort("lung_breathing", rng=np.random.default_rng(1))
    >>> traces["patient_id"].n_unique(), traces.columns[-1]
    (12, 'ap_mm')
    """
    rows = {row["axis"]: row for row in described_rows("example_breathing.csv", label)}
    per_axis = [rows[axis] for axis in TRANSLATIONS]
    shared = per_axis[0]
    mean = np.array([row["amplitude_mean_mm"] for row in per_axis])
    sd = np.array([row["amplitude_sd_mm"] for row in per_axis])
    t = np.arange(0.0, shared["duration_s"], 1.0 / shared["rate_hz"]).round(6)
    frames = []
    for patient in range(1, shared["n_patients"] + 1):
        # Gamma by the method of moments: amplitudes are positive and skew.
        height = rng.gamma((mean / sd) ** 2, sd**2 / mean)
        home = rng.normal(0.0, [row["baseline_systematic_sd_mm"] for row in per_axis])
        for fraction in range(1, shared["fractions"] + 1):
            baseline = home + rng.normal(0.0, [row["baseline_random_sd_mm"] for row in per_axis])
            drift = rng.normal(0.0, [row["drift_sd_mm_per_min"] for row in per_axis]) / 60.0
            breath = _breaths(t, shared["period_s"], rng)
            position = baseline + np.outer(breath, height) + np.outer(t, drift)
            position += rng.normal(0.0, shared["noise_sd_mm"], position.shape)
            frames.append(
                pl.DataFrame(
                    {
                        "patient_id": f"{SYNTHETIC_PREFIX}breathing-{patient:02d}",
                        "fraction": fraction,
                        "t_s": t,
                        **{
                            f"{axis}_mm": position[:, place].round(2)
                            for place, axis in enumerate(TRANSLATIONS)
                        },
                    }
                )
            )
    return pl.concat(frames)


def _breaths(
    t: np.ndarray[tuple[int], np.dtype[np.float64]], period_s: float, rng: np.random.Generator
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """cos^4 breaths of unequal length and height, mean height 1."""
    count = int(t[-1] / period_s * 2.0) + 10
    lengths = period_s * np.exp(rng.normal(0.0, _IRREGULAR, count))
    ends = np.cumsum(lengths)
    place = np.searchsorted(ends, t, side="right")
    phase = (t - (ends - lengths)[place]) / lengths[place]
    heights = np.exp(rng.normal(0.0, _IRREGULAR, count))
    return np.asarray(heights[place] * np.sin(np.pi * phase) ** 4)
