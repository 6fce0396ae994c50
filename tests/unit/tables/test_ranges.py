"""Ranges of keys: every row comes once, rows of a key together, no more than a range at a time."""

from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import PopmarginError
from popmargin.tables.ranges import pieces_of_sorted, ranges_of_keys

IDS = st.lists(st.sampled_from("abcdefgh"), max_size=40)


def table(ids):
    return pl.DataFrame({"id": ids}, schema={"id": pl.String}).with_row_index("row")


@settings(deadline=None, max_examples=40)
@given(st.lists(IDS, min_size=1, max_size=3), st.integers(1, 12))
def test_ranges_are_the_sorted_tables_with_each_key_in_one(tmp_path_factory, parts, rows):
    folder = tmp_path_factory.mktemp("sorting")
    frames = [table(ids) for ids in parts]
    ranges = list(ranges_of_keys([frame.lazy() for frame in frames], "id", folder, rows=rows))
    for number, frame in enumerate(frames):
        found = pl.concat([members[number] for members in ranges])
        assert found.sort("row").equals(frame)
        # Within a key in the order of the table.
        assert found.sort("id", maintain_order=True).equals(frame.sort("id", maintain_order=True))
    keys = [set().union(*(set(frame["id"]) for frame in members)) for members in ranges]
    for before, after in pairwise(keys):
        assert max(before) < min(after)
    assert not list(Path(folder).iterdir())


def test_a_range_holds_about_as_many_rows_as_asked(tmp_path):
    ids = [f"{number * 7919 % 10007:05}" for number in range(10007)]
    ranges = list(ranges_of_keys([table(ids).lazy()], "id", tmp_path, rows=600))
    sizes = [frames[0].height for frames in ranges]
    assert sum(sizes) == 10007
    assert len(sizes) > 8
    assert max(sizes) < 2 * 600


@settings(deadline=None, max_examples=40)
@given(IDS, st.integers(1, 12))
def test_pieces_of_a_sorted_table_are_the_table(ids, rows):
    frame = table(sorted(ids))
    pieces = list(pieces_of_sorted(frame.lazy(), "id", rows=rows))
    assert pl.concat(pieces).equals(frame)
    for before, after in pairwise(pieces):
        assert not set(before["id"]) & set(after["id"])


def test_a_table_that_is_not_sorted_is_a_defect():
    with pytest.raises(PopmarginError, match="not sorted by id"):
        list(pieces_of_sorted(table(["b", "a"]).lazy(), "id"))
    with pytest.raises(PopmarginError, match="not sorted by id"):
        list(pieces_of_sorted(table(["b", "b", "a"]).lazy(), "id", rows=2))
