"""What each figure draws from its tables: numbers on the canvas, gaps named, contracts met."""

import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

from popmargin.core.resources import resource_path
from popmargin.figures import FIGURES
from popmargin.figures.ellipse import ellipse_outline
from popmargin.figures.literature_forest import plot_literature_forest
from popmargin.figures.margin_recipes import plot_margin_recipes
from popmargin.figures.patient_errors import MAXIMUM_DRAWN, plot_patient_errors
from popmargin.figures.patient_means import plot_patient_means
from popmargin.figures.vector_length import plot_vector_length
from tests.figures.synthetic_tables import COHORTS, errors_of, result_tables

ONE = tuple(COHORTS)[:1]


@pytest.fixture
def tables():
    return dict(result_tables(ONE))


def texts(figure):
    return [
        text.get_text()
        for owner in (figure, *figure.axes)
        for text in (*owner.texts, *(owner.get_yticklabels() if owner is not figure else ()))
    ]


CONTRACTS = [
    "unit_summaries", "population_errors", "margins", "axis_correlations", "error_distribution",
    "fraction_trend", "margin_coverage", "coverage_curve", "coverage_map", "error_budget_shares",
    "group_comparison", "control_chart", "course_dependence", "borrowed_margins",
    "scenario_shifts", "risk_volume_margins", "off_axis_margins",
    "dose_population",
    "replayed_errors", "protocol_coverage",
    "burden", "burden_sensitivity", "burden_acceptability", "burden_break_even",
    "burden_thresholds", "imaging_organ_doses",
    "centre_places", "centre_verdicts",
]  # fmt: skip


@pytest.mark.parametrize("name", CONTRACTS)
def test_tables_of_these_tests_have_the_columns_of_their_contract(name, tables):
    contract = json.loads(resource_path("data_schema", f"{name}.json").read_text())
    assert {field["name"] for field in contract["fields"]} <= set(tables[name].columns)


@pytest.mark.parametrize("name", FIGURES)
def test_registry_says_what_is_shown(name):
    spec = FIGURES[name]
    assert spec.name == name
    assert spec.plot.__name__ == f"plot_{name}"
    assert min(map(len, (spec.title, spec.caption, spec.alt))) > 10


def test_reading_the_registry_does_not_import_matplotlib():
    code = "import sys, popmargin.figures; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", FIGURES)
def test_absent_or_empty_table_gives_no_figure(name, tables):
    for needed in FIGURES[name].tables:
        assert FIGURES[name].draw(tables | {needed: tables[needed].clear()}) is None
        assert FIGURES[name].draw({k: v for k, v in tables.items() if k != needed}) is None


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_estimable_is_drawn_without_numbers(name, tables):
    numbers = {
        key: table.with_columns(
            pl.when(False).then(pl.col(c)).otherwise(None).alias(c)
            for c in table.columns
            if c.endswith(("_mm", "_mm2", "correlation_low", "correlation_high"))
            and not c.startswith("length")
        )
        for key, table in tables.items()
    }
    spec = FIGURES[name]
    assert spec.plot(*(numbers[table] for table in spec.tables)) is not None


def test_patients_are_sorted_and_singles_are_hollow(tables):
    summaries = tables["unit_summaries"].with_columns(
        sd=pl.when(pl.col("patient_id") == "s0p003").then(None).otherwise("sd")
    )
    panel = plot_patient_errors(summaries, tables["population_errors"]).axes[0]
    with_bar, single = panel.lines[-2:]
    assert np.all(np.diff(with_bar.get_ydata()) >= 0)
    assert (len(with_bar.get_ydata()), len(single.get_ydata())) == (22, 1)


def test_many_patients_are_thinned_and_the_figure_says_so(tables):
    one = tables["unit_summaries"]
    many = pl.concat(one.with_columns(patient_id=pl.col("patient_id") + f"_{i}") for i in range(30))
    figure = plot_patient_errors(many, errors_of(many))
    assert len(figure.axes[0].lines[-2].get_ydata()) <= MAXIMUM_DRAWN
    assert any("Evenly spaced" in text for text in texts(figure))


