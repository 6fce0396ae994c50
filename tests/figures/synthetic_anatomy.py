"""Small tables of change of anatomy, in the form of their contracts, from an invented cohort."""

import functools

import numpy as np
import polars as pl

from popmargin.adaptive.policy import replay_replanning
from popmargin.anatomy.change import estimate_anatomy_change
from popmargin.cohorts.catalogue import cohort_labels, synthetic_table
from popmargin.core.resources import resource_path
from popmargin.pipeline.rows import rows_table


@functools.cache
def change_tables() -> dict[str, pl.DataFrame]:
    """Every table of change and of planning again."""
    rng = np.random.default_rng(7)
    parts = [synthetic_table("anatomy", label, rng=rng) for label in cohort_labels("anatomy")]
    anatomy = pl.concat(parts).with_columns(course=pl.lit("1"))
    rows = estimate_anatomy_change(anatomy)[0] | replay_replanning(anatomy)[0]
    for name in ("predictor_calibration", "decision_curve"):
        rows[name] = replay_replanning(many_weights(rng), triggers=["hn_weight_loss"])[0][name]
    delays = pl.read_csv(resource_path("reference", "detection_delay.csv"))
    return {"detection_delay": delays} | {k: rows_table(v, k) for k, v in rows.items()}


def many_weights(rng: np.random.Generator, patients: int = 160) -> pl.DataFrame:
    """Enough patients who lose weight to learn from: about half of them cross 10 %."""
    fractions = np.arange(0, 36, 5)
    loss = rng.normal(0.0029, 0.0012, (patients, 1))
    values = 80.0 * (1.0 - loss * fractions) + rng.normal(0, 0.5, (patients, fractions.size))
    return pl.DataFrame(
        {
            "patient_id": np.repeat([f"w{p:03d}" for p in range(patients)], fractions.size),
            "course": "1",
            "fraction": np.tile(fractions, patients),
            "structure": "body",
            "side": "",
            "quantity": "weight",
            "unit": "kg",
            "value": values.ravel(),
        }
    )
