"""Long tables a range of keys at a time: sorted, in bounded memory, whatever the number of rows.

Rows of one key always come together, so that what is done key by key (repeats, sums, images of a
fraction) gives the same in any number of ranges. A table that is not sorted is first cut into
pieces that are sorted one by one and kept on disk, as a merge sort does.

Limit: the rows of one key are held together; a key with most rows of a table is not bounded.
"""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import polars as pl

from popmargin.core.exceptions import PopmarginError

RANGE_ROWS: Final = 500_000
# A range takes few rows of every sorted piece: what is read in vain is about one row group of each.
_GROUP_ROWS: Final = 16_384
# A piece is only sorted by one column, which takes less memory than what is done with a range.
_PIECE_RANGES: Final = 2
# So many keys are looked at for every range: ranges are even to a few times one part of so many.
_KEYS_SEEN: Final = 4096


def ranges_of_keys(
    tables: Sequence[pl.LazyFrame], key: str, folder: Path, *, rows: int = RANGE_ROWS
) -> Iterator[list[pl.DataFrame]]:
    """Rows of several tables, in ascending ranges of ``key``.

    Parameters
    ----------
    tables : in any order of rows; each has ``key``, a column without nulls.
    folder : where sorted pieces are kept meanwhile, about as large as the tables.
    rows : that a range shall hold, at least 1; it may hold somewhat more or less.

    Yields
    ------
    For each range one frame a table, with the table's columns; its rows are in the table's order
    within a key. A single range holds the tables as they are.

    Examples
    --------
    >>> tables = [pl.LazyFrame({"id": ["b", "a", "b"]}), pl.LazyFrame({"id": ["c"]})]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = list(ranges_of_keys(tables, "id", Path(folder), rows=1))
    >>> [[frame["id"].to_list() for frame in frames] for frames in found]
    [[['a'], []], [['b', 'b'], []], [[], ['c']]]
    """
    heights = [_height(table) for table in tables]
    if sum(heights) <= rows:
        yield [table.collect() for table in tables]
        return
    with tempfile.TemporaryDirectory(prefix=".sorting-", dir=folder) as place:
        every = -(-rows // _KEYS_SEEN)
        runs: list[list[Path]] = []
        seen: list[pl.Series] = []
        for number, (table, height) in enumerate(zip(tables, heights, strict=True)):
            runs.append([])
            for start in range(0, height, _PIECE_RANGES * rows):
                piece = table.slice(start, _PIECE_RANGES * rows).collect()
                piece = piece.sort(key, maintain_order=True)
                runs[-1].append(Path(place, f"{number}_{start}.parquet"))
                piece.write_parquet(runs[-1][-1], row_group_size=_GROUP_ROWS)
                seen.append(piece[key].gather_every(every))
        for low, high in _bounds(pl.concat(seen), rows // every):
            inside = _inside(key, low, high)
            yield [
                pl.concat(
                    [
                        # A table without rows has no piece, but its columns.
                        table.head(0).collect(),
                        *(pl.scan_parquet(run, glob=False).filter(inside).collect() for run in own),
                    ]
                )
                for table, own in zip(tables, runs, strict=True)
            ]


def pieces_of_sorted(
    table: pl.LazyFrame, key: str, *, rows: int = RANGE_ROWS
) -> Iterator[pl.DataFrame]:
    """A table sorted by ``key`` piece by piece, the rows of a key never apart.

    Parameters
    ----------
    table : sorted by ``key``, a column without nulls.  rows : read at a time, at least 1.

    Yields
    ------
    At least one frame; together they are the table.

    Raises
    ------
    PopmarginError : when the table is not sorted.

    Examples
    --------
    >>> table = pl.LazyFrame({"id": ["a", "b", "b", "c"]})
    >>> [piece["id"].to_list() for piece in pieces_of_sorted(table, "id", rows=2)]
    [['a'], ['b', 'b'], ['c']]
    """
    rest = table.head(0).collect()
    for start in range(0, _height(table), rows):
        piece = pl.concat([rest, table.slice(start, rows).collect()])
        if not piece[key].is_sorted():
            raise PopmarginError(
                f"a table is not sorted by {key} where it must be; "
                "this is a defect of popmargin, not of the data: please report it"
            )
        last = pl.col(key) == piece[key][-1]
        whole, rest = piece.filter(~last), piece.filter(last)
        if whole.height:
            yield whole
    yield rest


def _height(table: pl.LazyFrame) -> int:
    return int(table.select(pl.len()).collect().item())


def _bounds(seen: pl.Series, step: int) -> list[tuple[str | None, str | None]]:
    """Limits of the ranges, lower one within, so that each has about as many of the keys seen."""
    cuts = seen.sort().gather_every(step).unique(maintain_order=True).to_list()[1:]
    return list(zip([None, *cuts], [*cuts, None], strict=True))


def _inside(key: str, low: str | None, high: str | None) -> pl.Expr:
    inside = pl.lit(value=True)
    if low is not None:
        inside &= pl.col(key) >= low
    if high is not None:
        inside &= pl.col(key) < high
    return inside
