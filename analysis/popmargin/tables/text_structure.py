"""The structure of delimited text, before any value is looked at: text throughout, even rows.

A plain file (no quotes, no empty lines) is judged at memory speed. Only one that does not add up is
looked at more closely, and only a faulty one row by row.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag

ENCODING_REMEDY: Final = "declare the encoding the table was exported with (for instance cp1252)"
_CHUNK_BYTES: Final = 1 << 20
_MAX_RECORD: Final = 131_072
# A wider row so near the top may be the names of the columns, below a title.
_TITLE_ROWS: Final = 20


def check_row_lengths(
    source: Path | io.BytesIO, columns: int, separator: str, where: str
) -> list[Flag]:
    """Refuse rows with too many or too few fields; remark a file without a last line end.

    Files without quotes are counted at memory speed. Only a quoted file, or one that does not add
    up, is read row by row, which names the first wrong row.
    """
    if columns > 0 and (last := _last_byte_of_even_rows(source, columns, separator, where)):
        return _remark_on_end(last, where)
    even, last = True, b""
    with _stream(source) as stream:
        rest = b""
        for chunk in _chunks(stream):
            even = even and b'"' not in chunk
            last = chunk[-1:] or last
            block, _, rest = (rest + chunk).rpartition(b"\n")
            even = even and _rows_even(block, columns, separator)
        even = even and _rows_even(rest, columns, separator)
    if not even:
        _refuse_first_faulty_row(source, columns, separator, where)
    return _remark_on_end(last, where)


def _last_byte_of_even_rows(
    source: Path | io.BytesIO, columns: int, separator: str, where: str
) -> bytes:
    """Last byte of a file in which every line plainly holds ``columns`` fields; else nothing.

    Every byte is looked at for what cannot be text. Quotes and empty lines are left to a closer
    look: nothing is refused for them here.
    """
    others = bytes(byte for byte in range(256) if byte not in {ord("\n"), ord(separator)})
    line = separator.encode() * (columns - 1) + b"\n"
    pattern = line * (_CHUNK_BYTES // len(line) + 2)
    plain, marks, last, rows = True, b"", b"", 0
    decoder = codecs.getincrementaldecoder("utf-8")()
    with _stream(source) as stream:
        for chunk in _chunks(stream):
            _refuse_no_text(chunk, decoder, rows, where)
            rows += chunk.count(10)
            last = chunk[-1:] or last
            plain = plain and b'"' not in chunk
            if plain:
                marks += chunk.translate(None, others)
                whole = len(marks) - len(marks) % columns
                plain = marks.startswith(pattern[:whole]) and whole <= len(pattern)
                marks = marks[whole:]
    wanted = b"" if last == b"\n" else line[:-1]
    return last if plain and marks == wanted else b""


def _refuse_no_text(
    chunk: bytes, decoder: codecs.IncrementalDecoder, rows: int, where: str
) -> None:
    """Refuse bytes that are no UTF-8 text; ``rows`` lines stand before the chunk."""
    # Text of one byte a letter needs no decoder, unless a letter is still open from before.
    if not chunk.isascii() or decoder.getstate()[0] or not chunk:
        try:
            # An empty chunk ends the file: a character that is cut off shows there.
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            place = f"{where}, row {rows + chunk[: error.start].count(10) + 1}"
            found = "bytes that are not"
            raise RefusedInput(place, "UTF-8 text", found, ENCODING_REMEDY) from None
    if b"\x00" in chunk:
        place = f"{where}, row {rows + chunk.partition(bytes(1))[0].count(10) + 1}"
        raise RefusedInput(place, "text", "a zero byte", "export the table again")


def _remark_on_end(last: bytes, where: str) -> list[Flag]:
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
                if count > columns and number <= _TITLE_ROWS:
                    remedy = (
                        f"declare lines_above where a title stands above the names, or {remedy}"
                    )
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
