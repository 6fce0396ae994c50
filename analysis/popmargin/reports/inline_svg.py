"""Put a figure's SVG into the page: one image to a screen reader, ids of its own."""

import re
from html import escape
from typing import Final

from popmargin.core.exceptions import RefusedInput

_ROOT: Final = re.compile(r"<svg\b[^>]*>", re.DOTALL)
_VIEW: Final = re.compile(r'viewBox="([0-9. -]+)"')
_REFERENCE: Final = re.compile(r'(\bid="|href="#|url\(#)')
_METADATA: Final = re.compile(r"<metadata>.*?</metadata>", re.DOTALL)
_ACTIVE: Final = re.compile(r"<script|<foreignObject|\son\w+=|javascript:|<!ENTITY", re.IGNORECASE)


def inline_svg(svg: str, name: str, title: str, description: str) -> str:
    """The ``svg`` element of a figure, ready to stand in an HTML page.

    Parameters
    ----------
    svg : an SVG document as `popmargin.figures.save` writes it.
    name : of the figure; put before every id, so that figures of one page do not mix.
    title, description : what a screen reader says.

    Returns
    -------
    The element without XML header, comments and metadata; sized by its view box.

    Raises
    ------
    RefusedInput
        When the text is no SVG with a view box, or holds something that could run.

    Examples
    --------
    >>> inline_svg('<svg viewBox="0 0 9 9"><g id="a"/></svg>', "trend", "T", "D")
    ... # doctest: +ELLIPSIS
    '<svg class="plot" viewBox="0 0 9 9" role="img" ...<g id="trend-a"/></svg>'
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
    inside = _REFERENCE.sub(rf"\g<1>{name}-", inside)
    labels = f"{name}-title {name}-alt"
    return (
        f'<svg class="plot" viewBox="{view.group(1)}" role="img" aria-labelledby="{labels}" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-alt">{escape(description)}</desc>{inside}</svg>'
    )
