"""Cumulative incidence over time by group, with pointwise limits."""

from typing import Final

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from popmargin.figures.panels import MAXIMUM_GROUPS, panel_grid, say_empty, tidy
from popmargin.figures.style import (
    BLUE,
    DOUBLE_MM,
    GREEN,
    SKY,
    VERMILLION,
    journal_style,
    plain_label,
)

_ORIGINS: Final = {"start": "the start of treatment", "end": "the end of treatment"}
_LOOKS: Final = ((BLUE, "-"), (VERMILLION, "--"), (GREEN, "-."), (SKY, ":"))


@journal_style()
def plot_outcome_curves(outcome_curves: pl.DataFrame) -> Figure:
    """One panel an endpoint, one step curve a group.

    Parameters: a table after the contract ``outcome_curves``. Groups beyond the fourth are left
    out and the figure says so.
    """
    keys = ["endpoint", "by"]
    panels_of = outcome_curves.partition_by(keys, maintain_order=True)[:MAXIMUM_GROUPS]
    columns = min(len(panels_of), 2) or 1
    rows = -(-len(panels_of) // columns)
    grid = panel_grid(
        rows, columns, width_mm=DOUBLE_MM, panel_mm=44.0 if rows < 4 else 32.0, head_mm=9.0,
        foot_mm=14.0, gap_mm=(12.0, 14.0),
    )  # fmt: skip
    cut = False
    for place, part in enumerate(panels_of):
        panel: Axes = grid.panels[place // columns, place % columns]
        cut |= part["group"].n_unique() > len(_LOOKS)
        _draw(panel, part)
        grid.title(
            panel, f"{part['endpoint'][0]} by {str(part['by'][0]).replace('_', ' ')}", letters=60
        )
        panel.set_ylabel("cumulative incidence (%)")
        origin = str(part["time_origin"][0])
        panel.set_xlabel(f"months from {_ORIGINS.get(origin, origin)}")
    for panel in grid.panels.flat[len(panels_of) :]:
        panel.set_axis_off()
    grid.note("Only the first four groups are drawn." if cut else "")
    return grid.figure


def _draw(panel: Axes, part: pl.DataFrame) -> None:
    groups = part["group"].unique(maintain_order=True).to_list()
    for group, (colour, line) in zip(groups, _LOOKS, strict=False):
        rows = part.filter(group=group).drop_nulls(["time_months", "incidence"])
        x, y = rows["time_months"].to_numpy(), 100.0 * rows["incidence"].to_numpy()
        patients = max(rows["at_risk"].to_list(), default=0)
        label = plain_label(f"{group} (n = {patients})", 40)
        panel.step(x, y, where="post", color=colour, linestyle=line, label=label)
        banded = rows.drop_nulls(["incidence_low", "incidence_high"])
        low, high = (100.0 * banded[f"incidence_{end}"].to_numpy() for end in ("low", "high"))
        panel.fill_between(
            banded["time_months"].to_numpy(), low, high, step="post", color=colour, alpha=0.15,
            linewidth=0,
        )  # fmt: skip
    if not groups:
        say_empty(panel)
        return
    panel.legend(loc="upper left")
    panel.set_ylim(bottom=0.0)
    panel.set_xlim(left=0.0)
    tidy(panel, x_ticks=6, y_ticks=5)
