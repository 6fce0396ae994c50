"""Sums by key: equal to plain loops over whole numbers, whatever the order and the batches."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import OutOfRange
from popmargin.statistics.keyed_sums import KeyedSums
from tests.oracles.keyed_sums_plain import keyed_sums

STEPS = 1e9
VALUE = st.one_of(
    st.floats(-200, 200),
    st.floats(-4e6, 4e6),
    st.sampled_from([0.5e-9, 1.5e-9, -2.5e-9, 0.0, -0.0, float("nan"), 4294967296e-9]),
)
ROWS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(-1, 70), st.tuples(VALUE, VALUE)),
    min_size=1,
    max_size=60,
)


def _hashes(keys):
    # Keys 0 and 1 share the first hash, 2 and 3 the second, and all a place in the table.
    first = np.array([1, 1, 1 + 2**20, 1 + 2**21, 1 + 2**22, 1 + 2**23], dtype=np.uint64)
    second = np.array([1, 2, 3, 3, 5, 6], dtype=np.uint64)
    return np.column_stack([first[keys], second[keys]])


def _fed(sums, rows):
    """Feed one batch, runs of equal keys as one."""
    keys = np.array([key for key, _, _ in rows])
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    values = np.asfortranarray([row for _, _, row in rows], dtype=np.float64)
    numbers = np.array([number for _, number, _ in rows])
    absent = int(np.isnan(values).sum())
    fresh = sums.add(_hashes(keys[starts]), starts, numbers, values, absent)
    return keys[starts][fresh].tolist()


def _found(sums, keys):
    columns = [sums.column(number) for number in range(2)]
    return {
        key: [
            int(sums.rows[i]),
            int(sums.bits[i]),
            *(
                [int(c.counts[i]), int(c.sums[i]), int(c.high[i]) * 2**64 + int(c.low[i])]
                for c in columns
            ),
        ]
        for i, key in enumerate(keys)
    }


@given(ROWS, st.integers(1, 60))
@settings(deadline=None, max_examples=150)
def test_sums_are_those_of_whole_numbers_in_any_batches(rows, batch):
    sums, keys = KeyedSums(2, STEPS), []
    for start in range(0, len(rows), batch):
        keys += _fed(sums, rows[start : start + batch])
    plain = keyed_sums(*zip(*rows, strict=True), STEPS)
    assert _found(sums, keys) == plain


def test_many_keys_outgrow_the_first_room():
    rng = np.random.default_rng(3)
    hashes = rng.integers(0, 2**64, (20_000, 2), dtype=np.uint64)
    sums, seen = KeyedSums(1, 1.0), []
    for _ in range(3):
        order = rng.permutation(hashes.shape[0])[:15_000]
        values = np.asfortranarray(order[:, None].astype(np.float64))
        fresh = sums.add(hashes[order], np.arange(order.size), np.ones_like(order), values)
        seen += order[fresh].tolist()
    assert sorted(seen) == sorted(set(seen))
    column = sums.column(0)
    assert (column.sums == column.counts * np.array(seen)).all()
    assert (column.low == (column.counts * np.array(seen) ** 2).astype(np.uint64)).all()
    assert sums.rows.sum() == 45_000


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 1e10])
def test_what_cannot_be_summed_is_refused(value):
    sums = KeyedSums(1, STEPS)
    keys, start, number = np.ones((1, 2), dtype=np.uint64), np.array([0]), np.array([1])
    with pytest.raises(OutOfRange, match="finite"):
        sums.add(keys, start, number, np.array([[value]], order="F"))
