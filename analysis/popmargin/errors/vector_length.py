"""How long the 3-D error is, and how often it exceeds a length such as 3 or 5 mm.

Assumptions: patients are independent, the fractions of one patient are not; the shares of
patients are about normal once the effective sample size is reduced for that.

Limits: a length has no direction, so a few millimetres along one axis and along another look the
same; a share of fractions is not a share of patients. Only fractions measured on all three axes
count. The intervals are pointwise. Where no fraction, or every fraction, exceeds a length, each
patient counts as one observation, which is cautious; since the share can only fall with the
length, limits that would rise with it are held level.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from popmargin.core.axes import TRANSLATIONS, axis_column
from popmargin.core.checks import share

MARKED_LENGTHS_MM: Final = (3.0, 5.0)
_STEPS_MM: Final = (0.25, 0.5, 1.0, 5.0, 25.0)
_MAXIMUM_STEPS: Final = 80
_RESULT: Final[dict[str, type[pl.DataType]]] = {
    "length_mm": pl.Float64,
    "share_exceeding": pl.Float64,
    "share_exceeding_low": pl.Float64,
    "share_exceeding_high": pl.Float64,
    "n_patients": pl.Int64,
    "n_fractions": pl.Int64,
}


def estimate_vector_lengths(
    shifts: pl.DataFrame | pl.LazyFrame,
    *,
    group_by: Sequence[str] = (),
    confidence_level: float = 0.95,
) -> pl.DataFrame:
    """Share of fractions whose 3-D error exceeds each length, with its interval.

    Parameters
    ----------
    shifts : one row per selected image match: ``group``, ``patient_id`` (text), ``lr_mm``,
        ``si_mm``, ``ap_mm`` in mm and the columns named in ``group_by``.
    group_by : group columns to carry along, each constant within a ``group``.
    confidence_level : level of the intervals, strictly between 0 and 1.

    Returns
    -------
    polars.DataFrame
        One row per group and length: the group columns, ``group``, ``length_mm`` (a grid from 0
        that holds 3 and 5 mm), ``share_exceeding`` with ``_low`` and ``_high`` (0 to 1),
        ``n_patients``, ``n_fractions``. One patient gives no interval.

    Raises
    ------
    OutOfRange
        When ``confidence_level`` is not strictly between 0 and 1.

    Notes
    -----
    Source: Clopper-Pearson interval on the effective sample size of clustered data, Korn EL,
    Graubard BI, Surv Methodol 1998;24:193-201; variance of the share as a ratio over patients.

    Examples
    --------
    >>> shifts = pl.DataFrame({
    ...     "group": ["all"] * 4, "patient_id": ["a", "a", "b", "b"],
    ...     "lr_mm": [0.0, 2.0, 4.0, 0.0], "si_mm": [0.0, 2.0, 4.0, 1.0], "ap_mm": [0.0] * 4,
    ... })
    >>> estimate_vector_lengths(shifts).filter(length_mm=3.0)["share_exceeding"].item()
    0.25
    """
    level = share("confidence_level", confidence_level)
    keys = [*dict.fromkeys([*group_by, "group"])]
    columns = [axis_column(axis) for axis in TRANSLATIONS]
    squares = [pl.col(column).pow(2) for column in columns]
    frame = (
        shifts.lazy()
        .drop_nulls(columns)
        .select(*keys, "patient_id", pl.sum_horizontal(squares).sqrt().alias("length_mm"))
        .collect()
    )
    groups = frame.select(keys).unique().sort("group").rows(named=True)
    parts = frame.partition_by("group", as_dict=True)
    rows = [
        {**group, **row} for group in groups for row in _exceedance(parts[(group["group"],)], level)
    ]
    return pl.DataFrame(rows, schema={**dict.fromkeys(keys, pl.String), **_RESULT})


def _exceedance(frame: pl.DataFrame, level: float) -> Iterator[dict[str, Any]]:
    patient = frame["patient_id"].rank("dense").to_numpy().astype(np.int64) - 1
    length = frame["length_mm"].to_numpy()
    of_patient = np.bincount(patient).astype(np.float64)
    grid = _grid(float(length.max()))
    counts = [np.bincount(patient, weights=length > limit).astype(np.float64) for limit in grid]
    limits = [_interval(exceeding, of_patient, level) for exceeding in counts]
    # The share can only fall with the length: so can its limits.
    low = np.maximum.accumulate([low for low, _ in limits][::-1])[::-1]
    high = np.minimum.accumulate([high for _, high in limits])
    known = of_patient.size > 1
    for place, limit in enumerate(grid.tolist()):
        yield {
            "length_mm": limit,
            "share_exceeding": float(counts[place].sum()) / length.size,
            "share_exceeding_low": float(low[place]) if known else None,
            "share_exceeding_high": float(high[place]) if known else None,
            "n_patients": of_patient.size,
            "n_fractions": length.size,
        }


def _grid(longest: float) -> NDArray[np.float64]:
    """Lengths from 0 to past the longest and past 5 mm, at most about 80 of them."""
    end = max(longest, *MARKED_LENGTHS_MM)
    step = next((s for s in _STEPS_MM if end / s <= _MAXIMUM_STEPS), _STEPS_MM[-1])
    return np.union1d(np.arange(np.ceil(end / step) + 1) * step, MARKED_LENGTHS_MM)


def _interval(
    exceeding: NDArray[np.float64], of_patient: NDArray[np.float64], level: float
) -> tuple[float, float]:
    """Limits of the share; 0 and 1 where one patient says nothing about the others."""
    from scipy.special import betaincinv, stdtrit

    patients, fractions = of_patient.size, of_patient.sum()
    if patients < 2:
        return 0.0, 1.0
    p = exceeding.sum() / fractions
    scatter = np.square(exceeding - p * of_patient).sum() * patients / (patients - 1)
    if p in (0.0, 1.0):
        effective = float(patients)
    elif scatter == 0.0:  # every patient has the same share: as if the fractions were independent
        effective = float(fractions)
    else:
        tail = (1.0 + level) / 2.0
        by_fractions, by_patients = stdtrit([fractions - 1.0, patients - 1.0], tail)
        wanted = p * (1.0 - p) * fractions**2 / scatter * (by_fractions / by_patients) ** 2
        effective = min(float(wanted), float(fractions))
    successes, alpha = p * effective, 1.0 - level
    low, high = 0.0, 1.0
    if p > 0.0:
        low = float(betaincinv(successes, effective - successes + 1.0, alpha / 2.0))
    if p < 1.0:
        high = float(betaincinv(successes + 1.0, effective - successes, 1.0 - alpha / 2.0))
    return low, high
