"""Check, parse and write a table as Parquet in one pass, within bounded memory."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from popmargin.core.atomic import atomic_path
from popmargin.tables.read import TableRead, read_table
from popmargin.tables.source import SourceDeclaration

Change = Callable[[pl.LazyFrame], pl.LazyFrame]


def convert_table(
    path: str | Path,
    source: SourceDeclaration,
    target: str | Path,
    *,
    keep: Sequence[str] = (),
    change: Change = lambda rows: rows,
) -> TableRead:
    """As `read_table`, writing the usable rows to a Parquet file.

    Optional columns that the table does not have are not written: to write a default into every
    row of a long table takes as long as to parse two of its columns. Who reads the file fills
    them in with `popmargin.tables.read.completed`.

    Parameters
    ----------
    path, source, keep : as in `read_table`.
    target : Parquet file to write; it appears whole or not at all.
    change : what is done to the rows before they are written, row by row.

    Returns
    -------
    The table and its account.

    Raises
    ------
    RefusedInput
        As `read_table`; nothing is written then.
    """
    with atomic_path(target) as temporary:
        table = read_table(path, source, keep=keep, beside=lambda: _Sink(temporary, change))
        if table.beside is None:
            # Rows repeat each other, which no single pass can tell.
            change(table.frame).sink_parquet(temporary)
    return table


@dataclass(frozen=True, slots=True)
class _Sink:
    """Writes the usable rows to a file while they are judged."""

    path: Path
    change: Change
    at_once: bool = True

    def feed(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        return self.change(rows).sink_parquet(self.path, lazy=True)

    def finish(self) -> pl.DataFrame:
        return pl.DataFrame()
