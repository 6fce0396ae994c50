"""A table of records by key, to which several threads can add at a time.

The sums of a key lie side by side in memory. Keys are shared out by their first word to parts with
a lock each.
"""

import itertools
import threading
from collections.abc import Callable, Iterator
from typing import Final, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from popmargin.statistics.keyed_sums_kernel import Whole, Words, place_again, split_by_hash
from popmargin.statistics.record_room import RecordRoom

Labels = TypeVar("Labels")
Pick = Callable[[Labels, Whole], Labels]
Add = Callable[[Whole, NDArray[np.int32], Words, int, Whole], int]
"""Adds some runs: which, places, records, how many records are used, the runs of new keys to be
filled in; gives back how many records are used then."""
# Few: each costs every batch a call. Threads spend a small share of their time in them.
_PARTS_LOG2: Final = 1
_FEWEST: Final = 4096


class KeyedTable(Generic[Labels]):
    """Records of ``width`` words; ``pick`` as in `popmargin.statistics.keyed_sums.KeyedSums`."""

    def __init__(self, width: int, pick: Pick[Labels]) -> None:
        """No key yet."""
        self._parts = [_Part(width, pick) for _ in range(1 << _PARTS_LOG2)]
        self._turns = itertools.count()

    def __len__(self) -> int:
        """Number of keys."""
        return sum(part.used for part in self._parts)

    def add(self, add: Add, first: Words, labels: Labels) -> None:
        """Add runs by ``add``; ``first`` words of their keys, and their labels."""
        order, ends = split_by_hash(first, _PARTS_LOG2)
        turn = next(self._turns)  # threads begin with different parts
        for i in range(len(self._parts)):
            part = (turn + i) % len(self._parts)
            self._parts[part].add(add, order[ends[part] : ends[part + 1]], labels)

    def parts(self) -> Iterator[tuple[Words, Whole, list[Labels]]]:
        """Records of each part, the places of all of them, and their labels."""
        for part in self._parts:
            yield part.room.words, np.arange(part.used), part.labels


class _Part(Generic[Labels]):
    """The records of some of the keys, and the lock of who adds to them."""

    def __init__(self, width: int, pick: Pick[Labels]) -> None:
        self.room = RecordRoom(_FEWEST, width)
        self.used = 0
        self.labels: list[Labels] = []
        self._pick = pick
        self._places = np.full(2 * _FEWEST, -1, dtype=np.int32)
        self._lock = threading.Lock()

    def add(self, add: Add, runs: Whole, labels: Labels) -> None:
        """Add ``runs`` to the records of their keys."""
        fresh = np.empty(runs.size, dtype=np.int64)
        with self._lock:
            self._make_room(runs.size)
            first = self.used
            self.used = add(runs, self._places, self.room.words, first, fresh)
            if self.used > first:
                self.labels.append(self._pick(labels, fresh[: self.used - first]))

    def _make_room(self, more: int) -> None:
        needed = self.used + more
        if needed > len(self.room.words):
            self.room.grow(2 * needed)
        if 2 * needed > self._places.size:
            self._places = np.full(1 << (2 * needed - 1).bit_length(), -1, dtype=np.int32)
            place_again(self._places, self.room.words, self.used)
