"""Read a source as its config declares it: a table with declared columns, or a vendor's files."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from popmargin.core.exceptions import WrongUsage
from popmargin.core.flags import Flag
from popmargin.gather.dispatch import read_source
from popmargin.gather.gathered import GatheredTable
from popmargin.gather.kinds import AUTO
from popmargin.gather.looks import looks_like_vendor
from popmargin.gather.options import ReaderOptions
from popmargin.gather.pseudonyms import Key, pseudonymised
from popmargin.pipeline.config_schema import config_schema, schema_problems, with_defaults
from popmargin.pipeline.strict_yaml import Document, parse_strict_yaml
from popmargin.pipeline.study import TABLE_READER
from popmargin.tables.convert import convert_table
from popmargin.tables.read import TableRead, read_table
from popmargin.tables.source import SourceDeclaration
from popmargin.tables.write import write_table


def declared_entry(
    path: Path, stated: Mapping[str, Any], lines: Sequence[str], reader: str | None
) -> dict[str, Any]:
    """An entry of ``sources`` as a config would hold it, from what a command line declares.

    Parameters
    ----------
    path : what is to be read; where no reader is named, a vendor's file or folder gets ``auto``.
    stated : keys that options of their own declare.
    lines : further ones as YAML, ``timing: before_correction``.
    reader : name of the reader, or ``None``.

    Raises
    ------
    RefusedInput
        A key that is unknown or ill-typed, named as in a config.
    """
    declared: dict[str, Any] = {}
    for line in lines:
        found = parse_strict_yaml(line, "--declare").value
        if not isinstance(found, dict) or {"path", "synthetic"} & set(found):
            raise WrongUsage(f"--declare: expected 'KEY: VALUE' of a source, found {line!r}")
        declared |= found
    chosen = reader or (AUTO if looks_like_vendor(path) else TABLE_READER)
    entry = {**stated, "reader": chosen, **declared}
    problems = schema_problems(Document({"study": "check", "sources": [entry]}, {}), "--declare")
    if problems:
        raise problems[0]
    filled: dict[str, Any] = with_defaults(entry, config_schema()["$defs"]["source"])
    return filled


def read_declared(path: Path, entry: Mapping[str, Any], keep: Sequence[str] = ()) -> TableRead:
    """The canonical table of one source, with the account of every row or record.

    Parameters
    ----------
    path : the source's file, or for a vendor's reader a file or folder.
    entry : its entry in the config, with every default.
    keep : further columns of a table to carry as text.

    Raises
    ------
    RefusedInput
        What the source holds cannot be trusted, or it does not declare enough.
    WrongUsage
        Declarations that do not go together.
    """
    declaration = SourceDeclaration.from_config(entry)
    if entry["reader"] == TABLE_READER:
        return read_table(path, declaration, keep=keep)
    return read_source(path, declaration, ReaderOptions.from_config(entry))


def write_declared(
    path: Path,
    entry: Mapping[str, Any],
    target: Path,
    *,
    keep: Sequence[str] = (),
    key: Key | None = None,
) -> TableRead:
    """As `read_declared`; the usable rows go to a Parquet file.

    With a ``key`` what identifies a patient is replaced before anything is written.
    """

    def change(rows: pl.LazyFrame) -> pl.LazyFrame:
        return rows if key is None else pseudonymised(rows, key)

    if entry["reader"] == TABLE_READER:
        source = SourceDeclaration.from_config(entry)
        return convert_table(path, source, target, keep=keep, change=change)
    table = read_declared(path, entry, keep)
    write_table(change(table.complete().lazy()).collect(), target)
    return table


def discreet_flags(table: TableRead, label: str) -> list[Flag]:
    """Flags of a table as results may hold them: without names of files and without cells.

    A cell may hold a name that slipped into the wrong column; the terminal shows it, results say
    where it stands. What was assumed is among the flags.
    """
    words = {
        (row, column or None): message
        for row, column, message in table.ledger.filter(pl.col("status") == "set_aside")
        .select("row", "column", "message")
        .iter_rows()
    }
    flags = []
    for flag in table.flags:
        message = flag.message
        if flag.code == "row_set_aside" and not isinstance(table, GatheredTable):
            place = f"row {flag.row}" + (f", column {flag.column}" if flag.column else "")
            message = f"{place}: {words[flag.row, flag.column]}; set aside"
        flags.append(replace(flag, file=label, message=message))
    assumed = [Flag("assumption", "info", text, file=label) for text in table.assumptions]
    return [*flags, *assumed]
