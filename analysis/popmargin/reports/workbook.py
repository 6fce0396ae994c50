"""The tables of a study as one workbook: ``tables.xlsx``.

One sheet a table with its units under the heading, a first sheet that says what everything is.
Text is never a formula, numbers stay numbers, and the same tables give the same bytes.
"""

import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import polars as pl

from popmargin.core.exceptions import WrongUsage
from popmargin.tables.contract import Contract, find_contract

MAXIMUM_ROWS: Final = 100_000
LONGEST_CELL: Final = 32_000
_UNITS: Final = {"mm": "mm", "mm2": "mm²", "deg": "°", "deg2": "°²", "min": "min", "gy": "Gy"}
_FORMULA_LIKE: Final = re.compile(r"\s*[=+\-@|%]")
_CREATED: Final = datetime(2000, 1, 1)
_NOTICE: Final = (
    "Research tool, not a medical device.",
    "An empty number is not estimable or withheld: the column reason says why.",
    "The second row of each sheet holds the units. low and high are the limits of two-sided "
    "intervals, upper is a one-sided limit at the same level.",
)


def render_workbook(
    tables: Mapping[str, pl.DataFrame], *, title: str, notes: Sequence[str] = ()
) -> bytes:
    """The workbook as bytes; write them with `popmargin.core.atomic.write_bytes`.

    Parameters
    ----------
    tables : result tables by name, in the order of the sheets. One of more than 100,000 rows is
        named in the notes and left to its CSV file.
    title : heading of the first sheet.
    notes : further lines of it (versions, what the study assumes).
    """
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with Workbook(buffer, options) as book:
        book.set_properties({"title": _plain(title), "created": _CREATED})
        looks = {
            "head": book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
            "unit": book.add_format({"italic": True, "font_color": "#555555", "bottom": 1}),
            "quoted": book.add_format({"quote_prefix": True}),
            "number": book.add_format({"num_format": "0.00"}),
            "wrapped": book.add_format({"text_wrap": True, "valign": "top"}),
        }
        notes_sheet = book.add_worksheet("notes")
        shown = {name: table for name, table in tables.items() if table.height <= MAXIMUM_ROWS}
        too_long = [
            f"{name}: {table.height:,} rows, see tables/{name}.csv"
            for name, table in tables.items()
            if name not in shown
        ]
        _write_notes(notes_sheet, title, [*_NOTICE, *notes, *too_long], shown, looks)
        for name, table in shown.items():
            _write_table(book.add_worksheet(name[:31]), table, looks)
    return buffer.getvalue()


def unit_of(column: str) -> str:
    """Unit that the name of a column ends in, empty where it has none.

    >>> unit_of("margin_low_mm"), unit_of("systematic_variance_untruncated_mm2"), unit_of("axis")
    ('mm', 'mm²', '')
    """
    return _UNITS.get(column.rpartition("_")[2], "")


def _write_notes(
    sheet: Any,
    title: str,
    lines: Sequence[str],
    tables: Mapping[str, pl.DataFrame],
    looks: Mapping[str, Any],
) -> None:
    sheet.set_column(0, 1, 26)
    sheet.set_column(2, 2, 8)
    sheet.set_column(3, 3, 90)
    _write_text(sheet, 0, 0, title, looks, "head")
    row = 1
    for line in lines:
        _write_text(sheet, row, 0, line, looks)
        row += 1
    row += 1
    for column, heading in enumerate(("sheet", "column", "unit", "meaning")):
        sheet.write_string(row, column, heading, looks["head"])
    for name, table in tables.items():
        contract = _contract(name)
        for column_name in table.columns:
            row += 1
            field = contract.field(column_name) if contract else None
            meaning = field.description if field else "group column" if contract else ""
            unit = (field.unit if field else None) or unit_of(column_name)
            texts = (name[:31], column_name, unit, meaning)
            for column, text in enumerate(texts):
                _write_text(sheet, row, column, text, looks)


def _write_table(sheet: Any, table: pl.DataFrame, looks: Mapping[str, Any]) -> None:
    sheet.freeze_panes(2, 1)
    for column, name in enumerate(table.columns):
        _write_text(sheet, 0, column, name, looks, "head")
        sheet.write_string(1, column, unit_of(name), looks["unit"])
        series = table[name]
        longest = 30 if series.dtype == pl.String else 12
        sheet.set_column(column, column, min(max(len(name) * 0.8, 8), longest))
        look = looks["number"] if series.dtype.is_float() else None
        for row, value in enumerate(series.to_list(), start=2):
            if value is None:
                continue
            if isinstance(value, str):
                _write_text(sheet, row, column, value, looks)
            elif isinstance(value, bool):
                sheet.write_boolean(row, column, value)
            else:
                sheet.write_number(row, column, value, look)


def _write_text(
    sheet: Any, row: int, column: int, text: str, looks: Mapping[str, Any], look: str = ""
) -> None:
    """Text as text: what looks like a formula carries Excel's own quote prefix."""
    plain = _plain(text)
    quoted = "quoted" if _FORMULA_LIKE.match(plain) else look
    sheet.write_string(row, column, plain, looks.get(quoted))


def _plain(text: str) -> str:
    """Text without control and direction characters, short enough for a cell."""
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Cs") else c for c in text)
    return kept[:LONGEST_CELL]


def _contract(name: str) -> Contract | None:
    try:
        return find_contract(name)
    except WrongUsage:
        return None
