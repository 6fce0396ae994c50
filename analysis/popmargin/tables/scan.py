"""Open a table of any supported format and give it canonical, typed columns, lazily.

CSV, TSV and TXT, XLSX, Parquet. Text is parsed by the declared format and never inferred; columns
that Parquet has typed already are taken as they are, except ids, which must be text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag
from popmargin.tables.contract import Contract, find_contract
from popmargin.tables.header import refuse_rows_as_header
from popmargin.tables.parse import CONSTANT, ROW, parse_columns
from popmargin.tables.source import SourceDeclaration
from popmargin.tables.text_file import is_utf8, open_text_file, scan_typed
from popmargin.tables.unit_names import stated_unit
from popmargin.tables.workbook import open_workbook

_TEXT = {".csv", ".tsv", ".tab", ".txt"}
_PARQUET = {".parquet", ".pq"}
_WORKBOOK = {".xlsx", ".xlsm"}
# Rows of a long file that are judged at a time: the system holds no more of it in memory.
STRETCH: Final = 20_000_000


@dataclass(frozen=True, slots=True)
class TableScan:
    """A table before its rows are judged: lazy rows with ``source_row`` and ``set_aside_reason``.

    ``raw`` are the cells as they stand in the file and the declared texts, to quote them in
    messages; ``present`` maps each canonical column that is there to its column of ``raw``;
    ``columns`` are those of the file. ``sound`` is ``frame`` with numbers parsed while reading:
    the same rows, faster, where no cell is faulty; its collection fails or sets rows aside else.
    ``stretches`` are the rows of ``frame`` too, of a long file that can be read from any row on.
    """

    frame: pl.LazyFrame
    raw: pl.LazyFrame
    contract: Contract
    present: dict[str, str]
    columns: tuple[str, ...]
    flags: tuple[Flag, ...]
    where: str
    sound: pl.LazyFrame | None = None
    stretches: tuple[pl.LazyFrame, ...] = ()


def scan_table(path: Path, source: SourceDeclaration, keep: Sequence[str] = ()) -> TableScan:
    """Open ``path`` as ``source`` declares; ``keep`` names further columns to carry as text.

    Raises `RefusedInput` when the structure cannot be trusted: unknown format, missing required
    column, repeated header, a declared column that the file does not have.
    """
    frame, header, flags = _open(path, source, path.name)
    scan = scan_frame(frame, source, keep, where=path.name, header=header, flags=flags)
    suffix = path.suffix.lower()
    if suffix in _PARQUET:
        return replace(scan, stretches=_stretches(scan, source))
    plain = source.decimal == "." and not source.lines_above and is_utf8(source.encoding)
    if suffix not in _TEXT or not plain:
        return scan
    types = {
        column: pl.Float64() if field.type == "number" else pl.Int64()
        for name, column in scan.present.items()
        if (field := scan.contract.field(name)) and field.type in {"number", "integer"}
        if not column.startswith(CONSTANT)
    }
    typed = scan_typed(path, separator=source.separator, header=header, types=types)
    sound = scan_frame(typed, source, keep, where=path.name, header=header)
    return replace(scan, sound=sound.frame)


def _stretches(scan: TableScan, source: SourceDeclaration) -> tuple[pl.LazyFrame, ...]:
    rows = scan.raw.select(pl.len()).collect().item()
    if rows <= STRETCH:
        return ()
    return tuple(
        parse_columns(
            scan.raw.slice(start, STRETCH), scan.contract, source, scan.present, rows_above=start
        )
        for start in range(0, rows, STRETCH)
    )


def scan_frame(
    frame: pl.LazyFrame,
    source: SourceDeclaration,
    keep: Sequence[str] = (),
    *,
    where: str = "data frame",
    header: Sequence[str] | None = None,
    flags: Sequence[Flag] = (),
) -> TableScan:
    """Give an opened table canonical, typed columns; as `scan_table`, for a frame in memory."""
    contract = find_contract(source.table)
    source.check_against(contract)
    header = frame.collect_schema().names() if header is None else header
    present = _resolve(header, contract, source, keep, where)
    constants = {f"{CONSTANT}{name}": text for name, text in source.fixed_texts.items()}
    raw = _as_text(frame).with_columns(pl.lit(text).alias(name) for name, text in constants.items())
    present |= {name.removeprefix(CONSTANT): name for name in constants}
    schema = raw.collect_schema()
    remarks = [
        flag
        for name, column in present.items()
        for flag in _refuse_type(name, schema[column], contract, where)
    ]
    remarks += _contradicted_units(present, contract, source, where)
    parsed = parse_columns(raw, contract, source, present)
    return TableScan(parsed, raw, contract, present, tuple(header), (*flags, *remarks), where)


def _as_text(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Categories as text; columns without any value as empty text."""
    texts = [
        name
        for name, dtype in frame.collect_schema().items()
        if dtype in (pl.Categorical, pl.Enum, pl.Null)
    ]
    return frame.with_columns(pl.col(texts).cast(pl.String)) if texts else frame


