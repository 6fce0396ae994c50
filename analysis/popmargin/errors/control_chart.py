"""Control charts over calendar time, to see group mean, systematic and random SD change.

Patients in the order in which they started. The first ones are the baseline; later ones are held
against limits that a process that stays as it was leaves with a stated probability per point.

- ``window``: windows of consecutive patients that do not overlap. Mean of the patient means, their
  SD (the conventional systematic SD), and the typical random SD (geometric mean of the patients'
  own, smaller than the pooled one where they differ). Limits are prediction limits: Student t and F
  quantiles that hold the uncertainty of the baseline itself.
- ``ewma``: exponentially weighted moving average of the patient means, one point a patient, for
  small lasting shifts of the group mean: weight 0.2, limits at 2.962 standard errors.

Assumptions: near normal patient means, patients independent. A patient mean of n fractions varies
by Sigma^2 + sigma^2 / n; limits of mean and SD follow the n of the window, with both variances from
the baseline. Limits of the random SD come from the spread of the patients' own log variances, so
patients may differ in their random error.

Limits: a signal means that something changed, not what; dates say when patients started, not when
something happened. Points of one chart share their baseline, and the two charts share patients.
Measured from a baseline of 20 patients: the windows keep their rate of false alarms (0.1 to 0.5 %
where 0.27 % is claimed); ``ewma``, one point in 500 with a known baseline, gives a false alarm in
one of ten runs of 40 patients; a shift of the mean by one SD is seen by ``ewma`` within 40 patients
in 85 % of runs, a doubled systematic SD by a window of 10 in 28 %.

Sources: Shewhart WA, Economic Control of Quality of Manufactured Product, 1931; Quesenberry CP,
J Qual Technol 1991;23:213-24 (t and F limits from few data); Lucas JM, Saccucci MS, Technometrics
1990;32:1-12 (weight 0.2 with 2.962: average run length 500).
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import polars as pl

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.checks import share, whole
from popmargin.core.flags import Flag
from popmargin.errors.control_points import (
    Baseline,
    ControlPoint,
    baseline_of,
    ewma_points,
    part_of,
    window_points,
)
from popmargin.errors.select import ImageChoice, filter_rows, row_key
from popmargin.errors.units import axis_summary, summarise_units
from popmargin.statistics.one_way import OneWayData

# Both tails of a normal beyond 3 SD: the usual Shewhart chart.
FALSE_ALARM: Final = 0.0027
_SMALLEST_BASELINE, _SMALLEST_WINDOW = 5, 3
_COLUMN = "acquired_at"


def estimate_control_chart(
    shifts: pl.LazyFrame | pl.DataFrame,
    *,
    group_by: Sequence[str] = (),
    timing: str = "before_correction",
    surrogate: str | None = None,
    image: ImageChoice = "first",
    baseline_patients: int = 20,
    window_patients: int = 10,
    false_alarm: float = FALSE_ALARM,
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Points and limits of every chart, one row a point, and flags where points lie outside.

    Parameters
    ----------
    shifts : canonical shifts with ``acquired_at``.
    group_by, timing, surrogate, image : as in `popmargin.errors.units.summarise_units`.
    baseline_patients : units that make the baseline, >= 5; 20 or more are wise.
    window_patients : units of a window, >= 3; a last window of fewer than 3 is left out.
    false_alarm : probability that a point of ``window`` lies outside when nothing changed.

    Returns
    -------
    Rows: group columns, group, axis, chart (``window``, ``ewma``), quantity (``group_mean``,
    ``systematic_sd``, ``random_sd``), phase (``baseline``, ``monitoring``), point (from 1 in each
    chart and quantity), started_from, started_to (dates), n_units, value_mm, centre_mm, lower_mm,
    upper_mm, signal (None in the baseline, which the limits come from). None, with a flag that
    says why, where nothing can be charted.

    Raises
    ------
    OutOfRange
        For a baseline, a window or a probability out of range.
    """
    whole("baseline_patients", baseline_patients, at_least=_SMALLEST_BASELINE)
    whole("window_patients", window_patients, at_least=_SMALLEST_WINDOW)
    share("false_alarm", false_alarm)
    frame = shifts.lazy()
    if _COLUMN not in frame.collect_schema().names():
        message = "control chart: needs the time of imaging to put patients in order"
        return [], [Flag("not_estimable", "warn", message, column=_COLUMN)]
    units = summarise_units(
        frame, group_by=group_by, timing=timing, surrogate=surrogate, image=image
    )
    rows = filter_rows(frame, timing=timing, surrogate=surrogate, group_by=group_by)
    key = row_key(rows.collect_schema().names(), units.group_by)
    starts = rows.group_by(key).agg(pl.col(_COLUMN).min()).collect()
    dated = units.frame.join(starts, on=key, nulls_equal=True).drop_nulls(_COLUMN)
    flags = _undated(units.frame.height - dated.height)
    found: list[dict[str, Any]] = []
    parts = dated.sort(_COLUMN, *key).partition_by("group", as_dict=True)
    for (group,), members in sorted(parts.items(), key=lambda item: str(item[0])):
        columns = {name: members[name][0] for name in units.group_by} | {"group": group}
        for axis in TRANSLATIONS:
            if axis not in units.axes:
                continue
            patients = members.filter(pl.col(f"{axis}_n") > 0)
            place = f"group {group}, axis {axis}"
            if patients.height < baseline_patients + _SMALLEST_WINDOW:
                flags.append(_too_few(place, patients.height, baseline_patients))
                continue
            numbers = patients.select(axis_summary(axis))
            data = OneWayData.from_summaries(*(column.to_numpy() for column in numbers))
            baseline = baseline_of(part_of(data, 0, baseline_patients))
            if baseline is None:
                message = f"{place}: control chart: the baseline's patient means do not vary"
                flags.append(Flag("not_estimable", "warn", message))
                continue
            points = [
                *_windows(data, baseline, window_patients, false_alarm),
                *ewma_points(data, baseline),
            ]
            days = [stamp.date() for stamp in patients[_COLUMN].to_list()]
            charted = _rows(points, days, baseline.units)
            found += [{**columns, "axis": axis, **row} for row in charted]
            flags += _signals(place, charted)
    return found, flags


