"""Mean error by fraction number, with its interval."""

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from popmargin.core.axes import TRANSLATIONS
from popmargin.figures.panels import (
    largest_groups,
    lowest,
    page_row_mm,
    panel_grid,
    say_empty,
    share_limits,
    tidy,
)
from popmargin.figures.style import AXIS_TITLES, BLUE, DOUBLE_MM, FAINT, SKY, journal_style


@journal_style()
def plot_fraction_trend(fraction_trend: pl.DataFrame) -> Figure:
    """Mean over patients at each fraction, one row a group, one column an axis.

    Parameters: a table after the contract ``fraction_trend``. The band is the pointwise interval;
    fractions with one patient have a point and no band.
    """
    groups, note = largest_groups(fraction_trend)
    grid = panel_grid(len(groups), 3, width_mm=DOUBLE_MM, panel_mm=page_row_mm(len(groups)))
    for row, group in enumerate(groups):
        rows = fraction_trend.filter(group=group).sort("fraction")
        grid.row_title(row, group, _numbers(rows))
        for panel, axis in zip(grid.panels[row], TRANSLATIONS, strict=True):
            _draw(panel, rows.filter(axis=axis).drop_nulls("mean_mm"))
            tidy(panel, x_ticks=4, y_ticks=3)
        share_limits(grid.panels[row], x=True)
        grid.panels[row, 0].set_ylabel("mean error (mm)")
    grid.column_titles(AXIS_TITLES.values())
    for column in grid.panels.T:
        lowest(column).set_xlabel("fraction")
    grid.legend(
        [
            Line2D([], [], color=BLUE, marker="o", markersize=2.2, label="mean over patients"),
            Patch(color=SKY, alpha=0.35, linewidth=0, label="interval of the mean (pointwise)"),
        ]
    )
    grid.note(note)
    return grid.figure


def _numbers(rows: pl.DataFrame) -> str:
    """How many patients stand behind the points: fewer later is not a trend."""
    counts = rows["n_patients"].drop_nulls().to_list() or [0]
    low, high = min(counts), max(counts)
    return f"n = {high:,} patients" if low == high else f"n = {low:,} to {high:,} patients"


def _draw(panel: Axes, rows: pl.DataFrame) -> None:
    if rows.is_empty():
        say_empty(panel, "not measured")
        return
    panel.axhline(0.0, color=FAINT, linewidth=0.5)
    x = rows["fraction"].to_numpy()
    low, high = rows["mean_low_mm"].to_numpy(), rows["mean_high_mm"].to_numpy()
    panel.fill_between(x, low, high, color=SKY, alpha=0.35, linewidth=0)
    panel.plot(x, rows["mean_mm"], "-o", color=BLUE, markersize=1.8, linewidth=0.9)
