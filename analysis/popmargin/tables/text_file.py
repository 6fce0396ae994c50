"""Open delimited text (CSV, TSV) with every column as text, and refuse what cannot be trusted.

The structure is checked before any value is looked at: decodable bytes, one header without
repeats, the declared separator, the same number of fields in every row.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl

from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag
from popmargin.tables.header import checked_header

_BY_SUFFIX = {".tsv": "\t", ".tab": "\t", ".csv": ",", ".txt": "\t"}
_CANDIDATES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_HEAD_BYTES = 65536
_CHUNK_BYTES = 1 << 22
_MAX_RECORD = 131_072
_ENCODING_REMEDY = "declare the encoding the table was exported with (for instance cp1252)"


def open_text_file(
    path: Path, *, separator: str | None, encoding: str, where: str
) -> tuple[pl.LazyFrame, list[str], list[Flag]]:
    """Lazy frame of text columns, the header and remarks about the file.

    ``separator`` by the file's ending where ``None``; ``encoding`` any that Python knows;
    ``where`` names the file in messages. Raises `RefusedInput` for an empty file, bytes that do
    not decode, repeated or empty column names, another separator, ragged rows, stray quotes.
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
        # A name such as shifts[1].csv is a name, not a pattern for other files.
        glob=False,
    )
    # polars keeps a byte order mark or blanks in names; the checked header is the truth.
    found = frame.collect_schema().names()
    return frame.rename(dict(zip(found, header, strict=True))), header, flags


def _is_utf8(encoding: str, where: str) -> bool:
    try:
        return codecs.lookup(encoding).name in {"utf-8", "utf-8-sig"}
    except (LookupError, ValueError):
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
    # The mark of UTF-32 begins with that of UTF-16, so it is looked for first.
    marks = {
        codecs.BOM_UTF32_LE: "utf-32",
        codecs.BOM_UTF32_BE: "utf-32",
        codecs.BOM_UTF16_LE: "utf-16",
        codecs.BOM_UTF16_BE: "utf-16",
    }
    found = next((name for mark, name in marks.items() if raw.startswith(mark)), None)
    if found is not None:
        raise RefusedInput(where, "UTF-8 text", f"{found} bytes", f"declare encoding: {found}")
    if b"\x00" in raw:
        remedy = "export as text, or declare its encoding (utf-16-le or utf-16-be, without a mark)"
        raise RefusedInput(where, "UTF-8 text", "zero bytes (utf-16 or a binary file)", remedy)


def _transcode(path: Path, encoding: str, where: str) -> io.BytesIO:
    try:
        return io.BytesIO(path.read_bytes().decode(encoding).encode("utf-8"))
    except (LookupError, ValueError) as error:
        # A UnicodeError is a ValueError; a codec that is no text encoding a LookupError.
        found = f"other bytes ({type(error).__name__})"
        remedy = "declare the encoding the table was exported with"
        raise RefusedInput(where, f"{encoding} text", found, remedy) from None


