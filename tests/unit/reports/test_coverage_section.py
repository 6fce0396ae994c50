"""What the report says of coverage: the promise beside what is kept, gaps with their reason."""

import polars as pl
import pytest

from popmargin.reports.answer import answers
from popmargin.reports.budget_section import budget_section
from popmargin.reports.content import report_parts
from popmargin.reports.coverage_section import (
    coverage_section,
    coverage_sentence,
    whole_percent,
)
from popmargin.reports.page import render_page
from tests.figures.synthetic_study import STUDY, study_tables

GROUP = "prostate (synthetic)"
NUMBERS = ("coverage", "coverage_low", "coverage_high", "logged_coverage")


@pytest.fixture
def tables():
    return study_tables()


def test_the_answer_says_what_is_covered_beside_what_is_wanted(tables):
    row = tables["margin_coverage"].filter(group=GROUP, recipe="van_herk").row(0, named=True)
    said = answers(tables["margins"], STUDY, tables["margin_coverage"])[0].coverage
    share = f"{100 * row['coverage']:.0f} % ({100 * row['coverage_low']:.0f} % to "
    assert said.startswith(
        "For a spherical CTV of 30 mm radius and 35 fractions and these errors only, "
        f"these margins cover {share}"
    )
    assert "of patients; 90 % are wanted." in said
    assert said.endswith("The margin in use covers 71 % (61 % to 76 %).")
    page = render_page(report_parts(tables, [], STUDY, {}))
    assert said in page.replace("\N{NO-BREAK SPACE}", " ")


def test_margins_are_judged_by_all_errors_of_the_budget(tables):
    table = tables["margin_coverage"]
    more = table.with_columns(covers=pl.lit("all"), coverage=pl.lit(0.4), coverage_low=pl.lit(0.3))
    said = coverage_sentence(pl.concat([table, more]), GROUP, "van_herk")
    # Both, because the margins themselves hold all errors of the budget too.
    assert "these margins cover 40 % (30 % to 78 %)" in said
    assert "The margin in use covers 40 % (30 % to 76 %)." in said


def test_simulated_patients_who_are_all_covered_are_not_everybody(tables):
    all_covered = tables["margin_coverage"].with_columns(coverage=pl.lit(1.0))
    assert "these margins cover > 99 % (" in coverage_sentence(all_covered, GROUP, "van_herk")


def test_no_coverage_no_sentence(tables):
    gone = tables["margin_coverage"].with_columns(
        pl.lit(None, pl.Float64).alias(n) for n in NUMBERS
    )
    assert coverage_sentence(gone, GROUP, "van_herk") == ""
    assert coverage_sentence(tables["margin_coverage"], GROUP, "bir") == ""
    assert answers(tables["margins"], STUDY)[0].coverage == ""
    reason = gone.with_columns(reason=pl.lit("withheld by a blocking flag"))
    (table,) = coverage_section(reason).tables
    assert {row[6].text for row in table.rows} == {"withheld by a blocking flag"}


def test_every_row_of_both_tables_is_shown(tables):
    section = coverage_section(tables["margin_coverage"])
    assert len(section.tables[0].rows) == tables["margin_coverage"].height
    budget = budget_section(tables["error_budget_shares"])
    assert len(budget.tables[0].rows) == tables["error_budget_shares"].height
    assert "margin for the listed errors" in budget.paragraphs[0]


def test_budget_that_is_not_estimable_says_why(tables):
    empty = (
        tables["error_budget_shares"]
        .head(3)
        .with_columns(
            pl.lit(None).alias(name)
            for name in (
                "component",
                "kind",
                "value_mm",
                "variance_share",
                "saving_mm",
                "margin_mm",
            )
        )
    )
    gone = empty.with_columns(reason=pl.lit("not estimable: axis si, ap not measured"))
    assert budget_section(gone).tables[0].rows[0][2].text.endswith("axis si, ap not measured")


@pytest.mark.parametrize(
    ("share", "text"), [(1.0, "100 %"), (0.999, "> 99 %"), (0.001, "< 1 %"), (0.0, "0 %")]
)
def test_shares_never_round_to_all_or_none(share, text):
    assert whole_percent(share) == text
