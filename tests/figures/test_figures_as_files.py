"""Every registered figure on disk: same bytes, embedded fonts, hostile labels drawn as text."""

import io
import re
import warnings

import matplotlib as mpl
import polars as pl
import pytest
from matplotlib.image import imread

from popmargin.figures import FIGURES
from popmargin.figures.anatomy_specs import ANATOMY_FIGURES
from popmargin.figures.burden_specs import BURDEN_FIGURES
from popmargin.figures.outcome_specs import OUTCOME_FIGURES
from popmargin.figures.save import figure_bytes, save_figure
from tests.figures.synthetic_tables import COHORTS, HOSTILE, result_tables

ONE = tuple(COHORTS)[:1]
NAMES = list(FIGURES)


# Drawn for the whole study, not group by group.
ONE_STUDY = {
    "coverage_map",
    "motion_strategies",
    "centre_funnel",
    *ANATOMY_FIGURES,
    *OUTCOME_FIGURES,
}


@pytest.mark.parametrize("name", NAMES)
def test_four_files_with_the_data_shown(name, tmp_path):
    tables, spec = result_tables(ONE), FIGURES[name]
    data = tables[spec.tables[0]]
    written = save_figure(spec.draw(tables), data, tmp_path, name)
    assert [path.name for path in written] == [f"{name}.{s}" for s in ("svg", "pdf", "png", "csv")]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(p.name for p in written)
    assert pl.read_csv(written[3]).height == data.height


@pytest.mark.parametrize("name", NAMES)
def test_size_resolution_and_fonts(name):
    figure = FIGURES[name].draw(result_tables(ONE))
    width_mm = figure.get_size_inches()[0] * 25.4
    assert width_mm == pytest.approx(90) or width_mm == pytest.approx(190)
    assert imread(io.BytesIO(figure_bytes(figure, "png"))).shape[1] == int(width_mm / 25.4 * 300)
    pdf = figure_bytes(figure, "pdf")
    assert b"/FontFile2" in pdf  # TrueType outlines travel with the file
    assert b"CreationDate" not in pdf
    svg = figure_bytes(figure, "svg")
    assert b"<text" not in svg  # glyphs are outlines: no font is looked up by the reader
    assert b"http://purl.org/dc" in svg  # the metadata block is there, without a date
    assert b"<dc:date>" not in svg


@pytest.mark.parametrize("name", NAMES)
def test_no_number_of_an_axis_is_left_as_a_formula(name):
    svg = figure_bytes(FIGURES[name].draw(result_tables(ONE)), "svg", outlined=False)
    assert b"<text" in svg
    assert b"math" not in svg


@pytest.mark.parametrize("file_format", ["svg", "pdf", "png"])
def test_same_tables_same_bytes_whatever_the_readers_own_style(file_format):
    tables, spec = result_tables(ONE), FIGURES["patient_means"]
    first = figure_bytes(spec.draw(tables), file_format)
    with mpl.rc_context({"font.size": 20, "svg.hashsalt": None, "text.parse_math": True}):
        assert figure_bytes(spec.draw(tables), file_format) == first


@pytest.fixture(scope="module")
def hostile_figures():
    tables = dict(result_tables((*HOSTILE, "ninth", "tenth (synthetic)")))
    published = tables["literature"].filter(site="lung")
    sites = tables["population_errors"]["site"].unique(maintain_order=True)
    tables["literature"] = pl.concat(published.with_columns(site=pl.lit(site)) for site in sites)
    return {name: spec.draw(tables) for name, spec in FIGURES.items()}


@pytest.mark.parametrize("name", NAMES)
def test_hostile_labels_are_drawn_and_nothing_of_them_is_markup(name, hostile_figures):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a missing glyph or a formula that does not parse
        svg = figure_bytes(hostile_figures[name], "svg").decode()
    assert "<script" not in svg
    assert "<!--" not in svg
    assert svg.count("</svg>") == 1
    assert not re.search(r"href=\"(?!#)", svg)  # no remote request


# These have a row a pair of groups, or a group and axis, and no row a group.
OTHER_ROWS = ("group_comparison", "control_chart", *BURDEN_FIGURES)


@pytest.mark.parametrize("name", OTHER_ROWS)
def test_six_rows_fit_a_page_and_the_rest_is_named(name, hostile_figures):
    figure = hostile_figures[name]
    assert figure.get_size_inches()[1] * 25.4 <= 245
    assert any("Shown: the first 6 of " in text.get_text() for text in figure.texts)


@pytest.mark.parametrize("name", [n for n in NAMES if n not in (*ONE_STUDY, *OTHER_ROWS)])
def test_eight_groups_fit_a_page_and_the_rest_is_named(name, hostile_figures):
    figure = hostile_figures[name]
    assert figure.get_size_inches()[1] * 25.4 <= 245
    assert any("Shown: the 8 largest of 10 groups." in text.get_text() for text in figure.texts)


def test_a_funnel_has_room_for_two_groups_and_names_the_rest():
    places = result_tables(ONE)["centre_places"]
    groups = [places.with_columns(group=pl.lit(f"group {number}")) for number in range(3)]
    figure = FIGURES["centre_funnel"].draw({"centre_places": pl.concat(groups)})
    assert figure.get_size_inches()[1] * 25.4 <= 245
    assert any("Shown: the 2 largest of 3 groups." in text.get_text() for text in figure.texts)
