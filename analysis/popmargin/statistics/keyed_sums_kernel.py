"""Compiled loops of `popmargin.statistics.keyed_sums`: find the records of keys, and add to them.

Words of a record: two hashes, rows, bits; then of each column of values count, sum, low and high
word of the squares. ``places`` is an open hash table of the numbers of records, -1 where free; its
length is a power of two and larger than the number of records.

Rows are handled in small blocks, whose records are asked for before the first is needed: the
processor then fetches them at the same time, not one after the other.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic
from numpy.typing import NDArray

_Function = TypeVar("_Function", bound=Callable[..., object])
Words = NDArray[np.uint64]
Whole = NDArray[np.int64]
Columns = tuple[NDArray[np.float64], ...]

ROWS: Final = 2
BITS: Final = 3
HEAD: Final = 4
PER_COLUMN: Final = 4
_BLOCK: Final = 128
_LINE: Final = 8
_ONE = np.uint64(1)


def _compiled(function: _Function) -> _Function:
    # Kept on disk, so that only the first run on a machine compiles.
    return cast(_Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def _intrinsic(function: Callable[..., object]) -> Callable[..., Any]:
    return cast(Callable[..., Any], intrinsic(function))


@_intrinsic
def _with_square(_typing: Any, _low: Any, _high: Any, _step: Any) -> Any:
    """``high`` * 2^64 + ``low`` + ``step``^2 as (low, high), by the processor's 128-bit product."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        word, wide = ir.IntType(64), ir.IntType(128)
        low, high = (builder.zext(part, wide) for part in given[:2])
        step = builder.sext(given[2], wide)
        before = builder.or_(low, builder.shl(high, wide(64)))
        after = builder.add(before, builder.mul(step, step))
        parts = [builder.trunc(part, word) for part in (after, builder.lshr(after, wide(64)))]
        return context.make_tuple(builder, signature.return_type, parts)

    pair = cast(Any, types.UniTuple)(types.uint64, 2)
    return pair(types.uint64, types.uint64, types.int64), code