def test_ellipses_have_the_spread_of_the_covariance(tables):
    figure = plot_patient_means(
        tables["unit_summaries"], tables["axis_correlations"], tables["population_errors"]
    )
    solid = next(line for line in figure.axes[0].lines if len(line.get_xdata()) == 91)
    variance = tables["axis_correlations"].filter(level="systematic", axis_1="lr", axis_2="lr")
    half_width = (solid.get_xdata().max() - solid.get_xdata().min()) / 2
    assert half_width == pytest.approx(variance["covariance_mm2"].item() ** 0.5, rel=1e-3)


def test_group_measured_on_one_axis_only_has_no_plane():
    tables = result_tables(tuple(COHORTS)[:2])
    one_axis = tables["unit_summaries"].filter(
        (pl.col("group") != ONE[0]) | (pl.col("axis") == "lr")
    )
    figure = plot_patient_means(one_axis, tables["axis_correlations"], tables["population_errors"])
    assert len(figure.axes) == 2
    assert ONE[0] not in texts(figure)


def test_negative_variance_is_drawn_without_width():
    assert np.ptp(ellipse_outline((0, 0), [[-1.0, 0.0], [0.0, 4.0]])[:, 0]) == 0


def test_margin_that_is_withheld_is_named(tables):
    margins = tables["margins"].with_columns(
        margin_mm=pl.when(recipe="parker").then(None).otherwise("margin_mm")
    )
    figure = plot_margin_recipes(margins)
    assert texts(figure).count("not given") == 3
    assert "Margins cover set-up error before correction only. " in texts(figure)


def test_what_margins_cover_stands_beside_the_group_where_it_differs():
    margins = result_tables(tuple(COHORTS)[:2])["margins"].with_columns(
        covers=pl.when(group=ONE[0]).then(pl.lit("residual error")).otherwise("covers")
    )
    written = texts(plot_margin_recipes(margins))
    assert any(text.endswith("; covers residual error") for text in written)


def test_literature_is_matched_by_site_and_limited(tables):
    names = texts(plot_literature_forest(tables["population_errors"], tables["literature"]))
    assert sum("made up" in name for name in names) == 6
    assert any(name.endswith("weekly images (n = 24)") for name in names)
    many = pl.concat(
        tables["literature"].with_columns(paper=pl.lit(f"copy {i}")) for i in range(40)
    )
    names = texts(plot_literature_forest(tables["population_errors"], many))
    assert sum(name.startswith("copy") for name in names) == 47
    assert any("Not all published rows are drawn" in name for name in names)


def test_groups_without_published_values_are_left_out_and_named():
    tables = result_tables(tuple(COHORTS)[:2])
    first, second = tables["population_errors"]["group"].unique(maintain_order=True)
    site = tables["population_errors"].filter(group=first)["site"][0]
    only = tables["literature"].filter(site=site.split(" (")[0].split(",")[0])
    figure = plot_literature_forest(tables["population_errors"], only)
    assert len(figure.axes) == 2
    assert f"No published values of the site of {second}." in texts(figure)


def test_no_published_values_leave_the_figure_out(tables):
    spec = FIGURES["literature_forest"]
    assert spec.has_data(tables)
    tables["literature"] = tables["literature"].with_columns(site=pl.lit("liver"))
    assert not spec.has_data(tables)
    assert spec.draw(tables) is None
    names = texts(plot_literature_forest(tables["population_errors"], tables["literature"]))
    assert names.count("no published values") == 2


def test_shares_beyond_3_and_5_mm_are_printed(tables):
    figure = plot_vector_length(tables["vector_lengths"])
    at3 = tables["vector_lengths"].filter(length_mm=3.0).row(0, named=True)
    expected = f"> 3 mm: {100 * at3['share_exceeding']:.0f} % ("
    assert any(expected in text for text in texts(figure))
