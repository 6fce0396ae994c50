"""Sections on observed outcomes: incidence, what they go with, weighted comparison."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from popmargin.reports.numbers import (
    count,
    interval_of,
    number,
    percent,
    reason_text,
    with_interval,
)
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns

_DASH: Final = "\N{EN DASH}"
# The usual bound of a standardised difference (Austin 2009, recalled).
_BALANCED: Final = 0.1


def incidence_section(outcome_incidence: pl.DataFrame) -> Section:
    """Share of patients with each endpoint, by grade.

    Parameters: a table after the contract ``outcome_incidence``.
    """
    words = (
        "Shares of patients with exact intervals. They take no account of unequal follow-up or of "
        "who was never asked; the curves over time do so for follow-up."
    )
    columns = [
        *text_columns("Endpoint", "Grade"),
        *map(Column, ("Patients", "With event", "Competing event first", "Share, %")),
        *text_columns("Median observation"),
    ]
    body = [
        [
            Cell(row["endpoint"]),
            Cell("any" if row["grade_at_least"] is None else f"{row['grade_at_least']} or above"),
            Cell(count(row["n_patients"]), row["n_patients"]),
            Cell(count(row["n_events"]), row["n_events"]),
            Cell(count(row["n_competing"]), row["n_competing"]),
            Cell(percents(row, "share"), row["share"]),
            Cell(f"{number(row['median_time_months'])} months from {row['time_origin']}"),
        ]
        for row in outcome_incidence.rows(named=True)
    ]
    table = PageTable("Observed outcomes", columns, body, "tables/outcome_incidence.csv")
    return Section("outcomes", "Observed outcomes", [words], [table])


def associations_section(outcome_effects: pl.DataFrame) -> Section:
    """Odds and hazard ratios with what they are adjusted for.

    Parameters: a table after the contract ``outcome_effects``.
    """
    words = (
        "Ratios per unit of a number, or against the most frequent value of a text, adjusted for "
        "the other terms of the same model. Unless a column was randomised a ratio is an "
        "association: something that is not among the terms may stand behind it. Missing values "
        "are imputed ten times with the outcome among the predictors."
    )
    columns = [
        *text_columns("Endpoint", "Model", "Term"),
        Column("Ratio"),
        *text_columns("Adjusted for", "Method", "Exposure", "Reading"),
        *map(Column, ("Patients", "Events", "With a missing value")),
    ]
    body = []
    for row in outcome_effects.rows(named=True):
        ratio = with_interval(
            row["ratio"], row["ratio_low"], row["ratio_high"], 2, reason=row["reason"]
        )
        missing = row["missing_share"]
        body.append(
            [
                Cell(row["endpoint"]),
                Cell(row["model"]),
                Cell(row["term"]),
                Cell(ratio, row["ratio"]),
                Cell(row["adjusted_for"] or _DASH),
                Cell("; ".join(filter(None, (row["method"], row["clustering"]))) or _DASH),
                Cell(row["exposure_time"] or _DASH),
                Cell(row["statement"] or _DASH),
                Cell(count(row["n_patients"]), row["n_patients"]),
                Cell(count(row["n_events"]), row["n_events"]),
                Cell(_DASH if missing is None else percent(round(missing, 3)), missing),
            ]
        )
    table = PageTable("What outcomes go with", columns, body, "tables/outcome_effects.csv")
    return Section("associations", "What outcomes go with", [words], [table])


def weighted_section(outcome_weighted: pl.DataFrame) -> Section:
    """Risks of two groups after weighting, with the E-value.

    Parameters: a table after the contract ``outcome_weighted``.
    """
    words = (
        "Risks in two groups after weighting every patient by the inverse probability of the own "
        "group given the covariates named. The E-value says how strongly something unmeasured "
        "would have to go with both group and outcome to explain the ratio; the second number is "
        "for the limit nearer to 1. Whether the weights did their work is in the next table."
    )
    columns = [
        *text_columns("Endpoint", "Groups"),
        *map(Column, ("Difference, points", "Ratio of risks", "E-value", "Effective patients")),
        *text_columns("Adjusted for", "Centres", "Reading"),
    ]
    body = [
        [
            Cell(row["endpoint"]),
            Cell(f"{row['group_one'] or _DASH} against {row['group_zero'] or _DASH}"),
            Cell(percents(row, "difference"), row["difference"]),
            Cell(with_interval(row["ratio"], row["ratio_low"], row["ratio_high"], 2), row["ratio"]),
            Cell(_pair(row, "e_value", "e_value_limit", 2)),
            Cell(_pair(row, "effective_one", "effective_zero", 0)),
            Cell(row["adjusted_for"] or _DASH),
            Cell(row["clustering"] or _DASH),
            Cell(row["statement"] or _DASH),
        ]
        for row in outcome_weighted.rows(named=True)
    ]
    table = PageTable("Weighted comparison", columns, body, "tables/outcome_weighted.csv")
    return Section("weighted", "Comparison of groups that were weighted", [words], [table])


def balance_section(outcome_balance: pl.DataFrame) -> Section:
    """Standardised differences of the covariates before and after weighting.

    Parameters: a table after the contract ``outcome_balance``.
    """
    words = (
        "Difference of each covariate between the groups over its standard deviation, before and "
        "after weighting. Differences beyond 0.1 after weighting are marked: the comparison then "
        "still carries them."
    )
    columns = [
        *text_columns("Endpoint", "Groups by", "Covariate"),
        *map(Column, ("Before", "After")),
        *text_columns("Reading"),
    ]
    body = [
        [
            Cell(row["endpoint"]),
            Cell(row["group_column"]),
            Cell(row["covariate"]),
            Cell(number(row["before"], 2), row["before"]),
            Cell(number(row["after"], 2), row["after"]),
            Cell("balanced" if abs(row["after"]) <= _BALANCED else "not balanced"),
        ]
        for row in outcome_balance.rows(named=True)
    ]
    table = PageTable("Balance of covariates", columns, body, "tables/outcome_balance.csv")
    return Section("balance", "Balance of the groups", [words], [table])


def prediction_section(outcome_prediction: pl.DataFrame) -> Section:
    """Discrimination and calibration in centres that were left out.

    Parameters: a table after the contract ``outcome_prediction``.
    """
    words = (
        "Every centre predicted by a logistic model of the others. The area is the chance that a "
        "patient with the event was given the higher risk (0.5: no better than a coin). A "
        "calibration slope of 1 and an intercept of 0 are perfect; a slope below 1 says that "
        "predictions are too extreme."
    )
    columns = [
        *text_columns("Endpoint", "Terms"),
        *map(Column, ("Centres", "Patients", "Events", "Area under the curve",
                      "Calibration slope", "Calibration intercept", "Brier score")),
    ]  # fmt: skip
    body = [
        [
            Cell(row["endpoint"]),
            Cell(row["terms"] or _DASH),
            Cell(count(row["n_centres"]), row["n_centres"]),
            Cell(count(row["n_patients"]), row["n_patients"]),
            Cell(count(row["n_events"]), row["n_events"]),
            Cell(interval_of(row, "area", "", 2), row["area"]),
            Cell(_limited(row, "calibration_slope"), row["calibration_slope"]),
            Cell(_limited(row, "calibration_intercept"), row["calibration_intercept"]),
            Cell(_limited(row, "brier"), row["brier"]),
        ]
        for row in outcome_prediction.rows(named=True)
    ]
    table = PageTable("Left-out centres", columns, body, "tables/outcome_prediction.csv")
    return Section("prediction", "Prediction in centres that were left out", [words], [table])


def _limited(row: Mapping[str, Any], name: str) -> str:
    return _DASH if row[name] is None else interval_of(row, name, "", 2)


def percents(row: Mapping[str, Any], name: str) -> str:
    """A share with its interval in per cent, or why there is none.

    >>> percents({"share": 0.1, "share_low": 0.05, "share_high": 0.2}, "share")
    '10.0 (5.0 to 20.0)'
    """
    values = [row[f"{name}{end}"] for end in ("", "_low", "_high")]
    if values[0] is None:
        return reason_text(row.get("reason"))
    value, low, high = (None if v is None else 100.0 * v for v in values)
    return with_interval(value, low, high)


def _pair(row: Mapping[str, Any], first: str, second: str, digits: int) -> str:
    return " / ".join(number(row[name], digits, missing=_DASH) for name in (first, second))
