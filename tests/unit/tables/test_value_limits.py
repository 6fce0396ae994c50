"""Limits of numbers without a range of their own, and dates that are dates already."""

import datetime

import polars as pl
import pytest

from popmargin.tables.column import number_column, stripped, text_column, time_column
from popmargin.tables.contract import Field


def judged(values, kind, dtype=pl.Float64):
    field = Field("x", kind, "", None, required=False, required_column=False, minimum=None,
                  maximum=None, enum=())  # fmt: skip
    frame = pl.DataFrame({"x": pl.Series(values, dtype=dtype)})
    number = pl.col("x").cast(pl.Float64)
    column = number_column(pl.col("x"), number, dtype(), field, 1.0)
    bad = pl.any_horizontal(column.bad).fill_null(value=False)
    return frame.select(bad.alias("bad"))["bad"].to_list()


def test_a_number_without_a_range_is_finite():
    values = [1.7e308, float("inf"), float("-inf"), float("nan"), -5.0]
    assert judged(values, "number") == [False, True, True, True, False]


@pytest.mark.parametrize(
    ("value", "bad"), [(1000.0, False), (2.0**53, False), (2.0**53 + 2, True), (1.5, True)]
)
def test_a_whole_number_is_one_that_a_float_can_tell_from_the_next(value, bad):
    assert judged([value], "integer") == [bad]


def test_typed_whole_numbers_are_compared_as_they_are():
    # As floats 2^53 + 1 and 2^53 are the same number.
    edge = 2**53
    values = [edge, edge + 1, -edge, -edge - 1, 0, None]
    assert judged(values, "integer", pl.Int64) == [False, True, False, True, False, False]


def test_typed_whole_numbers_count_where_any_number_may_stand():
    largest = 2**63 - 1
    assert judged([largest, -largest, 0, -7], "number", pl.Int64) == [False] * 4


@pytest.mark.parametrize("blank", [" ", "  ", "\t", "\u00a0", "\u2000", "\u3000"])
@pytest.mark.parametrize("text", ["7", "ab", "a b", "Ärzte", "~!~"])
def test_blanks_at_the_ends_are_no_part_of_a_text(text, blank):
    cells = pl.DataFrame({"x": [text + blank, text, blank + text, blank, "", None]})
    assert cells.select(stripped(pl.col("x")))["x"].to_list() == [*[text] * 3, "", "", None]
    # Blanks at the end alone, and none of them next to another: each is looked for by itself.
    cells = pl.DataFrame({"x": ["other", text + blank]})
    assert cells.select(stripped(pl.col("x")))["x"].to_list() == ["other", text]


def test_numbers_become_texts():
    column = text_column(pl.col("x"), pl.Int64(), None)
    assert pl.DataFrame({"x": [7, 12]}).select(column.value.alias("y"))["y"].to_list() == [
        "7",
        "12",
    ]


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (datetime.date(2024, 3, 4), pl.Date()),
        (datetime.datetime(2024, 3, 4), pl.Datetime("us")),
        (datetime.datetime(2024, 3, 4, 1), pl.Datetime("us", "Europe/Berlin")),
    ],
)
def test_dates_are_taken_as_they_are_and_zones_turned_into_universal_time(value, dtype):
    frame = pl.DataFrame({"x": [value]})
    if getattr(dtype, "time_zone", None):
        frame = frame.with_columns(pl.col("x").dt.replace_time_zone(dtype.time_zone))
    column = time_column(pl.col("x"), dtype, None)
    found = frame.select(column.value.alias("y"))["y"]
    assert found.dtype == pl.Datetime("us")
    assert found.to_list() == [datetime.datetime(2024, 3, 4)]
