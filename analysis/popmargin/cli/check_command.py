"""``popmargin check``: reads a table, a vendor's export or a config's sources, as a run would.

Lists what would be set aside and remarked; what a source must declare and does not is asked for.
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from popmargin.cli.answer import Answer
from popmargin.cli.shifts_options import add_reading_options, declaration
from popmargin.core.flags import Flag
from popmargin.pipeline.study import CONFIG_SUFFIXES
from popmargin.tables.read import TableRead, read_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "table",
        metavar="TABLE",
        help="table (CSV, TSV, XLSX, Parquet), vendor file or folder of them, or config (YAML)",
    )
    contracts = ["shifts", "anatomy", "patients", "outcomes", "dvh"]
    parser.add_argument("--contract", choices=contracts, default="shifts")
    parser.add_argument("--reader", help="who reads it (default by what the files are)")
    parser.add_argument(
        "--declare",
        action="append",
        default=[],
        metavar="'KEY: VALUE'",
        help="what a config would state of this source, several times (docs/readers)",
    )
    add_reading_options(parser)


def run(options: argparse.Namespace) -> Answer:
    """Read everything; one row for each row set aside and each remark."""
    if Path(options.table).suffix.lower() in CONFIG_SUFFIXES:
        return _check_config(options.table)
    table = _read(options)
    flags = list(table.flags)
    if table.contract.name == "shifts":
        flags += _faults(table.frame)
    rows = [_row(flag, "") for flag in flags]
    notes = [_account(table), *_unclaimed(table)]
    return Answer(
        "check",
        rows,
        flags=flags,
        assumptions=table.assumptions,
        notes=notes,
        flags_in_rows=True,
    )


def _faults(
    shifts: pl.LazyFrame | pl.DataFrame, thresholds: Mapping[str, Any] | None = None
) -> tuple[Flag, ...]:
    """Units that are not patients; silent faults that the rows show, by timing and surrogate."""
    from popmargin.errors.selection_remarks import unit_flags
    from popmargin.quality.find_faults import find_in_every_analysis
    from popmargin.quality.thresholds import Thresholds

    faults = find_in_every_analysis(shifts, thresholds=Thresholds(**(thresholds or {})))
    return (*unit_flags(shifts.lazy()), *faults)


def _read(options: argparse.Namespace) -> TableRead:
    declared = declaration(options, options.contract)
    if not options.declare and options.reader is None:
        from popmargin.gather.looks import looks_like_vendor

        if not looks_like_vendor(Path(options.table)):
            return read_table(options.table, declared)
    from popmargin.pipeline.reading import declared_entry, read_declared

    stated = {
        "label": declared.label,
        "table": declared.table,
        "decimal": declared.decimal,
        "separator": declared.separator,
        "encoding": declared.encoding,
        "sheet": declared.sheet,
        "max_set_aside_share": declared.max_set_aside_share,
    }
    entry = declared_entry(Path(options.table), stated, options.declare, options.reader)
    return read_declared(Path(options.table), entry)


def _check_config(path: str) -> Answer:
    from popmargin.outcomes.unlinked import unlinked_patients
    from popmargin.pipeline.combine import combine_sources, require_groups
    from popmargin.pipeline.config import load_study
    from popmargin.pipeline.reading import read_declared

    rows: list[dict[str, object]] = []
    flags: list[Flag] = []
    assumptions: list[str] = []
    notes: list[str] = []
    frames: dict[str, pl.DataFrame] = {}
    people: dict[str, list[pl.DataFrame]] = {}
    study = load_study(path)
    for source in study.sources:
        if source.path is None:
            notes.append(f"{source.label}: made by the workflow, not read here")
            continue
        table = read_declared(source.path, source.declared, study.values["errors"]["group_by"])
        rows += [_row(flag, f"{source.label}: ") for flag in table.flags]
        if source.table in ("shifts", "patients", "outcomes"):
            complete = table.complete()
            people.setdefault(source.table, []).append(complete.select("patient_id"))
            if source.table == "shifts":
                frames[source.label] = complete
        flags += table.flags
        assumptions += [f"{source.label}: {text}" for text in table.assumptions]
        notes += [f"{source.label}: {text}" for text in (_account(table), *_unclaimed(table))]
    if frames:
        # Together, because some faults show between sources only.
        together = combine_sources(frames, "shifts").frame
        require_groups(together.columns, study.values["errors"]["group_by"])
        faults = _faults(together, study.values["quality"])
        flags += faults
        rows += [_row(flag, "all sources: ") for flag in faults]
    unlinked = unlinked_patients({name: pl.concat(parts) for name, parts in people.items()})
    flags += unlinked
    rows += [_row(flag, "all sources: ") for flag in unlinked]
    return Answer(
        "check", rows, flags=flags, assumptions=assumptions, notes=notes, flags_in_rows=True
    )


def _row(flag: Flag, label: str) -> dict[str, object]:
    return {
        "row": flag.row,
        "column": flag.column,
        "severity": flag.severity,
        "message": label + flag.message,
    }


def _account(table: TableRead) -> str:
    used = int(table.ledger.filter(table.ledger["status"] == "used")["rows"].sum())
    return f"{table.rows_read} rows read: {used} used, {table.rows_read - used} set aside"


def _unclaimed(table: TableRead) -> list[str]:
    """Names of files that nobody knows: for the terminal only."""
    names = getattr(table, "unclaimed", ())
    shown = [f"no reader knows {name}" for name in names[:20]]
    return [*shown, f"and {len(names) - 20} more"] if len(names) > 20 else shown
