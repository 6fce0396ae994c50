"""Share of patients that a margin covers under each replayed protocol."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from popmargin.figures.panels import largest_groups, panel_grid, patients_of, row_at
from popmargin.figures.style import (
    BLUE,
    DOUBLE_MM,
    FAINT,
    INK,
    VERMILLION,
    journal_style,
    plain_label,
)

_COLUMNS = {"recipe": "own margin of the protocol", "present": "margin in use"}
_PHASES = (
    ("course", BLUE, "o", -0.17, "whole course"),
    ("settled", VERMILLION, "s", 0.17, "once settled"),
)
_WANTED = (0, (3, 2))


@journal_style()
def plot_protocol_coverage(protocol_coverage: pl.DataFrame) -> Figure:
    """Coverage by protocol with intervals, one row a group, one column a margin.

    Parameters: a table after the contract ``protocol_coverage``; the dashed line is the share of
    patients that is wanted, an upright line the share of the logged patients.
    """
    groups, note = largest_groups(protocol_coverage)
    kinds = [kind for kind in _COLUMNS if not protocol_coverage.filter(kind=kind).is_empty()]
    protocols = protocol_coverage["protocol"].unique(maintain_order=True).to_list()
    grid = panel_grid(
        len(groups),
        len(kinds),
        width_mm=DOUBLE_MM,
        panel_mm=max(6.0 * len(protocols), 12.0),
        left_mm=42.0,
    )
    for place, group in enumerate(groups):
        rows = protocol_coverage.filter(group=group)
        grid.row_title(place, group, patients_of(rows))
        for panel, kind in zip(grid.panels[place], kinds, strict=True):
            _draw(panel, rows.filter(kind=kind), protocols)
        labels = [plain_label(protocol, 32) for protocol in protocols]
        grid.panels[place, 0].set_yticks(range(len(protocols)), labels)
    grid.column_titles([_COLUMNS[kind] for kind in kinds])
    for panel in grid.panels[-1]:
        panel.set_xlabel("patients covered (%)")
    logged = Line2D([], [], color=INK, marker="|", linestyle="none", label="logged patients")
    wanted = Line2D([], [], color=INK, linestyle=_WANTED, linewidth=0.7, label="wanted")
    shown = set(protocol_coverage["phase"])
    grid.legend(
        [
            *(
                Line2D([], [], color=colour, marker=marker, label=label)
                for phase, colour, marker, _, label in _PHASES
                if phase in shown
            ),
            logged,
            wanted,
        ]
    )
    first = protocol_coverage.row(0, named=True)
    grid.note(f"{_target(first)} {note}".strip())
    return grid.figure


def _target(row: Mapping[str, Any]) -> str:
    """What is covered: radius, fractions and dose level; nothing where no target is known."""
    if row["ctv_radius_mm"] is None or row["dose_level"] is None:
        return ""
    fractions = f"{row['fractions']} fractions" if row["fractions"] else "many fractions"
    return (
        f"CTV of {row['ctv_radius_mm']:g} mm radius, {fractions}, at least "
        f"{100 * row['dose_level']:.0f} % of the dose."
    )


def _draw(panel: Axes, rows: pl.DataFrame, protocols: list[str]) -> None:
    for place, protocol in enumerate(protocols):
        drawn = False
        for phase, colour, marker, offset, _ in _PHASES:
            row = row_at(rows, protocol=protocol, phase=phase)
            if row.get("coverage") is None:
                continue
            drawn, at = True, place + offset
            value, low, high = (row[f"coverage{end}"] for end in ("", "_low", "_high"))
            if low is not None and high is not None:
                panel.hlines(at, 100 * low, 100 * high, color=colour, linewidth=1.1)
            panel.plot([100 * value], [at], marker, color=colour, markersize=3.4, clip_on=False)
            if row["logged_coverage"] is not None:
                panel.plot(
                    [100 * row["logged_coverage"]], [at], "|", color=INK, markersize=6.0,
                    clip_on=False,
                )  # fmt: skip
        if not drawn:
            panel.text(
                0.02, place, "not estimable", transform=panel.get_yaxis_transform(), va="center",
                fontsize=6.0, color=FAINT,
            )  # fmt: skip
    wanted = rows["population"].drop_nulls().to_list()
    if wanted:
        panel.axvline(100 * wanted[0], color=INK, linestyle=_WANTED, linewidth=0.7)
    panel.set_xlim(0.0, 100.0)
    panel.set_ylim(len(protocols) - 0.5, -0.5)
    panel.set_yticks(range(len(protocols)), [""] * len(protocols))
    panel.grid(axis="x", color="#dddddd", linewidth=0.5)
    panel.set_axisbelow(True)
