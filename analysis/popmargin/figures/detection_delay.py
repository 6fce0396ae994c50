"""Delay and share of detection against the size of a change, rule and best possible."""

from typing import Final

import polars as pl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.typing import LineStyleType

from popmargin.figures.panels import panel_grid, tidy
from popmargin.figures.style import BLUE, DOUBLE_MM, INK, VERMILLION, journal_style

_COLOURS: Final = (VERMILLION, BLUE)
_LINES: Final[tuple[tuple[LineStyleType, str], ...]] = (("-", "o"), ("-.", "^"), (":", "D"))
_BEST: Final[tuple[LineStyleType, str]] = ("--", "s")


@journal_style()
def plot_detection_delay(detection_delay: pl.DataFrame) -> Figure:
    """Two rows (delay, share seen), two columns (step, trend).

    Parameters: a table after the contract ``detection_delay``.
    """
    grid = panel_grid(
        2, 2, width_mm=DOUBLE_MM, panel_mm=38.0, gap_mm=(12.0, 8.0), head_mm=6.0, foot_mm=24.0
    )
    rates = detection_delay["false_alarms"].unique().sort().to_list()[: len(_COLOURS)]
    spreads = detection_delay["rate_sd"].unique().sort().to_list()[: len(_LINES)]
    looks = {("rule", spread): look for spread, look in zip(spreads, _LINES, strict=False)}
    looks["best possible", 0.0] = _BEST
    for column, change in enumerate(("step", "trend")):
        for rate, colour in zip(rates, _COLOURS, strict=False):
            for (method, spread), (line, marker) in looks.items():
                rows = detection_delay.filter(
                    change=change, false_alarms=rate, method=method, rate_sd=spread
                ).sort("size_sd")
                for panel, name in zip(grid.panels[:, column], ("delay", "detected"), strict=True):
                    part = rows.drop_nulls(name)
                    panel.errorbar(
                        part["size_sd"], part[name], yerr=part[f"{name}_se"].fill_null(0.0),
                        color=colour, linestyle=line, marker=marker, markersize=2.6,
                        linewidth=1.0, elinewidth=0.6,
                    )  # fmt: skip
        for panel in grid.panels[:, column]:
            panel.set_ylim(bottom=0.0)
            tidy(panel)
        words = "size (SD)" if change == "step" else "size (SD per value)"
        grid.panels[1, column].set_xlabel(words)
    grid.panels[0, 0].set_ylabel("delay (values)")
    grid.panels[1, 0].set_ylabel("share seen")
    grid.column_titles(["step", "trend"])
    names = {key: "best possible" if key[0] != "rule" else _of(key[1]) for key in looks}
    lines = [
        Line2D([], [], color=INK, linestyle=line, marker=marker, markersize=2.6, label=names[key])
        for key, (line, marker) in looks.items()
    ]
    colours = [
        Line2D([], [], color=colour, linewidth=2.0, label=f"{100 * rate:.0f} % false alarms")
        for rate, colour in zip(rates, _COLOURS, strict=False)
    ]
    grid.legend([*lines, *colours], columns=3)
    return grid.figure


def _of(spread: float) -> str:
    return "rule, all of one rate" if spread == 0.0 else f"rule, rates of SD {spread:g} per value"
