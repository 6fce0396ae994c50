"""Figures inside the page: own ids, nothing active, a title and a description."""

import re

import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.figures import FIGURES
from popmargin.reports.inline_svg import inline_svg

SVG = """<?xml version="1.0"?><!-- label --><svg width="90pt" viewBox="0 0 9 9">
<metadata>x</metadata><defs><path id="a"/></defs><use xlink:href="#a"/>
<g clip-path="url(#a)"/></svg>"""


def test_ids_and_their_uses_are_the_figures_own():
    page = inline_svg(SVG, "one", "t", "d") + inline_svg(SVG, "two", "t", "d")
    ids = re.findall(r'<path id="(f[0-9a-f]{5}-a)"', page)
    assert len(set(ids)) == 2
    for name in ids:
        for use in (f'id="{name}"', f'href="#{name}"', f"url(#{name})"):
            assert page.count(use) == 1
    assert 'id="a"' not in page


def test_figures_of_the_project_do_not_share_the_start_of_their_ids():
    starts = [
        re.search(r'id="(f\w+)-a"', inline_svg(SVG, name, "", "")).group(1) for name in FIGURES
    ]
    assert len(set(starts)) == len(FIGURES)


def test_neighbouring_markers_state_their_style_once_and_digits_are_cut():
    marker = '<use xlink:href="#a" x="12.34567" y="0.0156" style="fill: red"/>'
    other = marker.replace("red", "blue")
    element = inline_svg(f'<svg viewBox="0 0 9 9">{marker}\n  {marker}{other}</svg>', "n", "", "")
    assert element.count('style="fill: red"') == 1
    assert element.count('<use href="#') == 3
    assert element.count('x="12.34" y="0.0156"') == 3
    assert '"fill: red"><use' in element
    assert "</g><use" in element


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


@pytest.mark.parametrize(
    "inside",
    [
        "<script>1</script>",
        '<g onclick="1"/>',
        "<foreignObject/>",
        '<a xlink:href="javascript:1"/>',
    ],
)
def test_active_content_is_refused(inside):
    with pytest.raises(RefusedInput, match="active content"):
        inline_svg(f'<svg viewBox="0 0 1 1">{inside}</svg>', "one", "t", "d")


@pytest.mark.parametrize("text", ["", "<svg></svg>", '<svg viewBox="0 0 1 1">'])
def test_what_is_no_picture_is_refused(text):
    with pytest.raises(RefusedInput, match="view box"):
        inline_svg(text, "one", "t", "d")
