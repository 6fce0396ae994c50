"""What the report says of replayed protocols: every row, the expectation beside, gaps by reason."""

import polars as pl
import pytest

from popmargin.reports.content import report_parts
from popmargin.reports.methods_text import describe_methods
from popmargin.reports.page import render_page
from popmargin.reports.replay_section import protocol_coverage_section, replay_section
from tests.figures.synthetic_study import PROVENANCE, STUDY, study_tables


@pytest.fixture
def tables():
    return study_tables()


def test_every_row_stands_beside_what_was_expected(tables):
    table = tables["replayed_errors"]
    left, effort = replay_section(table).tables
    assert len(left.rows) == table.height
    assert len(effort.rows) == table.select("group", "protocol").unique().height
    row = table.row(0, named=True)
    assert left.rows[0][7].text == f"{row['expected_systematic_sd_mm']:.2f}"
    assert left.rows[0][12].text == "closed form"


def test_a_group_that_was_not_replayed_says_why(tables):
    table = tables["replayed_errors"]
    lost = "not estimable: the protocol in use had corrected these positions"
    empty = table.head(6).with_columns(
        group=pl.lit("lost"), n_patients=pl.lit(None, pl.Int64), reason=pl.lit(lost)
    )
    section = replay_section(pl.concat([table, empty]))
    assert f"lost: {lost}." in section.paragraphs
    assert len(section.tables[0].rows) == table.height
    # Nothing at all could be replayed: the reason is all there is to say.
    assert f"lost: {lost}." in replay_section(empty).paragraphs


def test_coverage_under_each_protocol(tables):
    section = protocol_coverage_section(tables["protocol_coverage"])
    assert len(section.tables[0].rows) == tables["protocol_coverage"].height
    assert "a spherical CTV of 30 mm radius and 35 fractions" in section.paragraphs[0]
    gone = tables["protocol_coverage"].with_columns(
        coverage=pl.lit(None, pl.Float64), reason=pl.lit("withheld by a blocking flag")
    )
    texts = {row[7].text for row in protocol_coverage_section(gone).tables[0].rows}
    assert texts == {"withheld by a blocking flag"}


def test_the_page_has_both_sections_and_the_limits(tables):
    page = render_page(report_parts(tables, [], STUDY, PROVENANCE))
    for words in ("Correction protocols, replayed", "What margins cover under each protocol",
                  "Corrections that were in force when the errors were logged"):  # fmt: skip
        assert words in page


def test_the_methods_name_protocols_and_what_a_correction_leaves():
    replay = {"protocols": ["nal:images=3", "daily"], "registration_sd_mm": 1, "couch_sd_mm": 0.5}
    study = STUDY | {"replay": replay, "protocol_in_use": "no_imaging"}
    text = " ".join(describe_methods(study, PROVENANCE, ["van_herk"]).paragraphs)
    assert "de Boer & Heijmen 2001" in text
    assert "registration error of 1 mm and a couch error of 0.5 mm" in text
    assert "replayed" not in " ".join(describe_methods(STUDY, PROVENANCE, []).paragraphs)
