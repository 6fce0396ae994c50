"""Workbooks and Parquet: the same strictness as text, within bounded memory."""

import datetime
import zipfile

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import PopmarginError, RefusedInput
from popmargin.tables.read import read_table
from popmargin.tables.result import read_result
from popmargin.tables.source import SourceDeclaration
from popmargin.tables.write import write_table

COLUMNS = ["patient_id", "fraction", "lr_mm", "si_mm", "ap_mm"]


def source(**declared):
    return SourceDeclaration("clinic", **declared)


def workbook(path, rows, sheet="Sheet"):
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_a_workbook_reads_as_its_text_would(tmp_path):
    when = datetime.datetime(2024, 4, 3, 10, 15)
    rows = [
        [*COLUMNS, "acquired_at"],
        ["00123", 1, 1.25, None, -2, when],
        ["NA", 2.0, 0, 1, 1, when],
    ]
    frame = read_table(workbook(tmp_path / "a b.xlsx", rows), source()).frame.collect()
    assert frame["patient_id"].to_list() == ["00123", "NA"]
    assert frame.select("lr_mm", "si_mm", "ap_mm").rows() == [(1.25, None, -2), (0, 1, 1)]
    assert frame["acquired_at"].to_list() == [when, when]


def test_ids_that_are_numbers_in_a_workbook_are_flagged(tmp_path):
    table = read_table(workbook(tmp_path / "a.xlsx", [COLUMNS, [123, 1, 1, 1, 1]]), source())
    assert table.frame.collect()["patient_id"].to_list() == ["123"]
    assert "numeric_id" in [flag.code for flag in table.flags]


def test_text_cells_of_a_workbook_follow_the_declared_decimal(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [COLUMNS, ["a", "1", "1,5", "2,0", "3"]])
    frame = read_table(path, source(decimal=",")).frame.collect()
    assert frame["lr_mm"].to_list() == [1.5]
    with pytest.raises(RefusedInput, match="1,5"):
        read_table(path, source())


def test_sheets_are_named_or_refused_with_those_that_exist(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [COLUMNS, ["a", 1, 1, 1, 1]], sheet="Export")
    assert read_table(path, source(sheet="Export")).rows_read == 1
    with pytest.raises(RefusedInput, match="Export"):
        read_table(path, source(sheet="Data"))


@pytest.mark.parametrize("cell", ["XFD1048576", "A1048576", "XFD2"])
def test_a_far_cell_neither_hangs_nor_fills_the_memory(tmp_path, cell):
    path = workbook(tmp_path / "a.xlsx", [COLUMNS, ["a", 1, 1, 1, 1]])
    book = openpyxl.load_workbook(path)
    book.active[cell] = 1
    book.save(path)
    with pytest.raises(RefusedInput, match="row"):
        read_table(path, source())


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 700_000_000)
    with pytest.raises(RefusedInput, match="when unpacked"):
        read_table(path, source())


def test_what_is_no_workbook_is_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(RefusedInput, match="XLSX"):
        read_table(path, source())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "no workbook")
    with pytest.raises(RefusedInput, match="XLSX"):
        read_table(path, source())


def frame(**changed):
    values = {"patient_id": ["a", "b"], "fraction": [1, 2]} | {
        name: [1.0, 2.0] for name in COLUMNS[2:]
    }
    return pl.DataFrame(values | changed)


def test_parquet_is_taken_as_it_is_typed(tmp_path):
    path = tmp_path / "a.parquet"
    frame(patient_id=pl.Series(["a", "b"], dtype=pl.Categorical)).write_parquet(path)
    assert read_table(path, source()).frame.collect()["patient_id"].to_list() == ["a", "b"]
    frame(patient_id=[1, 2]).write_parquet(path)
    table = read_table(path, source())
    assert table.frame.collect()["patient_id"].to_list() == ["1", "2"]
    assert [flag.code for flag in table.flags] == ["numeric_id"]


def test_parquet_with_ids_as_floats_or_numbers_as_dates_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    frame(patient_id=[1.0, 2.0]).write_parquet(path)
    with pytest.raises(RefusedInput, match="patient_id"):
        read_table(path, source())
    frame(lr_mm=[datetime.date(2024, 1, 1)] * 2).write_parquet(path)
    with pytest.raises(RefusedInput, match="lr_mm"):
        read_table(path, source())


def test_nan_in_parquet_is_set_aside_not_taken(tmp_path):
    path = tmp_path / "a.parquet"
    frame(lr_mm=[1.0, float("nan")]).write_parquet(path)
    table = read_table(path, source(max_set_aside_share=0.5))
    assert table.ledger.filter(status="set_aside")["reason"].to_list() == ["not_finite"]
    assert table.frame.collect().height == 1


def test_a_broken_parquet_file_and_an_unknown_ending_are_refused(tmp_path):
    for name in ("a.parquet", "a.doc"):
        path = tmp_path / name
        path.write_bytes(b"PAR1 broken")
        with pytest.raises(RefusedInput):
            read_table(path, source())


def errors_row(value):
    from popmargin.tables.contract import find_contract

    row = dict.fromkeys(find_contract("fraction_trend").names)
    return pl.DataFrame([row | {"group": "all", "axis": "lr", "fraction": 1, "mean_mm": value}])


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_result_reads_back_to_the_last_bit(tmp_path, value):
    for name in ("a.csv", "a.parquet"):
        write_table(errors_row(value), tmp_path / name, contract="fraction_trend")
        assert read_result(tmp_path / name, "fraction_trend")["mean_mm"].to_list() == [value]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_nan_and_infinity_are_never_written(tmp_path, value):
    with pytest.raises(PopmarginError, match="mean_mm"):
        write_table(errors_row(value), tmp_path / "a.csv", contract="fraction_trend")
    assert list(tmp_path.iterdir()) == []


def test_a_result_without_its_columns_is_refused(tmp_path):
    with pytest.raises(PopmarginError, match="lacks its column"):
        write_table(pl.DataFrame({"group": ["all"]}), tmp_path / "a.csv", contract="fraction_trend")
    (tmp_path / "a.csv").write_text("group\nall\n")
    with pytest.raises(PopmarginError):
        read_result(tmp_path / "a.csv", "fraction_trend")


@given(st.binary(max_size=400))
@settings(
    deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_are_read_or_refused_in_our_own_words(tmp_path, content):
    for name in ("a.csv", "a.tsv", "a.xlsx", "a.parquet"):
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(PopmarginError):
            read_table(path, source())


LINE = st.text(st.sampled_from('ab01,.;"\r\n -e\x00é'), max_size=60)


@given(st.lists(LINE, max_size=6))
@settings(
    deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_mutated_rows_are_used_set_aside_or_refused(tmp_path, lines):
    path = tmp_path / "a.csv"
    text = ",".join(COLUMNS) + "\n" + "a,1,1,1,1\n" * 3 + "\n".join(lines)
    path.write_bytes(text.encode())
    try:
        table = read_table(path, source(max_set_aside_share=0.99))
    except PopmarginError:
        return
    assert table.ledger["rows"].sum() == table.rows_read
    assert table.frame.collect().height == table.ledger.filter(status="used")["rows"].sum()
