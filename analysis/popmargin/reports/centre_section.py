"""Sections on centres: each one's place among the others, and whether it may use the margin."""

from typing import Any, Final

import polars as pl

from popmargin.core.axes import AXIS_LABELS
from popmargin.reports.errors_section import GROUP_AND_AXIS
from popmargin.reports.numbers import count, interval_of, number
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns

QUANTITIES: Final = {
    "group_mean": "M",
    "sd_of_means": "SD of patient means",
    "random_sd": "σ",
}


def places_section(places: pl.DataFrame) -> Section:
    """Each centre against the limits that alike centres keep."""
    columns = [
        *GROUP_AND_AXIS,
        *text_columns("Centre", "Quantity"),
        *map(Column, ("Patients", "Value", "Expected", "95 % limits", "99.8 % limits")),
        Column("Place", "text"),
    ]
    rows = [
        [
            Cell(row["group"]),
            Cell(AXIS_LABELS[row["axis"]]),
            Cell(row["centre"]),
            Cell(QUANTITIES[row["quantity"]]),
            Cell(count(row["n_patients"]), row["n_patients"]),
            Cell(number(row["value_mm"]), row["value_mm"]),
            Cell(number(row["expected_mm"], missing=""), row["expected_mm"]),
            Cell(_limits(row, "inner")),
            Cell(_limits(row, "outer")),
            Cell(row["place"] or row["reason"]),
        ]
        for row in places.drop_nulls("centre").rows(named=True)
    ]
    words = (
        "Each centre is held against the others. Of twenty alike centres about one leaves the 95 % "
        "limits by chance; a centre beyond the 99.8 % limits differs, the numbers do not say why."
    )
    table = PageTable("Place of each centre, mm", columns, rows, "tables/centre_places.csv")
    return Section("centreplaces", "Centres against each other", [words], [table])


def verdicts_section(verdicts: pl.DataFrame) -> Section:
    """The margin in use against what each centre needs by its own errors."""
    columns = [
        *GROUP_AND_AXIS,
        *text_columns("Centre", "Recipe"),
        *map(Column, ("Patients", "In use", "Needed", "Upper limit", "M")),
        Column("Verdict", "text"),
    ]
    rows = [
        [
            Cell(row["group"]),
            Cell(AXIS_LABELS[row["axis"]]),
            Cell(row["centre"]),
            Cell(row["recipe"]),
            Cell(count(row["n_patients"]), row["n_patients"]),
            Cell(number(row["margin_in_use_mm"]), row["margin_in_use_mm"]),
            Cell(interval_of(row, "margin_needed"), row["margin_needed_mm"]),
            Cell(number(row["margin_needed_upper_mm"], missing=""), row["margin_needed_upper_mm"]),
            Cell(number(row["group_mean_mm"]), row["group_mean_mm"]),
            Cell(row["verdict"]),
        ]
        for row in verdicts.rows(named=True)
    ]
    words = (
        "Enough: even the upper limit of what the centre needs is no larger than the margin in "
        "use. Too small: even the lower limit is larger. Not known is the usual answer of a small "
        "centre. No margin repairs a group mean that is not zero: it is corrected first. The "
        f"margins cover: {', '.join(verdicts['covers'].unique(maintain_order=True))}."
    )
    table = PageTable(
        "May this centre use this margin, mm", columns, rows, "tables/centre_verdicts.csv"
    )
    return Section("verdicts", "May this centre use this margin", [words], [table])


def _limits(row: dict[str, Any], name: str) -> str:
    low, high = (row[f"{name}_{end}_mm"] for end in ("low", "high"))
    return "" if low is None else f"{number(low)} to {number(high)}"
