"""Complication probability and change of tumour control against an equal margin, with bands."""

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from popmargin.figures.panels import MAXIMUM_GROUPS, page_row_mm, panel_grid, say_empty, tidy
from popmargin.figures.style import BLUE, DOUBLE_MM, SOFT, VERMILLION, journal_style

_COLUMNS = {
    "ntcp": ("NTCP (%)", VERMILLION, "--"),
    "tcp_difference": ("TCP minus reference (% points)", BLUE, "-"),
}


@journal_style()
def plot_outcome_response(outcome_curve: pl.DataFrame) -> Figure:
    """One row a group: NTCP of the organ and difference of TCP against the margin.

    Parameters: a table after the contract ``outcome_curve``. The dotted line marks the reference
    margin, where the difference is 0 by definition.
    """
    every = outcome_curve["group"].unique(maintain_order=True).to_list()
    groups = every[:MAXIMUM_GROUPS]
    grid = panel_grid(
        len(groups),
        2,
        width_mm=DOUBLE_MM,
        panel_mm=page_row_mm(len(groups), tallest=40.0),
        left_mm=14.0,
        head_mm=8.0,
        foot_mm=17.0,
        gap_mm=(14.0, 12.0),
    )
    for row, group in enumerate(groups):
        rows = outcome_curve.filter(group=group).sort("margin_mm")
        first = rows.row(0, named=True)
        sets = [text for text in (first["ntcp_set"], first["tcp_set"]) if text]
        grid.row_title(row, group, f"{first['organ']}; sets {', '.join(sets) or 'none'}")
        for panel, (name, look) in zip(grid.panels[row], _COLUMNS.items(), strict=True):
            _draw(panel, rows, name, look)
            if row == len(groups) - 1:
                panel.set_xlabel("equal margin (mm)")
    grid.legend(
        [
            Line2D([], [], color=VERMILLION, linestyle="--", label="complication (NTCP)"),
            Line2D([], [], color=BLUE, label="tumour control (TCP)"),
            Patch(facecolor=SOFT, alpha=0.25, label="interval"),
            Line2D([], [], color=SOFT, linestyle=":", linewidth=0.6, label="reference margin"),
        ]
    )
    left_out = (
        f"Shown: the first {len(groups)} of {len(every)} groups."
        if len(every) > len(groups)
        else ""
    )
    grid.note(
        "Model figures of the stated phantom. Recalled parameters are not validated. " + left_out
    )
    return grid.figure


def _draw(panel: Axes, rows: pl.DataFrame, name: str, look: tuple[str, str, str]) -> None:
    label, colour, line = look
    limits = (name, f"{name}_low", f"{name}_high")
    own = pl.format("{} mm", pl.col("margin_mm").cast(pl.Int64)) == pl.col("reference")
    drawn = rows.drop_nulls("margin_mm")
    if name == "tcp_difference" and drawn[name].null_count() < drawn.height:
        # The reference has no difference to itself: it is 0.
        drawn = drawn.with_columns(pl.when(own).then(0.0).otherwise(pl.col(limits)).name.keep())
    drawn = drawn.drop_nulls(name)
    if drawn.is_empty():
        say_empty(panel)
        return
    x, *values = (drawn[column].to_numpy() for column in ("margin_mm", *limits))
    if drawn[limits[1]].null_count() == 0:
        panel.fill_between(
            x, 100.0 * values[1], 100.0 * values[2], color=colour, alpha=0.2, linewidth=0
        )
    panel.plot(x, 100.0 * values[0], color=colour, linestyle=line, linewidth=1.2)
    if name == "tcp_difference":
        for reference in drawn.filter(own)["margin_mm"]:
            panel.axvline(reference, color=SOFT, linewidth=0.6, linestyle=":")
    panel.set_ylabel(label)
    panel.set_xlim(left=0.0)
    if name == "ntcp":
        panel.set_ylim(bottom=0.0)
    tidy(panel, x_ticks=7, y_ticks=5)
