"""Sections on observed outcomes: incidence, what they go with, weighted comparison."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from popmargin.reports.numbers import count, number, percent, reason_text, with_interval
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns

_DASH: Final = "\N{EN DASH}"


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
            Cell(_percents(row, "share"), row["share"]),
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
        "association: something that is not among the terms may stand behind it."
    )
    columns = [
        *text_columns("Endpoint", "Model", "Term"),
        Column("Ratio"),
        *text_columns("Adjusted for", "Method", "Reading"),
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
                Cell(row["method"] or _DASH),
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
        "for the limit nearer to 1. Balance before and after is in tables/outcome_balance.csv."
    )
    columns = [
        *text_columns("Endpoint", "Groups"),
        *map(Column, ("Difference, points", "Ratio of risks", "E-value", "Effective patients")),
        *text_columns("Adjusted for", "Reading"),
    ]
    body = [
        [
            Cell(row["endpoint"]),
            Cell(f"{row['group_one'] or _DASH} against {row['group_zero'] or _DASH}"),
            Cell(_percents(row, "difference"), row["difference"]),
            Cell(with_interval(row["ratio"], row["ratio_low"], row["ratio_high"], 2), row["ratio"]),
            Cell(_pair(row, "e_value", "e_value_limit", 2)),
            Cell(_pair(row, "effective_one", "effective_zero", 0)),
            Cell(row["adjusted_for"] or _DASH),
            Cell(row["statement"] or _DASH),
        ]
        for row in outcome_weighted.rows(named=True)
    ]
    table = PageTable("Weighted comparison", columns, body, "tables/outcome_weighted.csv")
    return Section("weighted", "Comparison of groups that were weighted", [words], [table])


def _percents(row: Mapping[str, Any], name: str) -> str:
    values = [row[f"{name}{end}"] for end in ("", "_low", "_high")]
    if values[0] is None:
        return reason_text(row.get("reason"))
    value, low, high = (None if v is None else 100.0 * v for v in values)
    return with_interval(value, low, high)


def _pair(row: Mapping[str, Any], first: str, second: str, digits: int) -> str:
    return " / ".join(number(row[name], digits, missing=_DASH) for name in (first, second))
