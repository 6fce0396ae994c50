"""Exact sums of several columns by key in one pass, whatever the order of the rows.

Values are taken to the nearest whole step and summed as whole numbers of 64 and 128 bits, so that
no order of the rows and no split into batches changes a bit. A key is a pair of 64-bit hashes:
two of ten million different keys share a pair with a probability under 1e-24.

The sums of a key lie side by side in memory. Rows are handled in small blocks whose places are
read first: the processor then fetches them at the same time, not one after the other.

Limits: sums of steps wrap beyond 64 bits, as they do in polars.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from popmargin.core.exceptions import OutOfRange

_Function = TypeVar("_Function", bound=Callable[..., object])
Words = NDArray[np.uint64]
Whole = NDArray[np.int64]

# Words of a record: two hashes, rows, bits; then of each column count, sum, low and high square.
_ROWS, _BITS, _HEAD, _PER_COLUMN = 2, 3, 4, 4
_BLOCK: Final = 256
_LINE: Final = 8
_ONE, _HALF, _LOW = np.uint64(1), np.uint64(32), np.uint64(0xFFFFFFFF)
_FEWEST: Final = 4096


def _compiled(function: _Function) -> _Function:
    # Kept on disk, so that only the first run on a machine compiles.
    return cast(_Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


@dataclass(frozen=True, slots=True, eq=False)
class ColumnSums:
    """Of each key: number of values, their sum, and the sum of squares as ``high`` * 2^64 + low.

    ``counts``, ``sums``, ``high`` int64[K]; ``low`` uint64[K]; sums in steps, squares in steps^2.
    """

    counts: Whole
    sums: Whole
    low: Words
    high: Whole


class KeyedSums:
    """Sums by key, fed batch by batch; one thread at a time may feed.

    Parameters
    ----------
    columns : number of columns of values, >= 1.
    steps_per_unit : whole steps that one unit of a value counts.

    Examples
    --------
    >>> sums = KeyedSums(1, 10.0)
    >>> keys = np.array([[7, 8], [9, 9], [7, 8]], dtype=np.uint64)
    >>> values = np.array([[0.5], [1.0], [np.nan]], order="F")
    >>> sums.add(keys, np.array([0, 1, 2]), np.array([1, 1, 2]), values, 1).tolist()
    [0, 1]
    >>> sums.rows.tolist(), sums.bits.tolist(), sums.column(0).sums.tolist()
    ([2, 1], [6, 2], [5, 10])
    """

    def __init__(self, columns: int, steps_per_unit: float) -> None:
        """No key yet."""
        self._steps = steps_per_unit
        self._records = np.empty((_FEWEST, _HEAD + _PER_COLUMN * columns), dtype=np.uint64)
        self._places = np.full(2 * _FEWEST, -1, dtype=np.int32)
        self._used = 0

    @property
    def rows(self) -> Whole:
        """Rows of each key, in the order in which keys came, int64[K]."""
        return self._word(_ROWS).view(np.int64)

    @property
    def bits(self) -> Words:
        """Sum over the rows of 2 to the power of their number, uint64[K]."""
        return self._word(_BITS)

    def column(self, number: int) -> ColumnSums:
        """Sums of one column of values."""
        first = _HEAD + _PER_COLUMN * number
        count, total, low, high = (self._word(first + i) for i in range(_PER_COLUMN))
        return ColumnSums(count.view(np.int64), total.view(np.int64), low, high.view(np.int64))

    def add(
        self,
        hashes: Words,
        starts: Whole,
        numbers: Whole,
        values: NDArray[np.float64],
        absent: int = 0,
    ) -> Whole:
        """Add rows that come in runs of one key; the runs whose key is new, in their order.

        Parameters
        ----------
        hashes : uint64[R, 2], the key of each run.
        starts : int64[R], first row of each run, from 0 and ascending.
        numbers : int64[N], of each row; one from 0 to 62 adds its power of two to ``bits``.
        values : float64[N, C], units; NaN where there is none.
        absent : how many values are not there.

        Raises
        ------
        OutOfRange
            A value that is infinite or has more steps than 64 bits hold; another number of NaN
            than ``absent``.
        """
        runs = starts.size
        self._make_room(runs)
        fresh = np.empty(runs, dtype=np.int64)
        first = self._used
        self._used, faulty, _ = _add_runs(
            hashes, starts, numbers, values, self._steps, self._places, self._records, first, fresh
        )
        if faulty != absent:
            found = f"{faulty - absent} others"
            raise OutOfRange("values", "finite values of at most 64 bits of steps", found)
        return fresh[: self._used - first]

    def _make_room(self, more: int) -> None:
        needed = self._used + more
        if needed > self._records.shape[0]:
            # Not resized in place: numpy asks for large pages, which halve the time, only here.
            # What is not yet written costs no memory.
            longer = np.empty((2 * needed, self._records.shape[1]), dtype=np.uint64)
            longer[: self._used] = self._records[: self._used]
            self._records = longer
        if 2 * needed > self._places.size:
            self._places = np.full(1 << (4 * needed - 1).bit_length(), -1, dtype=np.int32)
            _place_again(self._places, self._records, self._used)

    def _word(self, number: int) -> Words:
        return np.ascontiguousarray(self._records[: self._used, number])


@_compiled
def _place_again(places: NDArray[np.int32], records: Words, used: int) -> None:
    last = np.uint64(places.size - 1)
    for record in range(used):
        at = records[record, 0] & last
        while places[at] >= 0:
            at = (at + _ONE) & last
        places[at] = record


@_compiled
def _add_runs(
    hashes: Words,
    starts: Whole,
    numbers: Whole,
    values: NDArray[np.float64],
    steps: float,
    places: NDArray[np.int32],
    records: Words,
    used: int,
    fresh: Whole,
) -> tuple[int, int, np.uint64]:
    """Records used afterwards, values not summed, and a number without meaning."""
    last = np.uint64(places.size - 1)
    width = records.shape[1]
    found = np.empty(_BLOCK, np.int64)
    before, faulty, touched = used, 0, np.uint64(0)
    for block in range(0, starts.size, _BLOCK):
        end = min(block + _BLOCK, starts.size)
        for run in range(block, end):
            touched += np.uint64(places[hashes[run, 0] & last])
        for run in range(block, end):
            record = places[hashes[run, 0] & last]
            if record >= 0:
                touched += records[record, 0]
        for run in range(block, end):
            at = hashes[run, 0] & last
            record = places[at]
            while record >= 0 and (
                records[record, 0] != hashes[run, 0] or records[record, 1] != hashes[run, 1]
            ):
                at = (at + _ONE) & last
                record = places[at]
            if record < 0:
                record = used
                places[at] = record
                records[record] = np.uint64(0)
                records[record, 0], records[record, 1] = hashes[run, 0], hashes[run, 1]
                fresh[used - before] = run
                used += 1
            found[run - block] = record
        for run in range(end - block):
            for word in range(_LINE, width, _LINE):
                touched += records[found[run], word]
            touched += records[found[run], width - 1]
        for run in range(block, end):
            stop = starts[run + 1] if run + 1 < starts.size else numbers.size
            faulty += _add_rows(
                starts[run], stop, numbers, values, steps, records, found[run - block]
            )
    return used, faulty, touched


@_compiled
def _add_rows(
    start: int,
    stop: int,
    numbers: Whole,
    values: NDArray[np.float64],
    steps: float,
    records: Words,
    record: int,
) -> int:
    """Add the rows of one run to its record; the number of values not summed."""
    bits, faulty = np.uint64(0), 0
    for row in range(start, stop):
        if 0 <= numbers[row] < 63:
            bits += _ONE << np.uint64(numbers[row])
    records[record, _ROWS] += np.uint64(stop - start)
    records[record, _BITS] += bits
    for column in range(values.shape[1]):
        count, total = np.uint64(0), np.int64(0)
        low, high = np.uint64(0), np.uint64(0)
        for row in range(start, stop):
            value = values[row, column]
            rounded = np.rint(value * steps)
            if not abs(rounded) < 2.0**63:  # NaN too
                faulty += 1
                continue
            step = np.int64(rounded)
            total += step
            count += _ONE
            # The square by halves of 32 bits: (h 2^32 + l)^2 = h^2 2^64 + 2 h l 2^32 + l^2.
            size = np.uint64(abs(step))
            upper, lower = size >> _HALF, size & _LOW
            cross, own = upper * lower, lower * lower
            part = own + (cross << np.uint64(33))
            low += part
            high += upper * upper + (cross >> np.uint64(31))
            high += np.uint64(part < own) + np.uint64(low < part)
        at = _HEAD + _PER_COLUMN * column
        records[record, at] += count
        records[record, at + 1] += np.uint64(total)
        low += records[record, at + 2]
        records[record, at + 3] += high + np.uint64(low < records[record, at + 2])
        records[record, at + 2] = low
    return faulty
