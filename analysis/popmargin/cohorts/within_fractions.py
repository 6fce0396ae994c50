"""Synthetic images within fractions: a random walk with a drift, matched with an error.

Assumptions and limits: the walk of every patient is the same; the growth of its variance is
derived from published displacements (``example_walks.csv``), all else is assumed. The patients are
invented.
"""

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from popmargin.cohorts.frame import SYNTHETIC_PREFIX, described_rows
from popmargin.core.axes import TRANSLATIONS

_TIMINGS = ("after_correction", "during_treatment", "after_treatment")


def within_fraction_cohort(label: str, *, rng: np.random.Generator) -> pl.DataFrame:
    """A shifts table with several images a fraction, none before a correction.

    Parameters
    ----------
    label : a label of ``example_walks.csv``.
    rng : source of the draws.

    Returns
    -------
    Columns of the shifts contract, with ``acquired_at`` and ``surrogate`` (marker).

    Raises
    ------
    WrongUsage
        When the label does not exist.

    Examples
    --------
    >>> shifts = within_fraction_cohort("prostate_intrafraction", rng=np.random.default_rng(1))
    >>> shifts["timing"].unique(maintain_order=True).to_list()
    ['after_correction', 'during_treatment', 'after_treatment']
    """
    rows = {row["axis"]: row for row in described_rows("example_walks.csv", label)}
    per_axis = [rows[axis] for axis in TRANSLATIONS]

    def of(name: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return np.array([float(row[name]) for row in per_axis])

    shared = per_axis[0]
    patients, fractions, images = (shared[n] for n in ("n_patients", "fractions", "images"))
    shape = (patients, fractions, images - 1, 3)
    # Beams differ in length; without that a walk cannot be told from the error of matching.
    step_min = shared["minutes_between"] * rng.uniform(0.5, 1.5, (*shape[:3], 1))
    drift = rng.normal(0.0, of("drift_sd_mm_per_min"), (patients, 1, 1, 3))
    moved = drift * step_min + rng.normal(size=shape) * np.sqrt(of("walk_mm2_per_min") * step_min)
    start = rng.normal(0.0, of("start_systematic_sd_mm"), (patients, 1, 1, 3))
    start = start + rng.normal(0.0, of("start_random_sd_mm"), (patients, fractions, 1, 3))
    walked = np.concatenate([start, start + np.cumsum(moved, axis=2)], axis=2)
    seen = (walked + rng.normal(0.0, of("match_sd_mm"), walked.shape)).round(2)
    minutes = np.concatenate(
        [np.zeros((patients, fractions, 1)), np.cumsum(step_min[..., 0], 2)], 2
    )
    first = datetime(2026, 1, 5, 9, 0)
    found = [
        {
            "patient_id": f"{SYNTHETIC_PREFIX}walk-{p + 1:02d}",
            "fraction": f + 1,
            **{f"{a}_mm": float(seen[p, f, i, k]) for k, a in enumerate(TRANSLATIONS)},
            "site": f"{shared['site']}, synthetic",
            "centre": "synthetic",
            "quantity": "setup_error",
            "timing": _TIMINGS[min(i, 1) if i < images - 1 else 2],
            "surrogate": "marker",
            "image": i + 1,
            "acquired_at": (
                first + timedelta(days=f, seconds=round(60.0 * float(minutes[p, f, i])))
            ).isoformat(),
        }
        for p in range(patients)
        for f in range(fractions)
        for i in range(images)
    ]
    return pl.DataFrame(found)
