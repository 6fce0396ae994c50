"""Synthetic cohorts that reproduce published population errors.

Assumptions and limits: the *figures* are published, the *patients* are invented around them
(normal, independent axes and fractions, 35 daily fractions for all). A published group mean that
is missing is taken as 0, a missing number of patients as 30, and signs stand as printed where the
source does not say which way is positive; columns ``*_status`` of `example_cohorts` say so row by
row. The cohorts serve examples and tests; nothing clinical follows from them.
"""

import numpy as np
import polars as pl

from popmargin.cohorts.moment_matched import moment_matched_cohort
from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import WrongUsage
from popmargin.core.random_streams import random_stream
from popmargin.core.resources import resource_path


def example_cohorts() -> pl.DataFrame:
    """The published figures that the example cohorts are built to, with citation and status.

    Returns
    -------
    One row per label and axis: label, site, axis, group_mean_mm, systematic_sd_mm, random_sd_mm,
    n_patients, fractions, and where each came from (citation, url, status, licence_note, note).

    Notes
    -----
    Source: the citation of each row (``reference/example_cohorts.csv``).

    Examples
    --------
    >>> example_cohorts()["label"].unique(maintain_order=True).to_list()
    ['prostate', 'head_and_neck', 'lung', 'breast', 'brain', 'liver']
    """
    return pl.read_csv(
        resource_path("reference", "example_cohorts.csv"),
        schema_overrides={
            "n_patients": pl.Int64,
            "fractions": pl.Int64,
            "group_mean_mm": pl.Float64,
            "systematic_sd_mm": pl.Float64,
            "random_sd_mm": pl.Float64,
        },
    )


def published_cohort(label: str, *, rng: np.random.Generator) -> pl.DataFrame:
    """Synthetic cohort whose conventional figures equal the published ones of ``label``.

    Parameters
    ----------
    label : a label of `example_cohorts`, such as ``"prostate"``.
    rng : source of the draws.

    Returns
    -------
    A shifts table: patient_id (``synthetic-<label>-01``), fraction, lr_mm, si_mm, ap_mm, site,
    centre (``synthetic``), quantity, timing.

    Raises
    ------
    WrongUsage
        When the label does not exist; the message lists those that do.

    Notes
    -----
    Source: the citation of the label's rows in `example_cohorts`.

    Examples
    --------
    >>> cohort = published_cohort("prostate", rng=np.random.default_rng(1))
    >>> cohort.height, cohort["patient_id"][0]
    (805, 'synthetic-prostate-01')
    """
    figures = example_cohorts()
    labels = figures["label"].unique(maintain_order=True).to_list()
    if label not in labels:
        raise WrongUsage(f"label: no example cohort {label!r}; there are {', '.join(labels)}")
    rows = {row["axis"]: row for row in figures.filter(pl.col("label") == label).to_dicts()}
    ordered = [rows[axis] for axis in TRANSLATIONS]
    cohort = moment_matched_cohort(
        patients=ordered[0]["n_patients"],
        fractions=ordered[0]["fractions"],
        group_mean_mm=[row["group_mean_mm"] for row in ordered],
        systematic_sd_mm=[row["systematic_sd_mm"] for row in ordered],
        random_sd_mm=[row["random_sd_mm"] for row in ordered],
        rng=rng,
        label=label.replace("_", "-"),
    )
    return cohort.with_columns(
        site=pl.lit(f"{ordered[0]['site']}, synthetic"),
        centre=pl.lit("synthetic"),
        quantity=pl.lit("setup_error"),
        timing=pl.lit("before_correction"),
    )


def published_cohorts(*, seed: int) -> pl.DataFrame:
    """All example cohorts in one shifts table; each has its own random stream.

    Parameters
    ----------
    seed : a whole number >= 0.

    Returns
    -------
    As `published_cohort`, all labels one below the other.

    Examples
    --------
    >>> published_cohorts(seed=1)["site"].n_unique()
    6
    """
    labels = example_cohorts()["label"].unique(maintain_order=True).to_list()
    return pl.concat(
        [
            published_cohort(label, rng=random_stream(seed, "published_cohort", label))
            for label in labels
        ]
    )
