"""Sections on silent faults, on separate analyses, on set-up error and organ motion."""

import numpy as np
import polars as pl
import pytest

from popmargin.core.random_streams import random_stream
from popmargin.errors.analyses import Analysis
from popmargin.errors.organ_motion import estimate_organ_motion
from popmargin.margins.registry import find_recipe
from popmargin.pipeline.rows import rows_table
from popmargin.quality.analyses import estimate_analysis_margins
from popmargin.quality.find_faults import find_quality_faults
from popmargin.reports.analyses_section import analyses_section, organ_motion_section
from popmargin.reports.content import report_parts
from popmargin.reports.page import render_page
from popmargin.reports.quality_section import quality_section
from popmargin.tables.write import write_table
from tests.figures.synthetic_study import STUDY, study_tables
from tests.oracles.quality_cohorts import clean_cohort

RECIPE = find_recipe("van_herk_linear")


@pytest.fixture(scope="module")
def cohort():
    return clean_cohort(random_stream(21, "sections"))


@pytest.fixture(scope="module")
def faulty(cohort):
    gross = pl.when(pl.int_range(pl.len()).is_in([7, 300, 501])).then(60.0)
    return cohort.with_columns(gross.otherwise("si_mm").alias("si_mm"))


def test_the_section_shows_the_margin_with_and_without(faulty, tmp_path):
    table = rows_table(find_quality_faults(faulty).rows, "quality_flags")
    write_table(table, tmp_path / "quality_flags.csv", contract="quality_flags")
    (shown,) = quality_section(table).tables
    assert [row[3].text for row in shown.rows] == [
        "left-right",
        "superior-inferior",
        "anterior-posterior",
    ]
    row = table.row(1, named=True)
    assert row["margin_with_mm"] > row["margin_without_mm"] + 1.0
    cells = [cell.text for cell in shown.rows[1]]
    assert cells[:2] == ["blocks margins", "gross errors"]
    assert cells[4:6] == ["3", "3 (0%)"]
    assert cells[6].startswith(f"{row['margin_with_mm']:.1f} (")
    assert cells[8] == f"{row['effect_mm']:.1f}"


def test_the_page_holds_the_section_only_where_a_fault_was_found(faulty):
    tables = study_tables()
    found = rows_table(find_quality_faults(faulty).rows, "quality_flags")
    assert "Quality of the data" in render_page(
        report_parts(tables | {"quality_flags": found}, [], STUDY, {})
    )
    none = tables | {"quality_flags": rows_table([], "quality_flags")}
    assert "Quality of the data" not in render_page(report_parts(none, [], STUDY, {}))


def test_analyses_say_what_they_cover(cohort, tmp_path):
    after = cohort.with_columns(
        pl.col("lr_mm", "si_mm", "ap_mm") / 8, timing=pl.lit("after_correction")
    )
    both = pl.concat([cohort.with_columns(timing=pl.lit("before_correction")), after])
    rows = []
    for error in ("inter_fraction", "residual"):
        found, flags = estimate_analysis_margins(both, Analysis(error), RECIPE)
        rows += found
        assert [flag for flag in flags if flag.severity == "block"] == []
    table = rows_table(rows, "analysis_errors")
    write_table(table, tmp_path / "analysis_errors.csv", contract="analysis_errors")
    assert (table["margin_mm"].to_numpy()[:3] > 7 * table["margin_mm"].to_numpy()[3:]).all()
    (shown,) = analyses_section(table).tables
    assert [row[-1].text for row in shown.rows[::3]] == [
        "set-up error before correction only",
        "residual error after correction only",
    ]


def test_a_fault_withholds_the_analysis_that_rests_on_its_rows_only(cohort, faulty):
    after = faulty.with_columns(timing=pl.lit("after_correction"))
    both = pl.concat([cohort.with_columns(timing=pl.lit("before_correction")), after])
    kept, _ = estimate_analysis_margins(both, Analysis("inter_fraction"), RECIPE)
    held, flags = estimate_analysis_margins(both, Analysis("residual"), RECIPE)
    assert all(row["margin_mm"] is not None for row in kept)
    assert {row["reason"] for row in held} == {"withheld by a blocking flag"}
    assert "gross_errors" in [flag.code for flag in flags]
    codes = frozenset({"gross_errors"})
    answered, _ = estimate_analysis_margins(both, Analysis("residual"), RECIPE, answered=codes)
    assert all(row["margin_mm"] is not None for row in answered)


def test_organ_motion_is_shown_with_its_covariance(cohort, tmp_path):
    moved = cohort.with_columns(
        pl.col("lr_mm", "si_mm", "ap_mm") + pl.Series(np.tile([0.5, -1.0, 1.5, 0.0], 200)),
        surrogate=pl.lit("soft_tissue"),
    )
    both = pl.concat([cohort.with_columns(surrogate=pl.lit("bone")), moved])
    rows, _ = estimate_organ_motion(both)
    table = rows_table(rows, "organ_motion")
    write_table(table, tmp_path / "organ_motion.csv", contract="organ_motion")
    (shown,) = organ_motion_section(table).tables
    assert len(shown.rows) == 6
    assert {row[2].text for row in shown.rows} == {"systematic", "random"}
    assert shown.rows[0][8].text == f"{rows[0]['covariance_mm2']:.2f}".replace("-", "−")
