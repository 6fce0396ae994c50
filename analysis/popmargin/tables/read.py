"""Read a table against its contract: every row is used or set aside with a reason."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import polars as pl

from popmargin.core.axes import AXES, axis_column
from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag
from popmargin.tables.contract import Contract
from popmargin.tables.duplicates import set_aside_duplicates
from popmargin.tables.ledger import ledger_lines
from popmargin.tables.parse import BAD, BLANK, REASON, ROW
from popmargin.tables.scan import TableScan, scan_frame, scan_table
from popmargin.tables.set_aside import blank_flags, refuse_too_many, row_flags
from popmargin.tables.source import SourceDeclaration

_DEFAULTS = {
    "shifts": {
        "course": "1",
        "plan": "1",
        "quantity": "setup_error",
        "timing": "before_correction",
    },
    "anatomy": {"course": "1", "side": ""},
}


class Beside(Protocol):
    """What is asked of the usable rows while they are judged."""

    @property
    def at_once(self) -> bool:
        """Whether all rows must be fed at once, not one stretch of them after the other."""

    def feed(self, rows: pl.LazyFrame) -> pl.LazyFrame | None:
        """Query that takes ``rows`` in; None where it needs passes of its own."""

    def finish(self) -> pl.DataFrame | None:
        """The answer, when all rows were taken in."""


@dataclass(frozen=True, slots=True)
class TableRead:
    """The usable rows of a table (lazy, canonical columns) and the account of all others.

    ``frame`` keeps ``source_row`` (1-based, header = row 1); optional columns that the table does
    not have are absent from it and mean their default, as ``assumptions`` say; ``complete`` fills
    them in. ``ledger`` holds one line a row set aside and one total of the rows used;
    ``columns`` are those of the file, by its own names. ``beside`` answers the query that was asked
    beside the judging; None where there was none or rows were set aside as duplicates.
    """

    frame: pl.LazyFrame
    ledger: pl.DataFrame
    flags: tuple[Flag, ...]
    assumptions: tuple[str, ...]
    contract: Contract
    rows_read: int
    columns: tuple[str, ...] = ()
    beside: pl.DataFrame | None = None

    def complete(self) -> pl.DataFrame:
        """All usable rows with every default of the contract filled in."""
        return completed(self.frame, self.contract).collect()

    @property
    def faultless(self) -> bool:
        """Whether every line is a row that can be used."""
        return self.ledger.height == 1 and not any(f.code == "empty_lines" for f in self.flags)


def completed(frame: pl.LazyFrame, contract: Contract) -> pl.LazyFrame:
    """Usable rows with every default of their contract filled in."""
    there = frame.collect_schema().names()
    defaults = _DEFAULTS.get(contract.name, {})
    return frame.with_columns(pl.lit(v).alias(k) for k, v in defaults.items() if k not in there)


def read_table(
    path: str | Path,
    source: SourceDeclaration,
    *,
    keep: Sequence[str] = (),
    beside: Callable[[], Beside] | None = None,
) -> TableRead:
    """Read ``path`` as ``source`` declares; ``keep`` names further columns to carry as text.

    ``beside`` makes what is asked of the usable rows in the pass that judges them: a long table
    need be read only once.

    Positions come back as position errors in patient axes: units and signs of the declaration are
    applied, and a ``couch_shift`` (the correction) is turned into the error it corrected.

    Raises `RefusedInput` when the structure cannot be trusted, no row is usable, or more rows are
    set aside than the source allows.
    """
    scan = scan_table(Path(path), source, keep)
    if scan.sound is not None:
        try:
            table = _account(replace(scan, frame=scan.sound), source, beside)
        except RefusedInput:
            table = None  # a cell is faulty: reading texts tells which, and why
        # An empty line counts as no row, and only texts tell it from a row without numbers.
        if table is not None and table.faultless:
            return table
    return _account(scan, source, beside)


def read_frame(
    frame: pl.DataFrame | pl.LazyFrame, source: SourceDeclaration, *, keep: Sequence[str] = ()
) -> TableRead:
    """As `read_table`, for a frame in memory: ids must be text, rows are judged the same."""
    return _account(scan_frame(frame.lazy(), source, keep), source)


def _account(
    scan: TableScan, source: SourceDeclaration, beside: Callable[[], Beside] | None = None
) -> TableRead:
    """Judge every row of an opened table."""
    frame = _canonical(scan.frame, scan.contract)
    judged, lines, answer = _judge(frame, scan, beside() if beside else None)
    bad = judged.filter(pl.col("reason") != BLANK)
    blank = judged.height - bad.height
    usable = (frame.filter(~pl.col(BAD)) if judged.height else frame).drop(BAD, REASON)
    if _may_repeat_keys(usable, scan.contract):
        usable, repeated = _without_duplicates(usable, scan.contract)
        bad = pl.concat([bad, repeated.cast(bad.schema)]).sort(ROW)
        answer = None if repeated.height else answer
    refuse_too_many(bad, lines - blank, scan, source)
    return TableRead(
        frame=usable,
        ledger=ledger_lines(source.label, "gather", bad, lines - blank - bad.height),
        flags=(
            *scan.flags,
            *blank_flags(blank - source.lines_above, scan.where),
            *row_flags(bad, scan),
        ),
        assumptions=_assumptions(usable, scan.contract),
        contract=scan.contract,
        rows_read=lines - blank,
        columns=scan.columns,
        beside=answer,
    )


def _assumptions(frame: pl.LazyFrame, contract: Contract) -> tuple[str, ...]:
    there = frame.collect_schema().names()
    found = [
        f"{name} is {value!r} for every row (no such column)"
        for name, value in _DEFAULTS.get(contract.name, {}).items()
        if name not in there and value
    ]
    if contract.name == "shifts" and "image" not in there:
        found.append("images of one fraction are in row order (no column image)")
    return tuple(found)


def _canonical(frame: pl.LazyFrame, contract: Contract) -> pl.LazyFrame:
    """Empty texts of the key filled; couch shifts turned into the errors that they corrected."""
    there = frame.collect_schema().names()
    defaults = _DEFAULTS.get(contract.name, {})
    filled = frame.with_columns(pl.col(n).fill_null(v) for n, v in defaults.items() if n in there)
    if contract.name != "shifts" or "quantity" not in there:
        return filled
    axes = [axis_column(axis) for axis in AXES if axis_column(axis) in there]
    turned = pl.col("quantity") == "couch_shift"
    return filled.with_columns(
        [
            *(
                # 0 - x and not -x: a zero keeps its sign, and so its bytes in a table.
                pl.when(turned).then(0.0 - pl.col(name)).otherwise(pl.col(name)).alias(name)
                for name in axes
            ),
            pl.lit("setup_error").alias("quantity"),
        ]
    )


@dataclass(frozen=True, slots=True)
class _Tally:
    """Lines counted and rows set aside as batches pass by to a query; threads may share it.

    Asked as a query of its own, the count would run ahead and all rows wait in memory.
    """

    lines: list[int] = field(default_factory=list)
    bad: list[pl.Series] = field(default_factory=list)

    def take(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Usable rows of a batch."""
        self.lines.append(batch.height)
        if batch[BAD].any():
            self.bad.append(batch.filter(pl.col(BAD))[ROW])
            batch = batch.filter(~pl.col(BAD))
        return batch


