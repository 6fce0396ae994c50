"""A centre's place among the others: its errors against the limits that chance alone would keep.

Each centre is held against all others, itself left out, so that an outlier does not widen the
limits that judge it. Three quantities a group and axis: the mean (expected: the median of the other
centres' means), the SD of patient means (sqrt(Sigma^2 + sigma^2 / n_h) with the centre's own
harmonic number of fractions) and the random SD, Sigma and sigma being those within the other
centres (nested ANOVA). Limits of 95 % and 99.8 % (Spiegelhalter DJ, Stat Med 2005;24:1185-202): of
twenty alike centres one leaves the inner limits by chance.

Assumptions: near normal patient means; patients' own random SDs differ as much as they do in
all centres together, which widens the limits of the random SD. Limits: the others' SDs count as
known; with two centres each is judged by the other alone, and which is unusual cannot be told.
"""

import math
from collections.abc import Sequence
from statistics import median
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.special import chdtri, ndtri

from popmargin.core.axes import TRANSLATIONS
from popmargin.errors.pooled_packets import CentreData
from popmargin.statistics.heterogeneity import variance_heterogeneity
from popmargin.statistics.nested import nested_anova_components
from popmargin.statistics.nested_table import NestedTable
from popmargin.statistics.size_table import SizeTable

LEVELS: Final = {"inner": 0.95, "outer": 0.998}
QUANTITIES: Final = ("group_mean", "sd_of_means", "random_sd")
_CURVE_POINTS: Final = 40
_NO_SDS: Final = "the other centres carry no SDs to judge by"

Limits = dict[str, tuple[float, float]]


class _Expected(NamedTuple):
    """What a centre is held against: mean with its variance, variances between and within."""

    mean: float
    mean_variance: float
    between: float
    within: float
    excess: float


class _Shape(NamedTuple):
    """Units of a centre, their harmonic number of fractions, degrees of freedom within."""

    units: float
    size: float
    within_df: float


def place_centres(data: Sequence[CentreData]) -> list[dict[str, Any]]:
    """Rows of every group, translation, centre and quantity, then the curves of the funnel.

    Parameters
    ----------
    data : from `popmargin.errors.pooled_packets.pool_packets`; groups of one centre are left out.

    Returns
    -------
    Rows: group columns, group, axis, quantity, centre (null on the curves, which are drawn for all
    centres together), n_patients, value_mm, expected_mm, ``inner_low_mm``, ``inner_high_mm``,
    ``outer_low_mm``, ``outer_high_mm``, place (``within``, ``beyond 95 %``, ``beyond 99.8 %``),
    reason.

    >>> place_centres([])
    []
    """
    rows: list[dict[str, Any]] = []
    for item in data:
        pooled = item.pooled
        if pooled.axis not in TRANSLATIONS or len(item.centres) < 2:
            continue
        base = {**pooled.columns, "group": pooled.group, "axis": pooled.axis}
        test = variance_heterogeneity(pooled.data)
        excess = 0.0 if test is None else test.variation**2
        tables = {name: one.data.by_size for name, one in item.centres.items()}
        for centre, own in tables.items():
            others = [table for name, table in tables.items() if name != centre]
            row = {**base, "centre": centre, "n_patients": item.centres[centre].n_patients}
            rows += _centre_rows(row, own, _expected(others, excess))
        expected = _expected(list(tables.values()), excess)
        if expected is not None:
            rows += _curves(base, item, expected)
    return rows


def _expected(tables: Sequence[SizeTable], excess: float) -> _Expected | None:
    """What the centres of ``tables`` are like; None where they carry no SDs."""
    parts = nested_anova_components(NestedTable.from_tables(tables))
    if parts.group_variance is None or parts.within_variance is None:
        return None
    between = max(0.0, parts.group_variance)
    variances = [
        (between + parts.within_variance / table.harmonic_size) / table.group_count
        for table in tables
    ]
    # The median of three or more means varies pi / 2 times as much as their mean (normal).
    loss = 0.5 * math.pi if len(tables) > 2 else 1.0
    return _Expected(
        median(table.mean for table in tables),
        loss * math.fsum(variances) / len(tables) ** 2,
        between,
        parts.within_variance,
        excess,
    )


