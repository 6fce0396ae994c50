"""Figures inside the page: own ids, nothing active, a title and a description, no spare bytes."""

import re

import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.figures import FIGURES
from popmargin.figures.save import figure_bytes
from popmargin.reports.figure_fonts import figure_fonts
from popmargin.reports.inline_svg import inline_svg
from tests.figures.synthetic_study import study_tables

LINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
SVG = f"""<?xml version="1.0"?><!-- label --><svg width="90pt" viewBox="0 0 9 9" {LINK}>
<metadata>x</metadata><defs><path id="a"/></defs><use xlink:href="#a"/>
<path id="nobody names it" d="M 1 2 L 3 4" clip-path="url(#a)"/></svg>"""


def drawn(inside, name="one"):
    return inline_svg(f'<svg viewBox="0 0 9 9" {LINK}>{inside}</svg>', name, "t", "d")


def test_ids_and_their_uses_are_the_figures_own():
    page = inline_svg(SVG, "one", "t", "d") + inline_svg(SVG, "two", "t", "d")
    ids = re.findall(r'<path id="(f[0-9a-f]{5}-0)"', page)
    assert len(set(ids)) == 2
    for name in ids:
        for use in (f'id="{name}"', f'href="#{name}"', f"url(#{name})"):
            assert page.count(use) == 1
    assert 'id="a"' not in page
    assert "nobody" not in page


def test_figures_of_the_project_do_not_share_the_start_of_their_ids():
    starts = [
        re.search(r'id="(f\w+)-0"', inline_svg(SVG, name, "", "")).group(1) for name in FIGURES
    ]
    assert len(set(starts)) == len(FIGURES)


def test_a_style_that_returns_is_stated_once_and_one_that_does_not_stays():
    marker = '<rect x="1" style="fill: red; stroke: blue"/>'
    element = drawn(f'{marker}\n  {marker}<rect style="fill: black"/>')
    assert element.count("{fill:red;stroke:blue}") == 1
    name = re.search(r"<style>\.(\w+)\{", element).group(1)
    assert element.count(f'class="{name}"') == 2
    assert element.count('style="fill:black"') == 1


def test_places_are_kept_to_a_hundredth_of_a_point_and_scales_are_kept():
    element = drawn(
        '<g transform="translate(12.34567 1) scale(0.015625)">'
        '<path d="M 1.23456 2 \nL 0.98765 4 z"/></g>'
        '<text x="12.34567" transform="rotate(-0 12 1)">a  b</text>'
    )
    assert 'transform="translate(12.34 1) scale(0.015625)"' in element
    assert 'd="M1.23 2L0.98 4z"' in element
    assert '<text x="12.34">a  b</text>' in element


def test_groups_that_say_nothing_give_way():
    inside = '<g id="axes"><g><g style="fill: red"><path d="M 0 0"/></g></g><g/></g>'
    assert drawn(inside).endswith('</desc><g style="fill:red"><path d="M0 0"/></g></svg>')


def test_size_comments_and_metadata_are_left_out():
    element = inline_svg(SVG, "one", "t", "d")
    assert element.startswith("<svg ")
    assert 'viewBox="0 0 9 9"' in element
    for word in ("90pt", "<!--", "metadata", "<?xml"):
        assert word not in element


def test_words_are_escaped():
    element = inline_svg(SVG, "one", "<b>", "a & b")
    assert "&lt;b&gt;</title>" in element
    assert "a &amp; b</desc>" in element
    assert "<text>1 &lt; 2</text>" in drawn("<text>1 &lt; 2</text>")


@pytest.mark.parametrize(
    "inside",
    [
        "<script>1</script>",
        '<g onclick="1"/>',
        "<foreignObject/>",
        '<a xlink:href="#a"/>',
        '<use xlink:href="other.svg#a"/>',
        '<image xlink:href="data:image/png;base64,"/>',
    ],
)
def test_active_content_is_refused(inside):
    with pytest.raises(RefusedInput, match="active content"):
        drawn(inside)


def test_entities_are_refused_before_they_are_read():
    with pytest.raises(RefusedInput, match="active content"):
        inline_svg(f'<!DOCTYPE svg [<!ENTITY a "b">]>{SVG[21:]}', "one", "t", "d")


@pytest.mark.parametrize("text", ["", "<svg></svg>", '<svg viewBox="0 0 1 1">'])
def test_what_is_no_picture_is_refused(text):
    with pytest.raises(RefusedInput, match="view box"):
        inline_svg(text, "one", "t", "d")


def test_text_of_a_figure_stays_text_and_its_font_comes_along():
    figure = FIGURES["patient_means"].draw(study_tables())
    svg = figure_bytes(figure, "svg", outlined=False).decode()
    element, fonts = inline_svg(svg, "patient_means", "t", "d"), figure_fonts([svg])
    assert len(element) < 0.5 * len(svg)
    assert element.count("<text") == svg.count("<text") > 10
    assert fonts == figure_fonts([svg])
    assert fonts.count("@font-face { font-family: 'DejaVu Sans'") == 2
    assert len(fonts) < 40_000
