"""What the figures on the burden share: marks of modalities, letters of protocols, groups shown."""

from collections.abc import Sequence
from functools import lru_cache
from string import ascii_uppercase
from typing import Any, Final

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.markers import MarkerStyle
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D
from numpy.typing import ArrayLike

from popmargin.figures.style import BLUE, GREEN, INK, SKY, VERMILLION, Mark, plain_label

_COLOURS: Final = (BLUE, VERMILLION, GREEN, SKY, "#CC79A7", "#E69F00")
_MARKERS: Final = ("o", "s", "^", "D", "v", "P")
_LINES: Final = ("-", "--", "-.", ":")
NO_MODALITY: Final = "none"
# A triangle has less room at its top: where its letter stands, in points.
_HIGHER: Final = {"^": -0.8, "v": 0.8}


def marks_of(modalities: list[str]) -> dict[str, Mark]:
    """Colour, marker and line of each modality, in the order given.

    >>> marks_of(["none", "kv_cbct"])["none"].marker
    'p'
    """
    imaging = [name for name in modalities if name != NO_MODALITY]
    found = {
        name: Mark(
            _COLOURS[place % len(_COLOURS)],
            _MARKERS[place % len(_MARKERS)],
            # Past the colours the line changes, so that no two modalities look alike.
            _LINES[(place + place // len(_COLOURS)) % len(_LINES)],
        )
        for place, name in enumerate(imaging)
    }
    return {NO_MODALITY: Mark(INK, "p", "-")} | found


def letters_of(protocols: list[str]) -> dict[str, str]:
    """A letter for each protocol, in the order given.

    >>> letters_of(["no_imaging", "daily"])
    {'no_imaging': 'A', 'daily': 'B'}
    """
    return {
        name: ascii_uppercase[place] if place < len(ascii_uppercase) else str(place + 1)
        for place, name in enumerate(protocols)
    }


def draw_open(panel: Axes, x: ArrayLike, y: ArrayLike, marks: Sequence[Mark], size: float) -> None:
    """Draw an open mark at every point, ``size`` points large: one collection for all kinds."""
    shapes = [_shape(mark.marker, size) for mark in marks]
    colours = [mark.colour for mark in marks]
    _collect(panel, shapes, x, y, zorder=2, facecolors="white", edgecolors=colours, linewidths=0.7)


def draw_lettered(
    panel: Axes, x: ArrayLike, y: ArrayLike, letters: Sequence[str], marks: Sequence[Mark]
) -> None:
    """Draw markers that hold the letters of their protocols: no label beside them covers others."""
    # Each letter follows its mark, so that a mark above another hides both. Letters are outlines:
    # texts one by one would take a fifth of the figure's time.
    pairs = [
        (_shape(mark.marker, 5.6), _outline(letter, _HIGHER.get(mark.marker, 0.0)))
        for letter, mark in zip(letters, marks, strict=True)
    ]
    colours = [colour for mark in marks for colour in (mark.colour, "white")]
    _collect(
        panel, [path for pair in pairs for path in pair], np.repeat(x, 2), np.repeat(y, 2),
        zorder=4, facecolors=colours, edgecolors=colours, linewidths=[0.7, 0.0] * len(pairs),
    )  # fmt: skip


def _collect(panel: Axes, paths: Sequence[Path], x: ArrayLike, y: ArrayLike, **look: Any) -> None:
    """One path (inches) at each point."""
    places = np.column_stack([np.asarray(x), np.asarray(y)])
    panel.add_collection(
        PathCollection(
            paths,
            offsets=places,
            offset_transform=panel.transData,
            transform=panel.figure.dpi_scale_trans,
            **look,
        )
    )


@lru_cache(maxsize=64)
def _shape(marker: str, size: float) -> Path:
    """A marker's outline in inches, its middle at the origin."""
    style = MarkerStyle(marker)
    whole = style.get_path().transformed(style.get_transform())
    return whole.transformed(Affine2D().scale(size / 72.0))


@lru_cache(maxsize=64)
def _outline(letter: str, higher: float) -> Path:
    """A letter's outline in inches, its middle ``higher`` points above the origin."""
    font = FontProperties(family="DejaVu Sans", weight="bold")
    path = TextPath((0.0, 0.0), letter, size=4.2 / 72.0, prop=font)
    box = path.get_extents()
    across, up = (box.x0 + box.x1) / 2.0, (box.y0 + box.y1) / 2.0
    return path.transformed(Affine2D().translate(-across, higher / 72.0 - up))


def letters_note(letters: dict[str, str]) -> list[str]:
    """Lines that say what the letters stand for, none longer than a page is wide."""
    lines, line = [], ""
    for name, letter in letters.items():
        item = f"{letter} {plain_label(name, 44)}"
        if line and len(line) + len(item) > 150:
            lines.append(line)
            line = item
        else:
            line = f"{line};  {item}" if line else item
    return [*lines, line] if line else lines


def handles_of(marks: dict[str, Mark], used: list[str]) -> list[Any]:
    """Legend entries of the modalities that are drawn."""
    return [
        Line2D(
            [], [], color=mark.colour, marker=mark.marker, linestyle="none",
            label=plain_label(name, 30),
        )
        for name, mark in marks.items()
        if name in used
    ]  # fmt: skip


def shown_groups(table: pl.DataFrame, most: int) -> tuple[list[str], str]:
    """The first groups of a table, and the remark that says how many there are."""
    groups = table["group"].unique(maintain_order=True).to_list()
    left_out = len(groups) > most
    return groups[:most], f"Shown: the first {most} of {len(groups)} groups." if left_out else ""


def named_options(table: pl.DataFrame) -> list[tuple[str, str]]:
    """Protocol and modality pairs of a table, each once, in its order."""
    pairs = table.select("protocol", "modality").unique(maintain_order=True)
    return [(str(p), str(m)) for p, m in pairs.iter_rows()]
