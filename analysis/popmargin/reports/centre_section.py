"""Sections on centres: each one's place among the others, and whether it may use the margin."""

from typing import Final

import polars as pl

from popmargin.reports.columns import (
    Row,
    axis,
    counted,
    estimate,
    made,
    plain,
    table_of,
    text,
)
from popmargin.reports.numbers import NOT_ESTIMABLE, number
from popmargin.reports.section import Section

QUANTITIES: Final = {
    "group_mean": "M",
    "sd_of_means": "SD of patient means",
    "random_sd": "σ",
}


def places_section(places: pl.DataFrame) -> Section:
    """Each centre against the limits that alike centres keep."""
    words = (
        "Each centre is held against the others. Of twenty alike centres about one leaves the 95 % "
        "limits by chance; a centre beyond the 99.8 % limits differs, the numbers do not say why."
    )
    table = table_of(
        "Place of each centre, mm",
        places.drop_nulls("centre").rows(named=True),
        [
            text("Group", "group"),
            axis(),
            text("Centre", "centre"),
            text("Quantity", "quantity", QUANTITIES),
            counted("Patients", "n_patients"),
            plain("Value", "value_mm", missing=NOT_ESTIMABLE),
            plain("Expected", "expected_mm", missing=""),
            made("95 % limits", lambda row: _limits(row, "inner")),
            made("99.8 % limits", lambda row: _limits(row, "outer")),
            text("Place", lambda row: row["place"] or row["reason"]),
        ],
        "tables/centre_places.csv",
    )
    if places["centre"].drop_nulls().n_unique() == 2:
        words += " With two centres each is held against the other: which is unusual is not known."
    return Section("centreplaces", "Centres against each other", [words], [table])


def verdicts_section(verdicts: pl.DataFrame) -> Section:
    """The margin in use against what each centre needs by its own errors."""
    words = (
        "Enough: even the upper limit of what the centre needs is no larger than the margin in "
        "use. Too small: even the lower limit is larger. Not known is the usual answer of a small "
        "centre. No margin repairs a group mean that is not zero: it is corrected first. The "
        f"margins cover: {', '.join(verdicts['covers'].unique(maintain_order=True))}."
    )
    table = table_of(
        "May this centre use this margin, mm",
        verdicts.rows(named=True),
        [
            text("Group", "group"),
            axis(),
            text("Centre", "centre"),
            text("Recipe", "recipe"),
            counted("Patients", "n_patients"),
            plain("In use", "margin_in_use_mm", missing=NOT_ESTIMABLE),
            estimate("Needed", "margin_needed", digits=1),
            plain("Upper limit", "margin_needed_upper_mm", missing=""),
            plain("M", "group_mean_mm", missing=NOT_ESTIMABLE),
            text("Verdict", "verdict"),
        ],
        "tables/centre_verdicts.csv",
    )
    return Section("verdicts", "May this centre use this margin", [words], [table])


def _limits(row: Row, name: str) -> str:
    low, high = (row[f"{name}_{end}_mm"] for end in ("low", "high"))
    return "" if low is None else f"{number(low)} to {number(high)}"
