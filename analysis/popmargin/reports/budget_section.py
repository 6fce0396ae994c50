"""Section on the error budget: what each error weighs in the margins."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import polars as pl

from popmargin.core.axes import AXIS_LABELS
from popmargin.reports.coverage_section import whole_percent
from popmargin.reports.numbers import number, reason_text, with_interval
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns

Row = Mapping[str, Any]
_DASH: Final = "\N{EN DASH}"


def budget_section(error_budget_shares: pl.DataFrame) -> Section:
    """What every component of the error budget weighs, and what its removal would save.

    Parameters: a table after the contract ``error_budget_shares``.
    """
    rows = error_budget_shares.rows(named=True)
    recipe, total = rows[0]["recipe"], rows[0]["total"]
    words = (
        f"The total is a {total}, by {recipe}. Components of one kind add as variances, so that "
        "what their removal would save does not add up to the margin. Intervals carry the "
        "uncertainty of the data, and of components with degrees of freedom; the SDs of the other "
        "components are taken as known."
    )
    if any(row["part_of"] for row in rows):
        words += (
            " Parts of a measured total count in the total, with their covariance, and not beside "
            "it; without a part the others are left."
        )
    columns = [
        *text_columns("Group", "Axis", "Component", "Kind"),
        *map(Column, ("Value, mm", "Share of variance", "Saved without it, mm", "Margin, mm")),
        *text_columns("Source"),
    ]
    body = [
        [
            Cell(row["group"]),
            Cell(AXIS_LABELS[row["axis"]]),
            Cell(_component(row)),
            Cell(row["kind"] or _DASH),
            Cell(number(row["value_mm"], 2, missing=_DASH), row["value_mm"]),
            Cell(whole_percent(row["variance_share"]), row["variance_share"]),
            *(Cell(_with_limits(row, name), row[f"{name}_mm"]) for name in ("saving", "margin")),
            Cell(row["source"] or _DASH),
        ]
        for row in rows
    ]
    table = PageTable("Error budget", columns, body, "tables/error_budget_shares.csv")
    return Section("budget", "Error budget", [words, *_dominating(rows)], [table])


def _component(row: Row) -> str:
    """Name of a component, of which total it is a part, and its covariance with the others."""
    if row["component"] is None:
        return reason_text(row["reason"])
    if not row["part_of"]:
        return str(row["component"])
    together = number(row["covariance_mm2"], 2)
    return f"{row['component']} (part of {row['part_of']}; covariance {together} mm²)"


def _dominating(rows: Sequence[Row]) -> list[str]:
    """Which components hold more than half of the variance of their kind, a sentence a group."""
    budgets: dict[str, list[Row]] = {}
    for row in rows:
        budgets.setdefault(row["group"], []).append(row)
    sentences = []
    for group, members in budgets.items():
        parts = {(row["kind"], row["part_of"]) for row in members if row["part_of"]}
        # One component of a kind always has all of it; of a total the parts are named.
        named = [row for row in members if (row["kind"], row["component"]) not in parts]
        several = {row["kind"] for row in named if len(_names(named, row["kind"])) > 1}
        found = [
            f"{row['component']} ({row['kind']}, {AXIS_LABELS[row['axis']]}, "
            f"{whole_percent(row['variance_share'])})"
            for row in named
            if row["kind"] in several and (row["variance_share"] or 0.0) > 0.5
        ]
        if found:
            sentences.append(f"{group}: more than half of the variance is {', '.join(found)}.")
    return sentences


def _names(rows: Sequence[Row], kind: str) -> set[str]:
    return {row["component"] for row in rows if row["kind"] == kind}


def _with_limits(row: Row, name: str) -> str:
    if row[f"{name}_mm"] is None:
        return _DASH
    return with_interval(*(row[f"{name}{end}_mm"] for end in ("", "_low", "_high")))
