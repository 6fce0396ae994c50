"""Margins of every recipe with their intervals."""

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from popmargin.core.axes import TRANSLATIONS
from popmargin.figures.panels import label_lowest, largest_groups, numbers_of, panel_grid, row_at
from popmargin.figures.style import (
    AXIS_MARKS,
    AXIS_TITLES,
    DOUBLE_MM,
    FAINT,
    SOFT,
    journal_style,
    plain_label,
)


@journal_style()
def plot_margin_recipes(margins: pl.DataFrame) -> Figure:
    """Margin and interval of each recipe, one row a group, one column an axis.

    Parameters: a table after the contract ``margins``. A margin that is not given is named so in
    its place. What the margins cover is written at the foot, or beside the group where it differs.
    """
    groups, note = largest_groups(margins)
    recipes = margins["recipe"].unique(maintain_order=True).to_list()
    grid = panel_grid(
        len(groups),
        3,
        width_mm=DOUBLE_MM,
        panel_mm=max((3.4 if len(groups) <= 4 else 2.6) * len(recipes), 8.0),
        left_mm=30.0,
    )
    common = _covers(margins.filter(pl.col("group").is_in(groups)))
    for row, group in enumerate(groups):
        rows = margins.filter(group=group)
        covers = "" if len(common) < 2 else f"; covers {'; '.join(_covers(rows))}"
        grid.row_title(row, group, numbers_of(rows, group) + covers)
        for panel, axis in zip(grid.panels[row], TRANSLATIONS, strict=True):
            _draw(panel, rows.filter(axis=axis), axis, recipes)
        grid.panels[row, 0].set_yticks(range(len(recipes)), [plain_label(r, 24) for r in recipes])
    _share_x(grid.panels.ravel().tolist())
    for column in grid.panels.T:
        label_lowest(column)
    grid.column_titles(AXIS_TITLES.values())
    for panel in grid.panels[-1]:
        panel.set_xlabel("margin (mm)")
    grid.legend([Line2D([], [], color=SOFT, marker="o", label="margin and interval")])
    grid.note(f"Margins cover {common[0]}. {note}" if len(common) == 1 else note)
    return grid.figure


def _covers(rows: pl.DataFrame) -> list[str]:
    """What the margins cover, in the words of the table."""
    return [plain_label(text, 90) for text in rows["covers"].drop_nulls().unique().sort()]


def _draw(panel: Axes, rows: pl.DataFrame, axis: str, recipes: list[str]) -> None:
    mark = AXIS_MARKS[axis]
    for place, recipe in enumerate(recipes):
        row = row_at(rows, recipe=recipe)
        margin, low, high = (row.get(f"margin{k}_mm") for k in ("", "_low", "_high"))
        if margin is None:
            panel.text(
                0.02, place, "not given", transform=panel.get_yaxis_transform(), va="center",
                fontsize=6.0, color=FAINT,
            )  # fmt: skip
            continue
        if low is not None and high is not None:
            panel.hlines(place, low, high, color=mark.colour, linewidth=1.1)
        panel.plot([margin], [place], mark.marker, color=mark.colour, markersize=3.6)
    panel.set_ylim(len(recipes) - 0.5, -0.5)
    panel.set_yticks([])
    panel.grid(axis="x", color="#dddddd", linewidth=0.5)
    panel.set_axisbelow(True)


def _share_x(panels: list[Axes]) -> None:
    """One scale for all panels, from zero unless a margin is negative."""
    low = min(0.0, *(panel.dataLim.x0 for panel in panels))
    high = max(panel.get_xlim()[1] for panel in panels)
    for panel in panels:
        panel.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        panel.set_xlim(low, high)
