"""Figures inside the page: own ids, nothing active, a title and a description."""

import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.reports.inline_svg import inline_svg

SVG = """<?xml version="1.0"?><!-- label --><svg width="90pt" viewBox="0 0 9 9">
<metadata>x</metadata><defs><path id="a"/></defs><use xlink:href="#a"/>
<g clip-path="url(#a)"/></svg>"""


def test_ids_and_their_uses_carry_the_figures_name():
    page = inline_svg(SVG, "one", "t", "d") + inline_svg(SVG, "two", "t", "d")
    for name in ("one", "two"):
        for use in (f'id="{name}-a"', f'href="#{name}-a"', f"url(#{name}-a)"):
            assert page.count(use) == 1
    assert 'id="a"' not in page


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
