"""One style for every figure: sizes, colours with a second channel, plain text, fixed bytes.

Colours are those of Okabe and Ito (Color Universal Design, 2008), told apart by readers with any
common colour vision; marker and line style carry the same distinction in grey print. All text is
DejaVu Sans as shipped with matplotlib, embedded in every format, and never read as mathematics.
"""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from matplotlib import style
from matplotlib.font_manager import findfont, get_font
from matplotlib.typing import LineStyleType

from popmargin.core.collector import collector_at_rest

SINGLE_MM: Final = 90.0
DOUBLE_MM: Final = 190.0
MM_PER_INCH: Final = 25.4

INK: Final = "#1a1a1a"
SOFT: Final = "#555555"
FAINT: Final = "#8a8a8a"
BLUE: Final = "#0072B2"
VERMILLION: Final = "#D55E00"
GREEN: Final = "#009E73"
SKY: Final = "#56B4E9"

_RC: Final[dict[str, Any]] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 7.0,
    "axes.titlesize": 7.0,
    "axes.labelsize": 7.0,
    "xtick.labelsize": 6.0,
    "ytick.labelsize": 6.0,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "legend.handlelength": 2.6,
    "text.color": INK,
    "text.parse_math": False,  # a label such as "$x$" is a name, not a formula
    "text.usetex": False,
    "text.hinting": "none",  # outlines as designed, as in SVG and PDF
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelpad": 2.0,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "xtick.major.pad": 2.0,
    "ytick.major.pad": 2.0,
    "lines.linewidth": 1.0,
    "lines.markersize": 3.0,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "savefig.dpi": 300,
    "svg.fonttype": "path",
    "svg.hashsalt": "popmargin",
    "pdf.fonttype": 42,
    "ps.fonttype": 42,  # matplotlib 3.11 asks this one how many letters a PDF's font may hold
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Colour, marker and line style that stand for one thing in every figure."""

    colour: str
    marker: str
    line: LineStyleType


AXIS_MARKS: Final = {
    "lr": Mark(BLUE, "o", "-"),
    "si": Mark(VERMILLION, "s", "--"),
    "ap": Mark(GREEN, "^", "-."),
}
AXIS_TITLES: Final = {
    "lr": "left-right (+ left)",
    "si": "superior-inferior (+ superior)",
    "ap": "anterior-posterior (+ anterior)",
}


@contextmanager
def journal_style() -> Iterator[None]:
    """Style in force while a figure is drawn or saved; also usable as a decorator.

    >>> from matplotlib.figure import Figure
    >>> with journal_style():
    ...     Figure().text(0, 0, "$x$").get_parse_math()
    False
    """
    # "default" first: a reader's own matplotlibrc must not change a published figure.
    with collector_at_rest(), style.context(["default", _RC]):
        yield


def plain_label(text: str, limit: int = 60) -> str:
    """``text`` as one line of characters that the font can draw, at most ``limit`` of them.

    Control and direction characters become spaces, characters without a glyph an empty square,
    and a long label loses its middle when it ends in a short bracket or in ", synthetic".

    >>> plain_label("head and neck, thermoplastic mask, five points (synthetic)", 40)
    'head and neck, thermoplasti… (synthetic)'
    """
    spaced = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text)
    drawn = "".join(c if ord(c) in _glyphs() else "\N{WHITE SQUARE}" for c in spaced)
    label = " ".join(drawn.split()) or "(no name)"
    if len(label) <= limit:
        return label
    ending = re.search(r"( \([^()]{1,14}\)|, synthetic\)?)$", label)
    tail = ending.group() if ending else ""
    return f"{label[: limit - len(tail) - 1].rstrip()}…{tail}"


@lru_cache(maxsize=1)
def _glyphs() -> frozenset[int]:
    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())
