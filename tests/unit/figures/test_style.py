"""Labels become one plain line; the style leaves the reader's settings as they were."""

import matplotlib as mpl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.figures.style import AXIS_MARKS, journal_style, plain_label


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=200), st.integers(20, 60))
def test_label_is_one_short_line(text, limit):
    label = plain_label(text, limit)
    assert 0 < len(label) <= limit
    assert "\n" not in label
    assert label.isprintable()


def test_shortened_label_still_says_synthetic():
    assert plain_label("x" * 500 + " (synthetic)").endswith("… (synthetic)")


def test_direction_marks_are_taken_out_and_empty_names_are_named():
    assert plain_label("\u202egnis") == "gnis"
    assert plain_label("\n\t") == "(no name)"


def test_glyphs_that_the_font_lacks_become_squares():
    assert plain_label("前立腺") == "□□□"


@pytest.mark.parametrize("channel", ["colour", "marker", "line"])
def test_axes_differ_in_colour_marker_and_line(channel):
    assert len({getattr(mark, channel) for mark in AXIS_MARKS.values()}) == 3


def test_settings_come_back():
    before = mpl.rcParams["font.size"]
    with journal_style():
        assert mpl.rcParams["font.size"] == 7.0
    assert mpl.rcParams["font.size"] == before
