"""What each patient was exposed to: residual errors and how far they exceed the margin.

Assumptions: the logged errors are those that were treated with (use residual timing where positions
were corrected). Exposure is measured during treatment, so that who left early has less of it:
``landmark`` counts exposure up to a fraction and outcomes after it only, ``start_stop`` lets the
exposure of each row be what was known at its start. Either keeps time before the exposure from
counting as time free of events.

Limits: fractions without an image are unknown, not zero.
"""

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from popmargin.core.checks import positive, whole
from popmargin.core.exceptions import RefusedInput

_AXES: Final = ("lr", "si", "ap")
_DAYS_PER_MONTH: Final = 30.4375


def patient_exposures(
    shifts: pl.DataFrame, margins: pl.DataFrame | None = None, *, up_to_fraction: int | None = None
) -> pl.DataFrame:
    """Mean error, its spread and margin deficit of every patient.

    Parameters
    ----------
    shifts : one row an image: ``patient_id``, ``fraction``, ``lr_mm``, ``si_mm``, ``ap_mm``.
    margins : ``patient_id`` and ``margin_lr_mm``, ``margin_si_mm``, ``margin_ap_mm``; None: none.
    up_to_fraction : later fractions do not count (the landmark); None: all count.

    Returns
    -------
    ``patient_id``, ``n_images``, ``systematic_error_mm`` (length of the mean error),
    ``random_error_mm`` (root of the summed variances; null with one image),
    ``margin_deficit_mm`` (largest excess of the mean error over the margin on an axis, 0 inside;
    null without margins).

    Examples
    --------
    >>> shifts = pl.DataFrame({"patient_id": ["a", "a"], "fraction": [1, 2], "lr_mm": [3.0, 3.0],
    ...     "si_mm": [4.0, 4.0], "ap_mm": [0.0, 0.0]})
    >>> patient_exposures(shifts)["systematic_error_mm"].to_list()
    [5.0]
    """
    rows = shifts.drop_nulls([f"{axis}_mm" for axis in _AXES])
    if up_to_fraction is not None:
        rows = rows.filter(pl.col("fraction") <= whole("up_to_fraction", up_to_fraction))
    found = (
        rows.sort("patient_id", "fraction")
        .group_by("patient_id", maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("n_images"),
            *(pl.col(f"{axis}_mm").mean().alias(f"_mean_{axis}") for axis in _AXES),
            *(pl.col(f"{axis}_mm").var().alias(f"_var_{axis}") for axis in _AXES),
        )
    )
    squares = pl.sum_horizontal(pl.col(f"_mean_{axis}") ** 2 for axis in _AXES)
    spread = pl.sum_horizontal(*(pl.col(f"_var_{axis}") for axis in _AXES), ignore_nulls=False)
    found = found.with_columns(
        squares.sqrt().alias("systematic_error_mm"), spread.sqrt().alias("random_error_mm")
    )
    deficit = pl.lit(None, dtype=pl.Float64)
    if margins is not None:
        names = [f"margin_{axis}_mm" for axis in _AXES]
        found = found.join(
            margins.select("patient_id", *names), on="patient_id", how="left", maintain_order="left"
        )
        over = [
            (pl.col(f"_mean_{axis}").abs() - pl.col(f"margin_{axis}_mm")).clip(lower_bound=0.0)
            for axis in _AXES
        ]
        known = pl.all_horizontal(pl.col(name).is_not_null() for name in names)
        deficit = pl.when(known).then(pl.max_horizontal(over))
    return found.with_columns(deficit.alias("margin_deficit_mm")).select(
        "patient_id", "n_images", "systematic_error_mm", "random_error_mm", "margin_deficit_mm"
    )


