"""Exact sums of every unit while its rows stream by, in any order and within bounded memory.

What is kept is one record a unit, whatever the number of rows. Long tables are summed by compiled
code; short ones by polars, which gives the same and need not be compiled or loaded first.
"""

import operator
import threading
from collections.abc import Sequence
from functools import reduce
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from popmargin.core.axes import axis_column
from popmargin.errors.select import STEPS_PER_UNIT, row_key, steps

if TYPE_CHECKING:
    from popmargin.statistics.keyed_sums import KeyedSums

MASK_BITS: Final = 63
# No group column may be called the same.
ROWS, MASK = "_rows", "_mask"
# Loading compiled code takes about as long as polars needs for half a million rows.
_LONG: Final = 500_000
_SHORT: Final = 12
# Rows a run below which it does not pay to sum runs before their keys are looked up.
_SHORT_RUN: Final = 4


def sums_of_units(rows: pl.LazyFrame, axes: Sequence[str], group_by: Sequence[str]) -> pl.LazyFrame:
    """Query for one row a unit: its key, ``ROWS``, ``MASK``, and of each axis exact whole sums.

    Parameters
    ----------
    rows : of one timing and surrogate (mm, degrees).  axes : to be summed.
    group_by : columns whose values tell groups apart.

    Returns
    -------
    Columns of the key, then ``<axis>_n``, ``<axis>_sum`` and ``<axis>_squares`` in steps of 1e-9
    and their squares; ``MASK`` is the sum of 2^fraction, modulo 2^64, of fractions below 63.

    Examples
    --------
    >>> rows = pl.LazyFrame({"patient_id": ["a", "a"], "fraction": [1, 2], "lr_mm": [1e-9, 3e-9]})
    >>> found = sums_of_units(rows, ["lr"], []).collect()
    >>> found.select("_rows", "_mask", "lr_sum", "lr_squares").row(0)
    (2, 6, 4, 10)
    """
    key = row_key(rows.collect_schema().names(), group_by)
    columns = [axis_column(axis) for axis in axes]
    needed = rows.select(*key, "fraction", *columns)
    schema = plain_sums(needed, axes, key).collect_schema()
    stream = _Stream(key, tuple(axes), needed.collect_schema())
    nothing = {key[0]: schema[key[0]]}
    fed = needed.map_batches(stream.take, schema=nothing, streamable=True)
    return fed.map_batches(lambda _: stream.finish(), schema=schema)


def plain_sums(rows: pl.LazyFrame, axes: Sequence[str], key: Sequence[str]) -> pl.LazyFrame:
    """As `sums_of_units`, by polars alone: for short tables."""
    fraction = pl.col("fraction")
    bit = pl.when(fraction < MASK_BITS).then(pl.lit(2, dtype=pl.UInt64).pow(fraction))
    sums: list[pl.Expr] = [pl.len().cast(pl.Int64).alias(ROWS), pl.col(MASK).sum()]
    for axis in axes:
        step = pl.col(axis_column(axis))
        sums += [
            step.count().cast(pl.Int64).alias(f"{axis}_n"),
            # 200 mm, the most that a contract lets pass, fit 46 million times into 64 bits.
            step.sum().alias(f"{axis}_sum"),
            (step.cast(pl.Int128) ** 2).sum().alias(f"{axis}_squares"),
        ]
    whole = rows.with_columns(
        *(steps(axis_column(axis)) for axis in axes), bit.otherwise(0).alias(MASK)
    )
    return whole.group_by(key).agg(sums)


