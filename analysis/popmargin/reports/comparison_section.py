"""Sections on what changes: between groups, within a course, over calendar time."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from popmargin.core.axes import AXIS_LABELS, axis_unit
from popmargin.reports.numbers import count, interval_of, number, with_interval
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns

Row = Mapping[str, Any]
_DASH: Final = "\N{EN DASH}"
_QUANTITIES: Final = {
    "group_mean": "M",
    "systematic_sd": "SD of patient means",
    "random_sd": "random SD",
}


def comparison_section(group_comparison: pl.DataFrame) -> Section:
    """Differences of M and margin and ratios of both SDs of every pair of groups.

    Parameters: a table after the contract ``group_comparison``.
    """
    rows = group_comparison.rows(named=True)
    tests = rows[0]["n_tests"]
    words = (
        "Differences are the first group minus the second, ratios the first over the second. "
        "Patients who are in both groups count as pairs. A difference between groups is not "
        "shown to be caused by what names them unless patients were allotted by chance. "
        f"{count(tests)} tests were made: intervals are for one comparison each; p-values are "
        "adjusted so that they hold for all of them together (Holm 1979)."
    )
    columns = [
        *text_columns("Groups", "Axis", "Recipe"),
        Column("Patients"),
        *map(Column, ("M, difference", "p", "Σ, ratio", "p", "σ, ratio", "p")),
        *map(Column, ("Margin, difference, mm", "p")),
    ]
    strata = group_comparison.columns[: group_comparison.columns.index("comparison")]
    body = [
        [
            Cell(": ".join([*(str(row[name]) for name in strata), row["comparison"]])),
            Cell(AXIS_LABELS[row["axis"]]),
            Cell(row["recipe"] or _DASH),
            Cell(_patients(row)),
            *_contrast(row, "group_mean_difference", f"_{axis_unit(row['axis'])}", "group_mean"),
            *_contrast(row, "systematic_sd_ratio", "", "systematic_sd"),
            *_contrast(row, "random_sd_ratio", "", "random_sd"),
            *_contrast(row, "margin_difference", "_mm", "margin"),
        ]
        for row in rows
    ]
    file = "tables/group_comparison.csv"
    table = PageTable("Groups compared (interval); M in mm or degrees", columns, body, file)
    return Section("comparison", "Comparison of groups", [words], [table])


def _patients(row: Row) -> str:
    shared = f", {count(row['n_shared_patients'])} in both" if row["n_shared_patients"] else ""
    return f"{count(row['n_patients_1'])} and {count(row['n_patients_2'])}{shared}"


def _contrast(row: Row, name: str, unit: str, test: str) -> list[Cell]:
    if row["recipe"] is None and test == "margin":
        return [Cell(_DASH), Cell(_DASH)]
    p_value = row[f"{test}_p_value_holm"]
    return [
        Cell(interval_of(row, name, unit, digits=2), row[f"{name}{unit}"]),
        Cell(p_text(p_value), p_value),
    ]


def p_text(p_value: float | None) -> str:
    """A p-value in two digits, never 0.

    >>> p_text(0.034), p_text(1e-9), p_text(None)
    ('0.03', '< 0.001', '–')
    """
    if p_value is None:
        return _DASH
    return "< 0.001" if p_value < 0.001 else number(p_value, 3 if p_value < 0.01 else 2)


def dependence_section(course_dependence: pl.DataFrame) -> Section:
    """Autocorrelation and trend within the course, and the SDs with and without them.

    Parameters: a table after the contract ``course_dependence``.
    """
    words = (
        "Where successive fractions resemble each other, or drift, patient means vary more than "
        "σ²/n and Σ holds a part that is no constant of the patient. The corrected Σ is that of "
        "an endless course: it says what a daily correction or the average of a few images can "
        "remove. The margin of courses as long as these needs the usual one."
    )
    columns = [
        *text_columns("Group", "Axis"),
        *map(Column, ("Autocorrelation", "p", "Trend per fraction", "p")),
        *map(Column, ("Variance of a patient mean, times σ²/n", "Σ, usual", "Σ, corrected")),
        *map(Column, ("σ, usual", "σ, corrected")),
    ]
    body = [
        [Cell(row["group"]), Cell(AXIS_LABELS[row["axis"]]), *_dependence(row)]
        for row in course_dependence.rows(named=True)
    ]
    file = "tables/course_dependence.csv"
    table = PageTable("Within the course, mm or degrees: value (interval)", columns, body, file)
    return Section("course", "Dependence and trend within the course", [words], [table])


def _dependence(row: Row) -> list[Cell]:
    unit = f"_{axis_unit(row['axis'])}"
    trend = f"{unit}_per_fraction"
    ratio = row["patient_mean_variance_ratio"]
    sds = ("systematic_sd", "systematic_sd_corrected", "random_sd", "random_sd_corrected")
    return [
        Cell(interval_of(row, "autocorrelation", "", digits=2), row["autocorrelation"]),
        Cell(p_text(row["autocorrelation_p_value"]), row["autocorrelation_p_value"]),
        Cell(interval_of(row, "trend", trend, digits=3), row[f"trend{trend}"]),
        Cell(p_text(row["trend_p_value"]), row["trend_p_value"]),
        Cell(number(ratio, 2, missing=_DASH), ratio),
        *(Cell(interval_of(row, name, unit, digits=2), row[f"{name}{unit}"]) for name in sds),
    ]


def chart_section(control_chart: pl.DataFrame) -> Section:
    """How many points of every control chart lie outside, and the first of them.

    Parameters: a table after the contract ``control_chart``.
    """
    words = (
        "Patients in the order in which they started: the first are the baseline, later ones are "
        "held against its limits. A point outside says that something changed, not what, and "
        "that patients before and after are not one population. The day is that of the patient's "
        "first image."
    )
    columns = [
        *text_columns("Group", "Axis", "Chart", "Quantity"),
        *map(Column, ("Baseline, mm", "Limits of the last point, mm", "Points outside")),
        *text_columns("First outside"),
    ]
    keys = ["group", "axis", "chart", "quantity"]
    body = []
    for place, part in control_chart.group_by(keys, maintain_order=True):
        last = part.row(-1, named=True)
        watched = part.filter(pl.col("signal").is_not_null())
        outside = watched.filter(signal="true")
        first = str(outside["started_from"][0]) if outside.height else _DASH
        limits = with_interval(last["centre_mm"], last["lower_mm"], last["upper_mm"], 2)
        body.append(
            [
                Cell(str(place[0])),
                Cell(AXIS_LABELS[str(place[1])]),
                Cell("moving average" if place[2] == "ewma" else "windows"),
                Cell(_QUANTITIES[str(place[3])]),
                Cell(number(last["centre_mm"], 2), last["centre_mm"]),
                Cell(limits.partition(" ")[2].strip("()")),
                Cell(f"{outside.height} of {watched.height}", outside.height),
                Cell(first),
            ]
        )
    table = PageTable("Control charts", columns, body, "tables/control_chart.csv")
    return Section("charts", "Changes over calendar time", [words], [table])
