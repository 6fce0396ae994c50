"""Open one sheet of a workbook (XLSX) with every cell as text, within bounded memory.

A workbook is a zip of XML: its unpacked size, its gaps and the width of its rows are bounded
before and while it is read, because a file of a few kB can claim a million rows.
"""

import datetime
import zipfile
from pathlib import Path
from typing import Any

import polars as pl

from popmargin.core.exceptions import PopmarginError, RefusedInput
from popmargin.core.flags import Flag
from popmargin.tables.header import checked_header

# A quarter of a million rows of shifts; text exports have no such bound.
_MAX_UNPACKED_BYTES = 100_000_000
# Sheets of real logs pack 5 to 30 times; what packs tighter is made to fill the memory.
_SMALL_BYTES, _MAX_PACKING = 10_000_000, 100
_MAX_COLUMNS = 500
_MAX_EMPTY_ROWS = 1000
_MAX_ROWS = 1_048_576
_AS_XLSX = "save it again as .xlsx"


def open_workbook(
    path: Path,
    *,
    sheet: str | None,
    decimal: str,
    id_column: str,
    where: str,
    lines_above: int = 0,
) -> tuple[pl.LazyFrame, list[str], list[Flag]]:
    """Lazy frame of text columns, the header and remarks.

    ``sheet`` by name, the first where ``None``; formulas count by their stored result. Numbers
    are written with the ``decimal`` of the source, so that cells typed and as text read alike.
    ``id_column`` is the file's name for the patient id; ``lines_above`` the names of the columns
    are left out. Raises `RefusedInput` for a broken or oversized workbook, a missing sheet, a
    faulty header.
    """
    _refuse_unreadable_zip(path, where)
    try:
        rows, flags = _read_sheet(path, sheet, decimal, id_column, where, lines_above)
    except PopmarginError:
        raise
    except Exception as error:
        # What a damaged workbook makes the zip, XML and cell readers raise has no common base.
        found = f"a damaged one ({type(error).__name__})"
        raise RefusedInput(where, "an XLSX workbook", found, _AS_XLSX) from None
    header, *body = rows
    columns = {name: [row[i] for row in body] for i, name in enumerate(header)}
    return pl.LazyFrame(columns, schema=dict.fromkeys(header, pl.String)), header, flags


def sheet_headers(path: Path, where: str) -> dict[str, list[str]]:
    """Sheets of a workbook with the texts of their first rows; no other row is read.

    Raises `RefusedInput` for a broken or oversized workbook.
    """
    import openpyxl

    _refuse_unreadable_zip(path, where)
    try:
        with path.open("rb") as stream:
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
            return {sheet.title: _first_row(sheet) for sheet in book.worksheets}
    except Exception as error:
        found = f"a damaged one ({type(error).__name__})"
        raise RefusedInput(where, "an XLSX workbook", found, _AS_XLSX) from None


def _first_row(sheet: Any) -> list[str]:
    sheet.reset_dimensions()
    first = next(sheet.iter_rows(max_row=1, max_col=_MAX_COLUMNS, values_only=True), ())
    return [str(value) for value in first if value is not None]


def _refuse_unreadable_zip(path: Path, where: str) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        raise RefusedInput(where, "an XLSX workbook", "no zip archive", _AS_XLSX) from None
    packing = unpacked / max(1, path.stat().st_size)
    if unpacked > _MAX_UNPACKED_BYTES or (unpacked > _SMALL_BYTES and packing > _MAX_PACKING):
        expected = f"at most {_MAX_UNPACKED_BYTES} bytes of sheets, packed at most {_MAX_PACKING}x"
        found = f"{unpacked} bytes when unpacked, packed {packing:.0f}x"
        raise RefusedInput(where, expected, found, "export the table as CSV")


def _read_sheet(
    path: Path, sheet: str | None, decimal: str, id_column: str, where: str, lines_above: int
) -> tuple[list[list[str]], list[Flag]]:
    """Rows of the sheet, the header first, and remarks."""
    import openpyxl

    # Opened here, so that it is closed whatever the reader meets in it.
    with path.open("rb") as stream:
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        names = [item.title for item in book.worksheets]
        if sheet is not None and sheet not in names:
            expected = f"a sheet named {sheet!r}"
            remedy = "declare one of these sheets"
            raise RefusedInput(where, expected, ", ".join(names), remedy)
        cells = book[sheet] if sheet is not None else book.worksheets[0]
        # The dimension a workbook states about itself may be wrong or hostile.
        cells.reset_dimensions()
        rows, numeric_ids = _read_rows(cells, decimal, id_column, where, lines_above)
    if not numeric_ids:
        return rows, []
    message = (
        f"{numeric_ids} cells of {id_column} are numbers in the workbook: leading zeros, if any, "
        "are lost; format the column as text before exporting"
    )
    return rows, [Flag("numeric_id", "warn", message, file=where, column="patient_id")]


def _read_rows(
    cells: Any, decimal: str, id_column: str, where: str, lines_above: int
) -> tuple[list[list[str]], int]:
    rows: list[list[str]] = []
    # What is left out above keeps its place too.
    empty, numeric_ids = lines_above, 0
    id_index = -1
    for number, row in enumerate(cells.iter_rows(), start=1):
        place = f"{where}, row {number}"
        if len(row) > _MAX_COLUMNS:
            remedy = "remove the stray cell far to the right"
            raise RefusedInput(place, f"at most {_MAX_COLUMNS} columns", str(len(row)), remedy)
        if number > _MAX_ROWS:
            raise RefusedInput(place, f"at most {_MAX_ROWS} rows", "more", _AS_XLSX)
        texts = [_as_text(cell.value, decimal) for cell in row]
        if number <= lines_above:
            continue
        if number == lines_above + 1:
            while texts and not texts[-1].strip():
                texts.pop()
            rows.append(checked_header(texts, where))
            id_index = rows[0].index(id_column) if id_column in rows[0] else -1
            continue
        width = len(rows[0])
        if not any(texts):
            empty += 1
            continue
        if any(texts[width:]):
            remedy = "name or remove the extra cells"
            raise RefusedInput(place, f"{width} columns", f"{len(texts)}", remedy)
        if empty > _MAX_EMPTY_ROWS:
            found = f"a filled row after {empty} empty ones"
            remedy = "remove the stray cell, or close the gap"
            raise RefusedInput(place, "rows without a gap", found, remedy)
        # Empty rows keep their place, so that row numbers stay those of the workbook.
        rows.extend([""] * width for _ in range(empty))
        empty = 0
        rows.append((texts + [""] * width)[:width])
        if 0 <= id_index < len(row) and isinstance(row[id_index].value, int | float):
            numeric_ids += 1
    if not rows:
        checked_header([], where)
    return rows, numeric_ids


def _as_text(value: Any, decimal: str) -> str:
    """Text of a cell as the reader of a CSV export would see it, numbers in full precision."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        text = str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        return text.replace(".", decimal)
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return str(value)