def after_landmark(cohort: pl.DataFrame, *, landmark_months: float) -> tuple[pl.DataFrame, int]:
    """Patients still observed and free of events at the landmark, their time counted from it.

    Parameters
    ----------
    cohort : ``patient_id``, ``event``, ``time_months`` from the start of treatment.
    landmark_months : > 0; exposure up to it counts.

    Returns
    -------
    The cohort after the landmark, and how many patients it leaves out.

    Raises
    ------
    RefusedInput
        When times are counted from the end of treatment, where a landmark during it means nothing.

    Examples
    --------
    >>> cohort = pl.DataFrame({"patient_id": ["a", "b"], "event": [1, 0],
    ...     "time_months": [1.0, 12.0], "time_origin": ["start", "start"]})
    >>> kept, left_out = after_landmark(cohort, landmark_months=2)
    >>> kept["time_months"].to_list(), left_out
    ([10.0], 1)
    """
    limit = float(positive("landmark_months", landmark_months))
    if "time_origin" in cohort.columns and (cohort["time_origin"] == "end").any():
        raise RefusedInput(
            "outcomes", "times from the start of treatment or randomisation", "from its end",
            "an exposure during treatment is complete then: use it without a landmark",
        )  # fmt: skip
    kept = cohort.filter(pl.col("time_months") > limit)
    return kept.with_columns(pl.col("time_months") - limit), cohort.height - kept.height


def start_stop_rows(
    cohort: pl.DataFrame,
    shifts: pl.DataFrame,
    margins: pl.DataFrame | None = None,
    *,
    fractions_per_week: float = 5.0,
) -> pl.DataFrame:
    """Rows of one patient between images, each with the mean error known at its start.

    Parameters
    ----------
    cohort : ``patient_id``, ``event``, ``time_months`` from the start of treatment.
    shifts, margins : as in `patient_exposures`; the day of a fraction is taken from its number.
    fractions_per_week : > 0.

    Returns
    -------
    ``patient_id``, ``entry_months``, ``time_months``, ``event``, ``systematic_error_mm`` and
    ``margin_deficit_mm`` of the images made before or at entry. Time before the first image is left
    out, images at or after the event are ignored.

    Examples
    --------
    >>> cohort = pl.DataFrame({"patient_id": ["a"], "event": [1], "time_months": [12.0]})
    >>> shifts = pl.DataFrame({"patient_id": ["a", "a"], "fraction": [1, 6],
    ...     "lr_mm": [3.0, 5.0], "si_mm": [0.0, 0.0], "ap_mm": [0.0, 0.0]})
    >>> rows = start_stop_rows(cohort, shifts)
    >>> rows["systematic_error_mm"].to_list(), rows["event"].to_list()
    ([3.0, 4.0], [0, 1])
    """
    per_month = float(positive("fractions_per_week", fractions_per_week)) / 7.0 * _DAYS_PER_MONTH
    names = [f"{axis}_mm" for axis in _AXES]
    rows = shifts.drop_nulls(names).sort("patient_id", "fraction")
    found = []
    images = rows.partition_by("patient_id", as_dict=True)
    limits = _limits(margins)
    for patient, event, time in cohort.select("patient_id", "event", "time_months").rows():
        mine = images.get((patient,))
        if mine is None:
            continue
        entry = (mine["fraction"].to_numpy() - 1) / per_month
        errors = mine.select(names).to_numpy()
        known = np.cumsum(errors, axis=0) / np.arange(1, len(errors) + 1)[:, None]
        there = entry < time
        starts = entry[there]
        if not starts.size:
            continue
        stops = np.append(starts[1:], time)
        last = len(starts) - 1
        limit = limits.get(patient)
        found += [
            (
                patient,
                start,
                stop,
                event if place == last else 0,
                float(np.linalg.norm(mean)),
                None if limit is None else max(float((np.abs(mean) - limit).max()), 0.0),
            )
            for place, (start, stop, mean) in enumerate(
                zip(starts.tolist(), stops.tolist(), known[there], strict=True)
            )
            if stop > start
        ]
    schema = {
        "patient_id": pl.String, "entry_months": pl.Float64, "time_months": pl.Float64,
        "event": pl.Int64, "systematic_error_mm": pl.Float64, "margin_deficit_mm": pl.Float64,
    }  # fmt: skip
    return pl.DataFrame(found, schema=schema, orient="row")


def _limits(margins: pl.DataFrame | None) -> dict[str, NDArray[np.float64]]:
    """Margins of each patient whose three are known."""
    if margins is None:
        return {}
    names = [f"margin_{axis}_mm" for axis in _AXES]
    known = margins.select("patient_id", *names).drop_nulls()
    return {row[0]: np.array(row[1:], dtype=np.float64) for row in known.rows()}
