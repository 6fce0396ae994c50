"""Delay and share of detection against the size of a change, rule and best possible."""

from typing import Final

import polars as pl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.typing import LineStyleType

from popmargin.figures.panels import panel_grid, tidy
from popmargin.figures.style import BLUE, DOUBLE_MM, VERMILLION, journal_style

_COLOURS: Final = (VERMILLION, BLUE)
_LINES: Final[dict[str, tuple[LineStyleType, str]]] = {
    "rule": ("-", "o"),
    "best possible": ("--", "s"),
}


@journal_style()
def plot_detection_delay(detection_delay: pl.DataFrame) -> Figure:
    """Two rows (delay, share seen), two columns (step, trend).

    Parameters: a table after the contract ``detection_delay``.
    """
    grid = panel_grid(2, 2, width_mm=DOUBLE_MM, panel_mm=34.0, gap_mm=(12.0, 8.0), head_mm=6.0)
    rates = detection_delay["false_alarms"].unique().sort().to_list()[: len(_COLOURS)]
    for column, change in enumerate(("step", "trend")):
        for rate, colour in zip(rates, _COLOURS, strict=False):
            for method, (line, marker) in _LINES.items():
                rows = detection_delay.filter(change=change, false_alarms=rate, method=method).sort(
                    "size_sd"
                )
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
        grid.panels[1, column].set_ylim(0.0, 1.05)
        words = "size (SD)" if change == "step" else "size (SD per value)"
        grid.panels[1, column].set_xlabel(words)
    grid.panels[0, 0].set_ylabel("delay (values)")
    grid.panels[1, 0].set_ylabel("share seen")
    grid.column_titles(["step", "trend"])
    handles = [
        Line2D([], [], color=colour, linestyle=line, marker=marker, markersize=2.6,
               label=f"{method}, {100 * rate:.0f} % false alarms")
        for rate, colour in zip(rates, _COLOURS, strict=False)
        for method, (line, marker) in _LINES.items()
    ]  # fmt: skip
    grid.legend(handles)
    grid.note("Simulated courses; bars: one standard error.")
    return grid.figure
