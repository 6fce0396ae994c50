"""Intra-fraction error: where the patient is after treatment, less where treatment began.

Per unit and fraction: the first image after treatment minus the last image of the reference. The
reference is the image after correction. Only where nothing was corrected is it the image before
correction, which must be said, because otherwise the correction would be taken for motion.

Limits: two images tell a difference, not the path; a linear drift puts half of it into the mean of
the fraction. Random errors of both matches are in the random SD. Fractions without both images are
left out and counted.
"""

from collections.abc import Sequence
from typing import Final, Literal

import polars as pl

from popmargin.core.axes import AXES, axis_column
from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag
from popmargin.errors.select import row_key, select_images

Reference = Literal["after_correction", "before_correction"]
AFTER: Final = "after_treatment"


def intrafraction_errors(
    shifts: pl.LazyFrame | pl.DataFrame,
    *,
    reference: Reference = "after_correction",
    surrogate: str | None = None,
    group_by: Sequence[str] = (),
) -> tuple[pl.LazyFrame, list[Flag]]:
    """Rows of the difference, one a unit and fraction, and what was left out.

    Parameters
    ----------
    shifts : canonical shifts, all images and timings, in mm and degrees.
    reference : timing of the image that treatment started from; ``before_correction`` only where
        nothing was corrected.
    surrogate : what was matched, in both images; every surrogate where None.
    group_by : columns to keep.

    Returns
    -------
    Lazy rows with the unit key, fraction, the group columns, every measured axis and ``timing``
    ``after_treatment``; flags on fractions that lack one of the two images.

    Raises
    ------
    RefusedInput
        When no fraction has both images, or a group column or the surrogate does not exist.

    Examples
    --------
    >>> shifts = pl.DataFrame({
    ...     "patient_id": ["a", "a"], "fraction": [1, 1], "ap_mm": [0.5, 2.0],
    ...     "timing": ["after_correction", "after_treatment"],
    ... })
    >>> intrafraction_errors(shifts)[0].collect()["ap_mm"].to_list()
    [1.5]
    """
    frame = shifts.lazy()
    choice = {"surrogate": surrogate, "group_by": group_by, "carry": ()}
    before = select_images(frame, timing=reference, image="last", **choice)  # type: ignore[arg-type]
    after = select_images(frame, timing=AFTER, image="first", **choice)  # type: ignore[arg-type]
    there = frame.collect_schema().names()
    key = [*row_key(there, group_by), "fraction"]
    axes = [column for axis in AXES if (column := axis_column(axis)) in there]
    both = after.join(before, on=key, how="inner", nulls_equal=True, suffix="_before")
    rows = both.select(
        *key,
        *((pl.col(name) - pl.col(f"{name}_before")).alias(name) for name in axes),
        pl.lit(AFTER).alias("timing"),
    )
    counts = [int(part.select(pl.len()).collect().item()) for part in (rows, before, after)]
    if counts[0] == 0:
        found = f"{counts[1]} fractions with timing {reference}, {counts[2]} with {AFTER}"
        remedy = "log both, or leave the intra-fraction analysis out"
        raise RefusedInput("shifts", "fractions with both images", f"none of {found}", remedy)
    return rows, _left_out(counts, reference)


def _left_out(counts: Sequence[int], reference: str) -> list[Flag]:
    """Flags on fractions with both images, with that of the reference, with that after."""
    both, before, after = counts
    flags = []
    lacking = before + after - 2 * both
    if lacking:
        message = (
            f"intra-fraction error: {both} fractions have both images, {before - both} only that "
            f"{reference.replace('_', ' ')}, {after - both} only that after treatment: the others "
            "say nothing of motion during treatment"
        )
        flags.append(Flag("fractions_without_both_images", "info", message))
    if reference == "before_correction":
        message = (
            "intra-fraction error is taken from the images before correction, as the config says: "
            "where anything was corrected after them, the correction counts as motion"
        )
        flags.append(Flag("intrafraction_from_uncorrected", "warn", message))
    return flags
