"""The account of a study: every row read is used or set aside, every flag is kept or answered for.

Blocking flags withhold margins until the config overrides them with a written reason, which goes
into the ledger and, through the flags, into the report.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from popmargin.core.exceptions import PopmarginError
from popmargin.core.flags import Flag
from popmargin.tables.ledger import LEDGER_SCHEMA, ledger_lines
from popmargin.tables.result import read_result
from popmargin.tables.write import write_table

ALL_SOURCES = "all sources"
Override = Mapping[str, str]


def flags_table(flags: Iterable[Flag]) -> pl.DataFrame:
    """Flags as a table of contract ``flags``; also when there are none.

    >>> flags_table([Flag("few_patients", "warn", "6 patients")])["severity"].to_list()
    ['warn']
    """
    schema = {
        "code": pl.String,
        "severity": pl.String,
        "message": pl.String,
        "file": pl.String,
        "row": pl.Int64,
        "column": pl.String,
        "patients": pl.Int64,
        "effect_mm": pl.Float64,
    }
    return pl.DataFrame([flag.as_row() for flag in flags], schema=schema, orient="row")


def write_flags(flags: Iterable[Flag], path: str | Path) -> None:
    """Write flags as a table of contract ``flags``; also when there are none."""
    write_table(flags_table(flags), path, contract="flags")


def read_flags(*paths: str | Path) -> list[Flag]:
    """The flags of tables of contract ``flags``, one after the other.

    Raises `RefusedInput` when a file is no such table.
    """
    tables = (read_result(path, "flags") for path in paths)
    return [Flag(**row) for table in tables for row in table.iter_rows(named=True)]


def withheld(flags: Iterable[Flag], overrides: Sequence[Override]) -> bool:
    """Whether a blocking flag stands that nobody answers for.

    >>> withheld([Flag("ids_shared_by_centres", "block", "")], [])
    True
    """
    answered = {override["flag"] for override in overrides}
    return any(flag.severity == "block" and flag.code not in answered for flag in flags)


def answered_flags(
    flags: Sequence[Flag], overrides: Sequence[Override], *, by: str = "the config"
) -> list[Flag]:
    """The flags of a study: overridden ones become warnings that carry the written reason.

    An override that answers no flag of the study is itself remarked; ``by`` says who overrides.
    """
    reasons = {override["flag"]: override["reason"] for override in overrides}
    found = []
    for flag in flags:
        if flag.severity == "block" and flag.code in reasons:
            message = f"{flag.message} (overridden by {by}: {reasons[flag.code]})"
            flag = replace(flag, severity="warn", message=message)
        found.append(flag)
    blocking = {flag.code for flag in flags if flag.severity == "block"}
    for code in sorted(set(reasons) - blocking):
        message = f"{by} answers for {code}, but no such flag blocks here"
        found.append(Flag("override_without_flag", "info", message))
    return found


def override_lines(overrides: Sequence[Override]) -> pl.DataFrame:
    """Ledger lines of the overrides: no row, but the flag and the reason."""
    rows = [
        (ALL_SOURCES, "override", "used", entry["flag"], None, "", 0, entry["reason"])
        for entry in overrides
    ]
    return pl.DataFrame(rows, schema=LEDGER_SCHEMA, orient="row")


def with_repeats(ledger: pl.DataFrame, repeated: pl.DataFrame) -> pl.DataFrame:
    """A gather ledger in which rows that another source holds too have moved to set aside.

    ``repeated`` has ``source``, ``source_row``, ``reason`` and ``column``.
    """
    moved = repeated.group_by("source").len().with_columns(pl.col("len").cast(pl.Int64))
    used = (
        ledger.join(moved, on="source", how="left", maintain_order="left")
        .with_columns(
            pl.when(pl.col("status") == "used")
            .then(pl.col("rows") - pl.col("len").fill_null(0))
            .otherwise(pl.col("rows"))
            .alias("rows")
        )
        .drop("len")
    )
    lines = [
        # The total that ledger_lines adds is already in the ledger.
        ledger_lines(str(source), "gather", part, 0).filter(pl.col("status") == "set_aside")
        for (source,), part in repeated.partition_by("source", as_dict=True).items()
    ]
    return pl.concat([used, *lines])


def selection_lines(rows: int, images: int, selected: int, averaged: bool) -> pl.DataFrame:
    """Ledger lines of the choice of images.

    Parameters: ``rows`` of the combined shifts, ``images`` of the wanted timing and surrogate,
    ``selected`` one per unit and fraction; with ``averaged`` all images of a fraction count.
    """
    used = images if averaged else selected
    lines: list[tuple[Any, ...]] = [
        (ALL_SOURCES, "select", "used", "", None, "", used, "images that the errors rest on")
    ]
    aside = (
        ("other_timing_or_surrogate", rows - images, "images of another timing or surrogate"),
        ("other_image", images - used, "further images of a fraction"),
    )
    lines += [
        (ALL_SOURCES, "select", "set_aside", reason, None, "", count, message)
        for reason, count, message in aside
        if count
    ]
    return pl.DataFrame(lines, schema=LEDGER_SCHEMA, orient="row")


def check_study_ledger(ledger: pl.DataFrame, sources: Sequence[str]) -> None:
    """Rows used after gathering the ``sources`` = rows used + set aside when selecting.

    Raises `PopmarginError` when they differ.
    """
    gathered = ledger.filter(
        (pl.col("stage") == "gather")
        & (pl.col("status") == "used")
        & pl.col("source").is_in(list(sources))
    )["rows"].sum()
    selected = ledger.filter(pl.col("stage") == "select")["rows"].sum()
    if gathered != selected:
        raise PopmarginError(
            f"ledger: {gathered} rows were gathered but {selected} are accounted for when "
            "selecting; this is a defect of popmargin, not of the data: please report it"
        )
