"""Put a figure's SVG into the page: one image to a screen reader, ids of its own."""

import hashlib
import re
from html import escape
from typing import Final

from popmargin.core.exceptions import RefusedInput

_ROOT: Final = re.compile(r"<svg\b[^>]*>", re.DOTALL)
_VIEW: Final = re.compile(r'viewBox="([0-9. -]+)"')
_REFERENCE: Final = re.compile(r'(\bid="|href="#|url\(#)')
_METADATA: Final = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
# Two decimals are a hundredth of a point. A number below one may be a scale: it stays.
_LONG_NUMBER: Final = re.compile(r"(?<![\d.])([1-9]\d*\.\d\d)\d+")
_SPACES: Final = re.compile(r"\s*\n\s*")
# Markers of one style, one after another, as matplotlib writes the points of a line.
_MARKERS: Final = re.compile(
    r'<use [^>]*? style="([^"]*)"/>(?: ?<use [^>]*? style="\1"/>)+', re.DOTALL
)
_ACTIVE: Final = re.compile(r"<script|<foreignObject|\son\w+=|javascript:|<!ENTITY", re.IGNORECASE)


def inline_svg(svg: str, name: str, title: str, description: str) -> str:
    """The ``svg`` element of a figure, ready to stand in an HTML page.

    Parameters
    ----------
    svg : an SVG document as `popmargin.figures.save` writes it.
    name : of the figure; its hash stands before every id, so that figures of one page do not mix.
    title, description : what a screen reader says.

    Returns
    -------
    The element without XML header, comments, metadata, needless digits and line breaks; sized by
    its view box.

    Raises
    ------
    RefusedInput
        When the text is no SVG with a view box, or holds something that could run.

    Examples
    --------
    >>> inline_svg('<svg viewBox="0 0 9 9"><g id="a"/></svg>', "trend", "T", "D")
    ... # doctest: +ELLIPSIS
    '<svg class="plot" viewBox="0 0 9 9" role="img" ...<g id="f...-a"/></svg>'
    """
    body = _METADATA.sub("", re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL))
    root = _ROOT.search(body)
    view = _VIEW.search(root.group()) if root else None
    end = body.rfind("</svg>")
    if root is None or view is None or end < 0:
        raise RefusedInput(f"figure {name}", "an SVG with a view box", "none", "draw it again")
    inside = body[root.end() : end]
    if _ACTIVE.search(inside):
        raise RefusedInput(f"figure {name}", "a still picture", "active content", "draw it again")
    short = f"f{hashlib.sha256(name.encode()).hexdigest()[:5]}-"
    inside = _REFERENCE.sub(rf"\g<1>{short}", inside).replace("xlink:href", "href")
    inside = _LONG_NUMBER.sub(r"\1", _SPACES.sub(" ", inside))
    inside = _MARKERS.sub(_styled_once, inside)
    labels = f"{name}-title {name}-alt"
    return (
        f'<svg class="plot" viewBox="{view.group(1)}" role="img" aria-labelledby="{labels}">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-alt">{escape(description)}</desc>{inside}</svg>'
    )


def _styled_once(markers: re.Match[str]) -> str:
    """Markers of one style in a group that has it, without their own."""
    style = f' style="{markers.group(1)}"'
    return f"<g{style}>{markers.group().replace(style, '')}</g>"