def _windows(
    data: OneWayData, baseline: Baseline, size: int, false_alarm: float
) -> list[ControlPoint]:
    """Windows over the baseline and, from its end on, over the patients after it."""
    points = []
    for first, last in ((0, baseline.units), (baseline.units, data.group_count)):
        for start in range(first, last, size):
            stop = min(start + size, last)
            if stop - start >= _SMALLEST_WINDOW:
                points += window_points(data, start, stop, baseline, false_alarm)
    return points


def _rows(
    points: Sequence[ControlPoint], days: Sequence[date], baseline: int
) -> list[dict[str, Any]]:
    """Flat rows, numbered within each chart and quantity."""
    rows: list[dict[str, Any]] = []
    numbers: dict[tuple[str, str], int] = {}
    for point in points:
        chart = (point.chart, point.quantity)
        numbers[chart] = numbers.get(chart, 0) + 1
        monitoring = point.start >= baseline
        rows.append(
            {
                "chart": point.chart,
                "quantity": point.quantity,
                "phase": "monitoring" if monitoring else "baseline",
                "point": numbers[chart],
                "started_from": days[point.start].isoformat(),
                "started_to": days[point.stop - 1].isoformat(),
                "n_units": point.stop - point.start,
                "value_mm": point.value,
                "centre_mm": point.centre,
                "lower_mm": point.lower,
                "upper_mm": point.upper,
                "signal": point.outside if monitoring else None,
            }
        )
    return rows


def _signals(place: str, rows: Sequence[dict[str, Any]]) -> list[Flag]:
    """One flag for each chart and quantity with a point outside its limits."""
    flags = []
    for chart, quantity in dict.fromkeys((row["chart"], row["quantity"]) for row in rows):
        mine = [row for row in rows if (row["chart"], row["quantity"]) == (chart, quantity)]
        outside = [row for row in mine if row["signal"]]
        if outside:
            watched = sum(row["signal"] is not None for row in mine)
            message = (
                f"{place}: {quantity} left its limits in {len(outside)} of {watched} points of the "
                f"{chart} chart, first for patients who started from {outside[0]['started_from']}: "
                "look for what changed; errors before and after are not one population"
            )
            flags.append(Flag("control_chart_signal", "warn", message))
    return flags


def _undated(units: int) -> list[Flag]:
    if not units:
        return []
    message = f"{units} units without a time of imaging are in no control chart"
    return [Flag("not_dated", "warn", message, column=_COLUMN)]


def _too_few(place: str, found: int, baseline: int) -> Flag:
    message = (
        f"{place}: control chart: needs {baseline} units as a baseline and {_SMALLEST_WINDOW} to "
        f"hold against it, found {found}"
    )
    return Flag("not_estimable", "info", message, patients=found)
