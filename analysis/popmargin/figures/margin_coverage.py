"""Share of patients covered against the margin, with the recipes and the margin in use marked."""

from typing import Any, Final

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from popmargin.figures.panels import largest_groups, panel_grid, patients_of, say_empty, tidy
from popmargin.figures.style import (
    BLUE,
    DOUBLE_MM,
    FAINT,
    GREEN,
    INK,
    SINGLE_MM,
    SKY,
    SOFT,
    VERMILLION,
    journal_style,
    plain_label,
)

_MARKERS: Final = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "h")
_MARGINS: Final = ("margin_lr_mm", "margin_si_mm", "margin_ap_mm")


@journal_style()
def plot_margin_coverage(margin_coverage: pl.DataFrame, coverage_curve: pl.DataFrame) -> Figure:
    """Coverage of equal margins as a curve, coverage of each recipe as a point, one panel a group.

    Parameters: tables after the contracts ``margin_coverage`` and ``coverage_curve``. A recipe's
    margins differ by axis: its point stands at their mean and need not lie on the curve. Groups
    with several error budgets show the one with most errors.
    """
    groups, note = largest_groups(coverage_curve)
    recipes = margin_coverage.filter(kind="recipe")["recipe"].unique(maintain_order=True).to_list()
    shown = recipes[: len(_MARKERS)]
    columns = 1 if len(groups) <= 1 else 3
    legend = _legend(shown)
    across = min(len(legend), 2 if columns == 1 else 4)
    grid = panel_grid(
        max(-(-len(groups) // columns), 1),
        columns,
        width_mm=SINGLE_MM if columns == 1 else DOUBLE_MM,
        panel_mm=40.0,
        head_mm=8.0,
        foot_mm=13.0 + 4.0 * -(-len(legend) // across),
        gap_mm=(8.0, 13.0),
    )
    panels = list(grid.panels.flat)
    for panel in panels[len(groups) :]:
        panel.set_axis_off()
    for place, (panel, group) in enumerate(zip(panels, groups, strict=False)):
        curve, points = _widest(coverage_curve, group), _widest(margin_coverage, group)
        _draw(panel, curve, points, shown)
        grid.title(panel, group)
        panel.text(
            0.97, 0.05, patients_of(margin_coverage.filter(group=group)), ha="right", fontsize=6.0,
            color=SOFT, transform=panel.transAxes,
        )  # fmt: skip
        if place % columns == 0:
            panel.set_ylabel("patients covered (%)")
        if place + columns >= len(groups):
            panel.set_xlabel("margin, mean of the axes (mm)")
    grid.legend(legend, columns=across)
    # A single column has no room for what the caption says as well.
    bars = "" if columns == 1 else " Bars: intervals from the uncertainty of the errors."
    grid.note(f"{_condition(margin_coverage)}{bars} {note}".strip())
    return grid.figure


def _widest(table: pl.DataFrame, group: str) -> pl.DataFrame:
    """Rows of a group for its last error budget: data first, data with all components last."""
    rows = table.filter(group=group)
    return rows.filter(covers=rows["covers"][-1]) if rows.height else rows


def _draw(panel: Axes, curve: pl.DataFrame, points: pl.DataFrame, recipes: list[str]) -> None:
    line = curve.drop_nulls(["margin_mm", "coverage"])
    if line.is_empty():
        say_empty(panel)
        return
    x = line["margin_mm"].to_numpy()
    if line["logged_coverage"].null_count() == 0:
        panel.step(
            x, 100.0 * line["logged_coverage"].to_numpy(), where="post", color=FAINT,
            linewidth=0.8, linestyle=":",
        )  # fmt: skip
    panel.plot(x, 100.0 * line["coverage"].to_numpy(), color=BLUE, linewidth=1.2)
    closed = line.drop_nulls("closed_form_coverage")
    panel.plot(
        closed["margin_mm"].to_numpy(), 100.0 * closed["closed_form_coverage"].to_numpy(),
        color=SKY, linewidth=0.9, linestyle=(0, (5, 1.5)),
    )  # fmt: skip
    panel.axhline(100.0 * line["population"][0], color=SOFT, linewidth=0.6, linestyle="--")
    for row in points.filter(pl.col("kind").is_in(["recipe", "present"])).rows(named=True):
        _point(panel, row, recipes)
    panel.set_ylim(-3.0, 103.0)
    panel.set_xlim(left=0.0)
    tidy(panel, x_ticks=6, y_ticks=5)


def _point(panel: Axes, row: dict[str, Any], recipes: list[str]) -> None:
    """A margin at the mean of its axes, with the interval of its coverage."""
    margins = [row[name] for name in _MARGINS]
    if row["coverage"] is None or None in margins:
        return
    if row["kind"] == "recipe" and row["recipe"] not in recipes:
        return
    colour = GREEN if row["kind"] == "present" else VERMILLION
    marker = "*" if row["kind"] == "present" else _MARKERS[recipes.index(row["recipe"])]
    mean = sum(margins) / 3.0
    if row["coverage_low"] is not None and row["coverage_high"] is not None:
        limits = (100.0 * row["coverage_low"], 100.0 * row["coverage_high"])
        panel.vlines(mean, *limits, color=colour, linewidth=0.7)
    panel.plot(
        [mean], [100.0 * row["coverage"]], marker, color=colour, markeredgecolor=INK,
        markeredgewidth=0.3, markersize=6.0 if marker == "*" else 3.6,
    )  # fmt: skip


def _legend(recipes: list[str]) -> list[Line2D]:
    look: dict[str, Any] = {"linestyle": "none", "markeredgecolor": INK, "markeredgewidth": 0.3}
    return [
        Line2D([], [], color=BLUE, label="equal margin, simulated"),
        Line2D([], [], color=SKY, linestyle=(0, (5, 1.5)), label="equal margin, closed form"),
        Line2D([], [], color=FAINT, linestyle=":", label="equal margin, logged patients"),
        Line2D([], [], color=SOFT, linestyle="--", linewidth=0.6, label="wanted share"),
        Line2D([], [], color=GREEN, marker="*", label="margin in use", **look),
        *(
            Line2D([], [], color=VERMILLION, marker=marker, label=plain_label(name, 24), **look)
            for name, marker in zip(recipes, _MARKERS, strict=False)
        ),
    ]


def _condition(table: pl.DataFrame) -> str:
    """The target and the course, in words."""
    radius, fractions = table["ctv_radius_mm"][0], table["fractions"][0]
    course = "many" if fractions is None else f"{fractions:,}"
    ball = "" if radius is None else f"Spherical CTV of {radius:g} mm radius, "
    return f"{ball}{course} fractions."
