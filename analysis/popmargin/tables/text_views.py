"""The bytes of texts, as polars holds them: seen, not copied.

Arrow holds every text of a column as sixteen bytes: its length (4 bytes) and, up to `LONGEST`
bytes, the text itself, filled up with zeros; of a longer text its first four bytes, the number of
a buffer and the place in it (Arrow columnar format, "variable-size binary view layout").
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

LONGEST: Final = 12
# Instead of the length of a text that is missing; none can be that long.
MISSING: Final = 2**32 - 1
# One row in so many may differ from the row above it.
_MANY: Final = 4
Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Texts of a column as ``views``, uint64[N, 2], and the addresses ``places`` of its buffers.

    Equal rows are equal texts; unlike rows are unlike texts where they are short. Both are valid as
    long as this object is held.

    Examples
    --------
    >>> texts = Texts.of(pl.Series(["ab", None, "c", "ab"]))
    >>> texts.lengths.tolist() == [2, MISSING, 1, 2], bool((texts.views[0] == texts.views[3]).all())
    (True, True)
    """

    views: Words
    places: Words
    owner: Any

    @classmethod
    def of(cls, column: pl.Series) -> "Texts":
        """The texts of a column of type String."""
        if column.is_empty():
            return cls(np.empty((0, 2), dtype=np.uint64), np.empty(0, dtype=np.uint64), None)
        from nanoarrow import c_array_stream

        owner = c_array_stream(column.rechunk()).get_next()
        views = np.frombuffer(owner.view().buffer(1), dtype=np.uint64).reshape(-1, 2)
        views = views[owner.offset : owner.offset + len(column)]
        if column.null_count():
            views = np.where(column.is_null().to_numpy()[:, None], np.uint64(MISSING), views)
        # The last buffer tells the sizes of those before it.
        places = np.array(owner.buffers[2:-1], dtype=np.uint64)
        return cls(views, places, owner)

    @property
    def lengths(self) -> NDArray[np.uint32]:
        """Bytes of each text, `MISSING` where there is none."""
        return self.views.view(np.uint32)[:, 0]


def neighbours_unlike(views: Words) -> NDArray[np.bool_]:
    """Of each row but the first, whether it differs from the row above it: bool[N - 1]."""
    unlike: NDArray[np.bool_] = (views[1:] != views[:-1]).view(np.uint16)[:, 0] != 0  # both words
    return unlike


def surely_bare(column: pl.Series) -> bool:
    """Whether a quick look shows that no text has a blank at an end.

    It shows it where texts are short and ASCII and neighbours are mostly equal.

    >>> surely_bare(pl.Series(["a b"] * 9)), surely_bare(pl.Series(["a "] * 9))
    (True, False)
    """
    texts = Texts.of(column)
    views = texts.views
    unlike = neighbours_unlike(views)
    if column.is_empty() or np.count_nonzero(unlike) * _MANY >= len(views):
        return False
    heads = views.take(np.concatenate([[0], np.flatnonzero(unlike) + 1]), axis=0)
    lengths = heads.view(np.uint32)[:, 0]
    if lengths.min() == 0 or lengths.max() > LONGEST:
        return False
    letters = heads.view(np.uint8)[:, 4:]
    ends = np.concatenate([letters[:, 0], letters[np.arange(lengths.size), lengths - 1]])
    return bool(ends.min() > ord(" ") and ends.max() <= ord("~"))
