"""Per-patient mean and SD on each axis, sorted by mean."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from popmargin.core.axes import TRANSLATIONS
from popmargin.figures.panels import (
    largest_groups,
    lowest,
    numbers_of,
    one_estimator,
    page_row_mm,
    panel_grid,
    row_at,
    say_empty,
    share_limits,
    tidy,
)
from popmargin.figures.style import (
    AXIS_TITLES,
    BLUE,
    DOUBLE_MM,
    FAINT,
    SKY,
    VERMILLION,
    journal_style,
)

MAXIMUM_DRAWN: Final = 300


@journal_style()
def plot_patient_errors(unit_summaries: pl.DataFrame, population_errors: pl.DataFrame) -> Figure:
    """Mean and SD of every patient, one row a group, one column an axis.

    Parameters: tables after the contracts ``unit_summaries`` and ``population_errors``. At most
    eight groups and 300 evenly spaced patients a panel are drawn; the figure says so.
    """
    translations = unit_summaries.filter(pl.col("axis").is_in(TRANSLATIONS))
    groups, note = largest_groups(translations)
    errors = one_estimator(population_errors)
    grid = panel_grid(len(groups), 3, width_mm=DOUBLE_MM, panel_mm=page_row_mm(len(groups)))
    thinned = "n_patients" in unit_summaries.columns  # the table holds a part of the patients
    for row, group in enumerate(groups):
        grid.row_title(row, group, numbers_of(errors, group))
        for column, axis in enumerate(TRANSLATIONS):
            panel = grid.panels[row, column]
            units = translations.filter(group=group, axis=axis).drop_nulls("mean")
            step = -(-units.height // MAXIMUM_DRAWN) or 1
            thinned = thinned or step > 1
            _draw(panel, units.sort("mean", "sd"), step, row_at(errors, group=group, axis=axis))
            tidy(panel, y_ticks=3)
            panel.set_xticks([])  # ranks say nothing, and n stands above
        share_limits(grid.panels[row])
        grid.panels[row, 0].set_ylabel("position error (mm)")
    grid.column_titles(AXIS_TITLES.values())
    for column in grid.panels.T:
        lowest(column).set_xlabel("patients, sorted by their mean")
    grid.legend(_handles(with_single=translations["sd"].has_nulls()))
    grid.note(f"{note} Evenly spaced patients of large groups." if thinned else note)
    return grid.figure


def _draw(panel: Axes, units: pl.DataFrame, step: int, errors: Mapping[str, Any]) -> None:
    if units.is_empty():
        say_empty(panel, "not measured")
        return
    mean, spread = errors.get("group_mean_mm"), errors.get("systematic_sd_mm")
    if mean is not None and spread is not None:
        panel.axhspan(mean - spread, mean + spread, color=SKY, alpha=0.28, linewidth=0)
    panel.axhline(0.0, color=FAINT, linewidth=0.5)
    if mean is not None:
        panel.axhline(mean, color=VERMILLION, linewidth=0.9, linestyle="--")
    drawn = units.with_row_index("rank", offset=1).gather_every(step)
    repeated = drawn.drop_nulls("sd")
    middle, half = repeated["mean"].to_numpy(), repeated["sd"].to_numpy()
    size = 2.6 if drawn.height <= 60 else 1.4
    panel.vlines(
        repeated["rank"].to_numpy(), middle - half, middle + half, color=BLUE, linewidth=0.7,
        alpha=0.75,
    )  # fmt: skip
    panel.plot(repeated["rank"], middle, "o", color=BLUE, markersize=size)
    single = drawn.filter(pl.col("sd").is_null())
    panel.plot(
        single["rank"], single["mean"], "o", color=BLUE, markerfacecolor="white", markersize=size,
        markeredgewidth=0.6,
    )  # fmt: skip
    panel.set_xlim(0.0, units.height + 1.0)


def _handles(*, with_single: bool) -> list[Line2D | Patch]:
    single = Line2D(
        [], [], color=BLUE, marker="o", markerfacecolor="white", linestyle="",
        label="one fraction only",
    )  # fmt: skip
    return [
        Line2D([], [], color=BLUE, marker="o", linewidth=0.7, label="patient mean ± SD"),
        *([single] if with_single else []),
        Line2D([], [], color=VERMILLION, linestyle="--", label="group mean M"),
        Patch(color=SKY, alpha=0.28, linewidth=0, label="M ± systematic error Σ"),
    ]
