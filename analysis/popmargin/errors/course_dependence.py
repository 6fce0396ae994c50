"""Dependence within the course: resemblance of successive fractions, and drift.

Both make patient means vary more than random error alone would, so the estimate of the systematic
error holds more than a constant per patient. Per group and axis: the autocorrelation of successive
fractions and the linear trend over fraction number with tests and intervals, what they do to the
patient means, and both SDs as usually estimated and as corrected, each with its interval.

Assumptions: those of `popmargin.statistics.dependence` (AR(1), one for all patients) and
`popmargin.statistics.trend`. Where the median course has ten fractions or more, the dependence is
that about each patient's own line, so a drift is not taken for it; in shorter courses lines take
too much of the little there is, and a drift shows as dependence.

Limits: the corrected systematic SD is that of an endless course. Over the course that was logged
the dependence moves the mean as well, so a margin for such courses needs the usual estimate, or
the corrected one with sigma^2 v added back; the corrected one tells what a daily correction or an
average of few images can and cannot remove. The test of patients' own trends takes fractions as
independent, so dependence can also raise it.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl

from popmargin.core.axes import AXES, axis_column, axis_unit
from popmargin.core.exceptions import NotEstimable
from popmargin.core.flags import Flag
from popmargin.errors.quantity import QuantityEstimate, estimate_quantity
from popmargin.errors.select import unit_key
from popmargin.statistics.dependence import SerialDependence, serial_dependence
from popmargin.statistics.interval import Interval
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.ordered_groups import OrderedGroups
from popmargin.statistics.trend import LinearTrend, linear_trend

# Two tests per group and axis: a 1 % level keeps false alarms rare over many of them.
SIGNIFICANT_P_VALUE: Final = 0.01
# ASSUME below these nobody would act: 5 % of the systematic SD, 1 mm (or degree) over a course.
MATERIAL_CHANGE: Final = 0.05
MATERIAL_DRIFT: Final = 1.0
LINE_FROM_FRACTIONS: Final = 10


def estimate_course_dependence(
    selected: pl.DataFrame,
    *,
    group_by: Sequence[str] = (),
    confidence_level: float = 0.95,
    seed: int = 1,
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Rows per group and axis, and flags where dependence or trend is significant.

    Parameters
    ----------
    selected : one row per unit and fraction with ``group``, unit key, ``fraction`` and the axes,
        from `popmargin.errors.select.select_images`.
    group_by : group columns to carry along.
    confidence_level : level of the intervals, strictly between 0 and 1.  seed : of their draws.

    Returns
    -------
    Rows with the group columns, group, axis, n_units, n_fractions, median_fractions,
    about_own_line; ``autocorrelation``, ``trend_mm_per_fraction``, ``systematic_sd_mm``,
    ``random_sd_mm``, ``systematic_sd_corrected_mm``, ``random_sd_corrected_mm``, each with
    ``_low`` and ``_high`` before its unit; their p-values; ``trend_sd_mm_per_fraction``
    (differences between patients) with its p-value; ``patient_mean_variance_ratio``: how many
    times sigma^2 / n the random part of a patient mean varies; reason. Rotations are in degrees.
    Flags are warnings where the effect is material, else for information.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> drift = [(f"p{i}", f, 0.3 * f + rng.normal()) for i in range(9) for f in range(1, 13)]
    >>> frame = pl.DataFrame(drift, schema=["patient_id", "fraction", "ap_mm"], orient="row")
    >>> rows, flags = estimate_course_dependence(frame.with_columns(group=pl.lit("all")))
    >>> round(rows[0]["trend_mm_per_fraction"], 1), [flag.code for flag in flags]
    (0.3, ['trend_over_course'])
    """
    rows: list[dict[str, Any]] = []
    flags: list[Flag] = []
    keys = unit_key(selected.columns)
    for (group,), members in sorted(selected.partition_by("group", as_dict=True).items()):
        columns = {name: members[name][0] for name in group_by}
        for axis in AXES:
            if axis_column(axis) not in members.columns:
                continue
            measured = members.drop_nulls(axis_column(axis))
            if measured.is_empty():
                continue
            row, found = _estimate(measured, keys, axis, confidence_level, seed)
            rows.append({**columns, "group": group, "axis": axis, **row})
            flags += [
                Flag(code, severity, f"group {group}, axis {axis}: {message}")  # type: ignore[arg-type]
                for code, severity, message in found
            ]
    return rows, flags


