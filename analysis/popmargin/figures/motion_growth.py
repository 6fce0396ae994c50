"""RMS displacement and mean drift within fractions against the minutes since their first image."""

import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

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
    AXIS_TITLES,
    BLUE,
    DOUBLE_MM,
    FAINT,
    GREEN,
    SKY,
    VERMILLION,
    Mark,
    journal_style,
    plain_label,
)

_MARKS = (Mark(BLUE, "o", "-"), Mark(VERMILLION, "s", "--"), Mark(GREEN, "^", "-."),
          Mark(SKY, "D", ":"))  # fmt: skip


@journal_style()
def plot_motion_growth(motion_growth: pl.DataFrame) -> Figure:
    """One row a group, one column an axis, one curve a surrogate (at most four).

    Parameters: a table after the contract ``motion_growth``.
    """
    groups, note = largest_groups(motion_growth)
    grid = panel_grid(len(groups), 3, width_mm=DOUBLE_MM, panel_mm=page_row_mm(len(groups)))
    surrogates = motion_growth["surrogate"].unique(maintain_order=True).to_list()[: len(_MARKS)]
    marks = dict(zip(surrogates, _MARKS, strict=False))
    for row, group in enumerate(groups):
        rows = motion_growth.filter(group=group).sort("minutes")
        most = int(rows["n_patients"].max() or 0)  # type: ignore[arg-type]  # whole by contract
        grid.row_title(row, group, f"n = {most:,} patients")
        for panel, axis in zip(grid.panels[row], TRANSLATIONS, strict=True):
            drawn = False
            for surrogate, mark in marks.items():
                part = rows.filter(axis=axis, surrogate=surrogate)
                if part.is_empty():
                    continue
                drawn = True
                rms = part["rms_mm"].to_numpy()
                bars = np.abs(part.select("rms_low_mm", "rms_high_mm").to_numpy().T - rms)
                panel.errorbar(
                    part["minutes"], rms, yerr=bars, color=mark.colour, marker=mark.marker,
                    linestyle=mark.line, markersize=2.4, linewidth=0.9, elinewidth=0.6,
                )  # fmt: skip
                # The drift: a band with its interval about zero, apart from the spread above.
                panel.fill_between(
                    part["minutes"].to_numpy(), part["mean_low_mm"].to_numpy(),
                    part["mean_high_mm"].to_numpy(), color=mark.colour, alpha=0.22, linewidth=0,
                )  # fmt: skip
                panel.plot(part["minutes"], part["mean_mm"], color=mark.colour, linewidth=0.6)
            if not drawn:
                say_empty(panel, "not measured")
                continue
            panel.set_xlim(left=0.0)
            panel.axhline(0.0, color=FAINT, linewidth=0.5)
            tidy(panel)
        share_limits(grid.panels[row], x=True)
        grid.panels[row, 0].set_ylabel("moved (mm)")
    grid.column_titles(AXIS_TITLES.values())
    for panel in grid.panels[-1]:
        panel.set_xlabel("minutes since the first image")
    handles = [
        Line2D([], [], color=m.colour, marker=m.marker, linestyle=m.line, markersize=2.4,
               label=plain_label(name.replace("_", " "), 40))
        for name, m in marks.items()
    ]  # fmt: skip
    grid.legend(handles)
    grid.note(f"Points: root mean square; band: mean drift; both with intervals. {note}".strip())
    return grid.figure
