"""Records side by side in memory, that may become more without being copied."""

import mmap
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_WORD: Final = 8
_PRIVATE: Final[dict[str, Any]] = (
    {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS} if hasattr(mmap, "MAP_PRIVATE") else {}
)


class RecordRoom:
    """Room for records of ``width`` 64-bit words; what is not yet written costs no memory.

    Where the system can, the pages are moved as the room grows, so that no record is ever twice
    in memory; elsewhere the records are copied. Records begin at a line of memory where ``width``
    is a multiple of eight.

    Examples
    --------
    >>> room = RecordRoom(2, width=3)
    >>> room.words[1] = 7
    >>> room.grow(1000)
    >>> room.words.shape, room.words[1].tolist(), int(room.words[999].sum())
    ((1000, 3), [7, 7, 7], 0)
    """

    def __init__(self, rows: int, width: int) -> None:
        """Room for ``rows`` records, all words 0."""
        self._width = width
        self._pages = self._new_pages(rows)
        self.words = self._as_words(rows)

    def grow(self, rows: int) -> None:
        """Make room for ``rows`` records; nobody may hold ``words`` meanwhile."""
        before, self.words = self.words, np.empty((0, self._width), dtype=np.uint64)
        size = before.nbytes
        del before
        try:
            self._pages.resize(rows * self._width * _WORD)
        except (SystemError, ValueError):  # this system cannot move pages
            old, self._pages = self._pages, self._new_pages(rows)
            self._pages[:size] = old[:size]
        self.words = self._as_words(rows)

    def _new_pages(self, rows: int) -> mmap.mmap:
        return mmap.mmap(-1, rows * self._width * _WORD, **_PRIVATE)

    def _as_words(self, rows: int) -> NDArray[np.uint64]:
        if hasattr(mmap, "MADV_HUGEPAGE"):
            # Records are met in any order: with large pages the processor finds them faster.
            self._pages.madvise(mmap.MADV_HUGEPAGE)
        return np.frombuffer(self._pages, dtype=np.uint64).reshape(rows, self._width)