def _estimate(
    measured: pl.DataFrame, keys: Sequence[str], axis: str, level: float, seed: int
) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
    """One row, and its remarks as (code, severity, message)."""
    labels = measured.select(pl.struct(keys).rank("dense")).to_series().to_numpy()
    values = measured[axis_column(axis)].to_numpy()
    groups = OrderedGroups.from_values(values, labels, measured["fraction"].to_numpy())
    data = OneWayData.from_values(values, labels)
    median = float(np.median(groups.sizes))
    own_line = median >= LINE_FROM_FRACTIONS
    usual = estimate_quantity(data, confidence_level=level, seed=seed)
    reasons = list(usual.reasons)
    serial: SerialDependence | None = None
    trend: LinearTrend | None = None
    differ: float | None = None
    try:
        serial = serial_dependence(groups, level, detrended=own_line, seed=seed)
    except NotEstimable as error:
        reasons.append(str(error))
    try:
        trend = linear_trend(groups, level)
        # What is left after the common line: k slopes in place of k - 1 make the test conservative.
        left = replace(groups, values=groups.values - trend.slope * groups.positions)
        differ = linear_trend(left, level).any_slope_p_value
    except NotEstimable as error:
        reasons.append(str(error))
    unit = axis_unit(axis)
    row = {
        "n_units": data.group_count,
        "n_fractions": data.observation_count,
        "median_fractions": median,
        "about_own_line": own_line,
        **_serial_part(serial),
        **_trend_part(trend, differ, unit),
        **_sd_part(usual, serial, unit),
        "confidence_level": level,
        "reason": "; ".join(dict.fromkeys(reasons)) or None,
    }
    remarks = _serial_remarks(serial, usual, unit) + _trend_remarks(trend, median, unit)
    if trend is not None:
        dependent = serial is not None and serial.p_value < SIGNIFICANT_P_VALUE
        remarks += _differ_remarks(trend, differ, dependent, median, unit)
    return row, remarks


def _serial_part(serial: SerialDependence | None) -> dict[str, float | None]:
    row = _limits("autocorrelation", "", *_pair(serial, "autocorrelation"))
    return row | {
        "autocorrelation_p_value": serial.p_value if serial else None,
        "patient_mean_variance_ratio": serial.mean_variance_ratio if serial else None,
    }


def _trend_part(
    trend: LinearTrend | None, differ: float | None, unit: str
) -> dict[str, float | None]:
    value, interval = (trend.slope, trend.slope_interval) if trend else (None, None)
    return {
        **_limits("trend", f"_{unit}_per_fraction", value, interval),
        "trend_p_value": trend.p_value if trend else None,
        f"trend_sd_{unit}_per_fraction": trend.slope_sd if trend else None,
        "trend_sd_p_value": differ,
    }


def _sd_part(
    usual: QuantityEstimate, serial: SerialDependence | None, unit: str
) -> dict[str, float | None]:
    return {
        **_limits("systematic_sd", f"_{unit}", usual.systematic_sd, usual.systematic),
        **_limits("systematic_sd_corrected", f"_{unit}", *_pair(serial, "between")),
        **_limits("random_sd", f"_{unit}", usual.random_sd, usual.random),
        **_limits("random_sd_corrected", f"_{unit}", *_pair(serial, "within")),
    }


def _pair(serial: SerialDependence | None, name: str) -> tuple[float | None, Interval | None]:
    """A value of the dependence and its interval."""
    if serial is None:
        return None, None
    value = serial.autocorrelation if name == "autocorrelation" else getattr(serial, f"{name}_sd")
    return value, getattr(serial, f"{name}_interval")


def _limits(
    name: str, suffix: str, value: float | None, interval: Interval | None
) -> dict[str, float | None]:
    return {
        f"{name}{suffix}": value,
        f"{name}_low{suffix}": interval.low if interval else None,
        f"{name}_high{suffix}": interval.high if interval else None,
    }


def _serial_remarks(
    serial: SerialDependence | None, usual: QuantityEstimate, unit: str
) -> list[tuple[str, str, str]]:
    if serial is None or serial.p_value >= SIGNIFICANT_P_VALUE or usual.systematic_sd is None:
        return []
    before, after = usual.systematic_sd, serial.between_sd
    material = not math.isclose(before, after, rel_tol=MATERIAL_CHANGE)
    message = (
        f"successive fractions resemble each other (autocorrelation {serial.autocorrelation:.2f}, "
        f"p = {serial.p_value:.1g}): by random error a patient mean varies "
        f"{serial.mean_variance_ratio:.1f} times as much as sigma^2/n; systematic SD {before:.2f} "
        f"{unit}, {after:.2f} {unit} without that part, which is there in every course as long as "
        "these: keep it in the margin of such courses"
    )
    return [("fractions_depend", "warn" if material else "info", message)]


def _trend_remarks(
    trend: LinearTrend | None, median: float, unit: str
) -> list[tuple[str, str, str]]:
    if trend is None or trend.p_value >= SIGNIFICANT_P_VALUE:
        return []
    drift = trend.slope * (median - 1.0)
    message = (
        f"the mean error drifts by {trend.slope:.2g} {unit} per fraction "
        f"(p = {trend.p_value:.1g}), {drift:.1f} {unit} over a course of {median:.0f}: look for "
        "the cause; group mean and both SDs describe the course as a whole only"
    )
    return [("trend_over_course", "warn" if abs(drift) >= MATERIAL_DRIFT else "info", message)]


def _differ_remarks(
    trend: LinearTrend, differ: float | None, dependent: bool, median: float, unit: str
) -> list[tuple[str, str, str]]:
    drift = (trend.slope_sd or 0.0) * (median - 1.0)
    if differ is None or differ >= SIGNIFICANT_P_VALUE or drift == 0.0:
        return []
    message = (
        f"patients drift in directions of their own (SD {trend.slope_sd:.2g} {unit} per fraction, "
        f"{drift:.1f} {unit} over a course of {median:.0f}, p = {differ:.1g})"
    )
    if dependent:
        message += "; the dependence between fractions can look like this"
    severity = "warn" if drift >= MATERIAL_DRIFT and not dependent else "info"
    return [("trends_differ", severity, message)]
