"""Open delimited text (CSV, TSV) with every column as text, and refuse what cannot be trusted.

The structure is checked before any value is looked at: decodable bytes, one header without
repeats, the declared separator, the same number of fields in every row.
"""

import codecs
import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag
from popmargin.tables.header import checked_header
from popmargin.tables.text_structure import ENCODING_REMEDY, check_row_lengths

_BY_SUFFIX = {".tsv": "\t", ".tab": "\t", ".csv": ",", ".txt": "\t"}
_CANDIDATES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_HEAD_BYTES = 65536
# First bytes of what polars would unpack by itself (deflate, gzip, Zstandard): other text than what
# was checked, and any amount of it. Some of them are letters too.
_PACKED = (b"x\x01", b"x\x5e", b"x\x9c", b"x\xda", b"\x1f\x8b", b"\x28\xb5\x2f\xfd")


def open_text_file(
    path: Path, *, separator: str | None, encoding: str, where: str, lines_above: int = 0
) -> tuple[pl.LazyFrame, list[str], list[Flag]]:
    """Lazy frame of text columns, the header and remarks about the file.

    ``separator`` by the file's ending where ``None``; ``encoding`` any that Python knows; ``where``
    names the file in messages; ``lines_above`` the names of the columns are left out. Raises
    `RefusedInput` for an empty file, bytes that do not decode, repeated or empty column names,
    another separator, ragged rows, stray quotes.
    """
    raw = _head(path, where)
    separator = separator or _BY_SUFFIX.get(path.suffix.lower(), ",")
    source: Path | io.BytesIO = path
    if _is_utf8(encoding, where):
        _refuse_other_encoding(raw, where)
    else:
        source = _transcode(path, encoding, where)
        raw = source.getvalue()[:_HEAD_BYTES]
    if lines_above:
        source = _below(source, lines_above, where)
        raw = source.getvalue()[:_HEAD_BYTES]
    if raw.startswith(_PACKED):
        raise RefusedInput(where, "plain text", "a packed file", "unpack it first")
    header = _header(raw, separator, where)
    flags = check_row_lengths(source, len(header), separator, where)
    return _scan(source, separator, header, {}), header, flags


def scan_typed(
    path: Path, *, separator: str | None, header: Sequence[str], types: Mapping[str, pl.DataType]
) -> pl.LazyFrame:
    """A file that `open_text_file` has opened as UTF-8, with some columns parsed while reading.

    ``types`` by the names of ``header``. Collecting it raises polars' ComputeError when a cell is
    not of its type; it is faster than text for a table without faults, and only for that.
    """
    mark = separator or _BY_SUFFIX.get(path.suffix.lower(), ",")
    return _scan(path, mark, header, types)


def _scan(
    source: Path | io.BytesIO,
    separator: str,
    header: Sequence[str],
    types: Mapping[str, pl.DataType],
) -> pl.LazyFrame:
    def scan(overrides: dict[str, pl.DataType]) -> pl.LazyFrame:
        return pl.scan_csv(
            source,
            separator=separator,
            infer_schema=False,
            schema_overrides=overrides,
            has_header=True,
            encoding="utf8",
            empty_string_is_null=False,
            low_memory=True,
            # A name such as shifts[1].csv is a name, not a pattern for other files.
            glob=False,
        )

    # polars keeps a byte order mark or blanks in names; the checked header is the truth.
    found = scan({}).collect_schema().names()
    names = dict(zip(found, header, strict=True))
    overrides = {raw: types[name] for raw, name in names.items() if name in types}
    return scan(overrides).rename(names)


def is_utf8(encoding: str) -> bool:
    """Whether ``encoding`` names UTF-8; `RefusedInput` for a name that Python does not know."""
    return _is_utf8(encoding, "source")


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


def _below(source: Path | io.BytesIO, lines: int, where: str) -> io.BytesIO:
    """The table below its title; empty lines keep the places of rows, so that numbers stay true."""
    raw = source.getvalue() if isinstance(source, io.BytesIO) else source.read_bytes()
    *_, rest = parts = raw.split(b"\n", lines)
    if len(parts) <= lines or not rest.strip():
        expected, remedy = f"names of columns below {lines} lines", "correct lines_above"
        raise RefusedInput(where, expected, "no such line", remedy)
    names, _, rows = rest.partition(b"\n")
    return io.BytesIO(names + b"\n" + lines * b"\n" + rows)


def _header(raw: bytes, separator: str, where: str) -> list[str]:
    place = f"{where}, row 1"
    try:
        text = raw.partition(b"\n")[0].decode("utf-8-sig").removesuffix("\r")
        first = next(csv.reader([text], delimiter=separator, strict=True), [])
    except UnicodeDecodeError:
        raise RefusedInput(place, "UTF-8 text", "bytes that are not", ENCODING_REMEDY) from None
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