def _header(raw: bytes, separator: str, where: str) -> list[str]:
    place = f"{where}, row 1"
    try:
        text = raw.partition(b"\n")[0].decode("utf-8-sig").removesuffix("\r")
        first = next(csv.reader([text], delimiter=separator, strict=True), [])
    except UnicodeDecodeError:
        raise RefusedInput(place, "UTF-8 text", "bytes that are not", _ENCODING_REMEDY) from None
    except csv.Error:
        remedy = "save the table again as CSV, one row a line"
        found = "line ends without a line feed, or an open quote"
        raise RefusedInput(place, "a header of one line", found, remedy) from None
    if len(first) == 1:
        other = next((mark for mark in _CANDIDATES if mark in first[0]), None)
        if other is not None:
            expected = f"columns separated by a {_CANDIDATES.get(separator, repr(separator))}"
            found = f"one column; a {_CANDIDATES[other]} stands in it"
            remedy = "declare the separator of this source (--separator on the command line)"
            raise RefusedInput(place, expected, found, remedy)
    return checked_header(first, where)


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
        for chunk in _chunks(stream):
            try:
                # An empty chunk ends the file: a character that is cut off shows there.
                decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                place = f"{where}, row {rows + chunk[: error.start].count(10) + 1}"
                found = "bytes that are not"
                raise RefusedInput(place, "UTF-8 text", found, _ENCODING_REMEDY) from None
            if b"\x00" in chunk:
                place = f"{where}, row {rows + chunk.partition(bytes(1))[0].count(10) + 1}"
                raise RefusedInput(place, "text", "a zero byte", "export the table again")
            rows += chunk.count(10)
            quoted = quoted or b'"' in chunk
            last = chunk[-1:] or last
            block, _, rest = (rest + chunk).rpartition(b"\n")
            even = even and not quoted and _rows_even(block, columns, separator)
        even = even and _rows_even(rest, columns, separator)
    if not even:
        _refuse_first_faulty_row(source, columns, separator, where)
    if last == b"\n":
        return []
    message = "the last row has no line end: the file may be cut off"
    return [Flag("no_final_line_end", "info", message, file=where)]


def _stream(source: Path | io.BytesIO) -> BinaryIO:
    return io.BytesIO(source.getvalue()) if isinstance(source, io.BytesIO) else source.open("rb")


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    """The file in chunks, and an empty one at its end."""
    while chunk := stream.read(_CHUNK_BYTES):
        yield chunk
    yield b""


def _rows_even(block: bytes, columns: int, separator: str) -> bool:
    """Whether every non-empty line of ``block`` holds ``columns`` fields."""
    data = np.frombuffer(block, dtype=np.uint8)
    if data.size == 0:
        return True
    ends = np.append(np.flatnonzero(data == ord("\n")), data.size)
    marks = np.flatnonzero(data == ord(separator))
    counts = np.diff(np.searchsorted(marks, ends), prepend=0)
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts
    blank = (lengths == 0) | (
        (lengths == 1) & (data[np.minimum(starts, data.size - 1)] == ord("\r"))
    )
    return bool(np.all((counts == columns - 1) | blank))


def _refuse_first_faulty_row(
    source: Path | io.BytesIO, columns: int, separator: str, where: str
) -> None:
    """Read row by row and refuse the first with a wrong number of fields or a stray quote.

    A quote inside a field that does not begin with one is read differently by different programs,
    some of which swallow the following rows: it is never guessed.
    """
    mark = re.escape(separator)
    field = rf'(?:[^"{mark}\r\n]*|"(?:[^"]|"")*")'
    sound = re.compile(rf"{field}(?:{mark}{field})*\r?\n?")
    number = 1
    with _stream(source) as stream, io.TextIOWrapper(stream, "utf-8-sig", newline="\n") as lines:
        record = ""
        for line in lines:
            record += line
            if record.count('"') % 2 and len(record) <= _MAX_RECORD:
                continue
            place = f"{where}, row {number}"
            if '"' in record and sound.fullmatch(record) is None:
                found = "a quotation mark inside a field, or one that is not closed"
                remedy = "put the field in quotation marks and double those inside, or remove them"
                raise RefusedInput(place, "fields quoted as a whole", found, remedy)
            count = _fields(record, separator, place)
            if count not in (0, columns):
                remedy = "mend the row, or declare separator, decimal and quotes as exported"
                raise RefusedInput(place, f"{columns} fields", f"{count}", remedy)
            record = ""
            number += 1
    if record:
        found = "a quotation mark that is not closed"
        raise RefusedInput(f"{where}, row {number}", "closed quotes", found, "mend the row")


def _fields(record: str, separator: str, place: str) -> int:
    """Number of fields of one record, 0 for a blank line."""
    try:
        return len(next(csv.reader([record.rstrip("\r\n")], delimiter=separator), []))
    except csv.Error as error:
        remedy = "export the table again"
        raise RefusedInput(place, "readable fields", str(error), remedy) from None
