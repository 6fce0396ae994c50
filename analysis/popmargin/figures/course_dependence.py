"""Dependence within the course: autocorrelation, and both SDs with and without it."""

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from popmargin.core.axes import TRANSLATIONS
from popmargin.figures.panels import label_lowest, largest_groups, panel_grid, say_empty
from popmargin.figures.style import AXIS_MARKS, DOUBLE_MM, SOFT, journal_style

_COLUMNS = (
    ("autocorrelation", "", "autocorrelation of neighbouring fractions"),
    ("systematic_sd", "_mm", "systematic error (mm)"),
    ("random_sd", "_mm", "random error (mm)"),
)
_SIGNIFICANT = 0.05
_APART = 0.17


@journal_style()
def plot_course_dependence(course_dependence: pl.DataFrame) -> Figure:
    """Intervals of the three axes, one row a group: filled as estimated, hollow corrected.

    Parameters: a table after the contract ``course_dependence``. An autocorrelation that is told
    from none at the 5 % level is filled.
    """
    table = course_dependence.with_columns(n_patients="n_units")
    groups, note = largest_groups(table)
    grid = panel_grid(
        len(groups), len(_COLUMNS), width_mm=DOUBLE_MM, panel_mm=14.0, left_mm=10.0, head_mm=8.0,
        gap_mm=(6.0, 9.0),
    )  # fmt: skip
    for row, group in enumerate(groups):
        rows = table.filter(group=group)
        units = rows["n_units"].drop_nulls()
        grid.row_title(row, group, f"n = {int(units[0]):,} courses" if len(units) else "")
        for panel, (name, unit, _) in zip(grid.panels[row], _COLUMNS, strict=True):
            _draw(panel, rows, name, unit)
        if grid.panels[row, 0].axison:
            grid.panels[row, 0].set_yticks(range(3), [axis.upper() for axis in TRANSLATIONS])
    for column, (_, unit, title) in enumerate(_COLUMNS):
        _share_x([panel for panel in grid.panels[:, column] if panel.axison], about_zero=not unit)
        label_lowest(grid.panels[:, column])
        grid.panels[-1, column].set_xlabel(title)
    grid.legend(
        [
            Line2D([], [], color=SOFT, marker="o", label="as estimated; p < 0.05"),
            Line2D(
                [], [], color=SOFT, marker="o", markerfacecolor="white",
                label="corrected for the dependence; p \N{GREATER-THAN OR EQUAL TO} 0.05",
            ),
        ]
    )  # fmt: skip
    grid.note(f"Filled or hollow: left, by the test; middle and right, by the estimate. {note}")
    return grid.figure


def _draw(panel: Axes, rows: pl.DataFrame, name: str, unit: str) -> None:
    if rows[f"{name}{unit}"].drop_nulls().is_empty():
        say_empty(panel)
        return
    found = {row["axis"]: row for row in rows.rows(named=True)}
    if not unit:
        panel.axvline(0.0, color=SOFT, linewidth=0.6, linestyle="--")
    kinds = (("", -_APART, False), ("_corrected", _APART, True)) if unit else (("", 0.0, False),)
    for place, axis in enumerate(TRANSLATIONS):
        mark, row = AXIS_MARKS[axis], found.get(axis, {})
        for kind, shift, hollow in kinds:
            value, low, high = (
                row.get(f"{name}{kind}{end}{unit}") for end in ("", "_low", "_high")
            )
            if value is None:
                continue
            if not unit:
                hollow = (row["autocorrelation_p_value"] or 0.0) >= _SIGNIFICANT
            if low is not None and high is not None:
                panel.hlines(place + shift, low, high, color=mark.colour, linewidth=1.0)
            panel.plot(
                [value], [place + shift], mark.marker, color=mark.colour, markersize=3.4,
                markerfacecolor="white" if hollow else mark.colour,
            )  # fmt: skip
    panel.set_ylim(2.6, -0.6)
    panel.set_yticks([])


def _share_x(panels: list[Axes], *, about_zero: bool) -> None:
    """One scale a column: even about no autocorrelation, from zero for SDs."""
    if not panels:
        return
    limits = [x for panel in panels for x in panel.get_xlim()]
    far = max(abs(x) for x in limits)
    for panel in panels:
        panel.set_xlim(-far if about_zero else 0.0, far)
        panel.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
