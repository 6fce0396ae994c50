"""Published values: the report names the groups that have none beside them."""

import polars as pl
import pytest

from popmargin.reports.content import report_parts
from tests.figures.synthetic_study import PROVENANCE, STUDY, study_tables


def paragraphs(sites):
    """Texts of the section in a study whose groups have these sites, in their order."""
    tables = dict(study_tables())
    errors = tables["population_errors"]
    groups = errors["group"].unique(maintain_order=True).to_list()
    new = dict(zip(groups, sites, strict=False))
    tables["population_errors"] = errors.with_columns(
        site=pl.col("group").replace_strict(new, default=sites[-1])
    )
    parts = report_parts(tables, [], STUDY, PROVENANCE)
    (section,) = [s for s in parts.sections if s.anchor == "literature"]
    return groups, list(section.paragraphs)


def test_a_group_whose_site_nobody_published_is_named():
    groups, (_, words) = paragraphs(["elbow", "Prostate (bone)"])
    assert words.startswith(f"No published values of the site of {groups[0]}: the figure")
    assert "leaves these groups out" in words


def test_a_study_of_no_published_site_says_that_the_figure_is_left_out():
    groups, (_, words) = paragraphs(["elbow"])
    assert all(group in words for group in groups)
    assert "is left out" in words


@pytest.mark.parametrize("site", ["prostate", "BRAIN, synthetic", "head_and_neck"])
def test_nothing_is_said_where_all_have_values(site):
    assert len(paragraphs([site])[1]) == 1
