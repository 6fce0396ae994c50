"""Open delimited text (CSV, TSV) with every column as text, and refuse what cannot be trusted.

The structure is checked before any value is looked at: decodable bytes, one header without
repeats, the declared separator, the same number of fields in every row.
"""

import codecs
import csv
import io
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl

from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag

_BY_SUFFIX = {".tsv": "\t", ".tab": "\t", ".csv": ",", ".txt": "\t"}
_CANDIDATES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_HEAD_BYTES = 65536
_CHUNK_BYTES = 1 << 24


def open_text_file(
    path: Path, *, separator: str | None, encoding: str, where: str
) -> tuple[pl.LazyFrame, list[str], list[Flag]]:
    """Lazy frame of text columns, the header and remarks about the file.

    ``separator`` by the file's ending where ``None``; ``encoding`` any that Python knows;
    ``where`` names the file in messages. Raises `RefusedInput` for an empty file, bytes that do
    not decode, repeated or empty column names, another separator, ragged rows.
    """
    raw = _head(path, where)
    separator = separator or _BY_SUFFIX.get(path.suffix.lower(), ",")
    source: Path | io.BytesIO = path
    if _is_utf8(encoding, where):
        _refuse_other_encoding(raw, where)
    else:
        source = _transcode(path, encoding, where)
        raw = source.getvalue()[:_HEAD_BYTES]
    header = _header(raw, separator, where)
    flags = _check_row_lengths(source, len(header), separator, where)
    frame = pl.scan_csv(
        source,
        separator=separator,
        infer_schema=False,
        has_header=True,
        encoding="utf8",
        empty_string_is_null=False,
        low_memory=True,
    )
    # polars keeps a byte order mark or blanks in names; the checked header is the truth.
    found = frame.collect_schema().names()
    return frame.rename(dict(zip(found, header, strict=True))), header, flags


def _is_utf8(encoding: str, where: str) -> bool:
    try:
        return codecs.lookup(encoding).name in {"utf-8", "utf-8-sig"}
    except LookupError:
        remedy = "declare an encoding such as utf-8, cp1252 or utf-16"
        raise RefusedInput(where, "a known encoding", repr(encoding), remedy) from None


def _head(path: Path, where: str) -> bytes:
    try:
        with path.open("rb") as stream:
            raw = stream.read(_HEAD_BYTES)
    except OSError as error:
        remedy = "check the path and its permissions"
        raise RefusedInput(where, "a readable file", error.strerror or "an error", remedy) from None
    if not raw.strip():
        raise RefusedInput(where, "a header and rows", "an empty file", "export the table again")
    return raw


def _refuse_other_encoding(raw: bytes, where: str) -> None:
    marks = {
        codecs.BOM_UTF16_LE: "utf-16",
        codecs.BOM_UTF16_BE: "utf-16",
        codecs.BOM_UTF32_LE: "utf-32",
    }
    found = next((name for mark, name in marks.items() if raw.startswith(mark)), None)
    if found is None and b"\x00" in raw:
        found = "utf-16 or a binary file"
    if found is not None:
        raise RefusedInput(
            where, "UTF-8 text", f"{found} bytes", f"declare encoding: {found.split()[0]}"
        )


def _transcode(path: Path, encoding: str, where: str) -> io.BytesIO:
    try:
        return io.BytesIO(path.read_bytes().decode(encoding).encode("utf-8"))
    except UnicodeError as error:
        remedy = "declare the encoding the table was exported with"
        raise RefusedInput(where, f"{encoding} text", f"other bytes ({error})", remedy) from None


