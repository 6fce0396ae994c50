"""Exact sums of several columns by key in one pass, whatever the order of the rows.

Values are taken to the nearest whole step and summed as whole numbers of 64 and 128 bits, so that
no order of the rows, no split into batches and no number of threads changes a bit. A key is a pair
of 64-bit hashes: two of ten million different keys share a pair with a probability under 1e-24.

The sums of a key lie side by side in memory. Keys are shared out by their hash to parts with a
lock each, so that several threads can add at the same time.

Limits: sums of steps wrap beyond 64 bits, as they do in polars.
"""

import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from popmargin.core.exceptions import OutOfRange
from popmargin.statistics.keyed_sums_kernel import (
    BITS,
    HEAD,
    PER_COLUMN,
    ROWS,
    Whole,
    Words,
    add_rows,
    add_sums,
    copy_words,
    count_unsummable,
    place_again,
    split_by_hash,
    sum_runs,
)

Kept = TypeVar("Kept")
_Number = TypeVar("_Number", bound=np.generic)
_Add = Callable[[Whole, Words, Words, NDArray[np.int32], Words, int, Whole], int]
# Few: each costs every batch a call. Threads spend a small share of their time in them.
_PARTS_LOG2: Final = 1
_FEWEST: Final = 4096
_LINE: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class ColumnSums:
    """Of each key: number of values, their sum, and the sum of squares as ``high`` * 2^64 + low.

    ``counts``, ``sums``, ``high`` int64[K]; ``low`` uint64[K]; sums in steps, squares in steps^2.
    """

    counts: Whole
    sums: Whole
    low: Words
    high: Whole


@dataclass(frozen=True, slots=True, eq=False)
class KeyTotals:
    """Of each key: rows, int64[K]; sum of 2 to the power of the rows' numbers, uint64[K]; sums."""

    rows: Whole
    bits: Words
    columns: list[ColumnSums]


class KeyedSums(Generic[Kept]):
    """Sums by key, fed batch by batch, by several threads at a time if need be.

    Parameters
    ----------
    columns : number of columns of values, >= 1.
    steps_per_unit : whole steps that one unit of a value counts.

    Examples
    --------
    >>> sums = KeyedSums(1, 10.0)
    >>> keys = np.array([[7, 9, 7], [8, 9, 8]], dtype=np.uint64)
    >>> values = [np.array([0.5, 1.0, np.nan])]
    >>> sums.add((keys[0], keys[1]), None, np.array([1, 1, 2]), values, np.copy, 1)
    >>> totals = sums.totals()
    >>> sums.kept[0].tolist(), totals.rows.tolist(), totals.columns[0].sums.tolist()
    ([0, 1], [2, 1], [5, 10])
    """

    def __init__(self, columns: int, steps_per_unit: float) -> None:
        """No key yet."""
        width = HEAD + PER_COLUMN * columns
        self._steps = steps_per_unit
        self._parts: list[_Part[Kept]] = [_Part(width) for _ in range(1 << _PARTS_LOG2)]
        self._turns = itertools.count()

    @property
    def kept(self) -> list[Kept]:
        """What was kept of new keys: of each in turn, in the order of `totals`."""
        return [item for part in self._parts for item in part.kept]

    def totals(self) -> "KeyTotals":
        """All sums so far; keys come in no order that means anything."""
        every = [part.records for part in self._parts]
        count, width = sum(map(len, every)), every[0].shape[1] - ROWS
        words = tuple(np.empty(count, dtype=np.uint64) for _ in range(width))
        start = 0
        for records in every:
            copy_words(records, words, start)
            start += len(records)
        columns = (words[i : i + PER_COLUMN] for i in range(HEAD - ROWS, width, PER_COLUMN))
        found = (
            ColumnSums(count.view(np.int64), total.view(np.int64), low, high.view(np.int64))
            for count, total, low, high in columns
        )
        return KeyTotals(words[0].view(np.int64), words[BITS - ROWS], list(found))

    def add(
        self,
        hashes: tuple[Words, Words],
        starts: Whole | None,
        numbers: Whole,
        values: Sequence[NDArray[np.float64]],
        keep: Callable[[Whole], Kept],
        absent: int = 0,
    ) -> None:
        """Add rows that come in runs of one key.

        Parameters
        ----------
        hashes : two uint64[R], the key of each run.
        starts : int64[R], first row of each run, from 0 and ascending; None where every row is a
            run of its own.
        numbers : int64[N], of each row; one from 0 to 62 adds its power of two to ``bits``.
        values : of each column float64[N], units; NaN where there is none.
        keep : given the runs whose keys are new, what is to be kept of them, in their order.
        absent : how many values are not there.

        Raises
        ------
        OutOfRange
            A value that is infinite or has more steps than 64 bits hold; another number of NaN
            than ``absent``.
        """
        columns = tuple(_read_only(column) for column in values)
        numbers, hashes = _read_only(numbers), (_read_only(hashes[0]), _read_only(hashes[1]))
        if starts is None:
            faulty = count_unsummable(columns, self._steps)
            add: _Add = partial(add_rows, numbers, columns, self._steps)
        else:
            # Summed before any lock is taken.
            sums = np.empty((starts.size, HEAD - ROWS + PER_COLUMN * len(columns)), dtype=np.uint64)
            faulty = sum_runs(starts, numbers, columns, self._steps, sums)
            add = partial(add_sums, sums)
        if faulty != absent:
            expected = "finite values of at most 64 bits of steps"
            raise OutOfRange("values", expected, f"{faulty - absent} others")
        order, ends = split_by_hash(hashes[0], _PARTS_LOG2)
        first = next(self._turns)  # threads begin with different parts
        for i in range(len(self._parts)):
            part = (first + i) % len(self._parts)
            self._parts[part].add(add, hashes, order[ends[part] : ends[part + 1]], keep)


