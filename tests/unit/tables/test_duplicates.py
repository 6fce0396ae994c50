"""Repeated keys: repeats count once, contradictions not at all, and no hash decides it."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.tables.duplicates import set_aside_duplicates
from popmargin.tables.read import read_frame
from popmargin.tables.source import SourceDeclaration

NAMES = ["patient_id", "fraction", "lr_mm", "si_mm", "ap_mm", "image"]
LOOSE = SourceDeclaration("clinic", max_set_aside_share=0.99)


def read(rows, **columns):
    table = pl.DataFrame(rows, schema=dict.fromkeys(NAMES, pl.String), orient="row")
    return read_frame(
        table.with_columns(pl.Series(name, values) for name, values in columns.items()), LOOSE
    )


def reasons(table):
    return table.ledger.filter(status="set_aside").select("row", "reason").rows()


GOOD = [("g", str(n), "1", "1", "1", "1") for n in range(1, 4)]


@pytest.mark.parametrize(("first", "second"), [("1", "1.0"), ("0", "-0"), ("1e0", " 1 ")])
def test_the_same_value_written_otherwise_is_a_repeat(first, second):
    rows = [("a", "1", value, "1", "1", "1") for value in (first, second)]
    assert reasons(read(rows + GOOD)) == [(3, "duplicate_row")]


def test_a_contradiction_takes_the_repeats_with_it():
    rows = [("a", "1", value, "1", "1", "1") for value in ("1", "1", "2")]
    table = read(rows + GOOD)
    assert reasons(table) == [(n, "conflicting_duplicate") for n in (2, 3, 4)]
    assert table.frame.collect()["patient_id"].unique().to_list() == ["g"]


def test_an_image_without_a_number_is_one_image():
    same = [("a", "1", "1", "1", "1", "")] * 2
    assert reasons(read(same + GOOD)) == [(3, "duplicate_row")]
    other = [("a", "1", "1", "1", "1", ""), ("a", "1", "2", "1", "1", "1")]
    assert reasons(read(other + GOOD)) == []


def test_another_course_plan_timing_or_surrogate_is_another_row():
    for name, values in (
        ("course", ["1", "2"]),
        ("plan", ["A", "B"]),
        ("timing", ["before_correction", "after_correction"]),
        ("surrogate", ["bone", "marker"]),
    ):
        assert reasons(read([("a", "1", v, "1", "1", "1") for v in "12"], **{name: values})) == []


def test_an_empty_course_is_course_1():
    rows = [("a", "1", "1", "1", "1", "1")] * 2
    assert reasons(read(rows + GOOD, course=["", "1", "1", "1", "1"])) == [(3, "duplicate_row")]


KEYS = st.tuples(st.sampled_from("ab"), st.sampled_from("12"), st.sampled_from(["1", "2"]))


@given(st.lists(st.tuples(KEYS, st.sampled_from("12")), min_size=1, max_size=14))
@settings(deadline=None, max_examples=60)
def test_a_plain_loop_says_the_same(pairs):
    rows = [(p, f, value, "0", "0", image) for (p, f, image), value in pairs]
    by_key = {}
    for key, value in pairs:
        by_key.setdefault(key, set()).add(value)
    seen, expected = set(), []
    for number, (key, _) in enumerate(pairs, start=2):
        if len(by_key[key]) > 1:
            expected.append((number, "conflicting_duplicate"))
        elif key in seen:
            expected.append((number, "duplicate_row"))
        seen.add(key)
    if len(expected) < len(pairs):
        assert reasons(read(rows)) == expected


def test_equal_hashes_alone_set_nothing_aside():
    """What the quick look only suspects, the exact comparison clears."""
    frame = pl.DataFrame({"source_row": [2, 3], "patient_id": ["a", "b"], "lr_mm": [1.0, 1.0]})
    kept, bad = set_aside_duplicates(frame, ["patient_id", "image"])
    assert kept.equals(frame)
    assert bad.is_empty()
