"""Tornado: the cost difference when one input moves from its low to its high value."""

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from popmargin.figures.burden_marks import shown_groups
from popmargin.figures.panels import draw_bars, panel_grid, say_empty
from popmargin.figures.style import (
    BLUE,
    DOUBLE_MM,
    INK,
    SOFT,
    VERMILLION,
    journal_style,
    plain_label,
)

_MOST_GROUPS = 6
_BARS = 10
_NOT_VALIDATED = "default, not validated"


@journal_style()
def plot_burden_tornado(burden_sensitivity: pl.DataFrame) -> Figure:
    """One panel a group, the ten widest bars in each.

    Parameters: a table after the contract ``burden_sensitivity``.
    """
    groups, note = shown_groups(burden_sensitivity, _MOST_GROUPS)
    columns = 2 if len(groups) > 1 else 1
    grid = panel_grid(
        -(-len(groups) // columns), columns, width_mm=DOUBLE_MM, panel_mm=40.0, left_mm=46.0,
        gap_mm=(48.0, 15.0), head_mm=12.0,
    )  # fmt: skip
    panels = grid.panels.ravel()
    for panel, group in zip(panels, groups, strict=False):
        _draw(panel, burden_sensitivity.filter(group=group), group)
    for panel in panels[len(groups) :]:
        panel.set_axis_off()
    money = burden_sensitivity["currency"].drop_nulls().unique().to_list()
    unit = f" ({money[0]} a course)" if money else ""
    for panel in panels[max(len(groups) - columns, 0) : len(groups)]:
        panel.set_xlabel(f"cost difference{unit}")
    grid.legend(
        [
            Patch(facecolor=BLUE, label="input at its low value"),
            Patch(facecolor=VERMILLION, label="at its high value"),
            Patch(facecolor="white", edgecolor=INK, hatch="////", label="default, not validated"),
        ]
    )
    grid.note(f"Up to {_BARS} inputs a group. {note}")
    return grid.figure


def _draw(panel: Axes, rows: pl.DataFrame, group: str) -> None:
    shown = rows.sort("swing", descending=True, maintain_order=True).head(_BARS)
    if shown.is_empty():
        say_empty(panel)
        return
    first = shown.row(0, named=True)
    option = f"{first['protocol']} with {first['modality']}"
    panel.set_title(plain_label(group, 40), fontweight="bold", pad=10, loc="left")
    panel.text(
        0.0, 1.025, f"{plain_label(option, 50)} against {plain_label(first['reference'], 40)}",
        transform=panel.transAxes, fontsize=6.0, color=SOFT,
    )  # fmt: skip
    middle = first["cost_difference"]
    weak = shown["status"].to_numpy() == _NOT_VALIDATED
    for end, colour in (("low", BLUE), ("high", VERMILLION)):
        ends = shown[f"cost_difference_at_{end}"].to_numpy()
        for which, hatch in ((weak, "////"), (~weak, None)):
            draw_bars(
                panel, np.flatnonzero(which), middle, ends[which], 0.66, facecolor=colour,
                edgecolor="white", hatch=hatch, linewidth=0.4,
            )  # fmt: skip
    panel.axvline(middle, color=INK, linewidth=0.6)
    panel.set_yticks(range(shown.height), [plain_label(key, 40) for key in shown["key"]])
    panel.set_ylim(shown.height - 0.4, -0.6)