def _open(
    path: Path, source: SourceDeclaration, where: str
) -> tuple[pl.LazyFrame, list[str], list[Flag]]:
    if not path.is_file():
        found = "a folder" if path.is_dir() else "nothing at that path"
        raise RefusedInput(where, "a file", found, "check the path")
    suffix = path.suffix.lower()
    if suffix in _TEXT:
        return open_text_file(
            path,
            separator=source.separator,
            encoding=source.encoding,
            where=where,
            lines_above=source.lines_above,
        )
    if suffix in _WORKBOOK:
        return open_workbook(
            path,
            sheet=source.sheet,
            decimal=source.decimal,
            id_column=source.columns.get("patient_id", "patient_id"),
            where=where,
            lines_above=source.lines_above,
        )
    if suffix in _PARQUET:
        try:
            # A name such as shifts[1].parquet is a name, not a pattern for other files.
            frame = pl.scan_parquet(path, glob=False)
            return frame, frame.collect_schema().names(), []
        except (OSError, pl.exceptions.PolarsError) as error:
            found = str(error).splitlines()[0]
            raise RefusedInput(where, "a Parquet file", found, "write the file again") from None
    known = ", ".join(sorted(_TEXT | _WORKBOOK | _PARQUET))
    config = suffix in (".yaml", ".yml")
    remedy = "a config goes to popmargin check and run" if config else "rename or export"
    raise RefusedInput(where, f"a file ending in {known}", suffix or "no ending", remedy)


def _resolve(
    header: Sequence[str],
    contract: Contract,
    source: SourceDeclaration,
    keep: Sequence[str],
    where: str,
) -> dict[str, str]:
    """Canonical column -> column of the file, for every column that is wanted and there."""
    lost = [column for column in source.columns.values() if column not in header]
    if lost:
        remedy = f"the columns are {', '.join(header)}"
        raise RefusedInput(where, f"the declared column {lost[0]!r}", "no such column", remedy)
    present = {}
    wanted = dict.fromkeys([*contract.names, *source.columns, *keep])
    for name in (name for name in wanted if name != ROW):
        column = source.columns.get(name, name)
        if column in header:
            present[name] = column
    missing = [
        field.name
        for field in contract.fields
        if field.required_column
        and field.name not in present
        and field.name not in source.fixed_texts
    ]
    if missing:
        refuse_rows_as_header(header, where)
        found = f"only {', '.join(header)}"
        remedy = (
            f"declare which column holds it, for instance columns: {{{missing[0]}: <column>}}; "
            "popmargin init writes a config that does"
        )
        raise RefusedInput(where, f"the column {', '.join(missing)}", found, remedy)
    return present


def _contradicted_units(
    present: dict[str, str], contract: Contract, source: SourceDeclaration, where: str
) -> list[Flag]:
    """Columns whose own name states another unit than the one they are read in.

    A canonical name says nothing of the file: its unit is what the source declares.
    """
    flags = []
    for name, column in present.items():
        field = contract.field(name)
        if column == name or field is None or field.unit not in ("mm", "deg"):
            continue
        read, stated = source.units.get(name, field.unit), stated_unit(column)[0]
        if stated is not None and stated != read:
            message = (
                f"the column of {name} says {stated} in its name and is read as {read}: declare "
                f"units: {{{name}: {stated}}}, or rename the column"
            )
            flags.append(Flag("unit_contradicts_name", "block", message, file=where, column=name))
    return flags


def _refuse_type(name: str, dtype: pl.DataType, contract: Contract, where: str) -> list[Flag]:
    """Refuse a typed column that cannot hold its field; remark ids stored as whole numbers."""
    if dtype == pl.String:
        return []
    field = contract.field(name)
    kind = "string" if field is None else field.type
    fits = {
        "string": dtype.is_integer(),
        "number": dtype.is_numeric(),
        "integer": dtype.is_numeric(),
        "datetime": dtype == pl.Date or isinstance(dtype, pl.Datetime),
    }[kind]
    if not fits:
        remedy = f"store {name} as text" if kind == "string" else f"store {name} as {kind} or text"
        raise RefusedInput(f"{where}, column {name}", f"{kind} values", str(dtype), remedy)
    if kind == "string" and dtype.is_integer():
        message = f"{name} is stored as whole numbers: leading zeros, if any, are lost already"
        return [Flag("numeric_id", "warn", message, file=where, column=name)]
    return []
