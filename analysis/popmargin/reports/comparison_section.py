"""Sections on what changes: between groups, within a course, over calendar time."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from popmargin.reports.columns import (
    Row,
    axis,
    estimate,
    looked_up,
    made,
    own_unit,
    p_value,
    plain,
    table_of,
    text,
)
from popmargin.reports.numbers import DASH, NOT_ESTIMABLE, count, number
from popmargin.reports.section import Section

_CHARTS: Final = {"ewma": "moving average", "window": "windows"}
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
    strata = group_comparison.columns[: group_comparison.columns.index("comparison") + 1]
    table = table_of(
        "Groups compared (interval); M in mm or degrees",
        rows,
        [
            text("Groups", lambda row: ": ".join(str(row[name]) for name in strata)),
            axis("text"),
            text("Recipe", "recipe"),
            made("Patients", _patients),
            estimate("M, difference", "group_mean_difference", own_unit),
            p_value("p", "group_mean_p_value_holm"),
            estimate("Σ, ratio", "systematic_sd_ratio", ""),
            p_value("p", "systematic_sd_p_value_holm"),
            estimate("σ, ratio", "random_sd_ratio", ""),
            p_value("p", "random_sd_p_value_holm"),
            looked_up(
                estimate("Margin, difference, mm", "margin_difference"), _of_margin, missing=DASH
            ),
            looked_up(p_value("p", "margin_p_value_holm"), _of_margin, missing=DASH),
        ],
        "tables/group_comparison.csv",
    )
    return Section("comparison", "Comparison of groups", [words], [table])


def _patients(row: Row) -> str:
    shared = f", {count(row['n_shared_patients'])} in both" if row["n_shared_patients"] else ""
    return f"{count(row['n_patients_1'])} and {count(row['n_patients_2'])}{shared}"


def _of_margin(row: Row) -> Row | None:
    # Rotations have no margin.
    return row if row["recipe"] else None


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
    table = table_of(
        "Within the course, mm or degrees: value (interval)",
        course_dependence.rows(named=True),
        [
            text("Group", "group"),
            axis("text"),
            estimate("Autocorrelation", "autocorrelation", ""),
            p_value("p", "autocorrelation_p_value"),
            estimate("Trend per fraction", "trend", lambda row: f"{own_unit(row)}_per_fraction", 3),
            p_value("p", "trend_p_value"),
            plain("Variance of a patient mean, times σ²/n", "patient_mean_variance_ratio", 2),
            estimate("Σ, usual", "systematic_sd", own_unit),
            estimate("Σ, corrected", "systematic_sd_corrected", own_unit),
            estimate("σ, usual", "random_sd", own_unit),
            estimate("σ, corrected", "random_sd_corrected", own_unit),
        ],
        "tables/course_dependence.csv",
    )
    return Section("course", "Dependence and trend within the course", [words], [table])


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
    table = table_of(
        "Control charts",
        _charts(control_chart),
        [
            text("Group", "group"),
            axis("text"),
            text("Chart", "chart", _CHARTS),
            text("Quantity", "quantity", _QUANTITIES),
            plain("Baseline, mm", "centre_mm", 2, missing=NOT_ESTIMABLE),
            made("Limits of the last point, mm", _limits),
            made("Points outside", lambda row: f"{row['outside']} of {row['watched']}", "outside"),
            text("First outside", "first"),
        ],
        "tables/control_chart.csv",
    )
    return Section("charts", "Changes over calendar time", [words], [table])


def _charts(control_chart: pl.DataFrame) -> Iterator[Row]:
    """The last point of each chart, and of those after its baseline how many lie outside."""
    keys = ["group", "axis", "chart", "quantity"]
    for _, part in control_chart.group_by(keys, maintain_order=True):
        watched = part.filter(pl.col("signal").is_not_null())
        outside = watched.filter(signal="true")
        yield {
            **part.row(-1, named=True),
            "watched": watched.height,
            "outside": outside.height,
            "first": outside["started_from"].first(),
        }


def _limits(row: Row) -> str:
    low, high = row["lower_mm"], row["upper_mm"]
    known = low is not None and high is not None
    return f"{number(low, 2)} to {number(high, 2)}" if known else "no interval"
