"""Columns of the report's tables say what is there, and in one place what is not."""

import pytest

from popmargin.reports.columns import (
    axis,
    counted,
    estimate,
    looked_up,
    made,
    named,
    own_unit,
    p_value,
    per_cent,
    plain,
    share,
    table_of,
    text,
    text_table,
)
from popmargin.reports.numbers import DASH, NOT_ESTIMABLE
from popmargin.reports.section import Cell, Column

KNOWN = {
    "axis": "yaw",
    "site": "lung_left",
    "n": 1200,
    "sd_deg": 1.25,
    "sd_low_deg": 1.0,
    "sd_high_deg": 2.0,
    "part": 0.126,
    "part_low": 0.05,
    "part_high": 0.2,
    "p": 1e-6,
    "reason": None,
}
EMPTY = {**dict.fromkeys(KNOWN), "axis": "yaw", "reason": "one patient"}
# Column, its cell of a row with all values, and that of one without.
COLUMNS = [
    (text("Site", "site"), Cell("lung_left"), Cell(DASH)),
    (text("Site", "site", missing=""), Cell("lung_left"), Cell("")),
    (text("Site", "site", {"lung_left": "left lung"}), Cell("left lung"), Cell(DASH)),
    (text("Why", lambda row: row["reason"]), Cell(DASH), Cell("one patient")),
    (named("Site", "site"), Cell("lung left"), Cell(DASH)),
    (axis(), Cell("yaw (about AP)"), Cell("yaw (about AP)")),
    (counted("Patients", "n"), Cell("1,200", 1200), Cell(DASH)),
    (plain("Part", "part", 2), Cell("0.13", 0.126), Cell(DASH)),
    (plain("Part", "part", missing="nobody"), Cell("0.1", 0.126), Cell("nobody")),
    (plain("Part", "part", None), Cell("0.126", 0.126), Cell(DASH)),
    (
        estimate("SD", "sd", own_unit),
        Cell("1.25 (1.00 to 2.00)", 1.25),
        Cell("not estimable: one patient"),
    ),
    (estimate("SD", "sd", "_deg", 1, missing=DASH), Cell("1.2 (1.0 to 2.0)", 1.25), Cell(DASH)),
    (share("Part, %", "part", 0), Cell("13 (5 to 20)", 0.126), Cell("not estimable: one patient")),
    (share("Part, %", "part", missing=DASH), Cell("12.6 (5.0 to 20.0)", 0.126), Cell(DASH)),
    (per_cent("Part", "part"), Cell("12.6 %", 0.126), Cell(DASH)),
    (p_value("p", "p"), Cell("< 0.001", 1e-6), Cell(DASH)),
    (made("n", lambda row: f"{row['n']}!", "n"), Cell("1200!", 1200), Cell("None!")),
    (made("n", lambda row: Cell("x", row["n"])), Cell("x", 1200), Cell("x")),
    (looked_up(counted("n", "n"), lambda _: None), Cell(NOT_ESTIMABLE), Cell(NOT_ESTIMABLE)),
    (looked_up(counted("n", "n"), lambda _: {"n": 7}, missing=DASH), Cell("7", 7), Cell("7", 7)),
]


@pytest.mark.parametrize(("column", "known", "missing"), COLUMNS)
def test_a_column_says_what_is_there_and_what_is_not(column, known, missing):
    assert column.cell(KNOWN) == known
    assert column.cell(EMPTY) == missing


def test_a_share_leaves_the_reason_of_the_row_and_the_row_itself_alone():
    row = dict(EMPTY)
    assert share("Part, %", "part").cell(row).text == "not estimable: one patient"
    assert row == EMPTY


def test_a_table_has_a_cell_of_every_row_under_every_heading():
    fields = [text("Site", "site"), axis(), axis("text"), counted("Patients", "n")]
    table = table_of("Two", [KNOWN, EMPTY], fields, "tables/two.csv")
    kinds = [(column.title, column.kind) for column in table.columns]
    assert kinds == [("Site", "text"), ("Axis", "word"), ("Axis", "text"), ("Patients", "number")]
    assert [len(row) for row in table.rows] == [4, 4]
    assert (table.caption, table.file) == ("Two", "tables/two.csv")


def test_a_table_of_texts_has_columns_of_text():
    table = text_table("In short", ("Topic", "Statement"), [("Design", "two arms")])
    assert table.columns == [Column("Topic", "text"), Column("Statement", "text")]
    assert table.rows == [[Cell("Design"), Cell("two arms")]]
