"""Mean position error by fraction number, to see whether the group drifts over the course.

Assumptions: patients are independent; the error of a patient at a fraction is the mean of what
was selected for it (normally one image), so nobody counts twice; the mean over patients is about
normal, which t intervals need.

Limits: the intervals are pointwise, not simultaneous, so with 30 fractions one or two may miss a
flat line by chance. Patients who drift in opposite directions cancel. Later fractions may hold
other patients than earlier ones (shorter courses, imaging on some days only): a step where
``n_patients`` changes is not a trend. A drift makes patient means vary more than chance would
and so inflates the systematic error.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl

from popmargin.core.axes import TRANSLATIONS, axis_column
from popmargin.core.checks import share


def estimate_fraction_trend(
    shifts: pl.DataFrame | pl.LazyFrame,
    *,
    group_by: Sequence[str] = (),
    confidence_level: float = 0.95,
) -> pl.DataFrame:
    """Mean error over patients at each fraction, with its two-sided t interval.

    Parameters
    ----------
    shifts : one row per selected image match: ``group`` (text), ``patient_id``, ``fraction``,
        ``lr_mm``, ``si_mm``, ``ap_mm`` in mm as set-up error (+ left, superior, anterior; empty =
        not measured) and the columns named in ``group_by``.
    group_by : group columns to carry along, each constant within a ``group``.
    confidence_level : level of the intervals, strictly between 0 and 1.

    Returns
    -------
    polars.DataFrame
        Contract ``fraction_trend``: one row per group, axis and fraction at which somebody was
        measured. ``mean_low_mm`` and ``mean_high_mm`` are empty with fewer than two patients.

    Raises
    ------
    OutOfRange
        When ``confidence_level`` is not strictly between 0 and 1.

    Notes
    -----
    Source: Student's t interval of a mean, n - 1 degrees of freedom (Student, Biometrika
    1908;6:1-25). The same rows in any order give the same bytes.

    Examples
    --------
    >>> shifts = pl.DataFrame({
    ...     "group": ["all"] * 3, "patient_id": ["a", "b", "a"], "fraction": [1, 1, 2],
    ...     "lr_mm": [1.0, 3.0, 2.0], "si_mm": [0.0, 0.0, 0.0], "ap_mm": [0.0, 0.0, 0.0],
    ... })
    >>> estimate_fraction_trend(shifts).select("axis", "fraction", "mean_mm").row(0)
    ('lr', 1, 2.0)
    """
    from scipy.special import stdtrit

    tail = (1.0 + share("confidence_level", confidence_level)) / 2.0
    keys = [*dict.fromkeys([*group_by, "group"])]
    errors = (
        shifts.lazy()
        .select(*keys, "patient_id", "fraction", *map(axis_column, TRANSLATIONS))
        .rename({axis_column(axis): axis for axis in TRANSLATIONS})
        .unpivot(
            on=TRANSLATIONS,
            index=[*keys, "patient_id", "fraction"],
            variable_name="axis",
            value_name="mean_mm",
        )
        .drop_nulls("mean_mm")
        .with_columns(pl.col("axis").cast(pl.Enum(TRANSLATIONS)))
        .sort("group", "axis", "fraction", "patient_id", "mean_mm")
        .collect()
    )
    # Means of ordered lists: a float sum must not depend on row order or thread count.
    of_patients = _means_in_order(errors, [*keys, "axis", "fraction", "patient_id"])
    of_fractions = of_patients.group_by([*keys, "axis", "fraction"], maintain_order=True).agg(
        pl.len().alias("n_patients"), pl.col("mean_mm")
    )
    n = of_fractions["n_patients"].to_numpy()
    quantile = np.where(n > 1, stdtrit(np.maximum(n - 1, 1), tail), np.nan)
    half = pl.col("mean_mm").list.std() * pl.Series(quantile / np.sqrt(n)).fill_nan(None)
    mean = pl.col("mean_mm").list.mean()
    return of_fractions.select(
        *keys,
        pl.col("axis").cast(pl.String),
        pl.col("fraction").cast(pl.Int64),
        pl.col("n_patients").cast(pl.Int64),
        mean,
        (mean - half).alias("mean_low_mm"),
        (mean + half).alias("mean_high_mm"),
    )


def _means_in_order(frame: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Mean of ``mean_mm`` per key, summed in the order of the rows."""
    lists = frame.group_by(keys, maintain_order=True).agg(pl.col("mean_mm"))
    return lists.with_columns(pl.col("mean_mm").list.mean())