def _judge(
    frame: pl.LazyFrame, scan: TableScan, beside: Beside | None
) -> tuple[pl.DataFrame, int, pl.DataFrame | None]:
    """Rows set aside (row, code, column), the lines below the header, the answer of ``beside``."""
    answer = None
    try:
        tally = None if beside is None else _fed(frame, scan, beside)
        if beside is None or tally is None:
            bad_rows = pl.col(ROW).filter(pl.col(BAD)).implode()
            lines, rows = frame.select(pl.len(), bad_rows).collect(engine="streaming").row(0)
        else:
            answer = beside.finish()
            lines, rows = sum(tally.lines), [row for part in tally.bad for row in part]
        # Reasons are worked out for these rows alone: that takes longer than to judge a row.
        reasons = frame.filter(pl.col(ROW).is_in(rows)).select(ROW, REASON)
        bad = (reasons if rows else reasons.head(0)).collect(engine="streaming")
    except pl.exceptions.PolarsError as error:
        found = str(error).splitlines()[0]
        remedy = "export the table again"
        raise RefusedInput(scan.where, "a readable table", found, remedy) from None
    parts = pl.col(REASON).str.split_exact("|", 1).struct.rename_fields(["reason", "column"])
    judged = bad.with_columns(parts.alias("parts")).unnest("parts").drop(REASON).sort(ROW)
    return judged, lines, answer


def _fed(frame: pl.LazyFrame, scan: TableScan, beside: Beside) -> _Tally | None:
    """The account of all rows as they are fed to ``beside``; None where it does not take them."""
    tally, stretches = _Tally(), [frame]
    if scan.stretches and not beside.at_once:
        stretches = [_canonical(part, scan.contract) for part in scan.stretches]
    for stretch in stretches:
        judged = stretch.drop(REASON)
        schema = judged.collect_schema()
        usable = judged.map_batches(tally.take, schema=schema, streamable=True).drop(BAD)
        query = beside.feed(usable)
        if query is None:
            return None
        # A file is let go at the end of each query.
        query.collect(engine="streaming")
    return tally


def _may_repeat_keys(frame: pl.LazyFrame, contract: Contract) -> bool:
    """Whether a key may stand twice: as many hashes as rows prove that none does.

    Without a column image, rows of a fraction are its images and no key repeats.
    """
    there = frame.collect_schema().names()
    key = [name for name in contract.key if name in there]
    if not key or (contract.name == "shifts" and "image" not in there):
        return False
    hashes = pl.struct(key).hash().n_unique()
    return bool(frame.select(hashes < pl.len()).collect(engine="streaming").item())


def _without_duplicates(
    frame: pl.LazyFrame, contract: Contract
) -> tuple[pl.LazyFrame, pl.DataFrame]:
    kept, repeated = set_aside_duplicates(frame.collect(), contract.key)
    return kept.lazy(), repeated
