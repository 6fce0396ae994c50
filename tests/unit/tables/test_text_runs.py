"""Runs of equal texts and their keys: equal texts and no others share a key, in any batch."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.tables.text_runs import runs_of_texts
from popmargin.tables.text_views import MISSING, Texts, surely_bare

# Shorter than, as long as and longer than what a view holds, and than one round of the key.
TEXT = st.one_of(
    st.none(),
    st.sampled_from(["", "a", "b", "a\0", "x" * 12, "x" * 13, "x" * 16, "x" * 32, "x" * 33]),
    st.text(max_size=40),
)
ROWS = st.lists(st.tuples(TEXT, st.sampled_from(["1", "2", None, "a longer plan name"])),
                min_size=1, max_size=30)  # fmt: skip


def _columns(rows):
    return [pl.Series(list(column), dtype=pl.String) for column in zip(*rows, strict=True)]


@given(ROWS, st.integers(1, 4), st.integers(1, 5))
@settings(deadline=None, max_examples=200)
def test_equal_rows_and_no_others_share_a_key(rows, repeats, shortest):
    rows = [row for row in rows for _ in range(repeats)]
    starts, first, second = runs_of_texts(_columns(rows), shortest)
    heads = range(len(rows)) if starts is None else starts.tolist()
    keys = list(zip(first.tolist(), second.tolist(), strict=True))
    told = dict(zip(keys, (rows[head] for head in heads), strict=True))
    assert [told[key] for key in keys] == [rows[head] for head in heads]
    assert len(told) == len({rows[head] for head in heads})
    for head, stop in zip(heads, [*heads, len(rows)][1:], strict=True):
        assert len(set(rows[head:stop])) == 1
    if starts is not None:
        assert len(starts) * shortest <= len(rows)


@given(ROWS)
@settings(deadline=None, max_examples=100)
def test_a_key_does_not_depend_on_the_batch(rows):
    _, first, second = runs_of_texts(_columns(rows), len(rows) + 1)
    for at, row in enumerate(rows):
        # In a slice of several chunks, and alone: other buffers, other places in them.
        columns = _columns([row])
        _, one, two = runs_of_texts(columns, 1)
        assert (one[0], two[0]) == (first[at], second[at])
        parts = [pl.concat([c, c, c], rechunk=False)[1:] for c in columns]
        assert runs_of_texts(parts, 1)[1][0] == first[at]


def test_ten_thousand_ids_have_ten_thousand_keys_spread_evenly():
    ids = [pl.Series([f"{i:08}" for i in range(10_000)])]
    _, first, second = runs_of_texts(ids, 20_000)
    for word in (first, second):
        assert np.unique(word).size == 10_000
        low, high = word & np.uint64(15), word >> np.uint64(60)
        for part in (low, high):
            counts = np.bincount(part.astype(np.int64), minlength=16)
            assert (abs(counts - 625) < 6 * 25).all()


def test_views_stay_when_their_column_goes():
    column = pl.Series(["kept", None, "too long for a view"])
    texts = Texts.of(column)
    del column
    assert texts.lengths.tolist() == [4, MISSING, 19]
    assert texts.views[0].tobytes() == b"\4\0\0\0kept" + b"\0" * 8


@pytest.mark.parametrize(
    ("texts", "bare"),
    [
        (["p 1"] * 9, True),
        (["p1"] * 5 + ["p2 "] * 5, False),
        ([" p1"] * 9, False),
        ([""] * 9, False),
        (["p1", None] * 9, False),
        (["p" * 13] * 9, False),
        (["\xd61"] * 9, False),
        ([f"p{i}" for i in range(9)], False),
        ([], False),
    ],
)
def test_only_short_visible_ascii_is_surely_bare(texts, bare):
    assert surely_bare(pl.Series(texts, dtype=pl.String)) is bare
