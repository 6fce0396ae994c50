"""Systematic and random error that each protocol would leave, with intervals."""

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from popmargin.core.axes import TRANSLATIONS
from popmargin.figures.panels import largest_groups, numbers_of, panel_grid, row_at
from popmargin.figures.style import (
    AXIS_TITLES,
    BLUE,
    DOUBLE_MM,
    FAINT,
    INK,
    VERMILLION,
    journal_style,
    plain_label,
)

_OFFSET = 0.17
_QUANTITIES = (
    ("systematic_sd", BLUE, "o", -_OFFSET, "systematic error Σ"),
    ("random_sd", VERMILLION, "s", _OFFSET, "random error σ"),
)


@journal_style()
def plot_replayed_errors(replayed_errors: pl.DataFrame) -> Figure:
    """Σ and σ of the whole course by protocol, one row a group, one column an axis.

    Parameters: a table after the contract ``replayed_errors``; what was to be expected of
    independent normal errors stands beside each as a line.
    """
    groups, note = largest_groups(replayed_errors)
    course = replayed_errors.filter(
        pl.col("phase") == "course", pl.col("recipe") == replayed_errors["recipe"][0]
    )
    protocols = course["protocol"].unique(maintain_order=True).to_list()
    grid = panel_grid(
        len(groups),
        3,
        width_mm=DOUBLE_MM,
        panel_mm=max(5.0 * len(protocols), 10.0),
        left_mm=42.0,
    )
    for place, group in enumerate(groups):
        rows = course.filter(group=group)
        grid.row_title(place, group, numbers_of(rows, group))
        for panel, axis in zip(grid.panels[place], TRANSLATIONS, strict=True):
            _draw(panel, rows.filter(axis=axis), protocols)
        labels = [plain_label(protocol, 32) for protocol in protocols]
        grid.panels[place, 0].set_yticks(range(len(protocols)), labels)
    high = max([panel.get_xlim()[1] for panel in grid.panels.flat])
    for panel in grid.panels.flat:
        panel.set_xlim(0.0, high)
    grid.column_titles(AXIS_TITLES.values())
    for panel in grid.panels[-1]:
        panel.set_xlabel("error left (mm)")
    expected = Line2D([], [], color=INK, marker="|", linestyle="none", label="expected")
    grid.legend(
        [
            *(
                Line2D([], [], color=colour, marker=marker, label=label)
                for _, colour, marker, _, label in _QUANTITIES
            ),
            expected,
        ]
    )
    grid.note(f"Whole logged course. {note}".strip())
    return grid.figure


def _draw(panel: Axes, rows: pl.DataFrame, protocols: list[str]) -> None:
    for place, protocol in enumerate(protocols):
        row = row_at(rows, protocol=protocol)
        if row.get("systematic_sd_mm") is None and row.get("random_sd_mm") is None:
            panel.text(
                0.02, place, "not estimable", transform=panel.get_yaxis_transform(), va="center",
                fontsize=6.0, color=FAINT,
            )  # fmt: skip
            continue
        for name, colour, marker, offset, _ in _QUANTITIES:
            value, low, high = (row.get(f"{name}{end}_mm") for end in ("", "_low", "_high"))
            if value is None:
                continue
            if low is not None and high is not None:
                panel.hlines(place + offset, low, high, color=colour, linewidth=1.1)
            panel.plot([value], [place + offset], marker, color=colour, markersize=3.4)
            expected = row.get(f"expected_{name}_mm")
            if expected is not None:
                panel.plot([expected], [place + offset], "|", color=INK, markersize=6.0)
    panel.set_ylim(len(protocols) - 0.5, -0.5)
    panel.set_yticks(range(len(protocols)), [""] * len(protocols))
    panel.grid(axis="x", color="#dddddd", linewidth=0.5)
    panel.set_axisbelow(True)
