"""Margin against the distance of a target from the isocentre."""

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from popmargin.core.axes import TRANSLATIONS
from popmargin.figures.panels import (
    largest_groups,
    page_row_mm,
    panel_grid,
    say_empty,
    share_limits,
    tidy,
)
from popmargin.figures.style import (
    AXIS_MARKS,
    AXIS_TITLES,
    DOUBLE_MM,
    FAINT,
    SOFT,
    journal_style,
    plain_label,
)


@journal_style()
def plot_off_axis_margins(off_axis_margins: pl.DataFrame) -> Figure:
    """Margin with its interval over the distance, one row a group, one column an axis.

    Parameters: a table after the contract ``off_axis_margins``. The dashed line is the margin in
    the worst direction.
    """
    groups, note = largest_groups(off_axis_margins)
    rows_mm = page_row_mm(len(groups), tallest=34.0)
    grid = panel_grid(len(groups), 3, width_mm=DOUBLE_MM, panel_mm=rows_mm)
    for place, group in enumerate(groups):
        rows = off_axis_margins.filter(group=group)
        grid.row_title(place, group, f"n = {rows['n_patients'][0]:,} patients")
        for panel, axis in zip(grid.panels[place], TRANSLATIONS, strict=True):
            _draw(panel, rows.filter(axis=axis).sort("distance_mm"), axis)
        share_limits(grid.panels[place])
        grid.panels[place, 0].set_ylabel("margin (mm)")
    grid.column_titles(AXIS_TITLES.values())
    for panel in grid.panels[-1]:
        panel.set_xlabel("distance from the isocentre (mm)")
    grid.legend(
        [
            Line2D([], [], color=SOFT, marker="o", label="direction averaged"),
            Patch(color=FAINT, alpha=0.35, linewidth=0.0, label="interval"),
            Line2D([], [], color=SOFT, linestyle="--", label="worst direction"),
        ]
    )
    recipe = plain_label(off_axis_margins["recipe"][0], 30)
    sources = off_axis_margins["rotation_source"].drop_nulls().unique(maintain_order=True)
    source = f" Rotations: {plain_label('; '.join(sources), 60)}." if len(sources) else ""
    grid.note(f"Margin of {recipe}.{source} {note}".strip())
    return grid.figure


def _draw(panel: Axes, rows: pl.DataFrame, axis: str) -> None:
    known = rows.drop_nulls("margin_mm")
    if known.is_empty():
        say_empty(panel)
        return
    mark = AXIS_MARKS[axis]
    distance, margin, low, high, worst = (
        known[name].to_numpy()
        for name in (
            "distance_mm",
            "margin_mm",
            "margin_low_mm",
            "margin_high_mm",
            "margin_worst_direction_mm",
        )
    )
    panel.fill_between(distance, low, high, color=mark.colour, alpha=0.16, linewidth=0.0)
    panel.plot(distance, margin, marker=mark.marker, color=mark.colour, markersize=2.6)
    panel.plot(distance, worst, color=mark.colour, linestyle="--", linewidth=0.8)
    panel.set_ylim(bottom=min(0.0, float(low.min())))
    tidy(panel, x_ticks=6)
