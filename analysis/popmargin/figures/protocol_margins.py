"""Margin that each protocol would leave, against the images that it takes."""

from typing import Final

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from popmargin.core.axes import TRANSLATIONS
from popmargin.figures.panels import (
    largest_groups,
    numbers_of,
    page_row_mm,
    panel_grid,
    say_empty,
    share_limits,
    tidy,
)
from popmargin.figures.style import (
    AXIS_TITLES,
    BLUE,
    DOUBLE_MM,
    GREEN,
    SKY,
    VERMILLION,
    journal_style,
    plain_label,
)

_COLOURS: Final = (BLUE, VERMILLION, GREEN, SKY)
_MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "h")


@journal_style()
def plot_protocol_margins(replayed_errors: pl.DataFrame) -> Figure:
    """Margin of the first recipe for the whole course, one row a group, one column an axis.

    Parameters: a table after the contract ``replayed_errors``. Lower left is better.
    """
    groups, note = largest_groups(replayed_errors)
    recipe = replayed_errors["recipe"][0]
    course = replayed_errors.filter(phase="course", recipe=recipe)
    protocols = course["protocol"].unique(maintain_order=True).to_list()
    lines = -(-len(protocols) // 3)
    grid = panel_grid(
        len(groups),
        3,
        width_mm=DOUBLE_MM,
        panel_mm=page_row_mm(len(groups), tallest=44.0),
        foot_mm=13.0 + 4.0 * lines,
    )
    for place, group in enumerate(groups):
        rows = course.filter(group=group)
        grid.row_title(place, group, numbers_of(rows, group))
        for panel, axis in zip(grid.panels[place], TRANSLATIONS, strict=True):
            _draw(panel, rows.filter(axis=axis), protocols)
        share_limits(grid.panels[place], x=True)
        grid.panels[place, 0].set_ylabel("margin (mm)")
    grid.column_titles(AXIS_TITLES.values())
    for panel in grid.panels[-1]:
        panel.set_xlabel("images a patient")
    handles = []
    for place, protocol in enumerate(protocols):
        colour, marker = _mark(place)
        label = plain_label(protocol, 44)
        handles.append(Line2D([], [], color=colour, marker=marker, linestyle="none", label=label))
    grid.legend(handles, columns=3)
    grid.note(f"Recipe {plain_label(recipe, 40)}, whole logged course. {note}".strip())
    return grid.figure


def _mark(place: int) -> tuple[str, str]:
    """Colour and marker of a protocol: forty differ."""
    return _COLOURS[place % len(_COLOURS)], _MARKERS[place % len(_MARKERS)]


def _draw(panel: Axes, rows: pl.DataFrame, protocols: list[str]) -> None:
    shown = rows.drop_nulls(["margin_mm", "images_per_patient"])
    if shown.is_empty():
        say_empty(panel)
        return
    for row in shown.rows(named=True):
        colour, marker = _mark(protocols.index(row["protocol"]))
        x, low, high = row["images_per_patient"], row["margin_low_mm"], row["margin_high_mm"]
        if low is not None and high is not None:
            panel.vlines(x, low, high, color=colour, linewidth=0.9)
        panel.plot([x], [row["margin_mm"]], marker, color=colour, markersize=4.0)
    panel.set_ylim(bottom=min(0.0, panel.get_ylim()[0]))
    panel.set_xlim(left=min(-0.5, panel.get_xlim()[0]))
    tidy(panel)
