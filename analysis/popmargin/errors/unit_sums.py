"""Exact sums of every unit while its rows stream by, in any order and within bounded memory.

What is kept is one record a unit, whatever the number of rows. Long tables are summed by compiled
code; short ones by polars, which gives the same and need not be compiled or loaded first.
"""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from popmargin.core.axes import axis_column
from popmargin.errors.select import STEPS_PER_UNIT, row_key, steps
from popmargin.tables.text_views import LONGEST, MISSING, Texts

if TYPE_CHECKING:
    from popmargin.statistics.keyed_sums import KeyedSums

MASK_BITS: Final = 63
# No group column may be called the same.
ROWS, MASK = "_rows", "_mask"
# Loading compiled code takes about as long as polars needs for half a million rows.
_LONG: Final = 500_000
# Rows a run below which it does not pay to sum runs before their keys are looked up.
_SHORT_RUN: Final = 4


def sums_of_units(rows: pl.LazyFrame, axes: Sequence[str], group_by: Sequence[str]) -> pl.DataFrame:
    """One row a unit: its key, ``ROWS``, ``MASK``, and of each axis its exact summary.

    Parameters
    ----------
    rows : of one timing and surrogate (mm, degrees).  axes : to be summed.
    group_by : columns whose values tell groups apart.

    Returns
    -------
    Columns of the key, then ``<axis>_n``, ``<axis>_mean`` and ``<axis>_squares``, the sum of
    squares about the mean (mm, degrees; NaN where n is 0): whole sums, rounded once. ``MASK`` is
    the sum of 2^fraction, modulo 2^64, of fractions below 63.

    Examples
    --------
    >>> rows = pl.LazyFrame({"patient_id": ["a", "a"], "fraction": [1, 2], "lr_mm": [1.0, 3.0]})
    >>> found = sums_of_units(rows, ["lr"], [])
    >>> found.select("_rows", "_mask", "lr_n", "lr_mean", "lr_squares").row(0)
    (2, 6, 2, 2.0, 2.0)
    """
    stream = UnitStream(rows.collect_schema(), axes, group_by)
    stream.feed(rows).collect(engine="streaming")
    return stream.finish()


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
            step.sum().alias(f"{axis}_total"),
            (step.cast(pl.Int128) ** 2).sum().alias(f"{axis}_total_squares"),
        ]
    whole = rows.with_columns(
        *(steps(axis_column(axis)) for axis in axes), bit.otherwise(0).alias(MASK)
    )
    rounded = [part for axis in axes for part in _rounded(axis)]
    return whole.group_by(key).agg(sums).select(*key, ROWS, MASK, *rounded)


def _rounded(axis: str) -> list[pl.Expr]:
    """Number, mean and squares about it (mm or degrees) of an axis, from whole sums."""
    n, total, squares = (pl.col(f"{axis}_{name}") for name in ("n", "total", "total_squares"))
    # n * sum of squares - square of the sum is exact in whole numbers: no cancellation.
    spread = (n.cast(pl.Int128) * squares - total.cast(pl.Int128) ** 2).cast(pl.Float64)
    # Divided by columns, never by a number: polars multiplies by the reciprocal of a number, but
    # not in pieces of one row, and how rows fall into pieces changes from run to run.
    return [
        n,
        (total.cast(pl.Float64) / (n * STEPS_PER_UNIT)).alias(f"{axis}_mean"),
        (spread / (n * STEPS_PER_UNIT**2)).alias(f"{axis}_squares"),
    ]


class UnitStream:
    """What has been seen of a table: its first rows as they are, then sums only.

    ``schema`` of the rows to come; ``axes`` and ``group_by`` as in `sums_of_units`.
    """

    def __init__(self, schema: pl.Schema, axes: Sequence[str], group_by: Sequence[str]) -> None:
        """No row seen."""
        self._key, self._axes = row_key(schema.names(), group_by), tuple(axes)
        self._columns = [axis_column(axis) for axis in axes]
        self._schema = pl.Schema({n: schema[n] for n in (*self._key, "fraction", *self._columns)})
        self._nothing = self._schema.to_frame().select(self._key[:1])
        self._lock = threading.Lock()
        self._first: list[pl.DataFrame] = []
        self._waiting = 0
        self._sums: KeyedSums[list[pl.Series]] | None = None

    def feed(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Query that takes ``rows`` in as they stream by, and gives none back."""
        needed = rows.select(self._schema.names())
        return needed.map_batches(self._take, schema=self._nothing.schema, streamable=True)

    def finish(self) -> pl.DataFrame:
        """The summaries of all rows that were taken in, as `sums_of_units` gives them."""
        if self._sums is None:
            rows = pl.concat([self._schema.to_frame(), *self._first])
            return plain_sums(rows.lazy(), self._axes, self._key).collect()
        found = self._sums.summaries()
        columns = {ROWS: pl.Series(found.rows), MASK: pl.Series(found.bits)}
        kinds = zip(self._axes, found.sizes, found.means, found.sums_of_squares, strict=True)
        for axis, sizes, means, squares in kinds:
            columns[f"{axis}_n"], columns[f"{axis}_mean"] = pl.Series(sizes), pl.Series(means)
            columns[f"{axis}_squares"] = pl.Series(squares)
        keys = [pl.concat(parts, rechunk=True) for parts in zip(*found.labels, strict=True)]
        return pl.DataFrame([*keys, *(column.alias(name) for name, column in columns.items())])

    def _take(self, batch: pl.DataFrame) -> pl.DataFrame:
        """Take rows in; several threads may call."""
        with self._lock:
            sums = self._sums
            if sums is None:
                self._first.append(batch)
                self._waiting += batch.height
                if self._waiting < _LONG:
                    return self._nothing
                from popmargin.statistics.keyed_sums import KeyedSums  # numba: half a second

                sums = self._sums = KeyedSums(len(self._axes), STEPS_PER_UNIT, _picked)
                waiting, self._first = self._first, []
            else:
                waiting = [batch]
        for rows in waiting:
            if rows.height:
                self._add(rows, sums)
        return self._nothing

    def _add(self, batch: pl.DataFrame, sums: "KeyedSums[list[pl.Series]]") -> None:
        from popmargin.tables.text_runs import runs_of_texts  # numba: half a second

        # Series by series: every query on a frame costs as much as a few thousand rows.
        keys = [batch[name] for name in self._key]
        texts = [key if key.dtype == pl.String else key.cast(pl.String) for key in keys]
        starts, *words = runs_of_texts(texts, _SHORT_RUN)

        labels = keys if starts is None else _picked(keys, starts)
        numbers = batch["fraction"].cast(pl.Int64)
        if numbers.null_count():
            numbers = numbers.fill_null(MASK_BITS)
        values = [batch[name].cast(pl.Float64) for name in self._columns]
        absent = sum(column.null_count() for column in values)
        columns = [column.to_numpy() for column in values]
        sums.add((words[0], words[1]), starts, numbers.to_numpy(), columns, labels, absent)


def _picked(keys: list[pl.Series], rows: NDArray[np.int64]) -> list[pl.Series]:
    """Some of the keys in memory of their own: those of a batch keep all of its text."""
    # By brackets: `gather` is a query, which waits for the threads that read the table.
    places = pl.Series(rows)
    return [_own(key[places]) for key in keys]


def _own(keys: pl.Series) -> pl.Series:
    if keys.dtype != pl.String:
        return keys
    # Shorter texts are held where others hold the place of their text.
    lengths = Texts.of(keys).lengths
    long = lengths[lengths < MISSING] > LONGEST
    return keys + "" if long.any() else keys
