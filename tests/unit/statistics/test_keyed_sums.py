"""Sums by key: equal to plain loops over whole numbers, whatever the order and the batches."""

from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import OutOfRange
from popmargin.statistics import keyed_sums as module
from popmargin.statistics.keyed_sums import KeyedSums
from popmargin.statistics.keyed_sums_kernel import _as_float
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


def _pick(labels, places):
    return labels[places]


def _hashes(keys):
    # Keys 0 and 1 share the first hash, 2 and 3 the second, and all a place in the table.
    first = np.array([1, 1, 1 + 2**20, 1 + 2**21, 1 + 2**22, 1 + 2**23], dtype=np.uint64)
    second = np.array([1, 2, 3, 3, 5, 6], dtype=np.uint64)
    # Keys 4 and 5 belong to another part.
    return first[keys] + (np.uint64(3) << np.uint64(62)) * (keys > 3), second[keys]


def _feed(sums, rows, *, by_run):
    """Feed one batch, runs of equal keys as one or row by row."""
    keys = np.array([key for key, _, _ in rows])
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]]) if by_run else None
    heads = keys[starts] if by_run else keys
    values = [
        np.array(column, dtype=np.float64) for column in zip(*(v for *_, v in rows), strict=True)
    ]
    numbers = np.array([number for _, number, _ in rows])
    absent = sum(int(np.isnan(column).sum()) for column in values)
    sums.add(_hashes(heads), starts, numbers, values, heads, absent)


def _found(sums):
    found = sums.summaries()
    keys = [key for some in found.labels for key in some.tolist()]
    assert len(set(keys)) == len(keys)
    return {
        key: [
            int(found.rows[i]),
            int(found.bits[i]),
            *(
                (sizes[i], means[i], squares[i])
                for sizes, means, squares in zip(
                    found.sizes, found.means, found.sums_of_squares, strict=True
                )
                if sizes[i]
            ),
        ]
        for i, key in enumerate(keys)
    }


def _rounded(plain):
    """Whole sums of a key, rounded once."""
    rows, bits, *columns = plain
    return [
        rows,
        bits,
        *(
            (n, float(total) / (n * STEPS), float(n * squares - total**2) / (n * STEPS**2))
            for n, total, squares in columns
            if n
        ),
    ]


@given(
    ROWS,
    st.integers(1, 60),
    st.lists(st.booleans(), min_size=1),
    st.sampled_from([0, 7, 10**6]),
    st.sampled_from([0, 8]),
)
@settings(deadline=None, max_examples=300)
def test_sums_are_those_of_whole_numbers_in_any_batches(rows, batch, by_run, most, few):
    with patch.multiple(module, _MOST_RUNS=most, _FEW=few):
        sums = KeyedSums(2, STEPS, _pick)
        for i, start in enumerate(range(0, len(rows), batch)):
            _feed(sums, rows[start : start + batch], by_run=by_run[i % len(by_run)])
        found = _found(sums)
    plain = keyed_sums(*zip(*rows, strict=True), STEPS)
    assert found == {key: _rounded(found) for key, found in plain.items()}


@pytest.mark.parametrize("threads", [1, 4])
def test_many_keys_outgrow_the_first_room(threads):
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, 2**64, (2, 60_000), dtype=np.uint64)
    sums = KeyedSums(1, 1.0, _pick)

    def feed(order):
        values, numbers = [order.astype(np.float64)], np.ones_like(order)
        keys = first[order], second[order]
        sums.add(keys, None, numbers, values, order)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(feed, [rng.permutation(first.size)[:15_000] for _ in range(12)]))
    found = sums.summaries()
    seen = np.concatenate(found.labels)
    assert np.unique(seen).size == seen.size
    assert (found.means[0] == seen).all()
    assert (found.sums_of_squares[0] == 0.0).all()
    assert (found.sizes[0] == found.rows).all()
    assert found.rows.sum() == 180_000


# Ties, numbers beside them, and what is cut off by hundreds of bits of nothing.
WIDE = st.one_of(
    st.integers(0, 2**126),
    st.builds(lambda a, b, c: (2 * a + 1) * 2**b + c, st.integers(2**52, 2**53 - 1),
              st.integers(1, 70), st.sampled_from([-1, 0, 1])),
)  # fmt: skip


@given(WIDE)
@settings(deadline=None, max_examples=300)
def test_wide_numbers_go_to_the_nearest_float(number):
    low, high = np.uint64(number % 2**64), np.uint64(number // 2**64)
    assert _as_float(low, high) == float(number)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 1e10])
@pytest.mark.parametrize("starts", [None, np.array([0])])
def test_what_cannot_be_summed_is_refused(value, starts):
    sums = KeyedSums(1, STEPS, _pick)
    keys = np.ones((2, 1), dtype=np.uint64)
    with pytest.raises(OutOfRange, match="finite"):
        sums.add((keys[0], keys[1]), starts, np.array([1]), [np.array([value])], np.zeros(1))
