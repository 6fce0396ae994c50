"""Break-even images against the margin saved, with the options of the study as points."""

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from popmargin.figures.burden_marks import marks_of, shown_groups
from popmargin.figures.panels import panel_grid, say_empty
from popmargin.figures.style import DOUBLE_MM, FAINT, INK, Mark, journal_style, plain_label

_MOST_COLUMNS = 3
_MOST_GROUPS = 6


@journal_style()
def plot_burden_break_even(burden_break_even: pl.DataFrame, burden: pl.DataFrame) -> Figure:
    """One panel a group, at most three in a row, images on a logarithmic scale.

    Parameters: tables after the contracts ``burden_break_even`` and ``burden``.
    """
    groups, note = shown_groups(burden_break_even, _MOST_GROUPS)
    names = burden_break_even["modality"].unique(maintain_order=True).to_list()
    marks = marks_of(burden["modality"].unique(maintain_order=True).to_list())
    columns = min(max(len(groups), 1), _MOST_COLUMNS)
    grid = panel_grid(
        -(-len(groups) // columns), columns, width_mm=DOUBLE_MM, panel_mm=38.0, head_mm=8.0,
        gap_mm=(11.0, 13.0), left_mm=14.0,
    )  # fmt: skip
    panels = grid.panels.ravel()
    for panel, group in zip(panels, groups, strict=False):
        panel.set_title(plain_label(group, 40), fontweight="bold", pad=4)
        _draw(panel, burden_break_even.filter(group=group), burden.filter(group=group), marks)
    for panel in panels[len(groups) :]:
        panel.set_axis_off()
    for panel in grid.panels[:, 0]:
        panel.set_ylabel("images a course")
    for panel in panels[max(len(groups) - columns, 0) : len(groups)]:
        panel.set_xlabel("margin saved (mm)")
    handles = [
        Line2D(
            [], [], color=marks[name].colour, linestyle=marks[name].line,
            marker=marks[name].marker, label=f"{plain_label(name, 24)}: pays; planned",
        )
        for name in names
    ]  # fmt: skip
    grid.legend(
        [*handles, Line2D([], [], color=FAINT, linestyle=":", label="one image a fraction")],
        columns=min(len(handles) + 1, 4),
    )
    grid.note(note)
    return grid.figure


def _draw(panel: Axes, curve: pl.DataFrame, rows: pl.DataFrame, marks: dict[str, Mark]) -> None:
    known = curve.drop_nulls(["margin_saved_mm", "break_even_images"]).filter(
        pl.col("break_even_images") > 0
    )
    if known.is_empty():
        say_empty(panel)
        return
    for name in known["modality"].unique(maintain_order=True):
        mark, line = marks[name], known.filter(modality=name).sort("margin_saved_mm")
        panel.plot(
            line["margin_saved_mm"], line["break_even_images"], color=mark.colour,
            linestyle=mark.line, linewidth=1.0,
        )  # fmt: skip
        points = rows.filter(modality=name).drop_nulls("margin_saved_mm")
        panel.plot(
            points["margin_saved_mm"], points["images_per_course"], mark.marker, color=mark.colour,
            markersize=3.4, markerfacecolor="white", markeredgewidth=0.8,
        )  # fmt: skip
    fractions = known["fractions"].max()
    panel.axhline(float(fractions), color=FAINT, linestyle=":", linewidth=0.8)  # type: ignore[arg-type]
    panel.axvline(0.0, color=INK, linewidth=0.4)
    panel.set_yscale("log")
    panel.yaxis.set_major_locator(LogLocator(10.0, numticks=6))
    panel.yaxis.set_minor_locator(LogLocator(10.0, subs=(2.0, 5.0), numticks=12))
    # The usual formatter writes powers as mathematics, which is never read here.
    panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    panel.yaxis.set_minor_formatter(NullFormatter())
