"""Forest plot of published comparisons: ratios with intervals on a logarithmic axis."""

from typing import Final

import polars as pl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from popmargin.figures.panels import panel_grid, say_empty
from popmargin.figures.style import (
    BLUE,
    DOUBLE_MM,
    FAINT,
    GREEN,
    INK,
    VERMILLION,
    journal_style,
    plain_label,
)

_ROW_MM: Final = 5.2
_MOST: Final = 38
_TICKS: Final = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
_LOWEST: Final = 0.02
_HIGHEST: Final = 50.0


@journal_style()
def plot_trial_evidence(trial_evidence: pl.DataFrame) -> Figure:
    """One row a comparison with a ratio; pooled rows as diamonds at the foot.

    Parameters: a table after the contract ``trial_evidence``. Randomised comparisons are filled.
    """
    drawn = trial_evidence.drop_nulls(["ratio", "ratio_low", "ratio_high"]).head(_MOST)
    rows = max(drawn.height, 1)
    grid = panel_grid(
        1, 1, width_mm=DOUBLE_MM, panel_mm=rows * _ROW_MM + 4.0, left_mm=92.0, head_mm=4.0,
        foot_mm=17.0,
    )  # fmt: skip
    panel = grid.panels[0, 0]
    if drawn.is_empty():
        say_empty(panel, "no comparison with a ratio")
        return grid.figure
    labels = []
    for place, row in enumerate(drawn.rows(named=True)):
        design = row["design"] or ""
        pooled = row["kind"] == "pooled"
        randomised = "RCT" in design or design.startswith("randomised")
        hazard = row["measure"] == "hazard ratio"
        colour = GREEN if pooled else BLUE if hazard else VERMILLION
        panel.hlines(place, row["ratio_low"], row["ratio_high"], color=colour, linewidth=1.0)
        panel.plot(
            [row["ratio"]], [place], "D" if pooled else "o" if hazard else "s", color=colour,
            markersize=4.4, markerfacecolor=colour if randomised or pooled else "white",
        )  # fmt: skip
        words = f"{row['study']}: {row['endpoint']}".replace(">=", "\N{GREATER-THAN OR EQUAL TO}")
        number = f" (n = {row['n']})" if row["n"] else ""
        labels.append(f"{plain_label(words, 68 - len(number))}{number}")
    for place, row in enumerate(drawn.rows(named=True)):
        for end, marker, gone in (
            (_LOWEST, "<", row["ratio_low"] < _LOWEST),
            (_HIGHEST, ">", row["ratio_high"] > _HIGHEST),
        ):
            if gone:  # the interval goes on beyond the picture
                panel.plot([end], [place], marker, color=INK, markersize=3.0)
    panel.axvline(1.0, color=FAINT, linewidth=0.7)
    panel.set_xscale("log")
    low, high = min(drawn["ratio_low"].to_list()), max(drawn["ratio_high"].to_list())
    panel.set_xlim(max(low, _LOWEST) * 0.8, min(high, _HIGHEST) * 1.25)
    panel.xaxis.set_major_locator(FixedLocator(_TICKS))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    panel.set_ylim(rows - 0.4, -0.6)
    panel.set_yticks(range(rows), labels)
    panel.tick_params(axis="y", length=0)
    panel.set_xlabel("ratio, below 1: fewer events in the experimental arm")
    marks = (
        ("hazard ratio, randomised", BLUE, "o", BLUE), ("odds ratio, randomised", VERMILLION, "s",
        VERMILLION), ("not randomised", INK, "o", "white"), ("pooled", GREEN, "D", GREEN),
    )  # fmt: skip
    grid.legend(
        [
            Line2D([], [], color=c, marker=m, linestyle="", markerfacecolor=f, label=label)
            for label, c, m, f in marks
        ]
    )
    return grid.figure
