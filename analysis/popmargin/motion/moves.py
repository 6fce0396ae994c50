"""What moved between the images of one fraction: from logged positions to displacements.

The start of a fraction is its last image after the correction, or its last before it where nothing
was corrected; what follows (during or after treatment) is compared with it. Where bone and soft
tissue (or markers) were matched on the same images, the organ's own motion is their difference and
the bone's is the patient's.

Assumptions: no couch move between the images compared. Limits: without ``acquired_at`` the order
is known but not the time, and nothing can be said per minute.
"""

from typing import Final

import polars as pl

from popmargin.core.axes import TRANSLATIONS, axis_column

_UNIT: Final = ("patient_id", "course", "plan")
_RANK: Final = {
    "before_correction": 0,
    "after_correction": 1,
    "during_treatment": 2,
    "after_treatment": 3,
}
# What moved is seen on these: a fraction without one of them shows no motion.
WITHIN_FRACTION: Final = tuple(name for name, rank in _RANK.items() if rank > 1)
RELATIVE: Final = " relative to bone"
_ALL_MATCHES: Final = "all matches"


def moves_within_fractions(shifts: pl.DataFrame) -> pl.DataFrame:
    """Displacements within fractions, one row an image after the start of its fraction.

    Parameters
    ----------
    shifts : canonical shifts with ``group`` (text) and ``timing``; ``surrogate``, ``image``,
        ``acquired_at``, ``course`` and ``plan`` where there.

    Returns
    -------
    polars.DataFrame
        ``group``, ``patient_id``, ``course``, ``plan``, ``fraction``, ``surrogate`` (text; a second
        one ``... relative to bone`` where both were matched), ``step`` (from 1), ``last`` (whether
        it is the fraction's last image), ``minutes`` since the start and ``step_minutes`` since
        the image before (null without times), ``start_*_mm``, ``moved_*_mm`` since the start and
        ``step_*_mm`` since the image before, for each axis. Empty when no fraction has two images.

    Examples
    --------
    >>> shifts = pl.DataFrame({
    ...     "group": "all", "patient_id": "p", "fraction": [1, 1],
    ...     "timing": ["after_correction", "after_treatment"],
    ...     "lr_mm": [0.0, 0.5], "si_mm": [1.0, 0.0], "ap_mm": [0.0, -2.0],
    ... })
    >>> moves_within_fractions(shifts).select("surrogate", "moved_ap_mm").row(0)
    ('all matches', -2.0)
    """
    there = shifts.columns
    defaults = [
        pl.lit(value).alias(name)
        for name, value in (("course", "1"), ("plan", "1"), ("timing", "before_correction"))
        if name not in there
    ]
    time = pl.col("acquired_at") if "acquired_at" in there else pl.lit(None, dtype=pl.Datetime)
    match = (
        pl.col("surrogate").fill_null(_ALL_MATCHES)
        if "surrogate" in there
        else pl.lit(_ALL_MATCHES)
    )
    image = pl.col("image") if "image" in there else pl.int_range(pl.len())
    axes = [axis_column(axis) for axis in TRANSLATIONS]
    rows = shifts.with_columns(defaults).select(
        "group", *_UNIT, "fraction",
        match.alias("surrogate"),
        pl.col("timing").replace_strict(_RANK, return_dtype=pl.Int64).alias("rank"),
        image.cast(pl.Int64).alias("image"),
        time.alias("time"),
        *axes,
    )  # fmt: skip
    rows = pl.concat([rows, _relative_to_bone(rows)])
    key = ["group", *_UNIT, "fraction", "surrogate"]
    ordered = rows.sort(*key, "rank", "time", "image", nulls_last=True)
    # The start: the last image before treatment; earlier ones belong to the correction.
    started = ordered.with_columns(
        (pl.col("rank") <= 1).sum().over(key).alias("before"),
        pl.int_range(pl.len()).over(key).alias("place"),
    ).filter((pl.col("before") > 0) & (pl.col("place") >= pl.col("before") - 1))
    steps = started.with_columns(
        pl.int_range(pl.len()).over(key).alias("step"),
        _minutes(pl.col("time") - pl.col("time").first().over(key)).alias("minutes"),
        _minutes(pl.col("time").diff().over(key)).alias("step_minutes"),
        *(pl.col(c).first().over(key).alias(f"start_{c}") for c in axes),
        *((pl.col(c) - pl.col(c).first().over(key)).alias(f"moved_{c}") for c in axes),
        *(pl.col(c).diff().over(key).alias(f"step_{c}") for c in axes),
        (pl.int_range(pl.len()).over(key) == pl.len().over(key) - 1).alias("last"),
    )
    return steps.filter(pl.col("step") > 0).drop("rank", "image", "time", "before", "place", *axes)


def _relative_to_bone(rows: pl.DataFrame) -> pl.DataFrame:
    """Organ minus bone on the same image, as a surrogate of its own."""
    key = ["group", *_UNIT, "fraction", "rank"]
    axes = [axis_column(axis) for axis in TRANSLATIONS]
    numbered = rows.with_columns(
        pl.struct("time", "image").rank("ordinal").over(*key, "surrogate").alias("place")
    )
    bone = numbered.filter(surrogate="bone").select(*key, "place", *axes)
    organ = numbered.filter(pl.col("surrogate").is_in(["soft_tissue", "marker"]))
    both = organ.join(bone, on=[*key, "place"], how="inner", suffix="_bone")
    return both.with_columns(
        *(pl.col(c) - pl.col(f"{c}_bone") for c in axes),
        (pl.col("surrogate").str.replace("_", " ") + RELATIVE).alias("surrogate"),
    ).select(rows.columns)


def _minutes(duration: pl.Expr) -> pl.Expr:
    return duration.dt.total_milliseconds() / 60_000.0
