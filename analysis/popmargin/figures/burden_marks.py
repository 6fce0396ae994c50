"""What the figures on the burden share: marks of modalities, letters of protocols, groups shown."""

from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any, Final

import polars as pl
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.transforms import offset_copy

from popmargin.figures.style import BLUE, GREEN, INK, SKY, VERMILLION, Mark, plain_label

_COLOURS: Final = (BLUE, VERMILLION, GREEN, SKY, "#CC79A7", "#E69F00")
_MARKERS: Final = ("o", "s", "^", "D", "v", "P")
_LINES: Final = ("-", "--", "-.", ":")
NO_MODALITY: Final = "none"


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


def draw_lettered(
    panel: Axes, x: pl.Series, y: pl.Series, letters: Sequence[str], mark: Mark
) -> None:
    """Draw markers that hold the letters of their protocols: no label beside them covers others."""
    panel.plot(x, y, mark.marker, color=mark.colour, markersize=5.6, markeredgewidth=0.7, zorder=4)
    # A triangle has less room at its top.
    lower = {"^": -0.8, "v": 0.8}.get(mark.marker, 0.0)
    placed = offset_copy(panel.transData, panel.get_figure(root=True), 0.0, lower, units="points")
    for at_x, at_y, letter in zip(x, y, letters, strict=True):
        panel.text(
            at_x, at_y, letter, transform=placed, ha="center", va="center_baseline", zorder=4,
            fontsize=4.2, fontweight="bold", color="white",
        )  # fmt: skip


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
