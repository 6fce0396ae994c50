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
    delays = pl.read_csv(resource_path("reference", "detection_delay.csv"))
    return {"detection_delay": delays} | {k: rows_table(v, k) for k, v in rows.items()}
