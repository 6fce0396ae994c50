"""Dose-population histogram: share of patients against the minimum dose of their target."""

from collections.abc import Sequence
from typing import Final

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

_LOOK = {"recipe": (VERMILLION, "-"), "present": (BLUE, "-.")}
_BALL = "normal errors, ball"
# The recommended margin under other models of errors and target, in the order of the table.
_OTHERS: Final[tuple[tuple[str, tuple[float, Sequence[float]]], ...]] = (
    (GREEN, (0.0, (4.0, 2.0))),
    (INK, (0.0, (1.0, 1.5))),
    (SKY, (0.0, (9.0, 1.5))),
    (FAINT, (0.0, (5.0, 1.0, 1.0, 1.0))),
    (INK, (0.0, (2.5, 1.0))),
)


@journal_style()
def plot_dose_population(dose_population: pl.DataFrame) -> Figure:
    """One panel a group: the recommended margin and the one in use.

    Parameters: a table after the contract ``dose_population``. Groups with several error budgets
    show the one with most errors. Other models of errors and target are drawn for the recommended
    margin.
    """
    others = [m for m in dose_population["model"].unique(maintain_order=True) if m != _BALL]
    groups, note = largest_groups(dose_population)
    columns = 1 if len(groups) <= 1 else 3
    grid = panel_grid(
        max(-(-len(groups) // columns), 1),
        columns,
        width_mm=SINGLE_MM if columns == 1 else DOUBLE_MM,
        panel_mm=38.0,
        head_mm=8.0,
        # In one column every line of the legend has a row of its own.
        foot_mm=17.0 + 3.6 * (len(others) + 1 if columns == 1 else -(-len(others) // columns)),
        right_mm=5.0,
        gap_mm=(8.0, 13.0),
    )
    panels = list(grid.panels.flat)
    for panel in panels[len(groups) :]:
        panel.set_axis_off()
    for place, (panel, group) in enumerate(zip(panels, groups, strict=False)):
        rows = dose_population.filter(group=group)
        # Models stand last and may not know every budget: the normal errors decide.
        covers = rows.filter(model=_BALL)["covers"]
        _draw(panel, rows.filter(covers=covers[-1]) if len(covers) else rows.clear(), others)
        grid.title(panel, group)
        panel.text(
            0.03, 0.05, patients_of(dose_population.filter(group=group)), ha="left", fontsize=6.0,
            color=SOFT, transform=panel.transAxes,
        )  # fmt: skip
        if place % columns == 0:
            panel.set_ylabel("patients (%)")
        if place + columns >= len(groups):
            panel.set_xlabel("at least this minimum dose (%)")
    first = dose_population.row(0, named=True)
    recipes = dose_population["recipe"].drop_nulls()
    name = plain_label(recipes[0], 24) if len(recipes) else "recipe"
    grid.legend(
        [
            Line2D([], [], color=VERMILLION, label=f"margin of {name}"),
            *(
                [Line2D([], [], color=BLUE, linestyle="-.", label="margin in use")]
                if "present" in dose_population["kind"]
                else []
            ),
            Line2D([], [], color=SOFT, linestyle="--", linewidth=0.6, label="wanted"),
            *(
                Line2D([], [], color=colour, linestyle=line, label=plain_label(model, 44))
                for model, (colour, line) in zip(others, _OTHERS, strict=False)
            ),
        ],
        columns=1 if columns == 1 and others else min(columns + 1, 3),
    )
    course = "many" if first["fractions"] is None else f"{first['fractions']:,}"
    ball = "" if first["ctv_radius_mm"] is None else f"CTV radius {first['ctv_radius_mm']:g} mm, "
    grid.note(f"Simulated: {ball}{course} fractions. {note}".strip())
    return grid.figure


def _draw(panel: Axes, rows: pl.DataFrame, others: list[str]) -> None:
    known = rows.drop_nulls(["dose", "population"])
    if known.is_empty():
        say_empty(panel)
        return
    panel.axvline(100.0 * known["dose_level"][0], color=SOFT, linewidth=0.6, linestyle="--")
    panel.axhline(100.0 * known["wanted_population"][0], color=SOFT, linewidth=0.6, linestyle="--")
    for kind, (colour, line) in _LOOK.items():
        curve = known.filter(kind=kind, model=_BALL)
        panel.plot(
            100.0 * curve["dose"].to_numpy(), 100.0 * curve["population"].to_numpy(),
            color=colour, linestyle=line, linewidth=1.1,
        )  # fmt: skip
    for model, (colour, dashes) in zip(others, _OTHERS, strict=False):
        curve = known.filter(kind="recipe", model=model)
        panel.plot(
            100.0 * curve["dose"].to_numpy(), 100.0 * curve["population"].to_numpy(),
            color=colour, linestyle=dashes, linewidth=0.9,
        )  # fmt: skip
    panel.set_xlim(70.0, 100.0)
    panel.set_ylim(0.0, 102.0)
    tidy(panel, x_ticks=6, y_ticks=5)
