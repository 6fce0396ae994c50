"""Cumulative incidence over time by group, with pointwise limits and numbers at risk."""

from typing import Final

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from popmargin.figures.panels import MAXIMUM_GROUPS, PAGE_MM, Grid, panel_grid, say_empty, tidy
from popmargin.figures.style import (
    BLUE,
    DOUBLE_MM,
    GREEN,
    SKY,
    SOFT,
    VERMILLION,
    journal_style,
    plain_label,
)
from popmargin.statistics.event_times import round_months

_ORIGINS: Final = {"start": "the start of treatment", "end": "the end of treatment"}
_LOOKS: Final = ((BLUE, "-"), (VERMILLION, "--"), (GREEN, "-."), (SKY, ":"))
_HEAD_MM: Final = 9.0
_AXIS_MM: Final = 15.0  # from a panel's foot to the next panel, without numbers at risk
_ROW_MM: Final = 2.8
_RISK_MM: Final = 9.2  # from the axis to the words above the numbers at risk


@journal_style()
def plot_outcome_curves(outcome_curves: pl.DataFrame) -> Figure:
    """One panel an endpoint, one step curve a group, patients at risk at the ticks below.

    Parameters: a table after the contract ``outcome_curves``. Groups beyond the fourth are left
    out and the figure says so.
    """
    keys = ["endpoint", "by"]
    panels_of = outcome_curves.partition_by(keys, maintain_order=True)[:MAXIMUM_GROUPS]
    columns = min(len(panels_of), 2) or 1
    rows = -(-len(panels_of) // columns)
    most = max((part["group"].n_unique() for part in panels_of), default=0)
    below = _AXIS_MM + _ROW_MM * (1 + min(most, len(_LOOKS)))
    grid = panel_grid(
        rows, columns, width_mm=DOUBLE_MM, foot_mm=below, gap_mm=(12.0, below), head_mm=_HEAD_MM,
        panel_mm=min(44.0, (PAGE_MM - _HEAD_MM) / max(rows, 1) - below),
    )  # fmt: skip
    cut = False
    for place, part in enumerate(panels_of):
        panel: Axes = grid.panels[place // columns, place % columns]
        cut |= part["group"].n_unique() > len(_LOOKS)
        _draw(panel, part)
        _tell_at_risk(grid, panel, part)
        grid.title(
            panel, f"{part['endpoint'][0]} by {str(part['by'][0]).replace('_', ' ')}", letters=60
        )
        panel.set_ylabel("cumulative incidence (%)")
        origin = str(part["time_origin"][0])
        panel.set_xlabel(f"months from {_ORIGINS.get(origin, origin)}")
    for panel in grid.panels.flat[len(panels_of) :]:
        panel.set_axis_off()
    grid.note("Only the first four groups are drawn." if cut else "")
    return grid.figure


def _draw(panel: Axes, part: pl.DataFrame) -> None:
    groups = part["group"].unique(maintain_order=True).to_list()
    for group, (colour, line) in zip(groups, _LOOKS, strict=False):
        rows = part.filter(group=group).drop_nulls(["time_months", "incidence"])
        x, y = rows["time_months"].to_numpy(), 100.0 * rows["incidence"].to_numpy()
        patients = max(rows["at_risk"].to_list(), default=0)
        label = plain_label(f"{group} (n = {patients})", 40)
        panel.step(x, y, where="post", color=colour, linestyle=line, label=label)
        banded = rows.drop_nulls(["incidence_low", "incidence_high"])
        low, high = (100.0 * banded[f"incidence_{end}"].to_numpy() for end in ("low", "high"))
        panel.fill_between(
            banded["time_months"].to_numpy(), low, high, step="post", color=colour, alpha=0.15,
            linewidth=0,
        )  # fmt: skip
    if not groups:
        say_empty(panel)
        return
    panel.legend(loc="upper left")
    panel.set_ylim(bottom=0.0)
    tidy(panel, y_ticks=5)


def _tell_at_risk(grid: Grid, panel: Axes, part: pl.DataFrame) -> None:
    """Patients at risk at round months, a row a group behind a piece of its line.

    The table holds these months up to the end of a group's observation; nobody is at risk later.
    """
    known = part.drop_nulls(["time_months", "at_risk"])
    if known.is_empty():
        return
    last = max(known["time_months"])
    ticks = round_months(last)
    panel.set_xlim(0.0, 1.03 * last or 1.0)
    panel.set_xticks(ticks)
    box = panel.get_position()
    wide, tall = box.width * grid.width_mm, box.height * grid.height_mm
    panel.text(
        -10.0 / wide, -_RISK_MM / tall, "patients at risk", transform=panel.transAxes,
        fontsize=6.0, color=SOFT, va="center",
    )  # fmt: skip
    groups = part["group"].unique(maintain_order=True)
    for row, (group, (colour, line)) in enumerate(zip(groups, _LOOKS, strict=False), start=1):
        y = -(_RISK_MM + _ROW_MM * row) / tall
        panel.plot(
            [-10.0 / wide, -4.0 / wide], [y, y], color=colour, linestyle=line, clip_on=False,
            transform=panel.transAxes,
        )  # fmt: skip
        of = known.filter(group=group)
        at_risk = dict(zip(of["time_months"], of["at_risk"], strict=True))
        end = max(at_risk, default=0.0)
        for tick in ticks:
            number = 0 if tick > end else at_risk.get(tick, "?")
            panel.text(
                tick, y, f"{number}", transform=panel.get_xaxis_transform(), fontsize=6.0,
                ha="center", va="center",
            )  # fmt: skip
