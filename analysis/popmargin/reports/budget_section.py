"""Section on the error budget: what each error weighs in the margins."""

from collections.abc import Sequence

import polars as pl

from popmargin.core.axes import AXIS_LABELS
from popmargin.reports.columns import Row, axis, estimate, made, plain, table_of, text
from popmargin.reports.coverage_section import whole_percent
from popmargin.reports.numbers import DASH, number, reason_text
from popmargin.reports.section import Section


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
    table = table_of(
        "Error budget",
        rows,
        [
            text("Group", "group"),
            axis("text"),
            text("Component", _component),
            text("Kind", "kind"),
            plain("Value, mm", "value_mm", 2),
            made("Share of variance", _variance, "variance_share"),
            estimate("Saved without it, mm", "saving", digits=1, missing=DASH),
            estimate("Margin, mm", "margin", digits=1, missing=DASH),
            text("Source", "source"),
        ],
        "tables/error_budget_shares.csv",
    )
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


def _variance(row: Row) -> str:
    return whole_percent(row["variance_share"])
