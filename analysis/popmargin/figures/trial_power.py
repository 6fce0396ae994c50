"""Power against the number of patients for the assumed effect and effects of published trials."""

from typing import Final

import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from popmargin.figures.panels import panel_grid
from popmargin.figures.style import (
    BLUE,
    DOUBLE_MM,
    FAINT,
    GREEN,
    SKY,
    SOFT,
    VERMILLION,
    journal_style,
    plain_label,
)

_LOOKS: Final = (
    (BLUE, "-"), (VERMILLION, "--"), (GREEN, "-."), (SKY, ":"), (SOFT, "-"), (FAINT, "--"),
    (VERMILLION, ":"), (GREEN, ":"),
)  # fmt: skip
_TICKS: Final = (20, 50, 100, 200, 500, 1000, 2000)


@journal_style()
def plot_trial_power(trial_power: pl.DataFrame) -> Figure:
    """One curve an assumed effect, the first in bold; the dashed lines are 80 and 90 %.

    Parameters: a table after the contract ``trial_power``; the first eight effects are drawn.
    """
    grid = panel_grid(
        1, 1, width_mm=DOUBLE_MM, panel_mm=58.0, left_mm=14.0, right_mm=72.0, head_mm=4.0,
        foot_mm=13.0,
    )  # fmt: skip
    panel = grid.panels[0, 0]
    cases = trial_power["case"].unique(maintain_order=True).to_list()
    for place, (case, (colour, line)) in enumerate(zip(cases, _LOOKS, strict=False)):
        rows = trial_power.filter(pl.col("case") == case).drop_nulls()
        panel.plot(
            rows["patients_per_arm"].to_numpy(), 100.0 * rows["power"].to_numpy(), color=colour,
            linestyle=line, linewidth=1.8 if place == 0 else 1.0,
            label=plain_label(case.replace(">=", "\N{GREATER-THAN OR EQUAL TO}"), 48),
        )  # fmt: skip
    for wanted in (80.0, 90.0):
        panel.axhline(wanted, color=FAINT, linewidth=0.6, linestyle="--")
    panel.set_xscale("log")
    panel.set_xlim(20, 2000)
    panel.xaxis.set_major_locator(FixedLocator(_TICKS))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    panel.set_ylim(0.0, 101.0)
    panel.set_xlabel("patients in each arm (no drop-out, full compliance)")
    panel.set_ylabel("power (%)")
    panel.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), title="if the truth were",
                 fontsize=6.0)  # fmt: skip
    left_out = len(cases) - len(_LOOKS)
    grid.note(f"Effects that are not drawn: {left_out}." if left_out > 0 else "")
    return grid.figure
