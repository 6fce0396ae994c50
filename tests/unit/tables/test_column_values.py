"""Typed values of columns: what counts, what is set aside, and that both judgements agree."""

import datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import OutOfRange, PopmarginError, RefusedInput, WrongUsage
from popmargin.tables.contract import find_contract
from popmargin.tables.parse import BAD, REASON, REASONS, ROW, parse_columns
from popmargin.tables.read import read_frame
from popmargin.tables.source import SourceDeclaration

NAMES = ["patient_id", "fraction", "lr_mm", "si_mm", "ap_mm"]
LOOSE = 0.99


def source(**declared):
    return SourceDeclaration("clinic", max_set_aside_share=LOOSE, **declared)


def frame(rows, **columns):
    table = pl.DataFrame(rows, schema=NAMES, orient="row")
    return table.with_columns(pl.Series(name, values) for name, values in columns.items())


def reasons(table):
    return table.ledger.filter(status="set_aside").select("row", "reason", "column").rows()


CELL = st.sampled_from(
    ["", " ", "1", "-2.5", "+3", "3.0", "1e2", "1e400", "nan", "-inf", "x", "1,5", "0x1", "1001",
     "0", "-1", "1.5", "200", "201", "1_0", "−5", "before_correction", "bone", "2024-01-02"]
)  # fmt: skip
COLUMNS = [*NAMES, "site", "timing", "image", "acquired_at", "pitch_deg"]


@given(st.lists(st.tuples(*[CELL] * len(COLUMNS)), min_size=1, max_size=20), st.sampled_from(".,"))
@settings(deadline=None, max_examples=80)
def test_the_quick_judgement_says_the_same_as_the_reasons(rows, decimal):
    table = pl.LazyFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
    present = {name: name for name in COLUMNS}
    judged = parse_columns(table, find_contract("shifts"), source(decimal=decimal), present)
    found = judged.collect()
    assert found[BAD].to_list() == found[REASON].is_not_null().to_list()
    codes = {reason.split("|")[0] for reason in found[REASON].drop_nulls()}
    assert codes <= {*REASONS, "blank_row"}


NUMBERS = st.sampled_from([None, 0.0, 1.0, -2.5, 199.9, 200.5, float("nan"), float("inf"), 1e300])


@given(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=12))
@settings(deadline=None, max_examples=60)
def test_typed_tables_are_judged_alike(rows):
    table = pl.LazyFrame(
        [("a", fraction, lr, si, 1.0) for fraction, lr, si in rows],
        schema={"patient_id": pl.String} | dict.fromkeys(NAMES[1:], pl.Float64),
        orient="row",
    )
    present = {name: name for name in NAMES}
    found = parse_columns(table, find_contract("shifts"), source(), present).collect()
    assert found[BAD].to_list() == found[REASON].is_not_null().to_list()
    usable = found.filter(~pl.col(BAD))
    assert usable.select(pl.col("lr_mm", "si_mm").is_finite().all()).row(0) == (True, True)


@pytest.mark.parametrize(("above", "rows"), [({}, [2, 3]), ({"rows_above": 5}, [7, 8])])
def test_rows_are_counted_as_a_spreadsheet_shows_them(above, rows):
    # The header is row 1; a part of a table goes on where the parts above it end.
    table = frame([("a", 1, 1.0, 1.0, 1.0), ("b", 1, 1.0, 1.0, 1.0)]).lazy()
    present = {name: name for name in NAMES}
    found = parse_columns(table, find_contract("shifts"), source(), present, **above).collect()
    assert found[ROW].to_list() == rows
    assert found["patient_id"].to_list() == ["a", "b"]


def test_an_id_or_an_axis_that_is_null_is_missing():
    table = frame([(None, 1, "1", "1", "1"), ("a", 1, None, None, None), ("b", 1, "1", None, "1")])
    read = read_frame(table, source())
    assert reasons(read) == [(2, "missing_value", "patient_id"), (3, "no_axis_measured", "")]
    assert read.frame.collect().select("patient_id", "si_mm").rows() == [("b", None)]


def test_empty_categories_and_untyped_columns_hold_no_value():
    table = frame([("", 1, 1.0, None, 1.0), ("a", 1, 1.0, None, 1.0)], image=[None, None])
    read = read_frame(table.with_columns(pl.col("patient_id").cast(pl.Categorical)), source())
    assert reasons(read) == [(2, "missing_value", "patient_id")]
    assert table.schema["si_mm"] == pl.Null
    assert read.frame.collect()["si_mm"].to_list() == [None]


@pytest.mark.parametrize("kind", [pl.Time, pl.Duration("us")])
def test_times_without_a_date_are_refused(kind):
    table = frame([("a", 1, 1.0, 1.0, 1.0)], acquired_at=[0]).cast({"acquired_at": kind})
    with pytest.raises(RefusedInput, match="column acquired_at"):
        read_frame(table, source())


ISO = {
    "2024-01-02": (2024, 1, 2),
    "2024-01-02 03:04": (2024, 1, 2, 3, 4),
    "2024-01-02T03:04:05.5": (2024, 1, 2, 3, 4, 5, 500000),
    "20240102T030405": (2024, 1, 2, 3, 4, 5),
    "2024-01-02T03:04:05Z": (2024, 1, 2, 3, 4, 5),
    "2024-01-02T03:04:05+01:00": (2024, 1, 2, 2, 4, 5),
    "2024-01-02T03:04-0530": (2024, 1, 2, 8, 34),
    "03/04/2024": None,
    "2024-13-01": None,
    "yesterday": None,
}


