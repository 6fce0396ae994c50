"""Fitted change from planning of each patient and of the population, with triggers."""

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from popmargin.figures.panels import panel_grid, tidy
from popmargin.figures.style import (
    BLUE,
    DOUBLE_MM,
    FAINT,
    SKY,
    VERMILLION,
    journal_style,
    plain_label,
)

_MOST = 6
_KEY = ("structure", "side", "quantity")


@journal_style()
def plot_anatomy_trajectories(
    anatomy_courses: pl.DataFrame, anatomy_trajectories: pl.DataFrame, trigger_replay: pl.DataFrame
) -> Figure:
    """One panel a series (at most six), lines of patients and population.

    Parameters: tables after the contracts of these names.
    """
    lines = anatomy_trajectories.filter(pl.col("form") == "linear").drop_nulls("rate")
    series = lines.rows(named=True)
    grid = panel_grid(
        -(-min(len(series), _MOST) // 3),
        3,
        width_mm=DOUBLE_MM,
        panel_mm=38.0,
        left_mm=14.0,
        head_mm=7.0,
        gap_mm=(14.0, 14.0),
    )
    panels = grid.panels.ravel()
    for panel, row in zip(panels, series[:_MOST], strict=False):
        where = {name: row[name] or "" for name in _KEY}
        same = [pl.col(name).fill_null("") == value for name, value in where.items()]
        _draw(panel, row, anatomy_courses.filter(*same), trigger_replay.filter(*same))
        name = plain_label(" ".join(filter(None, where.values())).replace("_", " "), 32)
        panel.set_title(f"{name} (n = {row['n_patients']:,})")
        unit = str(row["rate_unit"]).removesuffix("/fraction")
        panel.set_ylabel("change" if unit == "1" else f"change ({plain_label(unit, 8)})")
        panel.set_xlabel("fraction")
        tidy(panel)
    for panel in panels[len(series) :]:
        panel.set_axis_off()
    grid.legend(
        [
            Line2D([], [], color=FAINT, linewidth=0.6, label="a patient"),
            Line2D([], [], color=BLUE, linewidth=1.4, label="population with interval"),
            Line2D([], [], color=VERMILLION, linestyle="--", linewidth=0.9, label="trigger"),
        ]
    )
    left_out = len(series) - _MOST
    grid.note(f"Shown: the first {_MOST} of {len(series)} quantities." if left_out > 0 else "")
    return grid.figure


def _draw(
    panel: Axes, row: dict[str, float], courses: pl.DataFrame, triggers: pl.DataFrame
) -> None:
    last = float(row["last_fraction"])
    ends = np.array([0.0, last])
    for rate in courses["own_rate"].to_list():
        panel.plot(ends, ends * rate, color=FAINT, linewidth=0.4, alpha=0.7)
    low, high = row["rate_low"] * ends, row["rate_high"] * ends
    panel.fill_between(ends, low, high, color=SKY, alpha=0.5, linewidth=0)
    panel.plot(ends, ends * row["rate"], color=BLUE, linewidth=1.4)
    sign = -1.0 if row["rate"] < 0 else 1.0
    for threshold in triggers["threshold"].drop_nulls().unique().sort().to_list():
        panel.axhline(sign * threshold, color=VERMILLION, linestyle="--", linewidth=0.9)
