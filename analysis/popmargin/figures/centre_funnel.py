"""Funnel plot: every centre's errors against its number of patients, with the limits of chance."""

from typing import Final

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from popmargin.core.axes import TRANSLATIONS
from popmargin.figures.panels import page_row_mm, panel_grid, tidy
from popmargin.figures.style import (
    AXIS_TITLES,
    BLUE,
    DOUBLE_MM,
    INK,
    SOFT,
    VERMILLION,
    journal_style,
    plain_label,
)

QUANTITIES: Final = {
    "group_mean": "group mean (mm)",
    "sd_of_means": "SD of patient means (mm)",
    "random_sd": "random error σ (mm)",
}
MAXIMUM_GROUPS: Final = 2
# Below this the limits without a centre lie far from the curve of all: its own are drawn instead.
FEWEST_FOR_CURVES: Final = 5


@journal_style()
def plot_centre_funnel(centre_places: pl.DataFrame) -> Figure:
    """Draw one row of panels per group and quantity, one column per axis.

    Parameters
    ----------
    centre_places : rows of `popmargin.errors.centre_places.place_centres`; those without a centre
        are the curves. The two groups of most patients are drawn.

    A centre beyond the outer limits is filled and named; its limits leave the centre itself out.
    With five centres or more the drawn curve, which is of all centres together, is near to them;
    with fewer each centre stands beside its own limits, a bar of 95 % in a thin one of 99.8 %.
    """
    sizes = centre_places.drop_nulls("centre").group_by("group").agg(pl.col("n_patients").sum())
    order = sizes.sort(["n_patients", "group"], descending=[True, False])["group"].to_list()
    groups = order[:MAXIMUM_GROUPS]
    named = centre_places.drop_nulls("centre").group_by("group").agg(pl.col("centre").n_unique())
    curves = {group: number >= FEWEST_FOR_CURVES for group, number in named.iter_rows()}
    rows = [(group, quantity) for group in groups for quantity in QUANTITIES]
    grid = panel_grid(
        len(rows), len(TRANSLATIONS), width_mm=DOUBLE_MM, panel_mm=page_row_mm(len(rows))
    )
    for row, (group, quantity) in enumerate(rows):
        grid.row_title(row, f"{group}: {QUANTITIES[quantity]}")
        for panel, axis in zip(grid.panels[row], TRANSLATIONS, strict=True):
            part = centre_places.filter(group=group, quantity=quantity, axis=axis)
            (_draw_curves if curves[group] else _draw_bars)(panel, part)
            _draw_centres(panel, part, every_name=not curves[group])
            if row == len(rows) - 1:
                panel.set_xlabel("patients of the centre")
    grid.column_titles(AXIS_TITLES[axis] for axis in TRANSLATIONS)
    drawn = {curves[group] for group in groups}
    lines = [Line2D([], [], color=SOFT, label="all centres")] * (True in drawn)
    lines += [
        Line2D([], [], color=SOFT, linestyle="--", label="95 % of alike centres"),
        Line2D([], [], color=SOFT, linestyle=":", label="99.8 %"),
    ] * (True in drawn)
    lines += [
        Line2D([], [], color=SOFT, linewidth=2.5, label="95 % by the other centres"),
        Line2D([], [], color=SOFT, linewidth=0.7, label="99.8 %"),
    ] * (False in drawn)
    grid.legend(
        [
            *lines,
            Line2D([], [], color=BLUE, marker="o", markerfacecolor="white", linestyle="",
                   label="a centre"),
            Line2D([], [], color=VERMILLION, marker="s", linestyle="", label="beyond 99.8 %"),
        ]
    )  # fmt: skip
    left_out = len(order) - len(groups)
    grid.note(f"Shown: the {len(groups)} largest of {len(order)} groups." if left_out else "")
    return grid.figure


def _draw_curves(panel: Axes, part: pl.DataFrame) -> None:
    curve = part.filter(pl.col("centre").is_null()).sort("n_patients")
    patients = curve["n_patients"].to_numpy()
    if patients.size:
        panel.plot(patients, curve["expected_mm"].to_numpy(), color=SOFT, linewidth=0.8)
        for name, line in (("inner", "--"), ("outer", ":")):
            for end in ("low", "high"):
                panel.plot(
                    patients, curve[f"{name}_{end}_mm"].to_numpy(), color=SOFT, linestyle=line,
                    linewidth=0.7,
                )  # fmt: skip


def _draw_bars(panel: Axes, part: pl.DataFrame) -> None:
    """The limits that the other centres give each, at its number of patients."""
    stated = part.drop_nulls(["centre", "inner_low_mm"])
    if stated.height:
        # From zero, as the curves: how large centres are is seen, and names have room.
        panel.set_xlim(0, 1.3 * max(stated["n_patients"].to_list()))
    for centre in stated.iter_rows(named=True):
        at = centre["n_patients"]
        panel.vlines(at, centre["outer_low_mm"], centre["outer_high_mm"], SOFT, linewidth=0.7)
        panel.vlines(at, centre["inner_low_mm"], centre["inner_high_mm"], SOFT, linewidth=2.5)


def _draw_centres(panel: Axes, part: pl.DataFrame, *, every_name: bool) -> None:
    for centre in part.drop_nulls(["centre", "value_mm"]).iter_rows(named=True):
        outside = centre["place"] == "beyond 99.8 %"
        colour, marker = (VERMILLION, "s") if outside else (BLUE, "o")
        at = (centre["n_patients"], centre["value_mm"])
        face = colour if outside else "white"
        panel.plot(*at, marker, color=colour, markerfacecolor=face, markeredgewidth=0.9)
        if outside or every_name:
            panel.annotate(
                plain_label(centre["centre"], 14), at, xytext=(2, 2), fontsize=5.5, color=INK,
                textcoords="offset points",
            )  # fmt: skip
    tidy(panel)