@_intrinsic
def _fetch(_typing: Any, array: Any, _index: Any) -> Any:
    """Ask for the memory line of a (flat) index of ``array``, and do not wait for it."""

    def code(context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        number = ir.IntType(32)
        data = context.make_array(array)(context, builder, given[0]).data
        place = builder.bitcast(builder.gep(data, [given[1]]), ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [place.type, number, number, number])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [place.type], kind)
        # To be written, kept in every cache, data.
        builder.call(fetch, [place, number(1), number(3), number(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64), code


@_compiled
def split_by_hash(first: Words, parts_log2: int) -> tuple[Whole, Whole]:
    """Runs by the highest bits (>= 1) of their first hash, and where each part begins and ends."""
    shift = np.uint64(64 - parts_log2)
    ends = np.zeros((1 << parts_log2) + 1, np.int64)
    for run in range(first.size):
        ends[np.int64(first[run] >> shift) + 1] += 1
    ends = np.cumsum(ends)
    at, order = ends.copy(), np.empty(first.size, np.int64)
    for run in range(first.size):
        part = np.int64(first[run] >> shift)
        order[at[part]] = run
        at[part] += 1
    return order, ends


@_compiled
def place_again(places: NDArray[np.int32], records: Words, used: int) -> None:
    """Put the numbers of the first ``used`` records into empty ``places``."""
    last = np.uint64(places.size - 1)
    for record in range(used):
        at = records[record, 0] & last
        while places[at] >= 0:
            at = (at + _ONE) & last
        places[at] = record


@_compiled
def copy_words(records: Words, words: tuple[Words, ...], start: int) -> None:
    """Copy the words of each record from ``ROWS`` on to arrays of their own, from ``start`` on."""
    for record in range(records.shape[0]):
        for word in range(len(words)):
            words[word][start + record] = records[record, ROWS + word]


@_compiled
def count_unsummable(values: Columns, steps: float) -> int:
    """Values that are NaN, infinite or have more steps than 64 bits hold."""
    count = 0
    for column in range(len(values)):
        for value in values[column]:
            count += not abs(value * steps) < 2.0**63
    return count


@_compiled
def sum_runs(starts: Whole, numbers: Whole, values: Columns, steps: float, sums: Words) -> int:
    """Sums of each run alone, as words of a record from ``ROWS`` on; as `count_unsummable`."""
    faulty = 0
    for run in range(starts.size):
        start = starts[run]
        stop = starts[run + 1] if run + 1 < starts.size else numbers.size
        bits = np.uint64(0)
        for number in numbers[start:stop]:
            if 0 <= number < 63:
                bits += _ONE << np.uint64(number)
        sums[run, 0] = np.uint64(stop - start)
        sums[run, 1] = bits
        for column in range(len(values)):
            count, total, low, high = 0, np.int64(0), np.uint64(0), np.uint64(0)
            for value in values[column][start:stop]:
                rounded = np.rint(value * steps)
                if abs(rounded) < 2.0**63:  # no NaN
                    step = np.int64(rounded)
                    count += 1
                    total += step
                    low, high = _with_square(low, high, step)
            faulty += stop - start - count
            at = HEAD - ROWS + PER_COLUMN * column
            sums[run, at], sums[run, at + 1] = np.uint64(count), np.uint64(total)
            sums[run, at + 2], sums[run, at + 3] = low, high
    return faulty


@_compiled
def add_sums(
    sums: Words,
    runs: Whole,
    first: Words,
    second: Words,
    places: NDArray[np.int32],
    records: Words,
    used: int,
    fresh: Whole,
) -> int:
    """Add the sums of ``runs`` to the records of their keys; how many records are used then."""
    found, before = np.empty(_BLOCK, np.int64), used
    for block in range(0, runs.size, _BLOCK):
        end = min(block + _BLOCK, runs.size)
        used = _find(
            runs[block:end], first, second, places, records, used, fresh[used - before :], found
        )
        for i in range(block, end):
            run, record = runs[i], found[i - block]
            for word in range(HEAD - ROWS):
                records[record, ROWS + word] += sums[run, word]
            for at in range(HEAD - ROWS, sums.shape[1], PER_COLUMN):
                records[record, ROWS + at] += sums[run, at]
                records[record, ROWS + at + 1] += sums[run, at + 1]
                low = records[record, ROWS + at + 2] + sums[run, at + 2]
                carry = np.uint64(low < sums[run, at + 2])
                records[record, ROWS + at + 2] = low
                records[record, ROWS + at + 3] += sums[run, at + 3] + carry
    return used


@_compiled
def add_rows(
    numbers: Whole,
    values: Columns,
    steps: float,
    rows: Whole,
    first: Words,
    second: Words,
    places: NDArray[np.int32],
    records: Words,
    used: int,
    fresh: Whole,
) -> int:
    """As `add_sums` of rows that are runs of their own."""
    found, before = np.empty(_BLOCK, np.int64), used
    for block in range(0, rows.size, _BLOCK):
        end = min(block + _BLOCK, rows.size)
        used = _find(
            rows[block:end], first, second, places, records, used, fresh[used - before :], found
        )
        for i in range(block, end):
            row, record = rows[i], found[i - block]
            records[record, ROWS] += _ONE
            if 0 <= numbers[row] < 63:
                records[record, BITS] += _ONE << np.uint64(numbers[row])
            for column in range(len(values)):
                rounded = np.rint(values[column][row] * steps)
                if abs(rounded) < 2.0**63:
                    step, at = np.int64(rounded), HEAD + PER_COLUMN * column
                    records[record, at] += _ONE
                    records[record, at + 1] += np.uint64(step)
                    low, high = records[record, at + 2], records[record, at + 3]
                    low, high = _with_square(low, high, step)
                    records[record, at + 2], records[record, at + 3] = low, high
    return used


@_compiled
def _find(
    runs: Whole,
    first: Words,
    second: Words,
    places: NDArray[np.int32],
    records: Words,
    used: int,
    fresh: Whole,
    found: Whole,
) -> int:
    """Records of a block of runs, new ones where the key is new; how many are used then."""
    last, width, before = np.uint64(places.size - 1), records.shape[1], used
    for run in runs:
        _fetch(places, np.int64(first[run] & last))
    for run in runs:
        # Nearly always the one: where another key has its place, the right one is waited for.
        record = np.int64(places[first[run] & last])
        if record >= 0:
            for word in range(0, width, _LINE):
                _fetch(records, record * width + word)
    for i in range(runs.size):
        one, two = first[runs[i]], second[runs[i]]
        at = one & last
        record = np.int64(places[at])
        while record >= 0 and (records[record, 0] != one or records[record, 1] != two):
            at = (at + _ONE) & last
            record = np.int64(places[at])
        if record < 0:
            record = np.int64(used)
            places[at] = record
            records[record] = np.uint64(0)
            records[record, 0], records[record, 1] = one, two
            fresh[used - before] = runs[i]
            used += 1
        found[i] = record
    return used
