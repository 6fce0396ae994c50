"""One table from several sources: rows that two sources share count once, and that is said.

Assumption: an id means the same patient in every source of one centre; ids of different centres
must differ. Limit: two sources that log one fraction under different ids cannot be recognised.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from popmargin.core.flags import Flag
from popmargin.pipeline.account import flags_of, flags_table, with_repeats
from popmargin.tables.contract import find_contract
from popmargin.tables.duplicates import set_aside_duplicates
from popmargin.tables.parse import ROW
from popmargin.tables.read import completed
from popmargin.tables.result import read_result
from popmargin.tables.write import write_table

SOURCE: Final = "source"
_PLACE: Final = "_place"
# Without a number of their own, the images of a fraction are told apart by their order.
_IMAGE_KEY: Final = "image"


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
    key = find_contract(contract).key
    parts = [
        frame.with_columns(
            pl.lit(label).alias(SOURCE),
            pl.lit(rank, dtype=pl.Int64).alias("_rank"),
            pl.col(ROW).cast(pl.Int64),
        )
        for rank, (label, frame) in enumerate(frames.items())
    ]
    table = pl.concat(parts, how="diagonal_relaxed").sort("_rank", ROW)
    shared = _shared_ids(table)
    table, repeated = _without_repeats(table, key)
    table = table.drop("_rank").select(pl.exclude(SOURCE, ROW), SOURCE, ROW)
    order = [name for name in ("patient_id", *key) if name in table.columns]
    # Every other column settles ties, so that the order never depends on how rows were split.
    rest = [name for name in table.columns if name not in (*order, SOURCE, ROW)]
    fixed = table.sort(*dict.fromkeys(order), *sorted(rest), SOURCE, ROW, nulls_last=True)
    return CombinedTable(fixed, repeated, (*shared, *_repeats(repeated)))


def combine_files(
    contract: str,
    labels: Sequence[str],
    gathered: tuple[Sequence[str], Sequence[str], Sequence[str]],
    combined: tuple[str, str, str],
) -> None:
    """As `combine_sources`, from and to files; the ledger accounts for the rows set aside here.

    Parameters
    ----------
    contract : ``shifts`` or ``anatomy``.
    labels : of the sources, in their order.
    gathered : files of each source: rows, ledger, flags.
    combined : files to write: rows, ledger, flags.
    """
    rows, ledgers, flags = gathered
    fields = find_contract(contract)
    frames = {
        label: completed(pl.scan_parquet(path, glob=False), fields).collect()
        for label, path in zip(labels, rows, strict=True)
    }
    table = combine_sources(frames, contract)
    ledger = pl.concat([read_result(path, "ledger") for path in ledgers])
    earlier = [flag for path in flags for flag in flags_of(read_result(path, "flags"))]
    write_table(table.frame, combined[0])
    write_table(with_repeats(ledger, table.repeated), combined[1], contract="ledger")
    write_table(flags_table([*earlier, *table.flags]), combined[2], contract="flags")


def _without_repeats(table: pl.DataFrame, key: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The table without rows that two sources share, and those rows with the reason."""
    shared = _ids_in_several(table, SOURCE)
    candidates = table.filter(pl.col("patient_id").is_in(shared.implode()))
    nothing = table.head(0).select(
        SOURCE, ROW, pl.lit("").alias("reason"), pl.lit("").alias("column")
    )
    if candidates.is_empty():
        return table, nothing
    there = [name for name in key if name in table.columns]
    numbered = candidates.with_columns(
        pl.int_range(pl.len()).over([SOURCE, *there]).alias(_PLACE)
    ).with_row_index("_index")
    judged = numbered.drop(SOURCE, "_rank", ROW).rename({"_index": ROW})
    _, bad = set_aside_duplicates(judged, [*there, _PLACE])
    lost = numbered.join(bad, left_on="_index", right_on=ROW, how="inner").select(
        SOURCE, ROW, "reason", "column"
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
    counts = table.group_by("patient_id").agg(pl.col(column).drop_nulls().n_unique())
    return counts.filter(pl.col(column) > 1)["patient_id"]


def _shared_ids(table: pl.DataFrame) -> list[Flag]:
    flags = []
    if "centre" in table.columns:
        between = len(_ids_in_several(table, "centre"))
        if between:
            message = (
                f"{between} patient ids occur in more than one centre: different people would be "
                "taken for one; make the ids differ, or override this flag if they are the same"
            )
            flags.append(Flag("ids_shared_by_centres", "block", message, patients=between))
    within = len(_ids_in_several(table, SOURCE))
    if within:
        message = (
            f"{within} patient ids occur in more than one source and are taken for the same "
            "patients; if they are not, make the ids differ"
        )
        flags.append(Flag("ids_shared_by_sources", "info", message, patients=within))
    return flags
