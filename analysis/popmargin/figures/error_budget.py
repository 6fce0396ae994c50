"""What every component of the error budget weighs in the margin."""

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from popmargin.core.axes import TRANSLATIONS
from popmargin.figures.panels import draw_bars, label_lowest, largest_groups, panel_grid, say_empty
from popmargin.figures.style import (
    AXIS_TITLES,
    BLUE,
    DOUBLE_MM,
    GREEN,
    INK,
    SOFT,
    VERMILLION,
    journal_style,
    plain_label,
)

_KINDS = {"systematic": (BLUE, ""), "random": (VERMILLION, "///"), "offset": (GREEN, "...")}


@journal_style()
def plot_error_budget(error_budget_shares: pl.DataFrame) -> Figure:
    """What the margin would lose without each component, one row a group, one column an axis.

    Parameters: a table after the contract ``error_budget_shares``. Components add in quadrature:
    the bars do not add up to the margin, which is written in each panel. Parts of a measured total
    have narrow bars.
    """
    known = error_budget_shares.filter(pl.col("component").is_not_null())
    groups, note = largest_groups(known if known.height else error_budget_shares)
    bars = {group: _components(known.filter(group=group)) for group in groups}
    grid = panel_grid(
        len(groups),
        3,
        width_mm=DOUBLE_MM,
        panel_mm=[
            max(3.2 * min(len(bars[group]), 5 if len(groups) > 4 else 20), 9.0) for group in groups
        ],
        left_mm=52.0,
    )
    for row, group in enumerate(groups):
        rows = known.filter(group=group)
        grid.row_title(row, group, rows["total"][0] if rows.height else "")
        for panel, axis in zip(grid.panels[row], TRANSLATIONS, strict=True):
            _draw(panel, rows.filter(axis=axis), bars[group])
        if bars[group]:
            parts = set(rows.drop_nulls("part_of").select("component", "kind").iter_rows())
            names = [
                f"{'part: ' if (name, kind) in parts else ''}{plain_label(name, 34)}, {kind}"
                for name, kind in bars[group]
            ]
            grid.panels[row, 0].set_yticks(range(len(names)), names, fontsize=5.0)
    _share_x(grid.panels.ravel().tolist())
    for column in grid.panels.T:
        label_lowest(column)
    grid.column_titles(AXIS_TITLES.values())
    for panel in grid.panels[-1]:
        panel.set_xlabel("saved without it (mm)")
    present = set(known["kind"].to_list())
    grid.legend(
        [
            Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=kind)
            for kind, (colour, hatch) in _KINDS.items()
            if kind in present
        ]
    )
    recipe = error_budget_shares["recipe"][0]
    grid.note(
        f"Margin of {plain_label(recipe, 30)}; components of one kind add in quadrature"
        f"{_of_parts(known)}. Lines: intervals. {note}"
    )
    return grid.figure


def _of_parts(rows: pl.DataFrame) -> str:
    """What parts are, where there are some."""
    return "" if rows["part_of"].is_null().all() else ", parts of a measured total count in it"


def _components(rows: pl.DataFrame) -> list[tuple[str, str]]:
    return list(dict.fromkeys(rows.select("component", "kind").iter_rows()))


def _draw(panel: Axes, rows: pl.DataFrame, bars: list[tuple[str, str]]) -> None:
    if rows["saving_mm"].drop_nulls().is_empty():
        say_empty(panel)
        return
    known = rows.drop_nulls("saving_mm")
    places = [bars.index(bar) for bar in known.select("component", "kind").iter_rows()]
    known = known.with_columns(place=pl.Series(places, dtype=pl.Int64))
    for kind, (colour, hatch) in _KINDS.items():
        part = known.filter(kind=kind)
        height = np.where(part["part_of"].is_null(), 0.62, 0.36)
        draw_bars(
            panel, part["place"], 0.0, part["saving_mm"], height, facecolor=colour, hatch=hatch,
            edgecolor="white", linewidth=0.0,
        )  # fmt: skip
    limits = known.drop_nulls(["saving_low_mm", "saving_high_mm"])
    panel.hlines(
        limits["place"], limits["saving_low_mm"], limits["saving_high_mm"], color=INK, linewidth=0.7
    )
    panel.text(
        0.98, 0.06, f"margin {rows['margin_mm'][0]:.1f} mm", transform=panel.transAxes, ha="right",
        fontsize=6.0, color=SOFT,
    )  # fmt: skip
    if any(low < 0.0 for low in rows["saving_low_mm"].drop_nulls()):
        panel.axvline(0.0, color=SOFT, linewidth=0.6)
    # One row more than bars: the margin stands there, clear of every interval.
    panel.set_ylim(len(bars) + 0.5, -0.5)
    panel.set_yticks([])


def _share_x(panels: list[Axes]) -> None:
    shown = [panel for panel in panels if panel.axison]
    limits = [panel.get_xlim() for panel in shown]
    longest = max((high for _, high in limits), default=1.0)
    # Below zero only where a part works against the others of its total.
    least = min((low for low, _ in limits), default=0.0)
    for panel in shown:
        panel.set_xlim(min(least, 0.0), max(longest, 0.1))
