"""Histograms and normal Q-Q plots of patient means and of daily deviations from them."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from popmargin.core.axes import TRANSLATIONS
from popmargin.figures.panels import (
    label_lowest,
    largest_groups,
    page_row_mm,
    panel_grid,
    say_empty,
    share_limits,
    tidy,
)
from popmargin.figures.style import AXIS_MARKS, AXIS_TITLES, DOUBLE_MM, journal_style

LEVELS: Final = ("systematic", "random")
_TITLES: Final = (
    "patient means: density (1/mm)",
    "Q-Q: patient mean (mm)",
    "daily deviations: density (1/mm)",
    "Q-Q: deviation (mm)",
)
_MOST_POINTS: Final = 40
_QUARTILE: Final = 0.6745  # normal quantile of 75 %, in SD


@journal_style()
def plot_error_distribution(error_distribution: pl.DataFrame) -> Figure:
    """Histogram and Q-Q plot per level, one row a group, the three axes laid over each other.

    Parameters: a table after the contract ``error_distribution``. Points of a normal
    distribution would lie on a straight line; of more than 40, which cover each other, those
    evenly spaced are drawn.
    """
    groups, note = largest_groups(error_distribution)
    grid = panel_grid(
        len(groups),
        4,
        width_mm=DOUBLE_MM,
        panel_mm=page_row_mm(len(groups)),
        left_mm=9.0,
        gap_mm=(9.0, 10.0),
    )
    parts = error_distribution.partition_by(
        "group", "level", "kind", "axis", as_dict=True, maintain_order=True
    )
    for row, group in enumerate(groups):
        grid.row_title(row, group, _numbers(error_distribution.filter(group=group)))
        for place, level in enumerate(LEVELS):
            bars, points = grid.panels[row, 2 * place], grid.panels[row, 2 * place + 1]
            _draw_bars(bars, _of_axes(parts, group, level, "histogram"))
            _draw_points(points, _of_axes(parts, group, level, "quantile"))
            for panel in (bars, points):
                tidy(panel, x_ticks=4, y_ticks=3)
    for panel, label in zip(
        grid.panels[-1], ("error (mm)", "normal quantile (SD)") * 2, strict=True
    ):
        panel.set_xlabel(label)
    for column in (1, 3):
        share_limits(grid.panels[:, column], x=True, y=False)
        label_lowest(grid.panels[:, column])
    grid.column_titles(_TITLES)
    grid.legend(
        [
            Line2D([], [], color=m.colour, linestyle=m.line, marker=m.marker, label=AXIS_TITLES[a])
            for a, m in AXIS_MARKS.items()
        ]
    )
    grid.note(note)
    return grid.figure


def _numbers(rows: pl.DataFrame) -> str:
    """How many values stand behind each level."""
    nouns = {"systematic": "patient means", "random": "deviations"}
    counts = {level: max(rows.filter(level=level)["n"].to_list(), default=0) for level in nouns}
    return f"n = {', '.join(f'{counts[level]:,} {noun}' for level, noun in nouns.items())}"


def _of_axes(parts: Mapping[tuple[Any, ...], pl.DataFrame], *place: str) -> dict[str, pl.DataFrame]:
    """Rows of each axis that is there."""
    return {axis: parts[*place, axis] for axis in TRANSLATIONS if (*place, axis) in parts}


def _draw_bars(panel: Axes, rows: Mapping[str, pl.DataFrame]) -> None:
    """Outline of each axis' histogram, so that three fit in one panel."""
    if not rows:
        say_empty(panel)
        return
    for axis, bars in rows.items():
        half = bars["width"][0] / 2.0
        edges = [*(bars["x"] - half), bars["x"][-1] + half]
        mark = AXIS_MARKS[axis]
        panel.stairs(
            bars["y"].to_numpy(), edges, color=mark.colour, linestyle=mark.line, linewidth=1.0
        )
    panel.set_ylim(bottom=0.0)


def _draw_points(panel: Axes, rows: Mapping[str, pl.DataFrame]) -> None:
    if not rows:
        say_empty(panel)
        return
    points = {axis: (part["x"].to_numpy(), part["y"].to_numpy()) for axis, part in rows.items()}
    guided = {axis: xy for axis, xy in points.items() if xy[0].size > 1}
    colours = [AXIS_MARKS[axis].colour for axis in guided]
    guides = [_guide(*xy) for xy in guided.values()]
    panel.add_collection(LineCollection(guides, colors=colours, linewidths=0.6, alpha=0.6))
    for axis, (x, y) in points.items():
        mark, shown = AXIS_MARKS[axis], _evenly(x)
        panel.plot(
            x[shown], y[shown], mark.marker,
            color=mark.colour, markersize=1.8, alpha=0.8, markeredgewidth=0,
        )  # fmt: skip


def _evenly(x: NDArray[np.float64]) -> NDArray[np.intp]:
    """Which of the ordered points to draw: both ends, and of a crowd those evenly spaced."""
    if x.size <= _MOST_POINTS:
        return np.arange(x.size)
    return np.unique(np.searchsorted(x, np.linspace(x[0], x[-1], _MOST_POINTS)))


def _guide(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ends of the straight line through the quartiles, for the eye."""
    low, high = np.interp((-_QUARTILE, _QUARTILE), x, y)
    slope = (high - low) / (2 * _QUARTILE)
    ends = x[[0, -1]]
    return np.column_stack([ends, (low + high) / 2 + slope * ends])
