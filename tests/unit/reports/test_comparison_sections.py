"""Sections on comparison, course, charts, borrowing and scenarios say what the tables hold."""

import functools

import polars as pl

from popmargin.figures.control_chart import plot_control_chart
from popmargin.figures.group_comparison import plot_group_comparison
from popmargin.reports.comparison_section import (
    chart_section,
    comparison_section,
    dependence_section,
)
from popmargin.reports.decisions_section import borrowing_section, scenarios_section
from tests.figures.comparison_tables import comparison_tables

tables = functools.cache(lambda: comparison_tables(("lung",)))


def texts(section):
    return [[cell.text for cell in row] for table in section.tables for row in table.rows]


def test_a_comparison_names_its_groups_and_how_many_tests_were_made():
    table = tables()["group_comparison"]
    section = comparison_section(table)
    assert f"{table['n_tests'][0]} tests were made" in section.paragraphs[0]
    rows = texts(section)
    assert [row[0] for row in rows] == ["lung: mask A vs mask B"] * 3
    assert rows[0][3] == "14 and 14"
    assert all(row[-1] != "0.00" for row in rows)


def test_rotations_are_compared_without_a_margin():
    table = tables()["group_comparison"].head(1)
    turned = table.with_columns(
        axis=pl.lit("yaw"),
        recipe=pl.lit(None, dtype=pl.String),
        group_mean_difference_deg=pl.lit(0.25),
    )
    row = texts(comparison_section(turned))[0]
    assert row[1:3] == ["yaw (about AP)", "\N{EN DASH}"]
    assert row[4].startswith("0.25")
    assert row[-2:] == ["\N{EN DASH}", "\N{EN DASH}"]


def test_usual_and_corrected_errors_stand_side_by_side():
    table = tables()["course_dependence"]
    row, found = texts(dependence_section(table))[0], table.row(0, named=True)
    assert row[7].startswith(f"{found['systematic_sd_mm']:.2f} (")
    assert row[8].startswith(f"{found['systematic_sd_corrected_mm']:.2f} (")


def test_a_chart_counts_the_points_outside_and_names_the_first_day():
    table = tables()["control_chart"]
    outside = table.filter(signal="true", chart="ewma", axis="lr")
    assert outside.height > 0
    rows = texts(chart_section(table))
    mine = next(row for row in rows if row[1:3] == ["left-right", "moving average"])
    assert mine[-2:] == [f"{outside.height} of 8", outside["started_from"][0]]
    drawn = [text.get_text() for text in plot_control_chart(table).texts]
    watched = table.filter(pl.col("signal").is_not_null(), axis="lr")
    said = f"{watched.filter(signal='true').height} of {watched.height} points outside"
    assert said in drawn


def test_what_is_borrowed_is_said_with_its_weight_and_papers():
    table = tables()["borrowed_margins"]
    section = borrowing_section(table)
    assert any("Graf2009" in text for text in section.paragraphs)
    row, found = texts(section)[0], table.row(0, named=True)
    assert row[3] == f"{found['margin_own_mm']:.1f}"
    assert row[8].startswith(f"{100 * found['systematic_sd_literature_share']:.0f} %")


def test_scenarios_are_listed_and_drawn_courses_counted():
    section = scenarios_section(tables()["scenario_shifts"])
    assert "2 drawn courses" in section.paragraphs[0]
    assert len(texts(section)) == 7
    assert texts(section)[0][1] == "nominal"


def test_contrasts_lie_where_the_table_says():
    table = tables()["group_comparison"]
    panels = plot_group_comparison(table).axes[:4]
    for panel, name in zip(
        panels,
        ("group_mean_difference_mm", "systematic_sd_ratio", "random_sd_ratio",
         "margin_difference_mm"),
        strict=True,
    ):  # fmt: skip
        points = [line.get_xdata()[0] for line in panel.lines if line.get_marker() in "os^"]
        assert points == table[name].to_list()
    assert panels[1].get_xscale() == "log"
