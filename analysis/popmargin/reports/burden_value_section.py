"""Section on what the cost hangs on, and what one more validated input would be worth."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from popmargin.reports.numbers import number
from popmargin.reports.section import Cell, Column, PageTable, Section, text_columns

Row = Mapping[str, Any]
_SHOWN: Final = 5


def value_section(burden_sensitivity: pl.DataFrame) -> Section:
    """The inputs that are worth knowing better, the most valuable first in each group.

    Parameters: a table after the contract ``burden_sensitivity``.
    """
    first = burden_sensitivity.row(0, named=True)
    money = f"{first['currency']} {first['price_year']}" if first["currency"] else "not stated"
    words = [
        "What knowing one input exactly would be worth per patient, before one of the options is "
        "chosen: 0 says that no value it may have would change the choice. It holds at its "
        "willingness to pay and for the stated ranges only; the standard error is that of the "
        "draws.",
    ]
    columns = [
        *text_columns("Group", "Input", "Status"),
        *map(Column, ("Low", "High")),
        *text_columns("Unit"),
        Column(f"Swing of the cost ({money})"),
        Column(f"Worth of knowing it ({money} a patient)"),
        Column("Standard error"),
        Column(f"At ({money} per {first['effect_unit']})"),
    ]
    body = [_cells(row) for row in _most_valuable(burden_sensitivity)]
    caption = f"What one more validated input is worth: the first {_SHOWN} of each group"
    table = PageTable(caption, columns, body, "tables/burden_sensitivity.csv")
    return Section("knowing", "What one more validated input is worth", words, [table])


def _most_valuable(table: pl.DataFrame) -> list[Row]:
    """Rows of the most valuable inputs, then of the widest swing, by group."""
    order = ["value_of_information", "swing"]
    return [
        row
        for group in table["group"].unique(maintain_order=True)
        for row in table.filter(group=group)
        .sort(order, descending=True, nulls_last=True, maintain_order=True)
        .head(_SHOWN)
        .rows(named=True)
    ]


def _cells(row: Row) -> list[Cell]:
    worth, error = row["value_of_information"], row["value_of_information_standard_error"]
    return [
        Cell(row["group"]),
        Cell(row["key"]),
        Cell(row["status"]),
        *(Cell(f"{row[name]:g}", row[name]) for name in ("low", "high")),
        Cell(row["unit"]),
        Cell(number(row["swing"], 0), row["swing"]),
        Cell(number(worth, 2), worth),
        Cell(number(error, 2), error),
        Cell(number(row["willingness_to_pay"], 0), row["willingness_to_pay"]),
    ]
