"""True coverage of two recipes over systematic and random errors, as numbers on colours."""

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from popmargin.figures.panels import panel_grid, say_empty
from popmargin.figures.style import DOUBLE_MM, INK, SINGLE_MM, journal_style, plain_label


@journal_style()
def plot_coverage_map(coverage_map: pl.DataFrame) -> Figure:
    """Share of patients covered for every pair of errors, one panel a recipe.

    Parameters: a table after the contract ``coverage_map``. Cells that reach the wanted share to
    the nearest per cent have a frame; steps of the grid need not be equal.
    """
    recipes = coverage_map["recipe"].unique(maintain_order=True).to_list()[:3]
    grid = panel_grid(
        1,
        max(len(recipes), 1),
        width_mm=SINGLE_MM if len(recipes) <= 1 else DOUBLE_MM,
        panel_mm=62.0,
        head_mm=6.0,
        foot_mm=14.0,
    )
    for panel, recipe in zip(grid.panels[0], recipes, strict=True):
        rows = coverage_map.filter(recipe=recipe)
        _draw(panel, rows)
        if panel.axison:
            panel.set_xlabel("random error σ (mm)")
    for panel in grid.panels[0, 1:]:
        panel.tick_params(labelleft=False)
    grid.panels[0, 0].set_ylabel("systematic error Σ (mm)")
    grid.column_titles([f"margin of {plain_label(recipe, 30)}" for recipe in recipes])
    first = coverage_map.row(0, named=True)
    course = "many" if first["fractions"] is None else f"{first['fractions']:,}"
    ball = "" if first["ctv_radius_mm"] is None else f"CTV radius {first['ctv_radius_mm']:g} mm, "
    wanted = f"framed: at least {100 * first['population']:g} % when rounded"
    ending = f"{ball}{course} fractions, equal errors on all axes."
    grid.note(f"Patients covered (%); {wanted}. {ending}")
    return grid.figure


def _draw(panel: Axes, rows: pl.DataFrame) -> None:
    if rows.select("systematic_sd_mm", "random_sd_mm", "coverage").null_count().sum_horizontal()[0]:
        say_empty(panel)
        return
    systematic, random = (
        rows[name].unique().sort().to_list() for name in ("systematic_sd_mm", "random_sd_mm")
    )
    shares = np.full((len(systematic), len(random)), np.nan)
    for row in rows.rows(named=True):
        place = systematic.index(row["systematic_sd_mm"]), random.index(row["random_sd_mm"])
        shares[place] = 100.0 * row["coverage"]
    panel.pcolormesh(
        shares, cmap="cividis", vmin=0.0, vmax=100.0, edgecolors="white", linewidth=0.4
    )
    wanted = 100.0 * rows["population"][0]
    for (row, column), share in np.ndenumerate(shares):
        colour = "white" if share < 55.0 else INK
        panel.text(
            column + 0.5, row + 0.5, f"{share:.0f}", ha="center", va="center", color=colour,
            fontsize=6.0,
        )  # fmt: skip
        if round(share) >= wanted:
            x, y = column + 0.06, row + 0.06
            outline = [x, x + 0.88, x + 0.88, x, x], [y, y, y + 0.88, y + 0.88, y]
            panel.plot(*outline, color=INK, linewidth=0.8)
    panel.set_xticks(np.arange(len(random)) + 0.5, [f"{value:g}" for value in random])
    panel.set_yticks(np.arange(len(systematic)) + 0.5, [f"{value:g}" for value in systematic])
