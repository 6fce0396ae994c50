"""Open one sheet of a workbook (XLSX) with every cell as text, within bounded memory.

A workbook is a zip of XML: its unpacked size, its number of cells and the width of its rows are
bounded before and while it is read, because a file of a few kB can claim a million rows.
"""

import datetime
import zipfile
from pathlib import Path
from typing import Any

import polars as pl

from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag

_MAX_UNPACKED_BYTES = 600_000_000
_MAX_COLUMNS = 500
_MAX_EMPTY_ROWS = 1000


def open_workbook(
    path: Path, *, sheet: str | None, where: str
) -> tuple[pl.LazyFrame, list[str], list[Flag]]:
    """Lazy frame of text columns, the header and remarks.

    ``sheet`` by name, the first where ``None``; formulas count by their stored result. Raises
    `RefusedInput` for a broken or oversized workbook, a missing sheet, a faulty header.
    """
    import openpyxl

    _refuse_unreadable_zip(path, where)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:
        raise RefusedInput(
            where, "an XLSX workbook", type(error).__name__, "save it again as .xlsx"
        ) from None
    try:
        if sheet is not None and sheet not in book.sheetnames:
            found = ", ".join(book.sheetnames)
            raise RefusedInput(
                where, f"a sheet named {sheet!r}", found, "declare one of these sheets"
            )
        cells = book[sheet] if sheet is not None else book.worksheets[0]
        # The dimension a workbook states about itself may be wrong or hostile.
        cells.reset_dimensions()
        header, rows, numeric_ids = _read_rows(cells, where)
    finally:
        book.close()
    flags = []
    if numeric_ids:
        message = (
            f"{numeric_ids} cells of patient_id are numbers in the workbook: leading zeros, if "
            "any, are lost; format the column as text before exporting"
        )
        flags.append(
            Flag("numeric_id", "warn", message, file=where, column="patient_id", patients=None)
        )
    columns = {name: [row[i] for row in rows] for i, name in enumerate(header)}
    return pl.LazyFrame(columns, schema=dict.fromkeys(header, pl.String)), header, flags


def _refuse_unreadable_zip(path: Path, where: str) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
    except (OSError, zipfile.BadZipFile):
        raise RefusedInput(
            where, "an XLSX workbook", "no zip archive", "save it again as .xlsx"
        ) from None
    if unpacked > _MAX_UNPACKED_BYTES:
        found = f"{unpacked} bytes when unpacked"
        remedy = "export the table as CSV"
        raise RefusedInput(where, f"at most {_MAX_UNPACKED_BYTES} bytes", found, remedy)


def _read_rows(cells: Any, where: str) -> tuple[list[str], list[list[str]], int]:
    header: list[str] = []
    rows: list[list[str]] = []
    empty = numeric_ids = 0
    id_index = -1
    for number, row in enumerate(cells.iter_rows(), start=1):
        if len(row) > _MAX_COLUMNS:
            remedy = "remove the stray cell far to the right"
            raise RefusedInput(
                f"{where}, row {number}", f"at most {_MAX_COLUMNS} columns", str(len(row)), remedy
            )
        texts = [_as_text(cell.value) for cell in row]
        if number == 1:
            header = _check_header(texts, where)
            id_index = header.index("patient_id") if "patient_id" in header else -1
            continue
        if any(texts[len(header) :]):
            place = f"{where}, row {number}"
            raise RefusedInput(
                place, f"{len(header)} columns", f"{len(texts)}", "name or remove the extra cells"
            )
        if not any(texts):
            empty += 1
        elif empty > _MAX_EMPTY_ROWS:
            remedy = "remove the stray cell, or close the gap"
            found = f"a filled row after {empty} empty ones"
            raise RefusedInput(f"{where}, row {number}", "rows without a gap", found, remedy)
        else:
            rows.extend([""] * len(header) for _ in range(empty))
            empty = 0
            rows.append((texts + [""] * len(header))[: len(header)])
            if 0 <= id_index < len(row) and isinstance(row[id_index].value, int | float):
                numeric_ids += 1
    return header, rows, numeric_ids


def _check_header(texts: list[str], where: str) -> list[str]:
    while texts and not texts[-1]:
        texts.pop()
    header = [text.strip() for text in texts]
    repeated = sorted({name for name in header if name and header.count(name) > 1})
    if repeated:
        remedy = "rename or remove the repeated column"
        raise RefusedInput(
            f"{where}, row 1", "each column name once", f"{', '.join(repeated)} twice", remedy
        )
    if not header or not all(header):
        raise RefusedInput(
            f"{where}, row 1", "a name for every column", "an empty cell", "name the column"
        )
    return header


def _as_text(value: Any) -> str:
    """Text of a cell as the reader of a CSV export would see it, numbers in full precision."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    return str(value)
