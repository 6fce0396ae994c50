"""Cumulative length of the 3-D error, with the shares beyond 3 and 5 mm."""

from typing import Final

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from popmargin.figures.panels import largest_groups, panel_grid, tidy
from popmargin.figures.style import (
    BLUE,
    DOUBLE_MM,
    SINGLE_MM,
    SKY,
    SOFT,
    VERMILLION,
    journal_style,
)

MARKED_MM: Final = {3.0: ":", 5.0: "--"}


@journal_style()
def plot_vector_length(vector_lengths: pl.DataFrame) -> Figure:
    """Share of fractions whose 3-D error stays within each length, one panel a group.

    Parameters: a table as `popmargin.errors.vector_length` makes it. The band is the pointwise
    interval over patients; the lines mark 3 and 5 mm with the share beyond them.
    """
    groups, note = largest_groups(vector_lengths)
    columns = 1 if len(groups) <= 1 else 3
    rows = max(-(-len(groups) // columns), 1)
    grid = panel_grid(
        rows,
        columns,
        width_mm=SINGLE_MM if columns == 1 else DOUBLE_MM,
        panel_mm=40.0,
        head_mm=8.0,
        gap_mm=(8.0, 13.0),
    )
    panels = list(grid.panels.flat)
    for panel in panels[len(groups) :]:
        panel.set_axis_off()
    longest = vector_lengths.filter(pl.col("group").is_in(groups))["length_mm"].max()
    for place, (panel, group) in enumerate(zip(panels, groups, strict=False)):
        rows_of_group = vector_lengths.filter(group=group).sort("length_mm")
        _draw(panel, rows_of_group)
        panel.set_xlim(0.0, longest)
        grid.title(panel, group)
        if place % columns == 0:
            panel.set_ylabel("fractions within (%)")
        if place + columns >= len(groups):
            panel.set_xlabel("length of the 3-D error (mm)")
    grid.legend(
        [
            Line2D([], [], color=BLUE, label="share of fractions"),
            Patch(color=SKY, alpha=0.35, linewidth=0, label="interval over patients"),
        ]
    )
    grid.note(note)
    return grid.figure


def _draw(panel: Axes, rows: pl.DataFrame) -> None:
    x = rows["length_mm"].to_numpy()
    within, least, most = (
        100.0 * (1.0 - rows[f"share_exceeding{end}"].to_numpy()) for end in ("", "_high", "_low")
    )
    panel.fill_between(x, least, most, color=SKY, alpha=0.35, linewidth=0)
    panel.plot(x, within, color=BLUE, linewidth=1.2)
    panel.set_ylim(0.0, 102.0)
    lines = [f"n = {rows['n_patients'][0]:,} patients,", f"{rows['n_fractions'][0]:,} fractions"]
    for limit, line in MARKED_MM.items():
        panel.axvline(limit, color=VERMILLION, linewidth=0.8, linestyle=line)
        lines.append(_beyond(rows, limit))
    panel.text(
        0.97, 0.05, "\n".join(lines), transform=panel.transAxes, ha="right", fontsize=6.0,
        color=SOFT, linespacing=1.35, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
    )  # fmt: skip
    tidy(panel, x_ticks=6, y_ticks=5)


def _beyond(rows: pl.DataFrame, limit: float) -> str:
    """The share beyond a length with its interval, as text."""
    row = rows.row(by_predicate=pl.col("length_mm") == limit, named=True)
    share, low, high = (row[f"share_exceeding{end}"] for end in ("", "_low", "_high"))
    interval = "" if low is None else f" ({_percent(low)} to {_percent(high)})"
    return f"> {limit:g} mm: {_percent(share)} %{interval}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f}" if share == 0 or share >= 0.01 else f"{100 * share:.1f}"
