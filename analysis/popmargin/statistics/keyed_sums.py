"""Sizes, means and squares of several columns by key in one pass, whatever the order of the rows.

Values are taken to the nearest whole step and summed as whole numbers of 64 and 128 bits, so that
no order of the rows, no split into batches and no number of threads changes a bit. Means and
squares about them are these sums rounded once. A key is a pair of words that its user makes up.

Rows that come in runs of one key are summed run by run and only laid by: in a sorted table nearly
every run is a key of its own, and need not be looked for. Keys that come again, and rows in no
order, are added up in a table (`popmargin.statistics.keyed_table`).

Limits: sums of steps wrap beyond 64 bits, as they do in polars.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from popmargin.core.exceptions import OutOfRange
from popmargin.statistics.keyed_sums_kernel import (
    HEAD,
    PER_COLUMN,
    Floats,
    Whole,
    Words,
    add_records,
    add_rows,
    count_unsummable,
    sum_runs,
    summarise,
)
from popmargin.statistics.keyed_table import KeyedTable, Pick

Labels = TypeVar("Labels")
_Number = TypeVar("_Number", bound=np.generic)
# Runs that are laid by, at most: half a gigabyte of three columns.
_MOST_RUNS: Final = 1 << 22
# Where more than one run in so many has a key that comes again, all go into the table.
_FEW: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class KeySummaries(Generic[Labels]):
    """Of each key: rows, int64[K], and the sum of 2 to the power of the rows' numbers, uint64[K].

    Of each column: how many values, int64[K]; their mean and the sum of squares about it,
    float64[K], in units: exact sums rounded once, NaN where there is no value. ``labels`` of the
    keys, some at a time. Keys come in no order that means anything.
    """

    rows: Whole
    bits: Words
    sizes: tuple[Whole, ...]
    means: tuple[Floats, ...]
    sums_of_squares: tuple[Floats, ...]
    labels: list[Labels]


@dataclass(slots=True, eq=False)
class _Chosen(Generic[Labels]):
    """Records of some keys, those of ``rows`` to be used, and their labels."""

    records: Words
    rows: Whole
    labels: list[Labels]


class KeyedSums(Generic[Labels]):
    """Sums by key, fed batch by batch, by several threads at a time if need be.

    Parameters
    ----------
    columns : number of columns of values, >= 1.
    steps_per_unit : whole steps that one unit of a value counts.
    pick : given labels and the places of some of them, those labels, in memory of their own.

    Examples
    --------
    >>> sums = KeyedSums(1, 10.0, lambda labels, places: labels[places])
    >>> keys, names = np.array([[7, 9, 7], [8, 9, 8]], dtype=np.uint64), np.array(["a", "b", "a"])
    >>> sums.add((keys[0], keys[1]), None, np.array([1, 1, 2]), [np.array([0.5, 1, 1.5])], names)
    >>> found = sums.summaries()
    >>> found.labels[0].tolist(), found.rows.tolist(), found.means[0].tolist()
    (['a', 'b'], [2, 1], [1.0, 1.0])
    """

    def __init__(self, columns: int, steps_per_unit: float, pick: Pick[Labels]) -> None:
        """No key yet."""
        self._columns, self._steps, self._pick = columns, steps_per_unit, pick
        self._width = HEAD + PER_COLUMN * columns
        self._table: KeyedTable[Labels] = KeyedTable(self._width, pick)
        self._runs: list[tuple[Words, Labels]] = []
        self._run_count = 0
        self._lock = threading.Lock()

    def add(
        self,
        key: tuple[Words, Words],
        starts: Whole | None,
        numbers: Whole,
        values: Sequence[NDArray[np.float64]],
        labels: Labels,
        absent: int = 0,
    ) -> None:
        """Add rows that come in runs of one key.

        Parameters
        ----------
        key : two uint64[R], of each run.
        starts : int64[R], first row of each run, from 0 and ascending; None where every row is a
            run of its own.
        numbers : int64[N], of each row; one from 0 to 62 adds its power of two to ``bits``.
        values : of each column float64[N], units; NaN where there is none.
        labels : of all runs, or rows; those of runs in memory of their own.
        absent : how many values are not there.

        Raises
        ------
        OutOfRange
            A value that is infinite or has more steps than 64 bits hold; another number of NaN
            than ``absent``.
        """
        columns = tuple(_read_only(column) for column in values)
        numbers, first, second = _read_only(numbers), _read_only(key[0]), _read_only(key[1])
        records = None
        if starts is None:
            faulty = count_unsummable(columns, self._steps)
        else:
            records = np.empty((starts.size, self._width), dtype=np.uint64)
            faulty = sum_runs(first, second, starts, numbers, columns, self._steps, records)
        if faulty != absent:
            expected = "finite values of at most 64 bits of steps"
            raise OutOfRange("values", expected, f"{faulty - absent} others")
        if records is None:
            add = partial(add_rows, first, second, numbers, columns, self._steps)
            self._table.add(add, first, labels)
        else:
            self._lay_by(records, labels)

    def summaries(self) -> KeySummaries[Labels]:
        """All sums, rounded; to be asked once, when all rows are in."""
        some = [*self._alone(), *(_Chosen(*part) for part in self._table.parts())]
        self._runs = []
        ends = np.cumsum([0, *(part.rows.size for part in some)]).tolist()
        whole = [np.empty(ends[-1], dtype=np.int64) for _ in range(1 + self._columns)]
        floats = [np.empty(ends[-1]) for _ in range(2 * self._columns)]
        found = KeySummaries(
            whole[0],
            np.empty(ends[-1], dtype=np.uint64),
            tuple(whole[1:]),
            tuple(floats[: self._columns]),
            tuple(floats[self._columns :]),
            [label for part in some for label in part.labels],
        )

        def fill(part: _Chosen[Labels], start: int, stop: int) -> None:
            here = slice(start, stop)
            summarise(
                part.records,
                part.rows,
                self._steps,
                found.rows[here],
                found.bits[here],
                tuple(column[here] for column in found.sizes),
                tuple(column[here] for column in found.means),
                tuple(column[here] for column in found.sums_of_squares),
            )
            part.records = part.records[:0]  # its memory is let go

        with ThreadPoolExecutor() as threads:
            list(threads.map(fill, some, ends[:-1], ends[1:]))
        return found

    def _lay_by(self, records: Words, labels: Labels) -> None:
        full: list[tuple[Words, Labels]] = []
        with self._lock:
            self._runs.append((records, labels))
            self._run_count += len(records)
            if self._run_count > _MOST_RUNS:
                full, self._runs, self._run_count = self._runs, [], 0
        for some in full:
            self._into_table(*some)

    def _into_table(self, records: Words, labels: Labels) -> None:
        self._table.add(partial(add_records, records), records[:, 0].copy(), labels)

    def _alone(self) -> list[_Chosen[Labels]]:
        """The runs that were laid by, those whose key comes again being put into the table."""
        if not self._runs:
            return []
        ordered = np.sort(np.concatenate([records[:, 0] for records, _ in self._runs]))
        again = ordered[1:][ordered[1:] == ordered[:-1]]
        several = len(self._table) > 0 or again.size * _FEW > ordered.size
        found = []
        for records, labels in self._runs:
            rows = np.arange(len(records))
            if several:
                self._into_table(records, labels)
                continue
            if again.size:
                shared = np.isin(records[:, 0], again)
                if shared.any():
                    self._into_table(records[shared], self._pick(labels, rows[shared]))
                    rows = rows[~shared]
                    labels = self._pick(labels, rows)
            found.append(_Chosen(records, rows, [labels]))
        return found


def _read_only(column: NDArray[_Number]) -> NDArray[_Number]:
    """A view that nobody writes to: compiled code tells the two apart by type."""
    view = np.ascontiguousarray(column).view()
    view.flags.writeable = False
    return view
