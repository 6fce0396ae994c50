"""The trial-design report: three forms of the same sections, safe and the same every time."""

import io
import json
import re
import zipfile

import docx
import polars as pl
import pytest

from popmargin.core.resources import resource_path
from popmargin.figures import FIGURES
from popmargin.figures.save import figure_bytes
from popmargin.reports.section import PageFigure
from popmargin.reports.trial_docx import write_trial_docx
from popmargin.reports.trial_html import write_trial_html
from popmargin.reports.trial_pdf import write_trial_pdf
from popmargin.reports.trial_protocols import protocols_table
from popmargin.reports.trial_report import trial_document
from popmargin.reports.trial_statements import OPEN, checklist_rows
from popmargin.reports.trial_tables import evidence_table
from tests.figures.synthetic_outcomes import TRIAL
from tests.figures.synthetic_study import STUDY, study_tables

HOSTILE = "<script>alert(1)</script> #eval $x$ [b] \u202e"


@pytest.fixture(scope="module")
def tables():
    return study_tables()


@pytest.fixture(scope="module")
def document(tables):
    figure = FIGURES["trial_power"]
    svg = figure_bytes(figure.draw(tables), "svg").decode()
    drawn = [PageFigure(figure.name, svg, figure.title, figure.caption, figure.alt)]
    group = tables["margins"]["group"][0]
    study = STUDY | {"trial": TRIAL | {"group": group, "title": HOSTILE}}
    return trial_document(tables, drawn, study, "0.1.0")


def words(section):
    return " ".join(section.paragraphs)


def test_every_part_of_a_protocol_is_there(document):
    assert [section.anchor for section in document.sections] == [
        "synopsis", "rationale", "geometry", "size", "plan", "spirit", "consort", "limits",
    ]  # fmt: skip
    by_name = {section.anchor: section for section in document.sections}
    assert "294 patients an arm for 80 % power" in words(by_name["size"])
    assert "Monte Carlo standard error" in words(by_name["size"])
    assert "beyond 3.0 mm" in words(by_name["geometry"])
    own = by_name["rationale"].tables[1]
    assert len(own.rows) == 3
    assert all(" to " in row[3].text for row in own.rows)


def test_margins_of_the_imaging_protocols_stand_beside_those_as_logged(document, tables):
    geometry = next(section for section in document.sections if section.anchor == "geometry")
    captions = [table.caption for table in geometry.tables]
    assert "that each imaging protocol would have left" in captions[1]
    group, recipe = tables["margins"]["group"][0], STUDY["margins"]["recipes"][0]
    rows = tables["replayed_errors"].filter(group=group, recipe=recipe, phase="course")
    shown = geometry.tables[1].rows
    assert [row[0].text for row in shown] == rows["protocol"].unique(maintain_order=True).to_list()
    first = rows.filter(axis="ap").row(0, named=True)
    assert shown[0][5].text.startswith(f"{first['margin_mm']:.1f} (")
    assert "share their patients" in words(geometry)


def test_no_margin_of_nought_is_offered_where_no_residual_was_stated(tables):
    perfect = tables["replayed_errors"].with_columns(margin_mm=pl.lit(0.0))
    group, recipe = tables["margins"]["group"][0], STUDY["margins"]["recipes"][0]
    for row in protocols_table(perfect, group, recipe).rows:
        assert [cell.text for cell in row[3:6]] == ["none: residual not stated"] * 3


def test_a_table_without_rows_is_left_out(tables):
    group = tables["margins"]["group"][0]
    study = STUDY | {"trial": TRIAL | {"group": group}}
    less = {**tables, "trial_centres": tables["trial_centres"].head(0)}
    del less["replayed_errors"]
    document = trial_document(less, [], study, "0.1.0")
    assert all(table.rows for section in document.sections for table in section.tables)


