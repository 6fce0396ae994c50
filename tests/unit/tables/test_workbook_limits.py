"""Workbooks that are damaged, hostile or oddly laid out: nothing lost, nothing hung, no crash."""

import time
import zipfile

import openpyxl
import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.tables.read import read_table
from popmargin.tables.source import SourceDeclaration

COLUMNS = ["patient_id", "fraction", "lr_mm", "si_mm", "ap_mm"]
SHEET = "xl/worksheets/sheet1.xml"
ROW = b"<row><c><v>1</v></c><c><v>1</v></c><c><v>1</v></c><c><v>1</v></c><c><v>1</v></c></row>"


def workbook(path, rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def rewritten(path, target, change):
    """The workbook with its sheet's XML changed; ``None`` leaves the sheet out."""
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = change(old.read(name)) if name == SHEET else old.read(name)
            if content is not None:
                new.writestr(name, content)
    return target


def read(path, **declared):
    return read_table(path, SourceDeclaration("clinic", **declared))


@pytest.fixture
def good(tmp_path):
    return workbook(tmp_path / "good.xlsx", [COLUMNS, ["a", 1, 1, 1, 1], ["a", 2, 1, 1, 1]])


ENTITIES = b"".join(
    b'<!ENTITY a%d "%s">' % (n, (b"&a%d;" % (n - 1) if n else b"aaaaaaaaaa") * 10) for n in range(9)
)
DAMAGE = {
    "cut": lambda xml: xml[: len(xml) // 2],
    "gone": lambda _: None,
    "garbage": lambda _: b"\0\1\2",
    "a number that is none": lambda xml: xml.replace(b"<v>1</v>", b"<v>abc</v>", 1),
    "entities within entities": lambda xml: (
        b"<!DOCTYPE l ["
        + ENTITIES
        + b"]>"
        + xml.split(b"?>", 1)[-1].replace(b"<v>1</v>", b"<v>&a8;</v>", 1)
    ),
    "a row beyond the last": lambda xml: xml.replace(
        b"</sheetData>", b'<row r="99999999"><c r="A99999999"><v>1</v></c></row></sheetData>'
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_sheet_is_refused_in_our_own_words(tmp_path, good, damage):
    path = rewritten(good, tmp_path / "bad.xlsx", DAMAGE[damage])
    start = time.perf_counter()
    with pytest.raises(RefusedInput) as caught:
        read(path)
    assert str(caught.value).startswith("bad.xlsx")
    assert time.perf_counter() - start < 10


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_cut_off_workbook_is_refused(tmp_path, good, share):
    path = tmp_path / "cut.xlsx"
    path.write_bytes(good.read_bytes()[: int(good.stat().st_size * share)])
    with pytest.raises(RefusedInput, match="XLSX"):
        read(path)


def test_a_sheet_that_packs_too_well_is_refused_unread(tmp_path, good):
    path = rewritten(
        good,
        tmp_path / "bomb.xlsx",
        lambda xml: xml.replace(b"</sheetData>", ROW * 150_000 + b"</sheetData>"),
    )
    assert path.stat().st_size < 100_000
    start = time.perf_counter()
    with pytest.raises(RefusedInput, match="export the table as CSV"):
        read(path)
    assert time.perf_counter() - start < 5


def test_rows_below_a_gap_are_read_and_those_far_below_refused_never_dropped(tmp_path):
    rows = [COLUMNS, ["a", 1, 1, 1, 1]]
    near = read(workbook(tmp_path / "near.xlsx", [*rows, *[[]] * 1000, ["b", 1, 1, 1, 1]]))
    assert near.frame.collect()["source_row"].to_list() == [2, 1003]
    far = workbook(tmp_path / "far.xlsx", [*rows, *[[]] * 1001, ["b", 1, 1, 1, 1]])
    with pytest.raises(RefusedInput, match="row 1004: expected rows without a gap"):
        read(far)


def test_empty_rows_are_passed_over_and_row_numbers_stay_those_of_the_sheet(tmp_path):
    rows = [COLUMNS, ["a", 1, 1, 1, 1], [], [None] * 5, ["b", "x", 1, 1, 1], [], []]
    table = read(workbook(tmp_path / "a.xlsx", rows), max_set_aside_share=0.5)
    assert table.rows_read == 2
    assert table.ledger.filter(status="set_aside")["row"].to_list() == [5]
    assert [flag.code for flag in table.flags] == ["empty_lines", "row_set_aside"]


def test_numbers_and_texts_read_alike_under_a_decimal_comma(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [COLUMNS, ["a", 1, "1,5", 1.5, -2], ["a", 2, 1, "2", 0]])
    frame = read(path, decimal=",").frame.collect()
    assert frame.select("lr_mm", "si_mm", "ap_mm").rows() == [(1.5, 1.5, -2.0), (1.0, 2.0, 0.0)]


def test_a_cell_that_became_a_date_is_set_aside(tmp_path):
    import datetime

    rows = [COLUMNS, *[["a", f, 1, 1, 1] for f in range(1, 30)]]
    path = workbook(tmp_path / "a.xlsx", [*rows, ["b", 1, datetime.date(2024, 2, 1), 1, 1]])
    aside = read(path).ledger.filter(status="set_aside")
    assert aside.select("row", "reason", "column").rows() == [(31, "not_a_number", "lr_mm")]


def test_ids_that_are_numbers_are_flagged_under_their_own_name(tmp_path):
    path = workbook(tmp_path / "a.xlsx", [["MRN", *COLUMNS[1:]], [123, 1, 1, 1, 1]])
    table = read(path, columns={"patient_id": "MRN"})
    assert [flag.code for flag in table.flags] == ["numeric_id"]
    assert "MRN" in table.flags[0].message


def test_headers_of_workbooks_are_checked_as_those_of_text(tmp_path):
    row = ["a", 1, 1, 1, 1]
    for header, words in (
        ([None] * 5, "an empty row"),
        ([*COLUMNS[:4], "si_mm"], "si_mm twice"),
        ([*COLUMNS[:3], None, "ap_mm"], "none in column 4"),
    ):
        with pytest.raises(RefusedInput, match=words):
            read(workbook(tmp_path / "a.xlsx", [header, row]))
    with pytest.raises(RefusedInput, match="expected 5 columns, found 6"):
        read(workbook(tmp_path / "a.xlsx", [COLUMNS, [*row, "note"]]))
