"""Compiled loops of `popmargin.statistics.keyed_sums`: find the records of keys, and add to them.

Words of a record: two of its key, rows, bits; then of each column of values count, sum, low and
high word of the squares. ``places`` is an open hash table of the numbers of records, -1 where free;
its length is a power of two and larger than the number of records.

Rows are handled in small blocks, whose records are asked for before the first is needed: the
processor then fetches them at the same time, not one after the other.
"""

from typing import Any, Final, cast

import numpy as np
from llvmlite import ir
from numba.core import types
from numpy.typing import NDArray

from popmargin.core.machine_code import compiled_only, instruction

Words = NDArray[np.uint64]
Whole = NDArray[np.int64]
Floats = NDArray[np.float64]
Columns = tuple[NDArray[np.float64], ...]

ROWS: Final = 2
BITS: Final = 3
HEAD: Final = 4
PER_COLUMN: Final = 4
_BLOCK: Final = 128
_LINE: Final = 8
_ONE, _WORD = np.uint64(1), np.uint64(64)


@instruction
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


@instruction
def _spread(_typing: Any, _size: Any, _total: Any, _low: Any, _high: Any) -> Any:
    """``size`` * (``high`` * 2^64 + ``low``) - ``total``^2 as (low, high); it is not negative."""

    def code(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        word, wide = ir.IntType(64), ir.IntType(128)
        size, total = (builder.sext(part, wide) for part in given[:2])
        low, high = (builder.zext(part, wide) for part in given[2:])
        squares = builder.or_(low, builder.shl(high, wide(64)))
        found = builder.sub(builder.mul(size, squares), builder.mul(total, total))
        parts = [builder.trunc(part, word) for part in (found, builder.lshr(found, wide(64)))]
        return context.make_tuple(builder, signature.return_type, parts)

    pair = cast(Any, types.UniTuple)(types.uint64, 2)
    return pair(types.int64, types.int64, types.uint64, types.uint64), code


@instruction
def _leading_zeros(_typing: Any, _word: Any) -> Any:
    """Zeros above the highest bit of a word that is not 0."""

    def code(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return builder.ctlz(given[0], ir.IntType(1)(1))

    return types.uint64(types.uint64), code


@instruction
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


@compiled_only
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


@compiled_only
def place_again(places: NDArray[np.int32], records: Words, used: int) -> None:
    """Put the numbers of the first ``used`` records into empty ``places``."""
    last = np.uint64(places.size - 1)
    for record in range(used):
        at = records[record, 0] & last
        while places[at] >= 0:
            at = (at + _ONE) & last
        places[at] = record


@compiled_only
def summarise(
    records: Words,
    which: Whole,
    steps: float,
    rows: Whole,
    bits: Words,
    sizes: tuple[Whole, ...],
    means: Columns,
    squares: Columns,
) -> None:
    """Of some records rows and bits, of each column how many, mean, squares about it (units)."""
    for i in range(which.size):
        record = which[i]
        rows[i], bits[i] = records[record, ROWS], records[record, BITS]
        for column in range(len(sizes)):
            at = HEAD + PER_COLUMN * column
            size, total = np.int64(records[record, at]), np.int64(records[record, at + 1])
            low, high = _spread(size, total, records[record, at + 2], records[record, at + 3])
            sizes[column][i] = size
            means[column][i] = total / (size * steps)
            squares[column][i] = _as_float(low, high) / (size * (steps * steps))


@compiled_only
def _as_float(low: Any, high: Any) -> Any:
    """The float nearest to ``high`` * 2^64 + ``low``, ties to even."""
    if high == 0:
        return np.float64(low)
    lost = _WORD - _leading_zeros(high)
    first = (high << (_WORD - lost)) | (low >> lost)
    # What is cut off can only tell a tie from more than a tie.
    first |= np.uint64((low << (_WORD - lost)) != 0)
    return np.float64(first) * np.float64(_ONE << lost)


@compiled_only
def count_unsummable(values: Columns, steps: float) -> int:
    """Values that are NaN, infinite or have more steps than 64 bits hold."""
    count = 0
    for column in range(len(values)):
        for value in values[column]:
            count += not abs(value * steps) < 2.0**63
    return count


@compiled_only
def sum_runs(
    first: Words,
    second: Words,
    starts: Whole,
    numbers: Whole,
    values: Columns,
    steps: float,
    records: Words,
) -> int:
    """Fill in a record of each run alone; as `count_unsummable`."""
    faulty = 0
    for run in range(starts.size):
        start = starts[run]
        stop = starts[run + 1] if run + 1 < starts.size else numbers.size
        bits = np.uint64(0)
        for number in numbers[start:stop]:
            if 0 <= number < 63:
                bits += _ONE << np.uint64(number)
        records[run, 0], records[run, 1] = first[run], second[run]
        records[run, ROWS], records[run, BITS] = np.uint64(stop - start), bits
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
            at = HEAD + PER_COLUMN * column
            records[run, at], records[run, at + 1] = np.uint64(count), np.uint64(total)
            records[run, at + 2], records[run, at + 3] = low, high
    return faulty


@compiled_only
def add_records(
    more: Words,
    runs: Whole,
    places: NDArray[np.int32],
    records: Words,
    used: int,
    fresh: Whole,
) -> int:
    """Add the records ``runs`` of ``more`` to those of their keys; how many are used then."""
    first, second = more[:, 0], more[:, 1]
    found, before = np.empty(_BLOCK, np.int64), used
    for block in range(0, runs.size, _BLOCK):
        end = min(block + _BLOCK, runs.size)
        used = _find(
            runs[block:end], first, second, places, records, used, fresh[used - before :], found
        )
        for i in range(block, end):
            run, record = runs[i], found[i - block]
            for word in range(ROWS, HEAD):
                records[record, word] += more[run, word]
            for at in range(HEAD, more.shape[1], PER_COLUMN):
                records[record, at] += more[run, at]
                records[record, at + 1] += more[run, at + 1]
                low = records[record, at + 2] + more[run, at + 2]
                carry = np.uint64(low < more[run, at + 2])
                records[record, at + 2] = low
                records[record, at + 3] += more[run, at + 3] + carry
    return used


@compiled_only
def add_rows(
    first: Words,
    second: Words,
    numbers: Whole,
    values: Columns,
    steps: float,
    rows: Whole,
    places: NDArray[np.int32],
    records: Words,
    used: int,
    fresh: Whole,
) -> int:
    """As `add_records` of rows that are runs of their own."""
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


@compiled_only
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
