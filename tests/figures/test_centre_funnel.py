"""Where few centres are compared, each stands beside the limits that judge it."""

import polars as pl
import pytest

from popmargin.figures.centre_funnel import plot_centre_funnel
from popmargin.reports.centre_section import places_section


def places(centres):
    """Places of alike centres, the first beyond its limits, and the curve of all together."""
    limits = {
        "inner_low_mm": -1.0,
        "inner_high_mm": 1.0,
        "outer_low_mm": -1.6,
        "outer_high_mm": 1.6,
    }
    common = {"group": "g", "expected_mm": 0.0, "reason": None} | limits
    rows = []
    for quantity in ("group_mean", "sd_of_means", "random_sd"):
        for axis in ("lr", "si", "ap"):
            key = common | {"quantity": quantity, "axis": axis}
            rows += [
                key | {"centre": f"c{i}", "n_patients": 20 + i, "value_mm": 2.0 * (i == 0),
                       "place": "within" if i else "beyond 99.8 %"}
                for i in range(centres)
            ]  # fmt: skip
            rows += [key | {"centre": None, "n_patients": n, "value_mm": None, "place": None}
                     for n in (2, 40)]  # fmt: skip
    return pl.DataFrame(rows)


def drawn(centres):
    figure = plot_centre_funnel(places(centres))
    words = {text.get_text() for legend in figure.legends for text in legend.get_texts()}
    names = {text.get_text() for panel in figure.axes for text in panel.texts}
    bars = sum(len(panel.collections) for panel in figure.axes)
    return words, names, bars


@pytest.mark.parametrize("centres", [2, 4])
def test_few_centres_have_bars_of_their_own_and_names(centres):
    words, names, bars = drawn(centres)
    assert "95 % by the other centres" in words
    assert "all centres" not in words
    assert {f"c{i}" for i in range(centres)} <= names
    assert bars == 9 * 2 * centres


def test_many_centres_have_the_funnel():
    words, names, bars = drawn(5)
    assert {"all centres", "95 % of alike centres"} <= words
    assert "c0" in names
    assert "c1" not in names
    assert bars == 0


def test_two_centres_cannot_tell_which_is_unusual():
    said = "each is held against the other"
    assert said in places_section(places(2)).paragraphs[0]
    assert said not in places_section(places(3)).paragraphs[0]
