"""Cost difference against margin saved: the cost-effectiveness plane of the study."""

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from popmargin.figures.burden_marks import (
    draw_lettered,
    handles_of,
    letters_note,
    letters_of,
    marks_of,
    shown_groups,
)
from popmargin.figures.panels import panel_grid, patients_of, say_empty, tidy
from popmargin.figures.style import DOUBLE_MM, FAINT, SOFT, Mark, journal_style, plain_label

_MOST_COLUMNS = 3
_MOST_GROUPS = 6
_NEEDED = ["cost_difference", "margin_saved_mm"]


@journal_style()
def plot_burden_plane(burden: pl.DataFrame, population_errors: pl.DataFrame) -> Figure:
    """One panel a group, at most three in a row.

    Parameters: tables after the contracts ``burden`` and ``population_errors``.
    """
    groups, note = shown_groups(burden, _MOST_GROUPS)
    marks = marks_of(burden["modality"].unique(maintain_order=True).to_list())
    letters = letters_of(burden["protocol"].unique(maintain_order=True).to_list())
    lines = [*letters_note(letters), *([note] if note else [])]
    columns = min(max(len(groups), 1), _MOST_COLUMNS)
    grid = panel_grid(
        -(-len(groups) // columns), columns, width_mm=DOUBLE_MM, panel_mm=40.0,
        foot_mm=18.0 + 3.0 * len(lines), gap_mm=(10.0, 13.0), head_mm=8.0,
    )  # fmt: skip
    panels = grid.panels.ravel()
    for panel, group in zip(panels, groups, strict=False):
        rows = burden.filter(group=group).drop_nulls(_NEEDED)
        panel.set_title(plain_label(group, 34), fontweight="bold", pad=4, loc="left")
        number = patients_of(population_errors.filter(group=group))
        panel.set_title(number, fontsize=6.0, color=SOFT, pad=4, loc="right")
        _draw(panel, rows, marks, letters)
    for panel in panels[len(groups) :]:
        panel.set_axis_off()
    money = burden["currency"].drop_nulls().unique().to_list()
    for panel in grid.panels[:, 0]:
        panel.set_ylabel(f"cost difference ({money[0]})" if money else "cost difference")
    for panel in panels[max(len(groups) - columns, 0) : len(groups)]:
        panel.set_xlabel("margin saved (mm)")
    for place, line in enumerate(reversed(lines)):
        grid.figure.text(
            2.0 / DOUBLE_MM, (1.2 + 3.0 * place) / grid.height_mm, line, fontsize=6.0, color=SOFT
        )
    grid.figure.legend(
        handles=handles_of(marks, burden["modality"].unique().to_list()),
        loc="lower center",
        bbox_to_anchor=(0.5, (3.0 + 3.0 * len(lines)) / grid.height_mm),
        ncols=6,
    )
    return grid.figure


def _draw(panel: Axes, rows: pl.DataFrame, marks: dict[str, Mark], letters: dict[str, str]) -> None:
    if rows.is_empty():
        say_empty(panel, "cost or margin not estimable")
        return
    panel.axhline(0.0, color=FAINT, linewidth=0.5)
    panel.axvline(0.0, color=FAINT, linewidth=0.5)
    cost, saved = rows.drop_nulls("cost_difference_low"), rows.drop_nulls("margin_saved_low_mm")
    panel.vlines(
        cost["margin_saved_mm"], cost["cost_difference_low"], cost["cost_difference_high"],
        color=[marks[name].colour for name in cost["modality"]], linewidth=0.6,
    )  # fmt: skip
    panel.hlines(
        saved["cost_difference"], saved["margin_saved_low_mm"], saved["margin_saved_high_mm"],
        color=[marks[name].colour for name in saved["modality"]], linewidth=0.6,
    )  # fmt: skip
    named = [letters[protocol] for protocol in rows["protocol"]]
    own = [marks[name] for name in rows["modality"]]
    draw_lettered(panel, rows["margin_saved_mm"], rows["cost_difference"], named, own)
    tidy(panel)
