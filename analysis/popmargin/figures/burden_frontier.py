"""Margin against images, minutes, cost and dose, with the Pareto frontier of each."""

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
from popmargin.figures.panels import (
    numbers_of,
    panel_grid,
    say_empty,
    share_alike,
    share_limits,
    tidy,
)
from popmargin.figures.style import DOUBLE_MM, FAINT, SOFT, Mark, journal_style

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
        rows = burden.filter(group=group)
        numbers = numbers_of(population_errors, group)
        own = "" if common else rests[group]
        grid.row_title(row, group, "; ".join(filter(None, (numbers, own))))
        for panel, (outcome, (frontier, _)) in zip(grid.panels[row], _PLANES.items(), strict=True):
            _draw(panel, rows, outcome, frontier, marks, letters)
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
    rows: pl.DataFrame,
    outcome: str,
    frontier: str,
    marks: dict[str, Mark],
    letters: dict[str, str],
) -> None:
    known = rows.drop_nulls([outcome, "margin_mm"]).sort(outcome, maintain_order=True)
    if known.is_empty():
        say_empty(panel, "not estimable")
        return
    kept = pl.col(frontier).cast(pl.String) == "true"
    joined = known.filter(kept)
    panel.step(
        joined[outcome].to_numpy(), joined["margin_mm"].to_numpy(), where="post", color=FAINT,
        linewidth=0.8,
    )  # fmt: skip
    for name, part in _of_each(known.filter(~kept)):
        panel.plot(
            part[outcome], part["margin_mm"], marks[name].marker, color=marks[name].colour,
            markersize=3.2, markerfacecolor="white", markeredgewidth=0.7,
        )  # fmt: skip
    for name, part in _of_each(joined):
        limits = part.drop_nulls("margin_low_mm")
        panel.vlines(
            limits[outcome], limits["margin_low_mm"], limits["margin_high_mm"],
            color=marks[name].colour, linewidth=0.6,
        )  # fmt: skip
        named = [letters[protocol] for protocol in part["protocol"]]
        draw_lettered(panel, part[outcome], part["margin_mm"], named, marks[name])
    tidy(panel)
    panel.margins(x=0.08, y=0.12)


def _of_each(rows: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """The rows of each modality, in their order."""
    parts = rows.partition_by("modality", maintain_order=True)
    return [(str(part["modality"][0]), part) for part in parts]
