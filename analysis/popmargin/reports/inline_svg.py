"""Put a figure's SVG into the page: one image to a screen reader, ids of its own, no spare bytes.

What matplotlib writes is kept to a hundredth of a point: groups that say nothing, ids that nobody
names and repeated styles go, so that a report of thirty figures opens at once.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from html import escape
from typing import Final
from xml.etree.ElementTree import Element, ParseError, fromstring, tostring

from popmargin.core.exceptions import RefusedInput

_STILL: Final = frozenset(
    ("svg", "g", "defs", "path", "use", "text", "tspan", "rect", "clipPath", "pattern")
)
_LEFT_OUT: Final = frozenset(("metadata", "style", "title", "desc"))
_INVISIBLE: Final = {"rotate(-0", "rotate(0"}
_REFERENCE: Final = re.compile(r"#([\w.-]+)")
# Two decimals are a hundredth of a point. A number below one may be a scale: it stays.
_LONG_NUMBER: Final = re.compile(r"(?<![\d.])([1-9]\d*\.\d\d)\d+")
_ANY_NUMBER: Final = re.compile(r"(\d+\.\d\d)\d+")
_STYLED_OFTEN: Final = 2


def inline_svg(svg: str, name: str, title: str, description: str) -> str:
    """The ``svg`` element of a figure, ready to stand in an HTML page.

    Parameters
    ----------
    svg : an SVG document as `popmargin.figures.save` writes it.
    name : of the figure; its hash stands before every id, so that figures of one page do not mix.
    title, description : what a screen reader says.

    Returns
    -------
    The element without XML header, comments, metadata and needless digits, groups and ids; sized
    by its view box.

    Raises
    ------
    RefusedInput
        When the text is no SVG with a view box, or holds something that could run or be fetched.

    Examples
    --------
    >>> inline_svg('<svg viewBox="0 0 9 9"><g id="a"><path d="M 1 2.345 L 3 4"/></g></svg>',
    ...            "trend", "T", "D")  # doctest: +ELLIPSIS
    '<svg class="plot" viewBox="0 0 9 9" role="img" ...</desc><path d="M1 2.34L3 4"/></svg>'
    """
    root = _read(svg, name)
    short = f"f{hashlib.sha256(name.encode()).hexdigest()[:5]}"
    _clean(root, name)
    _rename(root, short)
    _unwrap(root)
    rules = _classes(root, short)
    inside = "".join(tostring(child, encoding="unicode") for child in root)
    inside = inside.replace(" />", "/>")
    labels = f"{name}-title {name}-alt"
    return (
        f'<svg class="plot" viewBox="{root.get("viewBox")}" role="img" '
        f'aria-labelledby="{labels}" stroke-linejoin="round">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-alt">{escape(description)}</desc>{rules}{inside}</svg>'
    )


def _read(svg: str, name: str) -> Element:
    if "<!ENTITY" in svg:
        raise RefusedInput(f"figure {name}", "a still picture", "active content", "draw it again")
    try:
        root = fromstring(svg)  # noqa: S314 - written by this project, entities are refused above
    except ParseError:
        root = Element("none")
    if not re.fullmatch(r"[0-9. -]+", root.get("viewBox", "")):
        raise RefusedInput(f"figure {name}", "an SVG with a view box", "none", "draw it again")
    return root


def _clean(root: Element, name: str) -> None:
    """Names without their namespaces, digits that can be seen; only what stands still."""
    for element in root.iter():
        element.tag = _local(element.tag)
        element[:] = [child for child in element if _local(child.tag) not in _LEFT_OUT]
        attributes = {_local(key): value for key, value in element.attrib.items()}
        active = any(key.startswith("on") for key in attributes)
        if element.tag not in _STILL or active or attributes.get("href", "#")[0] != "#":
            raise RefusedInput(
                f"figure {name}", "a still picture", "active content", "draw it again"
            )
        element.attrib.clear()
        element.attrib.update((key, _shorter(key, text)) for key, text in attributes.items())
        if element.get("transform", "").partition(" ")[0] in _INVISIBLE:
            del element.attrib["transform"]
        if element.tag not in ("text", "tspan"):
            element.text = None
        element.tail = None


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _shorter(key: str, text: str) -> str:
    if key == "d":
        return re.sub(r"\s*([A-Za-z])\s*", r"\1", _ANY_NUMBER.sub(r"\1", " ".join(text.split())))
    if key in ("x", "y", "width", "height"):
        return _ANY_NUMBER.sub(r"\1", text)
    if key == "style":
        return re.sub(r"\s*([:;,])\s*", r"\1", text.strip("; "))
    return _LONG_NUMBER.sub(r"\1", text)


def _rename(root: Element, short: str) -> None:
    """Ids that something names, numbered behind the figure's own start; no others."""
    named = dict.fromkeys(
        found
        for element in root.iter()
        for key, text in element.attrib.items()
        if key != "id"
        for found in _REFERENCE.findall(text)
    )
    own = [element.get("id") for element in root.iter()]
    new = {old: f"{short}-{place:x}" for place, old in enumerate(n for n in named if n in own)}
    for element in root.iter():
        for key, text in list(element.attrib.items()):
            if key == "id":
                del element.attrib["id"]
                if text in new:
                    element.set("id", new[text])
            elif key == "href" or "url(#" in text:
                element.set(key, _REFERENCE.sub(lambda m: f"#{new.get(m[1], m[1])}", text))


def _unwrap(element: Element) -> None:
    """Groups that say nothing give way to what they hold."""
    for child in element:
        _unwrap(child)
    element[:] = list(_held(element))


def _held(element: Element) -> Iterator[Element]:
    for child in element:
        if child.tag == "g" and not child.attrib:
            yield from child
        elif child.tag not in ("g", "defs") or len(child):
            yield child


def _classes(root: Element, short: str) -> str:
    """A style sheet of the styles that return, each of which becomes a class."""
    often = Counter(style for element in root.iter() if (style := element.get("style")))
    names = {
        style: f"{short}{place:x}"
        for place, style in enumerate(s for s, n in often.items() if n >= _STYLED_OFTEN)
    }
    for element in root.iter():
        name = names.get(element.get("style", ""))
        if name:
            del element.attrib["style"]
            element.set("class", name)
    rules = "".join(f".{name}{{{style}}}" for style, name in names.items())
    return f"<style>{escape(rules, quote=False)}</style>" if rules else ""
