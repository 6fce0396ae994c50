"""Share of patients called by each trigger up to each fraction."""

from typing import Final

import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.typing import LineStyleType

from popmargin.figures.panels import panel_grid, tidy
from popmargin.figures.style import (
    BLUE,
    DOUBLE_MM,
    FAINT,
    GREEN,
    INK,
    SKY,
    VERMILLION,
    journal_style,
    plain_label,
)

_LOOKS: Final[tuple[tuple[str, LineStyleType], ...]] = (
    (BLUE, "-"),
    (VERMILLION, "--"),
    (GREEN, "-."),
    (SKY, ":"),
    (INK, "-"),
    (FAINT, "--"),
)
_KEY = ("trigger", "structure", "side", "quantity")


@journal_style()
def plot_alarm_timeline(trigger_alarms: pl.DataFrame, trigger_replay: pl.DataFrame) -> Figure:
    """One curve a trigger and structure (at most six).

    Parameters: tables after the contracts of these names.
    """
    grid = panel_grid(1, 1, width_mm=DOUBLE_MM, panel_mm=45.0, head_mm=4.0, foot_mm=22.0)
    panel = grid.panels[0, 0]
    last = int(trigger_alarms["fraction"].max() or 1)  # type: ignore[arg-type]  # whole numbers
    rows = [row for row in trigger_replay.rows(named=True) if row["n_patients"]]
    handles = []
    for row, (colour, line) in zip(rows, _LOOKS, strict=False):
        same = [pl.col(name).fill_null("") == (row[name] or "") for name in _KEY]
        first = np.sort(trigger_alarms.filter(*same)["fraction"].to_numpy())
        x = np.concatenate([[0], first, [last + 1]])
        y = np.concatenate([[0], np.arange(1, first.size + 1), [first.size]]) / row["n_patients"]
        panel.step(x, y, where="post", color=colour, linestyle=line, linewidth=1.2)
        words = " ".join(filter(None, (row["trigger"], row["structure"], row["side"])))
        label = f"{plain_label(words.replace('_', ' '), 44)} (n = {row['n_patients']:,})"
        handles.append(Line2D([], [], color=colour, linestyle=line, label=label))
    panel.set_ylim(0.0, 1.0)
    panel.set_xlim(0.0, last + 1)
    panel.set_xlabel("fraction")
    panel.set_ylabel("share of patients called")
    tidy(panel)
    grid.legend(handles, columns=2)
    left_out = len(rows) - len(_LOOKS)
    grid.note(f"Shown: the first {len(_LOOKS)} of {len(rows)} triggers." if left_out > 0 else "")
    return grid.figure
