"""Group mean, systematic and random SD over calendar time, with the limits of the baseline."""

from datetime import date
from typing import Final

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, DateFormatter
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from popmargin.core.axes import AXIS_LABELS, TRANSLATIONS
from popmargin.figures.panels import panel_grid, say_empty
from popmargin.figures.style import (
    BLUE,
    DOUBLE_MM,
    INK,
    SOFT,
    VERMILLION,
    journal_style,
    plain_label,
)

_MOST_ROWS: Final = 6
_EPOCH: Final = date(1970, 1, 1)  # day 0 of matplotlib's dates
_BAND: Final = "#dce9f2"
# Chart, quantity, heading.
_COLUMNS: Final = (
    ("ewma", "group_mean", "M, moving average (mm)"),
    ("window", "group_mean", "M (mm)"),
    ("window", "systematic_sd", "SD of patient means (mm)"),
    ("window", "random_sd", "random SD (mm)"),
)


@journal_style()
def plot_control_chart(control_chart: pl.DataFrame) -> Figure:
    """One row of panels a group and axis, one column a chart, over the days patients started.

    Parameters: a table after the contract ``control_chart``. Points outside their limits are
    filled squares; those of the baseline, which the limits come from, are hollow.
    """
    places = control_chart.select("group", "axis").unique(maintain_order=True).rows()
    shown = places[:_MOST_ROWS]
    grid = panel_grid(
        len(shown), len(_COLUMNS), width_mm=DOUBLE_MM, panel_mm=24.0, left_mm=9.0,
        gap_mm=(9.0, 13.0), foot_mm=18.0,
    )  # fmt: skip
    for place, (group, axis) in enumerate(shown):
        rows = control_chart.filter(group=group, axis=axis)
        name = AXIS_LABELS[axis] if axis in TRANSLATIONS else axis
        grid.row_title(place, f"{plain_label(group, 30)}, {name}", _signals(rows))
        for panel, (chart, quantity, _) in zip(grid.panels[place], _COLUMNS, strict=True):
            _draw(panel, rows.filter(chart=chart, quantity=quantity))
    grid.column_titles([title for _, _, title in _COLUMNS])
    grid.legend(
        [
            Patch(color=_BAND, label="within limits"),
            Line2D([], [], color=BLUE, marker="o", markerfacecolor="white", label="baseline"),
            Line2D([], [], color=BLUE, marker="o", label="later patients"),
            Line2D([], [], color=VERMILLION, marker="s", linestyle="none", label="outside limits"),
        ]
    )
    left_out = (
        f"Shown: the first {len(shown)} of {len(places)}." if len(places) > len(shown) else ""
    )
    grid.note(f"Days on which patients started treatment. {left_out}".strip())
    return grid.figure


def _signals(rows: pl.DataFrame) -> str:
    outside = rows.filter(signal="true").height
    watched = rows.filter(pl.col("signal").is_not_null()).height
    return f"{outside} of {watched} points outside"


def _draw(panel: Axes, rows: pl.DataFrame) -> None:
    known = rows.drop_nulls(["value_mm", "lower_mm", "upper_mm"])
    if known.is_empty():
        say_empty(panel)
        return
    days = np.array([_middle(*span) for span in known.select("started_from", "started_to").rows()])
    value, low, high, centre = (
        known[name].to_numpy() for name in ("value_mm", "lower_mm", "upper_mm", "centre_mm")
    )
    panel.fill_between(days, low, high, color=_BAND, linewidth=0.0)
    panel.plot(days, centre, color=SOFT, linewidth=0.6, linestyle="--")
    panel.plot(days, value, color=BLUE, linewidth=0.8)
    baseline = (known["phase"] == "baseline").to_numpy()
    outside = (known["signal"] == "true").fill_null(value=False).to_numpy()
    size = 2.4 if len(days) <= 30 else 1.4
    for chosen, marker, face, edge in (
        (baseline, "o", "white", BLUE),
        (~baseline & ~outside, "o", BLUE, BLUE),
        (outside, "s", VERMILLION, INK),
    ):
        panel.plot(
            days[chosen], value[chosen], marker, markerfacecolor=face, markeredgecolor=edge,
            markeredgewidth=0.5, markersize=size + 0.8 * (marker == "s"),
        )  # fmt: skip
    locator = AutoDateLocator(minticks=2, maxticks=4)  # type: ignore[no-untyped-call]
    panel.xaxis.set_major_locator(locator)
    panel.xaxis.set_major_formatter(DateFormatter("%Y-%m"))  # type: ignore[no-untyped-call]
    panel.tick_params(axis="x", labelsize=5.5)


def _middle(first: str, last: str) -> float:
    """The middle of the days on which the units of a point started."""
    one, two = (date.fromisoformat(day) for day in (first, last))
    return 0.5 * float((one - _EPOCH).days + (two - _EPOCH).days)