def _centre_rows(
    base: dict[str, Any], own: SizeTable, expected: _Expected | None
) -> list[dict[str, Any]]:
    totals = own.totals
    shape = _Shape(totals.groups, totals.harmonic_size, totals.within_df)
    values: dict[str, float | None] = {
        "group_mean": totals.mean,
        "sd_of_means": _root(totals.squares_of_means, totals.groups - 1),
        "random_sd": _root(totals.within_total, totals.within_df),
    }
    rows = []
    for quantity, value in values.items():
        row = {**base, "quantity": quantity, "value_mm": value}
        if value is None or expected is None:
            reason = _NO_SDS if value is not None else "the centre's patients carry no such SD"
            rows.append({**row, **_numbers(None, {}), "place": None, "reason": reason})
            continue
        centre, limits = _limits(quantity, shape, expected, expected.mean_variance)
        place = "within"
        for name, words in (("inner", "beyond 95 %"), ("outer", "beyond 99.8 %")):
            if not limits[name][0] <= value <= limits[name][1]:
                place = words
        rows.append({**row, **_numbers(centre, limits), "place": place, "reason": None})
    return rows


def _limits(
    quantity: str, shape: _Shape, expected: _Expected, mean_variance: float
) -> tuple[float, Limits]:
    """Expected value of a centre of that shape, and its limits."""
    spread = expected.between + expected.within / shape.size
    if quantity == "group_mean":
        error = math.sqrt(spread / shape.units + mean_variance)
        half = {name: float(ndtri(0.5 * (1.0 + level))) * error for name, level in LEVELS.items()}
        mean = expected.mean
        return mean, {name: (mean - width, mean + width) for name, width in half.items()}
    variance, freedom = spread, shape.units - 1.0
    if quantity == "random_sd":
        # A unit's sum of squares varies by 2 v (1 + c) + v^2 c (in sigma^4), v its degrees of
        # freedom, c the squared coefficient of variation of the true variances.
        each = shape.within_df / shape.units
        widening = 1.0 + expected.excess * (1.0 + 0.5 * each)
        variance, freedom = expected.within, shape.within_df / widening
    centre = math.sqrt(variance)
    return centre, {
        name: (
            centre * math.sqrt(float(chdtri(freedom, 0.5 * (1.0 + level))) / freedom),
            centre * math.sqrt(float(chdtri(freedom, 0.5 * (1.0 - level))) / freedom),
        )
        for name, level in LEVELS.items()
    }


def _curves(base: dict[str, Any], item: CentreData, expected: _Expected) -> list[dict[str, Any]]:
    """Limits for centres of 2 patients to a few more than the largest has."""
    totals = item.pooled.data.by_size.totals
    per_unit = totals.within_df / totals.groups
    largest = max(one.n_patients for one in item.centres.values())
    points = np.unique(np.geomspace(2, 1.2 * largest + 1, _CURVE_POINTS).round()).tolist()
    rows = []
    for quantity in QUANTITIES:
        for patients in points:
            shape = _Shape(patients, totals.harmonic_size, patients * per_unit)
            centre, limits = _limits(quantity, shape, expected, 0.0)
            row = {**base, "centre": None, "n_patients": int(patients), "quantity": quantity}
            numbers = _numbers(centre, limits)
            rows.append({**row, "value_mm": None, **numbers, "place": None, "reason": None})
    return rows


def _root(total: float, freedom: int) -> float | None:
    return math.sqrt(total / freedom) if freedom > 0 else None


def _numbers(expected: float | None, limits: Limits) -> dict[str, float | None]:
    row = {"expected_mm": expected}
    for name in LEVELS:
        low, high = limits.get(name, (None, None))
        row |= {f"{name}_low_mm": low, f"{name}_high_mm": high}
    return row
