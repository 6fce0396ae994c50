"""One table from several sources: rows that two sources share count once, and that is said.

Assumption: an id means the same patient in every source of one centre; ids of different centres
must differ. Limit: two sources that log one fraction under different ids cannot be recognised.

Long tables are combined a range of patient ids at a time, in bounded memory: all rows of a patient
are in one range, so that the result does not depend on the ranges.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag
from popmargin.pipeline.account import read_flags, with_repeats, write_flags
from popmargin.tables.contract import find_contract
from popmargin.tables.duplicates import set_aside_duplicates
from popmargin.tables.parse import ROW
from popmargin.tables.ranges import RANGE_ROWS, ranges_of_keys
from popmargin.tables.read import completed
from popmargin.tables.result import read_result
from popmargin.tables.write import write_pieces, write_table

PATIENT: Final = "patient_id"
SOURCE: Final = "source"
# Without a number of their own, the images of a fraction are told apart by their order.
_PLACE: Final = "_place"
_RANK: Final = "_rank"


@dataclass(frozen=True, slots=True)
class CombinedTable:
    """The rows of all sources in a fixed order, those set aside, and what the reader must know.

    ``frame`` has the columns of the contract, ``source`` (label) and ``source_row``; ``repeated``
    has ``source``, ``source_row``, ``reason`` and ``column`` of rows that another source holds too.
    """

    frame: pl.DataFrame
    repeated: pl.DataFrame
    flags: tuple[Flag, ...]


def combine_sources(frames: Mapping[str, pl.DataFrame], contract: str) -> CombinedTable:
    """Put the tables of several sources into one.

    Parameters
    ----------
    frames : source label -> its usable rows, in canonical columns, with ``source_row``; the order
        of the mapping is the order of the sources.
    contract : ``shifts`` or ``anatomy``.

    Returns
    -------
    The combined table; equal rows of two sources are kept once, contradicting ones not at all.

    Examples
    --------
    >>> row = {"patient_id": "p", "fraction": 1, "lr_mm": 2.0, "source_row": 2}
    >>> one = pl.DataFrame([row])
    >>> combined = combine_sources({"a": one, "b": one}, "shifts")
    >>> combined.frame.height, combined.repeated["reason"].to_list()
    (1, ['duplicate_row'])
    """
    shared = _Shared()
    frame = _combined(frames, find_contract(contract).key, shared)
    repeated = shared.rows()
    return CombinedTable(frame, repeated, (*shared.flags(), *_repeats(repeated)))


def require_groups(columns: Collection[str], group_by: Sequence[str]) -> None:
    """Refuse a study that groups by a column which is not among the ``columns`` of its sources.

    >>> require_groups(["patient_id", "machine"], ["machine"])
    """
    for name in group_by:
        if name not in columns:
            raise RefusedInput(
                "key errors.group_by",
                f"a column {name} in the shifts of some source",
                "no such column",
                f"say which column of the file it is, columns: {{{name}: <column>}}, or state it "
                f"for the whole source, constants: {{{name}: <word>}}",
            )


def combine_files(
    contract: str,
    labels: Sequence[str],
    gathered: tuple[Sequence[str], Sequence[str], Sequence[str]],
    combined: tuple[str, str, str],
    *,
    group_by: Sequence[str] = (),
    range_rows: int = RANGE_ROWS,
) -> None:
    """As `combine_sources`, from and to files; the ledger accounts for the rows set aside here.

    Parameters
    ----------
    contract : ``shifts`` or ``anatomy``.
    labels : of the sources, in their order.
    gathered : files of each source: rows, ledger, flags.
    combined : files to write: rows, ledger, flags.
    group_by : columns that the study groups by.
    range_rows : about as many rows are combined at a time; the result does not depend on it.

    Raises
    ------
    RefusedInput : when no source holds one of ``group_by``.
    """
    rows, ledgers, flags = gathered
    fields = find_contract(contract)
    tables = [pl.scan_parquet(path, glob=False) for path in rows]
    there = [name for table in tables for name in completed(table, fields).collect_schema()]
    require_groups([*there, SOURCE], group_by)
    shared = _Shared()

    def pieces() -> Iterator[pl.DataFrame]:
        folder = Path(combined[0]).parent
        for frames in ranges_of_keys(tables, PATIENT, folder, rows=range_rows):
            complete = [completed(frame.lazy(), fields).collect() for frame in frames]
            yield _combined(dict(zip(labels, complete, strict=True)), fields.key, shared)

    write_pieces(pieces(), combined[0])
    repeated = shared.rows()
    ledger = pl.concat([read_result(path, "ledger") for path in ledgers])
    earlier = read_flags(*flags)
    write_table(with_repeats(ledger, repeated), combined[1], contract="ledger")
    remarks = [*earlier, *shared.flags(), *_repeats(repeated)]
    write_flags(remarks, combined[2])


@dataclass(slots=True)
class _Shared:
    """What sources have in common, counted range by range."""

    lost: list[pl.DataFrame] = field(default_factory=list)
    centres: int = 0
    sources: int = 0

    def rows(self) -> pl.DataFrame:
        """Rows set aside, in the order of the sources and their rows."""
        return pl.concat(self.lost).sort(_RANK, ROW).drop(_RANK)

    def flags(self) -> list[Flag]:
        """What is to be said of ids that stand in several centres or sources."""
        flags = []
        if self.centres:
            message = (
                f"{self.centres} patient ids occur in more than one centre: different people would "
                "be taken for one; make the ids differ, or override this flag if they are the same"
            )
            flags.append(Flag("ids_shared_by_centres", "block", message, patients=self.centres))
        if self.sources:
            message = (
                f"{self.sources} patient ids occur in more than one source and are taken for the "
                "same patients; if they are not, make the ids differ"
            )
            flags.append(Flag("ids_shared_by_sources", "info", message, patients=self.sources))
        return flags


def _combined(
    frames: Mapping[str, pl.DataFrame], key: Sequence[str], shared: _Shared
) -> pl.DataFrame:
    """All rows of the patients in ``frames``, in a fixed order; ``shared`` takes the others."""
    parts = [
        frame.with_columns(
            pl.lit(label).alias(SOURCE),
            pl.lit(rank, dtype=pl.Int64).alias(_RANK),
            pl.col(ROW).cast(pl.Int64),
        )
        for rank, (label, frame) in enumerate(frames.items())
    ]
    table = pl.concat(parts, how="diagonal_relaxed").sort(_RANK, ROW)
    shared.sources += len(_ids_in_several(table, SOURCE))
    if "centre" in table.columns:
        shared.centres += len(_ids_in_several(table, "centre"))
    table, lost = _without_repeats(table, key)
    shared.lost.append(lost)
    table = table.drop(_RANK).select(pl.exclude(SOURCE, ROW), SOURCE, ROW)
    order = [name for name in (PATIENT, *key) if name in table.columns]
    # Every other column settles ties, so that the order never depends on how rows were split.
    rest = [name for name in table.columns if name not in (*order, SOURCE, ROW)]
    return table.sort(*dict.fromkeys(order), *sorted(rest), SOURCE, ROW, nulls_last=True)


def _without_repeats(table: pl.DataFrame, key: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The table without rows that two sources share, and those rows with the reason."""
    shared = _ids_in_several(table, SOURCE)
    candidates = table.filter(pl.col(PATIENT).is_in(shared.implode()))
    nothing = table.head(0).select(
        SOURCE, ROW, _RANK, pl.lit("").alias("reason"), pl.lit("").alias("column")
    )
    if candidates.is_empty():
        return table, nothing
    there = [name for name in key if name in table.columns]
    numbered = candidates.with_columns(
        pl.int_range(pl.len()).over([SOURCE, *there]).alias(_PLACE)
    ).with_row_index("_index")
    judged = numbered.drop(SOURCE, _RANK, ROW).rename({"_index": ROW})
    _, bad = set_aside_duplicates(judged, [*there, _PLACE])
    lost = numbered.join(bad, left_on="_index", right_on=ROW, how="inner").select(
        SOURCE, ROW, _RANK, "reason", "column"
    )
    return table.join(lost, on=[SOURCE, ROW], how="anti", maintain_order="left"), lost


def _repeats(repeated: pl.DataFrame) -> list[Flag]:
    words = {
        "duplicate_row": "stand in two sources and count once",
        "conflicting_duplicate": "contradict each other between two sources and do not count",
    }
    counts = repeated["reason"].value_counts().sort("reason")
    return [
        Flag("rows_in_several_sources", "warn", f"{count} rows {words[reason]}")
        for reason, count in counts.iter_rows()
    ]


def _ids_in_several(table: pl.DataFrame, column: str) -> pl.Series:
    counts = table.group_by(PATIENT).agg(pl.col(column).drop_nulls().n_unique())
    return counts.filter(pl.col(column) > 1)[PATIENT]
