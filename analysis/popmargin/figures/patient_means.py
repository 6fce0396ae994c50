"""Scatter of patient means in two planes with the ellipses of systematic and random error."""

from typing import Any, Final

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from popmargin.figures.ellipse import ellipse_outline
from popmargin.figures.panels import (
    largest_groups,
    one_estimator,
    panel_grid,
    row_at,
    say_empty,
    tidy,
)
from popmargin.figures.style import (
    BLUE,
    DOUBLE_MM,
    FAINT,
    INK,
    SINGLE_MM,
    VERMILLION,
    journal_style,
)

PLANES: Final = (("lr", "si"), ("ap", "si"))
MAXIMUM_DRAWN: Final = 1000
_ELLIPSES: Final = {"systematic": (VERMILLION, "-"), "random": (BLUE, "--")}


@journal_style()
def plot_patient_means(
    unit_summaries: pl.DataFrame,
    axis_correlations: pl.DataFrame,
    population_errors: pl.DataFrame,
) -> Figure:
    """Patient means in the coronal and sagittal plane, one-SD ellipses around the group mean.

    Parameters: tables after the contracts ``unit_summaries``, ``axis_correlations`` and
    ``population_errors``. Two groups stand side by side when there are several; a group that
    is not measured on both axes of any plane is left out.
    """
    means = {
        str(name): _wide(rows)
        for (name,), rows in unit_summaries.partition_by("group", as_dict=True).items()
    }
    seen = [
        name for name, rows in means.items() if any(not _plane(rows, *p).is_empty() for p in PLANES)
    ]
    groups, note = largest_groups(unit_summaries.filter(pl.col("group").is_in(seen)))
    errors = one_estimator(population_errors)
    side = 2 if len(groups) > 1 else 1
    rows = max(-(-len(groups) // side), 1)
    wide = DOUBLE_MM if side == 2 else SINGLE_MM
    grid = panel_grid(
        rows,
        2 * side,
        width_mm=wide,
        panel_mm=34.0,
        gap_mm=(12.0, 16.0),
        head_mm=8.0,
        foot_mm=17.0 if side == 2 else 20.0,
    )
    for place, panel in enumerate(grid.panels.flat):
        if place >= 2 * len(groups):
            panel.set_axis_off()
    for index, group in enumerate(groups):
        pair = grid.panels[index // side, 2 * (index % side) :][:2]
        centre = {
            axis: row_at(errors, group=group, axis=axis).get("group_mean_mm")
            for axis in ("lr", "si", "ap")
        }
        covariance = axis_correlations.filter(group=group)
        drawn = _count(unit_summaries, group, means[group].height)
        grid.title(pair[0], group, drawn, last=pair[1])
        for panel, (x, y) in zip(pair, PLANES, strict=True):
            _draw(panel, _plane(means[group], x, y), centre, covariance, x, y)
        _square(pair)
    grid.legend(_handles(), columns=4 if side == 2 else 2)
    grid.note(note)
    return grid.figure


def _wide(summaries: pl.DataFrame) -> pl.DataFrame:
    """One row per unit, one column per axis."""
    unit = ["patient_id", "course", "plan"]
    translations = summaries.filter(pl.col("axis").is_in(["lr", "si", "ap"]))
    return translations.pivot(on="axis", on_columns=["lr", "si", "ap"], index=unit, values="mean")


def _plane(means: pl.DataFrame, x: str, y: str) -> pl.DataFrame:
    """Units measured on both axes."""
    return means.select(x, y).drop_nulls()


def _count(summaries: pl.DataFrame, group: str, units: int) -> str:
    """How many units are drawn; of how many patients, where the table holds a part of them."""
    if "n_patients" not in summaries.columns:
        return f"n = {units:,}"
    return f"n = {units:,} of {summaries.filter(group=group)['n_patients'][0]:,} patients"


def _draw(
    panel: Axes,
    points: pl.DataFrame,
    centre: dict[str, float | None],
    covariance: pl.DataFrame,
    x: str,
    y: str,
) -> None:
    panel.set_xlabel(f"{x.upper()} (mm)")
    panel.set_ylabel(f"{y.upper()} (mm)", labelpad=0.0)
    panel.set_aspect("equal")
    if points.is_empty():
        say_empty(panel, "not measured")
        return
    drawn = points.gather_every(-(-points.height // MAXIMUM_DRAWN))
    panel.axhline(0.0, color=FAINT, linewidth=0.5)
    panel.axvline(0.0, color=FAINT, linewidth=0.5)
    panel.plot(drawn[x], drawn[y], "o", color=INK, markersize=2.0, alpha=0.65, markeredgewidth=0)
    x0, y0 = centre[x], centre[y]
    if x0 is not None and y0 is not None:
        panel.plot([x0], [y0], "+", color=VERMILLION, markersize=7, markeredgewidth=1.2)
        for level, (colour, line) in _ELLIPSES.items():
            matrix = _matrix(covariance.filter(level=level), x, y)
            if matrix is not None:
                outline = ellipse_outline((x0, y0), matrix)
                panel.plot(outline[:, 0], outline[:, 1], line, color=colour, linewidth=1.1)


def _square(pair: NDArray[Any]) -> None:
    """Same millimetre in every direction of both planes, zero in the middle."""
    reach = max(np.abs(panel.dataLim.get_points()).max() for panel in pair)
    if not np.isfinite(reach):
        return
    for panel in pair:
        panel.set_xlim(-1.08 * reach, 1.08 * reach)
        panel.set_ylim(-1.08 * reach, 1.08 * reach)
        tidy(panel, x_ticks=5, y_ticks=5)


def _matrix(level: pl.DataFrame, x: str, y: str) -> list[list[float]] | None:
    """The 2 x 2 covariance of two axes; the table holds each pair in one order only."""
    found = {
        frozenset((row["axis_1"], row["axis_2"])): row["covariance_mm2"]
        for row in level.rows(named=True)
    }
    xx, yy, xy = (
        found.get(frozenset((x,))),
        found.get(frozenset((y,))),
        found.get(frozenset((x, y))),
    )
    if xx is None or yy is None or xy is None:
        return None
    return [[xx, xy], [xy, yy]]


def _handles() -> list[Line2D]:
    return [
        Line2D([], [], linestyle="", marker="o", color=INK, markersize=2.5, label="patient mean"),
        Line2D(
            [], [], linestyle="", marker="+", color=VERMILLION, markersize=6, label="group mean"
        ),
        Line2D([], [], color=VERMILLION, label="systematic error, 1 SD"),
        Line2D([], [], color=BLUE, linestyle="--", label="random error, 1 SD"),
    ]
