"""Runs of equal neighbours in columns of text, and a key of 128 bits for each.

The key is worked out from the bytes of the texts alone, so that equal texts have equal keys in
every batch, file and process. That of one column of texts of at most twelve bytes is one of a kind;
else two of ten million different rows share one with a probability under 1e-24. Words are mixed as
MurmurHash3 does at its end (A. Appleby, 2011).
"""

import operator
from collections.abc import Sequence
from functools import reduce
from typing import Any, Final

import numpy as np
import polars as pl
from llvmlite import ir
from numba.core import types
from numpy.typing import NDArray

from popmargin.core.machine_code import compiled_only, instruction
from popmargin.tables.text_views import LONGEST, MISSING, Texts, neighbours_unlike

Words = NDArray[np.uint64]
Whole = NDArray[np.int64]
_LONGEST, _MISSING = np.uint64(LONGEST), np.uint64(MISSING)
_LOW, _HALF, _BYTE = np.uint64(0xFFFFFFFF), np.uint64(32), np.uint64(8)
_FIRST, _SECOND = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_APART: Final = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio
_SHIFT = np.uint64(33)


def runs_of_texts(columns: Sequence[pl.Series], shortest: int) -> tuple[Whole | None, Words, Words]:
    """First row of every run of equal neighbours, and the two words of its key.

    Parameters
    ----------
    columns : of type String, one or more, N rows each; a missing text equals a missing one.
    shortest : rows a run must have on average; where it has fewer, every row is its own run.

    Returns
    -------
    int64[R], or None where every row is a run; two uint64[R], or [N].

    Examples
    --------
    >>> starts, first, _ = runs_of_texts([pl.Series(["ab", "ab", "ab", "c", "ab", "ab"])], 2)
    >>> starts.tolist(), bool(first[0] == first[2])
    ([0, 3, 4], True)
    """
    texts = [Texts.of(column) for column in columns]
    unlike = reduce(operator.or_, (neighbours_unlike(text.views) for text in texts))
    size = len(texts[0].views)
    starts = None
    if shortest * (np.count_nonzero(unlike) + 1) <= size:
        starts = np.concatenate([[0], np.flatnonzero(unlike) + 1], dtype=np.int64)
    runs = size if starts is None else starts.size
    first, second = np.zeros(runs, dtype=np.uint64), np.zeros(runs, dtype=np.uint64)
    for text in texts:
        _absorb_texts(text.views, text.places, starts, first, second)
    return starts, first, second


@instruction
def _byte_at(_typing: Any, _place: Any) -> Any:
    """The byte at an address."""

    def code(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return builder.load(builder.inttoptr(given[0], ir.IntType(8).as_pointer()))

    return types.uint8(types.uint64), code


@compiled_only
def _mixed(word: Any) -> Any:
    word = (word ^ (word >> _SHIFT)) * _FIRST
    word = (word ^ (word >> _SHIFT)) * _SECOND
    return word ^ (word >> _SHIFT)


@compiled_only
def _absorbed(one: Any, two: Any, low: Any, high: Any) -> Any:
    """The key with two more words, mixed by three rounds that can each be undone (Feistel).

    From a key of zeros no two pairs of words lead to the same key.
    """
    one, two = one ^ high, two ^ low
    one ^= _mixed(two + _APART)
    two ^= _mixed(one + _FIRST)
    return one ^ _mixed(two + _SECOND), two


@compiled_only
def _absorb_long(one: Any, two: Any, place: Any, length: Any) -> Any:
    """The key with the bytes of a long text, sixteen at a time, and their number."""
    low, high = np.uint64(0), np.uint64(0)
    for at in range(length):
        byte = np.uint64(_byte_at(place + np.uint64(at)))
        part = np.uint64(at) % np.uint64(16)
        if part < _BYTE:
            low |= byte << (part * _BYTE)
        else:
            high |= byte << ((part - _BYTE) * _BYTE)
        if part == np.uint64(15):
            one, two = _absorbed(one, two, low, high)
            low, high = np.uint64(0), np.uint64(0)
    one, two = _absorbed(one, two, low, high)
    return _absorbed(one, two, np.uint64(length), _MISSING)


@compiled_only
def _absorb_texts(
    views: Words, places: Words, starts: Whole | None, first: Words, second: Words
) -> None:
    """Add a text to the key of each run, that of its first row."""
    for run in range(first.size):
        row = run if starts is None else starts[run]
        low, high = views[row, 0], views[row, 1]
        length = low & _LOW
        if _LONGEST < length < _MISSING:
            place = places[high & _LOW] + (high >> _HALF)
            first[run], second[run] = _absorb_long(first[run], second[run], place, length)
        else:
            first[run], second[run] = _absorbed(first[run], second[run], low, high)
