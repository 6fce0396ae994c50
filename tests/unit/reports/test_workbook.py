"""tables.xlsx: units, notes, text that is never a formula, numbers that stay numbers."""

import io
from datetime import date

import openpyxl
import polars as pl
import pytest

from popmargin.reports.workbook import render_workbook, unit_of
from tests.figures.synthetic_study import study_tables
from tests.figures.synthetic_tables import HOSTILE

FORMULAE = ["=1+1", "+1", "-2 mm", "@SUM(A1)", "|x", "  =A1", "%0"]


def opened(tables, **words):
    content = render_workbook(
        tables, title=words.get("title", "Study"), notes=words.get("notes", ())
    )
    return openpyxl.load_workbook(io.BytesIO(content))


def test_one_sheet_a_table_with_units_and_frozen_heads():
    tables = {name: study_tables()[name] for name in ("margins", "flags")}
    book = opened(tables)
    assert book.sheetnames == ["notes", "margins", "flags"]
    sheet = book["margins"]
    head = [cell.value for cell in sheet[1]]
    assert head == tables["margins"].columns
    assert sheet.freeze_panes == "B3"
    assert sheet.cell(2, head.index("margin_mm") + 1).value == "mm"
    assert sheet.max_row == tables["margins"].height + 2
    assert sheet.cell(3, head.index("margin_mm") + 1).value == tables["margins"]["margin_mm"][0]


def test_notes_explain_every_column_from_its_contract():
    rows = list(opened({"margins": study_tables()["margins"]}, notes=["seed 1"])["notes"].values)
    assert ("margins", "covers") in {row[:2] for row in rows}
    meaning = next(row[3] for row in rows if row[:2] == ("margins", "covers"))
    assert meaning == "which errors the margin covers"
    texts = {row[0] for row in rows}
    assert {"seed 1", "Research tool, not a medical device."} <= texts


@pytest.mark.parametrize("text", [*FORMULAE, *HOSTILE])
def test_text_is_never_a_formula(text):
    cell = opened({"t": pl.DataFrame({"label": [text]})})["t"].cell(3, 1)
    assert cell.data_type == "s"
    assert cell.hyperlink is None
    assert cell.quotePrefix == text.strip().startswith(("=", "+", "-", "@", "|", "%"))


def test_numbers_are_untouched_and_gaps_stay_empty():
    frame = pl.DataFrame({"x_mm": [-1.25, None, 0.3], "n": [3, -4, None]})
    rows = list(opened({"t": frame})["t"].iter_rows(min_row=3, values_only=True))
    assert rows == [(-1.25, 3), (None, -4), (0.3, None)]


def test_long_table_is_named_and_left_to_its_csv():
    book = opened({"long": pl.DataFrame({"a": range(100_001)})})
    assert book.sheetnames == ["notes"]
    assert "long: 100,001 rows, see tables/long.csv" in {r[0] for r in book["notes"].values}


def test_same_tables_same_bytes_and_no_date_of_today():
    tables = {"flags": study_tables()["flags"]}
    first = render_workbook(tables, title="Study")
    assert render_workbook(tables, title="Study") == first
    assert openpyxl.load_workbook(io.BytesIO(first)).properties.created.date() == date(2000, 1, 1)


def test_units_by_name():
    assert (unit_of("yaw_low_deg"), unit_of("n_patients"), unit_of("mm")) == ("°", "", "mm")
