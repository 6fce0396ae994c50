"""Floor 2: the first rows of a table nobody has declared yet: how it is written, and what it holds.

Only what the bytes prove is said (a byte order mark, one separator that fits nearly every line, one
sheet with such columns); what two readings would fit is left open.
"""

import codecs
import csv
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from popmargin.core.exceptions import RefusedInput
from popmargin.gather.guess_columns import guess_columns
from popmargin.tables.workbook import open_workbook, sheet_headers

_HEAD_BYTES: Final = 262_144
_MAX_ROWS: Final = 500
_MOST_LINES: Final = 0.75
_SEPARATORS: Final = (",", ";", "\t", "|")
_USUAL: Final = {".csv": ",", ".tsv": "\t", ".tab": "\t", ".txt": "\t"}
_TEXT: Final = tuple(_USUAL)
_WORKBOOK: Final = (".xlsx", ".xlsm")
_PARQUET: Final = (".parquet", ".pq")
_MARKS: Final = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True, slots=True)
class TableHead:
    """Names and first cells of a table.

    ``cells`` column -> its first cells as text; ``written`` keys that a config has to state about
    the file; ``open`` key -> why it cannot be known.
    """

    cells: dict[str, list[str]]
    written: dict[str, str | int] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)


def read_head(path: Path) -> TableHead:
    """First rows of a CSV, TSV, XLSX or Parquet table.

    Raises
    ------
    RefusedInput
        No such file, another kind of file, or no table in it.
    """
    if not path.is_file():
        raise RefusedInput(path.name, "a file or folder", "nothing there", "check the path")
    suffix = path.suffix.lower()
    if suffix in _PARQUET:
        return _parquet(path)
    if suffix in _WORKBOOK:
        return _workbook(path)
    if suffix in _TEXT:
        return _text(path, suffix)
    known = ", ".join((*_TEXT, *_WORKBOOK, *_PARQUET))
    expected = f"a vendor's file, or a table ending in {known}"
    raise RefusedInput(path.name, expected, "neither", "export it as a table")


def _text(path: Path, suffix: str) -> TableHead:
    with path.open("rb") as stream:
        raw = stream.read(_HEAD_BYTES)
    written: dict[str, str | int] = {}
    unknown: dict[str, str] = {}
    marked = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), None)
    if marked:
        written["encoding"] = marked
        text = raw[: len(raw) // 4 * 4].decode(marked, errors="replace")
    else:
        try:
            text = codecs.getincrementaldecoder("utf-8-sig")().decode(raw)
        except UnicodeDecodeError:
            unknown["encoding"] = "not UTF-8: cp1252 (Western Windows), cp1250, ...?"
            text = raw.decode("latin-1")
    if "\x00" in text:
        raise RefusedInput(path.name, "a table", "a binary file", "export it as CSV")
    lines = text.splitlines()
    lines = lines[:-1] if len(raw) == _HEAD_BYTES else lines
    lines = lines[: _MAX_ROWS + 1]
    separator, width = _separator([line for line in lines if line.strip()])
    if above := _lines_above(lines, separator):
        written["lines_above"] = above
        lines = lines[above:]
        separator, width = _separator([line for line in lines if line.strip()])
    if not width:
        unknown["separator"] = "no mark splits the lines alike"
    elif separator != _USUAL[suffix]:
        written["separator"] = separator
    rows = [row for row in csv.reader(lines, delimiter=separator) if any(row)]
    if len(rows) < 2:
        raise RefusedInput(path.name, "a header and rows", "fewer", "export the table again")
    return TableHead(_columns(rows[0], rows[1:]), written, unknown)


def _lines_above(lines: list[str], separator: str) -> int:
    """Lines above the names, titles and empty ones: hardly a cell of them is filled."""
    reader = csv.reader(lines, delimiter=separator)
    filled = [
        (sum(bool(cell.strip()) for cell in row), reader.line_num) for row in reader if any(row)
    ]
    usual = sorted(count for count, _ in filled)[len(filled) // 2] if filled else 0
    line = next((line for count, line in filled if 2 * count > usual), 1)
    return line - 1 if 1 < line < len(lines) else 0


def _separator(lines: list[str]) -> tuple[str, int]:
    """The mark that splits most lines into one number of cells, and that number; 0 without one."""
    best = (False, 1, _SEPARATORS[0])
    for mark in _SEPARATORS:
        sizes = [len(row) for row in csv.reader(lines, delimiter=mark)]
        width, alike = Counter(sizes).most_common(1)[0] if sizes else (0, 0)
        # Decimal commas split rows alike too, but not the names of the columns.
        found = (width == sizes[0] if sizes else False, width, mark)
        # A few broken rows are for popmargin check to name.
        if width > 1 and found[:2] > best[:2] and alike >= _MOST_LINES * len(lines):
            best = found
    return best[2], best[1] if best[1] > 1 else 0


def _workbook(path: Path) -> TableHead:
    """First rows of the one sheet whose names fit best, which is then proposed."""
    headers = sheet_headers(path, path.name)
    fitting = {name: len(guess_columns(header)) for name, header in headers.items()}
    most = max(fitting.values(), default=0)
    best = [name for name, count in fitting.items() if count == most]
    chosen = best[0] if most and len(best) == 1 else None
    frame, header, _ = open_workbook(path, sheet=chosen, decimal=".", id_column="", where=path.name)
    rows = _columns(header, [list(row) for row in frame.head(_MAX_ROWS).collect().rows()])
    if len(headers) == 1:
        return TableHead(rows)
    if chosen is None:
        return TableHead(rows, open={"sheet": f"one of {', '.join(headers)}"})
    return TableHead(rows, {"sheet": chosen})


def _parquet(path: Path) -> TableHead:
    import polars as pl

    try:
        frame = pl.scan_parquet(path, glob=False).head(_MAX_ROWS).collect()
    except (OSError, pl.exceptions.PolarsError):
        remedy = "write the file again"
        raise RefusedInput(path.name, "a Parquet table", "a damaged file", remedy) from None
    texts = frame.select(
        pl.col(name).cast(pl.String, strict=False).fill_null("") for name in frame.columns
    )
    return TableHead({name: texts[name].to_list() for name in texts.columns})


def _columns(header: list[str], rows: list[list[str]]) -> dict[str, list[str]]:
    return {
        name.strip(): [row[place].strip() for row in rows if place < len(row)]
        for place, name in enumerate(header)
        if name.strip()
    }