class _Part(Generic[Kept]):
    """The records of some of the keys, and the lock of who adds to them."""

    def __init__(self, width: int) -> None:
        self._records = _lines(_FEWEST, width)
        self._places = np.full(2 * _FEWEST, -1, dtype=np.int32)
        self._used = 0
        self._lock = threading.Lock()
        self.kept: list[Kept] = []

    def add(
        self, add: _Add, hashes: tuple[Words, Words], runs: Whole, keep: Callable[[Whole], Kept]
    ) -> None:
        """Add ``runs`` to the records of their keys."""
        fresh = np.empty(runs.size, dtype=np.int64)
        with self._lock:
            self._make_room(runs.size)
            first = self._used
            self._used = add(runs, *hashes, self._places, self._records, first, fresh)
            if self._used > first:
                self.kept.append(keep(fresh[: self._used - first]))

    @property
    def records(self) -> Words:
        """All records, uint64[K, W]."""
        return self._records[: self._used]

    def _make_room(self, more: int) -> None:
        needed = self._used + more
        if needed > self._records.shape[0]:
            # Not resized in place: numpy asks for large pages, which halve the time, only here.
            # What is not yet written costs no memory.
            longer = _lines(2 * needed, self._records.shape[1])
            longer[: self._used] = self._records[: self._used]
            self._records = longer
        if 2 * needed > self._places.size:
            self._places = np.full(1 << (4 * needed - 1).bit_length(), -1, dtype=np.int32)
            place_again(self._places, self._records, self._used)


def _lines(rows: int, width: int) -> Words:
    """Words to be written, from the beginning of a memory line on."""
    words = np.empty(rows * width + _LINE, dtype=np.uint64)
    first = -(words.ctypes.data // words.itemsize) % _LINE
    return words[first : first + rows * width].reshape(rows, width)


def _read_only(column: NDArray[_Number]) -> NDArray[_Number]:
    """A view that nobody writes to: compiled code tells the two apart by type."""
    view = np.ascontiguousarray(column).view()
    view.flags.writeable = False
    return view