def test_a_ratio_that_is_left_open_is_not_printed_as_digits(tables):
    wide = {"ratio": 0.4, "ratio_low": 0.00002, "ratio_high": 6095.96, "measure": "odds ratio"}
    evidence = (
        tables["trial_evidence"]
        .head(1)
        .with_columns(pl.lit(value).alias(name) for name, value in wide.items())
    )
    (row,) = evidence_table(evidence).rows
    assert row[5].text == "odds ratio 0.40 (below 0.01 to above 100)"


def test_what_is_not_counted_on_is_said_and_not_printed_as_nought(tables):
    group = tables["margins"]["group"][0]
    nothing = {"to_control": 0.0, "to_experimental": 0.0, "drop_out": 0.0}
    study = STUDY | {"trial": TRIAL | {"group": group} | nothing}
    size = trial_document(tables, [], study, "0.1.0").sections[3]
    assert "nobody is assumed to get the other arm" in words(size)
    assert "each of whom is assumed to have an outcome" in words(size)


def test_items_are_filled_or_open_never_empty(document):
    by_name = {section.anchor: section for section in document.sections}
    for name, items in (("spirit", 34), ("consort", 30)):
        rows = by_name[name].tables[0].rows
        numbers = [int(n) for row in rows for n in re.findall(r"\d+", row[0].text)]
        assert set(numbers) == set(range(1, items + 1))
        assert all(row[2].text for row in rows)
    opened = [row for row in by_name["spirit"].tables[0].rows if row[2].text == OPEN]
    assert 5 < len(opened) < len(by_name["spirit"].tables[0].rows) - 10
    assert checklist_rows("spirit", {})[0][2] == OPEN


def test_nothing_speaks_of_an_effect_that_no_trial_has_shown(document):
    for section in document.sections:
        assert not re.search(r"\b(proves|caused by|improves)\b", words(section))


def test_html_is_self_contained_and_escaped(document, tmp_path):
    write_trial_html(document, tmp_path / "a.html")
    page = (tmp_path / "a.html").read_text("utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"(src|href)=\"(?!#)", page)
    assert page.count("<h2") == len(document.sections)


def test_pdf_takes_text_as_data_and_is_the_same_every_time(document, tmp_path):
    for name in ("a.pdf", "b.pdf"):
        write_trial_pdf(document, tmp_path / name)
    first = (tmp_path / "a.pdf").read_bytes()
    assert first == (tmp_path / "b.pdf").read_bytes()
    assert first.startswith(b"%PDF")
    assert len(first) > 20_000
    assert b"CreationDate" not in first


def test_docx_can_be_edited_and_is_the_same_every_time(document, tmp_path):
    picture = tmp_path / "p.png"
    picture.write_bytes(figure_bytes(FIGURES["trial_power"].draw(study_tables()), "png"))
    for name in ("a.docx", "b.docx"):
        write_trial_docx(document, tmp_path / name, {"trial_power": picture})
    first = (tmp_path / "a.docx").read_bytes()
    assert first == (tmp_path / "b.docx").read_bytes()
    assert zipfile.ZipFile(io.BytesIO(first)).testzip() is None
    word = docx.Document(tmp_path / "a.docx")
    headings = [p.text for p in word.paragraphs if p.style.name == "Heading 1"]
    assert headings == [section.title for section in document.sections]
    assert len(word.tables) == sum(len(section.tables) for section in document.sections)
    assert len(word.inline_shapes) == 1


@pytest.mark.parametrize(
    "name",
    ["trial_design", "trial_operating", "trial_sensitivity", "trial_power", "trial_evidence",
     "trial_centres", "outcome_chain", "outcome_curve", "outcome_incidence", "outcome_curves",
     "outcome_effects", "outcome_weighted", "outcome_balance", "outcome_prediction",
     "dose_responses", "ntcp_fits", "dose_response_points"],
)  # fmt: skip
def test_tables_of_these_tests_have_the_columns_of_their_contract(name, tables):
    contract = json.loads(resource_path("data_schema", f"{name}.json").read_text())
    assert {field["name"] for field in contract["fields"]} <= set(tables[name].columns)
    assert isinstance(tables[name], pl.DataFrame)
    assert tables[name].height