@pytest.mark.parametrize(("text", "expected"), ISO.items())
def test_times_are_iso_8601_with_or_without_a_zone(text, expected):
    read = read_frame(
        frame([("a", 1, 1, 1, 1), ("b", 1, 1, 1, 1)], acquired_at=[text, ""]), source()
    )
    found = read.frame.collect()["acquired_at"].to_list()[:-1]
    assert found == ([datetime.datetime(*expected)] if expected else [])
    assert reasons(read) == ([] if expected else [(2, "not_a_date", "acquired_at")])


def test_a_zone_of_a_typed_time_is_turned_into_universal_time():
    zoned = pl.Series(["2024-01-02T03:04:05+0100"]).str.to_datetime("%Y-%m-%dT%H:%M:%S%z")
    table = frame([("a", 1, 1, 1, 1)], acquired_at=zoned.dt.convert_time_zone("Asia/Tokyo"))
    found = read_frame(table, source()).frame.collect()["acquired_at"].to_list()
    assert found == [datetime.datetime(2024, 1, 2, 2, 4, 5)]


def test_a_whole_number_too_large_to_be_one_is_out_of_range():
    read = read_frame(frame([("a", 1, 1, 1, 1)] * 2, image=["1e30", "2"]), source())
    assert reasons(read) == [(2, "out_of_range", "image")]


def test_a_turned_zero_keeps_its_sign():
    table = frame([("a", 1, 0.0, -0.5, 1.0)], quantity=["couch_shift"])
    row = read_frame(table, source()).frame.collect().select("lr_mm", "si_mm").row(0)
    assert [str(value) for value in row] == ["0.0", "0.5"]


def test_empty_cells_of_the_key_and_the_quantity_mean_their_default():
    table = frame([("a", 1, 1, 1, 1)], course=[""], quantity=[""], timing=[" "])
    row = read_frame(table, source()).frame.collect().to_dicts()[0]
    assert (row["course"], row["timing"], row["lr_mm"]) == ("1", "before_correction", 1.0)


def test_constants_are_read_like_cells():
    table = pl.DataFrame({"lr_mm": ["1"], "si_mm": ["2"], "ap_mm": ["3"]})
    declared = {"patient_id": " 007 ", "fraction": "3", "centre": "B"}
    row = read_frame(table, source(constants=declared)).frame.collect().to_dicts()[0]
    assert (row["patient_id"], row["fraction"], row["centre"]) == ("007", 3, "B")
    with pytest.raises(RefusedInput, match="allowed values"):
        read_frame(table, source(constants=declared, timing="whenever"))


WRONG = [
    {"units": {"lr": "cm"}},
    {"units": {"patient_id": "cm"}},
    {"signs": {"lat_mm": -1}},
    {"columns": {"lr_mm": "ap_mm"}, "units": {"site": "mm"}},
]


@pytest.mark.parametrize("declared", WRONG)
def test_a_unit_or_sign_of_no_number_is_refused_not_ignored(declared):
    with pytest.raises(WrongUsage, match="no number of contract shifts"):
        read_frame(frame([("a", 1, 1, 1, 1)]), source(**declared))


@pytest.mark.parametrize(("name", "unit"), [("lr_mm", "deg"), ("pitch_deg", "cm"), ("lr_mm", "in")])
def test_a_unit_of_something_else_is_refused(name, unit):
    with pytest.raises(OutOfRange, match="unit"):
        read_frame(frame([("a", 1, 1, 1, 1)], pitch_deg=[1.0]), source(units={name: unit}))


def test_one_column_for_two_axes_is_refused():
    declared = {"lr_mm": "lat", "si_mm": "lat"}
    table = frame([("a", 1, 1, 1, 1)], lat=[1.0])
    with pytest.raises(WrongUsage, match="'lat' is declared for two"):
        read_frame(table, source(columns=declared))


def test_units_and_signs_apply_to_typed_and_text_numbers_alike():
    declared = {"units": {"lr_mm": "cm", "pitch_deg": "rad"}, "signs": {"lr_mm": -1}}
    for cells in (("2", "0.5"), (2.0, 0.5)):
        table = frame([("a", 1, cells[0], 1.0, 1.0)], pitch_deg=[cells[1]])
        row = read_frame(table, source(**declared)).frame.collect().to_dicts()[0]
        assert row["lr_mm"] == -20.0
        assert row["pitch_deg"] == pytest.approx(28.64788975654116, rel=1e-15)


def test_a_column_called_like_the_row_number_is_not_taken_for_it():
    table = frame([("a", 1, 1, 1, 1), ("b", 1, "x", 1, 1)], source_row=[77, 88])
    read = read_frame(table, source(), keep=["source_row"])
    assert reasons(read) == [(3, "not_a_number", "lr_mm")]
    assert read.frame.collect()["source_row"].to_list() == [2]


def test_messages_quote_cells_but_never_ids():
    with pytest.raises(PopmarginError) as caught:
        read_frame(frame([("Doe", "x", 1, 1, 1)]), SourceDeclaration("clinic"))
    assert "'x'" in str(caught.value)
    assert "Doe" not in str(caught.value)