def _header(raw: bytes, separator: str, where: str) -> list[str]:
    try:
        text = raw.partition(b"\n")[0].decode("utf-8-sig")
    except UnicodeDecodeError:
        remedy = "declare the encoding the table was exported with (for instance cp1252)"
        raise RefusedInput(f"{where}, row 1", "UTF-8 text", "bytes that are not", remedy) from None
    first = next(csv.reader(io.StringIO(text), delimiter=separator), [])
    header = [name.strip() for name in first]
    if len(header) == 1:
        other = next((name for mark, name in _CANDIDATES.items() if mark in header[0]), None)
        if other is not None:
            expected = f"columns separated by a {_CANDIDATES.get(separator, repr(separator))}"
            remedy = "declare the separator of this source"
            raise RefusedInput(
                f"{where}, row 1", expected, f"one column; a {other} stands in it", remedy
            )
    repeated = sorted({name for name in header if header.count(name) > 1 and name})
    if repeated:
        remedy = "rename or remove the repeated column"
        raise RefusedInput(
            f"{where}, row 1", "each column name once", f"{', '.join(repeated)} twice", remedy
        )
    if any(not name for name in header):
        column = header.index("") + 1
        raise RefusedInput(
            f"{where}, row 1", "a name for every column", f"none in column {column}", "name it"
        )
    return header


def _check_row_lengths(
    source: Path | io.BytesIO, columns: int, separator: str, where: str
) -> list[Flag]:
    """Refuse rows with too many or too few fields; remark a file without a last line end.

    Files without quotes are counted at memory speed. Only a quoted file, or one that does not add
    up, is read row by row, which names the first wrong row.
    """
    even, quoted, last, rows = True, False, b"", 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    with _stream(source) as stream:
        rest = b""
        while chunk := stream.read(_CHUNK_BYTES):
            last = chunk[-1:]
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                place = f"{where}, row {rows + chunk[: error.start].count(10) + 1}"
                remedy = "declare the encoding the table was exported with (for instance cp1252)"
                raise RefusedInput(place, "UTF-8 text", "bytes that are not", remedy) from None
            rows += chunk.count(10)
            quoted = quoted or b'"' in chunk
            block, _, rest = (rest + chunk).rpartition(b"\n")
            even = even and not quoted and _rows_even(block, columns, separator)
        even = even and _rows_even(rest, columns, separator)
    if not even:
        _refuse_first_ragged_row(source, columns, separator, where)
    if last in (b"\n", b"\r"):
        return []
    message = "the last row has no line end: the file may be cut off"
    return [Flag("no_final_line_end", "info", message, file=where)]


def _stream(source: Path | io.BytesIO) -> BinaryIO:
    return io.BytesIO(source.getvalue()) if isinstance(source, io.BytesIO) else source.open("rb")


def _rows_even(block: bytes, columns: int, separator: str) -> bool:
    """Whether every non-empty line of ``block`` holds ``columns`` fields."""
    data = np.frombuffer(block, dtype=np.uint8)
    if data.size == 0:
        return True
    ends = np.append(np.flatnonzero(data == ord("\n")), data.size)
    marks = np.concatenate([[0], np.cumsum(data == ord(separator))])
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts
    counts = marks[ends] - marks[starts]
    blank = (lengths == 0) | (
        (lengths == 1) & (data[np.minimum(starts, data.size - 1)] == ord("\r"))
    )
    return bool(np.all((counts == columns - 1) | blank))


def _refuse_first_ragged_row(
    source: Path | io.BytesIO, columns: int, separator: str, where: str
) -> None:
    with _stream(source) as stream, io.TextIOWrapper(stream, "utf-8", newline="") as text:
        try:
            reader = csv.reader(text, delimiter=separator, strict=True)
            for row in reader:
                if row and len(row) != columns:
                    place = f"{where}, row {reader.line_num}"
                    remedy = "mend the row, or declare separator, decimal and quotes as exported"
                    raise RefusedInput(place, f"{columns} fields", f"{len(row)}", remedy)
        except (csv.Error, UnicodeDecodeError) as error:
            place = f"{where}, row {reader.line_num + 1}"
            remedy = "export the table again, or declare its encoding"
            raise RefusedInput(place, "readable fields", str(error), remedy) from None