class _Stream:
    """What has been seen of a table: its first rows as they are, then sums only."""

    def __init__(self, key: Sequence[str], axes: Sequence[str], schema: pl.Schema) -> None:
        self._key, self._axes, self._schema = list(key), tuple(axes), schema
        self._columns = [axis_column(axis) for axis in axes]
        self._lock = threading.Lock()
        self._begin()

    def _begin(self) -> None:
        self._first: list[pl.DataFrame] = []
        self._waiting = 0
        self._sums: KeyedSums[pl.DataFrame] | None = None

    def take(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Take rows in; several threads may call."""
        with self._lock:
            sums = self._sums
            if sums is None:
                self._first.append(batch)
                self._waiting += batch.height
                if self._waiting < _LONG:
                    return batch.select(self._key[0]).clear()
                from popmargin.statistics.keyed_sums import KeyedSums  # numba: half a second

                sums = self._sums = KeyedSums(len(self._axes), STEPS_PER_UNIT)
                waiting, self._first = self._first, []
            else:
                waiting = [batch]
        for rows in waiting:
            self._add(rows, sums)
        return batch.select(self._key[0]).clear()

    def finish(self) -> pl.DataFrame:
        """Sums of all that was taken in; the stream begins anew."""
        if self._sums is None:
            rows = pl.concat([self._schema.to_frame(), *self._first])
            found = plain_sums(rows.lazy(), self._axes, self._key).collect()
        else:
            found = self._frame(self._sums)
        self._begin()
        return found

    def _add(self, batch: pl.DataFrame, sums: "KeyedSums[pl.DataFrame]") -> None:
        keys = batch.select(self._key)
        if keys.is_empty():
            return
        starts = _run_starts(keys)
        heads = keys if starts is None else keys[starts]
        hashes = heads.hash_rows(1).to_numpy(), heads.hash_rows(2, 3, 5, 7).to_numpy()
        # Series by series: every query on a frame costs as much as a few thousand rows.
        numbers = batch["fraction"].cast(pl.Int64)
        if numbers.null_count():
            numbers = numbers.fill_null(MASK_BITS)
        values = [batch[name].cast(pl.Float64) for name in self._columns]
        absent = sum(column.null_count() for column in values)
        columns = [column.to_numpy() for column in values]
        sums.add(
            hashes, starts, numbers.to_numpy(), columns, lambda fresh: _own(heads[fresh]), absent
        )

    def _frame(self, sums: "KeyedSums[pl.DataFrame]") -> pl.DataFrame:
        totals = sums.totals()
        columns = {ROWS: pl.Series(totals.rows), MASK: pl.Series(totals.bits)}
        for axis, found in zip(self._axes, totals.columns, strict=True):
            squares = pl.DataFrame({"high": found.high, "low": found.low}).select(
                pl.col("high").cast(pl.Int128) * 2**64 + pl.col("low").cast(pl.Int128)
            )
            columns[f"{axis}_n"] = pl.Series(found.counts)
            columns[f"{axis}_sum"] = pl.Series(found.sums)
            columns[f"{axis}_squares"] = squares.to_series()
        none = self._schema.to_frame().select(self._key)
        return pl.concat([none, *sums.kept]).with_columns(**columns)


def _run_starts(keys: pl.DataFrame) -> NDArray[np.int64] | None:
    """First row of every run of equal neighbouring keys; None where most runs are short."""
    pairs = zip(keys[1:], keys[:-1], strict=True)
    changes = reduce(operator.or_, (_unlike(*pair) for pair in pairs))
    if _SHORT_RUN * int(changes.sum()) > keys.height:
        return None
    return np.concatenate([[0], changes.arg_true().to_numpy() + 1], dtype=np.int64)


def _unlike(left: pl.Series, right: pl.Series) -> pl.Series:
    # Nulls are like each other. Where there is none, the plain comparison costs no query.
    plain = left.null_count() == right.null_count() == 0
    return left != right if plain else left.ne_missing(right)


def _own(keys: pl.DataFrame) -> pl.DataFrame:
    """The same keys in memory of their own: those picked from a batch keep all of its text."""
    texts = pl.col(pl.String)
    longest = keys.select(pl.max_horizontal(texts.str.len_bytes().max())).item()
    # Shorter texts are held where others hold the place of their text.
    return keys if (longest or 0) <= _SHORT else keys.with_columns(texts + "")
