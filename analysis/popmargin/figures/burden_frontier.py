"""Margin against images, minutes, cost and dose, with the Pareto frontier of each."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from popmargin.figures.burden_marks import (
    draw_lettered,
    draw_open,
    handles_of,
    letters_note,
    letters_of,
    marks_of,
    shown_groups,
)
from popmargin.figures.panels import (
    numbers_of,
    panel_grid,
    say_empty,
    share_alike,
    share_limits,
    tidy,
)
from popmargin.figures.style import DOUBLE_MM, FAINT, SOFT, Mark, journal_style

Row = Mapping[str, Any]

_PLANES = {
    "images_per_course": ("frontier_images", "images a course"),
    "minutes_per_course": ("frontier_minutes", "added minutes a course"),
    "cost_per_course": ("frontier_cost", "cost a course"),
    "imaging_dose_mgy": ("frontier_dose", "imaging dose (mGy)"),
}
_MOST_GROUPS = 6
_FILLED = "Filled, joined, with interval: no other option beats it in both."


@journal_style()
def plot_burden_frontier(burden: pl.DataFrame, population_errors: pl.DataFrame) -> Figure:
    """Four panels a group: the mean margin against each burden.

    Parameters: tables after the contracts ``burden`` and ``population_errors``.
    """
    groups, note = shown_groups(burden, _MOST_GROUPS)
    marks = marks_of(burden["modality"].unique(maintain_order=True).to_list())
    letters = letters_of(burden["protocol"].unique(maintain_order=True).to_list())
    rests = {group: _rests(burden.filter(group=group)) for group in groups}
    # What holds for every group is said once, at the foot.
    common = set(rests.values()).pop() if len(set(rests.values())) == 1 else ""
    said = f"In each group {common}." if common else ""
    lines = [*letters_note(letters), " ".join(filter(None, (_FILLED, said, note)))]
    grid = panel_grid(
        len(groups),
        len(_PLANES),
        width_mm=DOUBLE_MM,
        panel_mm=min(36.0, 200.0 / max(len(groups), 1) - 9.0),
        head_mm=7.0,
        foot_mm=18.0 + 3.0 * len(lines),
        gap_mm=(8.0, 11.0),
    )
    for row, group in enumerate(groups):
        options = burden.filter(group=group).rows(named=True)
        numbers = numbers_of(population_errors, group)
        own = "" if common else rests[group]
        grid.row_title(row, group, "; ".join(filter(None, (numbers, own))))
        for panel, (outcome, (frontier, _)) in zip(grid.panels[row], _PLANES.items(), strict=True):
            _draw(panel, options, outcome, frontier, marks, letters)
        share_limits(grid.panels[row])
        grid.panels[row, 0].set_ylabel("mean margin (mm)")
    for column in grid.panels.T:
        share_alike(column)
    money = burden["currency"].drop_nulls().unique().to_list()
    for panel, (_, title) in zip(grid.panels[-1], _PLANES.values(), strict=True):
        panel.set_xlabel(f"{title} ({money[0]})" if "cost" in title and money else title)
    for place, line in enumerate(reversed(lines)):
        _foot(grid.figure, line, 1.2 + 3.0 * place, grid.height_mm)
    grid.figure.legend(
        handles=handles_of(marks, burden["modality"].unique().to_list()),
        loc="lower center",
        bbox_to_anchor=(0.5, (3.0 + 3.0 * len(lines)) / grid.height_mm),
        ncols=6,
        borderpad=0.0,
        columnspacing=1.4,
    )
    return grid.figure


def _foot(figure: Figure, text: str, at_mm: float, height_mm: float) -> None:
    figure.text(2.0 / DOUBLE_MM, at_mm / height_mm, text, fontsize=6.0, color=SOFT)


def _rests(rows: pl.DataFrame) -> str:
    """Whether what is drawn rests on numbers that nobody validated."""
    weak = rows.filter(pl.col("rests_on").fill_null("") != "").height
    words = f"{weak} of {rows.height} options rest on defaults that are not validated"
    return words if weak else "no option rests on a default that is not validated"


def _draw(
    panel: Axes,
    rows: Sequence[Row],
    outcome: str,
    frontier: str,
    marks: Mapping[str, Mark],
    letters: Mapping[str, str],
) -> None:
    known = [row for row in rows if None not in (row[outcome], row["margin_mm"])]
    if not known:
        say_empty(panel, "not estimable")
        return
    known.sort(key=lambda row: row[outcome])
    joined = [row for row in known if _is_on(row, frontier)]
    others = [row for row in known if not _is_on(row, frontier)]
    limited = [row for row in joined if row["margin_low_mm"] is not None]
    at, margins = _values(joined, outcome), _values(joined, "margin_mm")
    panel.step(at, margins, where="post", color=FAINT, linewidth=0.8)
    panel.vlines(
        _values(limited, outcome), _values(limited, "margin_low_mm"),
        _values(limited, "margin_high_mm"), linewidth=0.6,
        color=[marks[row["modality"]].colour for row in limited],
    )  # fmt: skip
    left = [marks[row["modality"]] for row in others]
    draw_open(panel, _values(others, outcome), _values(others, "margin_mm"), left, 3.2)
    named = [letters[row["protocol"]] for row in joined]
    draw_lettered(panel, at, margins, named, [marks[row["modality"]] for row in joined])
    tidy(panel)
    panel.margins(x=0.08, y=0.12)


def _is_on(row: Row, frontier: str) -> bool:
    """Whether no other option beats this one: text as the contract has it, or true itself."""
    return str(row[frontier]).lower() == "true"


def _values(rows: Sequence[Row], name: str) -> list[float]:
    return [row[name] for row in rows]
