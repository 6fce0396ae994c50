"""Systematic and random error of this study beside published values.

Group means are left out: publications differ in what they call positive, and rarely say.
"""

from typing import Any, Final

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from popmargin.core.axes import TRANSLATIONS
from popmargin.figures.panels import (
    PAGE_MM,
    largest_groups,
    numbers_of,
    one_estimator,
    page_row_mm,
    panel_grid,
    row_at,
    say_empty,
)
from popmargin.figures.style import (
    AXIS_MARKS,
    AXIS_TITLES,
    DOUBLE_MM,
    FAINT,
    SOFT,
    journal_style,
    plain_label,
)
from popmargin.margins.published_sites import groups_beside_published, published_beside

QUANTITIES: Final = {
    "systematic_sd": "systematic error Σ (mm)",
    "random_sd": "random error σ (mm)",
}
MAXIMUM_ROWS: Final = 48
_ROW_MM: Final = 3.6
_SPREAD: Final = {"lr": -0.26, "si": 0.0, "ap": 0.26}
_SAYS_NOTHING: Final = frozenset(("", "see quantity", "not shown", "as imaged"))
_ENTRY: Final = ("paper", "site", "quantity", "correction_state")


@journal_style()
def plot_literature_forest(population_errors: pl.DataFrame, literature: pl.DataFrame) -> Figure:
    """Draw this study with intervals on top of each block, published values of its site below.

    Parameters
    ----------
    population_errors : contract ``population_errors``; compared by its ``site`` column, or by
        ``group`` where there is none.
    literature : one row per published axis, as `popmargin.margins.published` gives them:
        ``paper``, ``site``, ``quantity``, ``correction_state``, ``axis``, ``n_patients``,
        ``systematic_sd_mm``, ``random_sd_mm``.

    Sites match by the name before any bracket or comma; a group without published values of its
    site is left out and named at the foot. The largest published cohorts come first
    and at most 48 rows, or what one page holds, are drawn in all; the figure says so.
    """
    errors = one_estimator(population_errors)
    known, without = groups_beside_published(errors, literature)
    groups, note = largest_groups(errors.filter(pl.col("group").is_in(known)))
    shares = max(len(groups), 1)
    on_a_page = int(page_row_mm(shares, tallest=PAGE_MM) / _ROW_MM)
    allowed = max(min(MAXIMUM_ROWS // shares, on_a_page) - 1, 1)
    published = {g: _entries(published_beside(errors, literature, g)) for g in groups}
    heights = [_ROW_MM * (1 + min(len(published[g]), allowed)) for g in groups]
    grid = panel_grid(len(groups), 2, width_mm=DOUBLE_MM, panel_mm=heights, left_mm=82.0)
    for panel in () if groups else grid.panels.flat:
        say_empty(panel, "no published values")
    shortened = any(len(entries) > allowed for entries in published.values())
    for row, group in enumerate(groups):
        shown = published[group][:allowed]
        grid.row_title(row, group, numbers_of(errors, group))
        names = ["this study", *(name for name, _ in shown)]
        for panel, quantity in zip(grid.panels[row], QUANTITIES, strict=True):
            _draw_study(panel, errors.filter(group=group), quantity)
            _draw_published(panel, [values for _, values in shown], quantity)
            _finish(panel, len(names))
        grid.panels[row, 0].set_yticks(range(len(names)), names)
        grid.panels[row, 0].get_yticklabels()[0].set_fontweight("bold")
    grid.column_titles(QUANTITIES.values())
    grid.legend(
        [
            Line2D([], [], color=m.colour, marker=m.marker, linestyle="", label=AXIS_TITLES[a])
            for a, m in AXIS_MARKS.items()
        ]
        + [Line2D([], [], color=SOFT, label="interval of this study")]
    )
    left_out = "Not all published rows are drawn, the largest cohorts first." if shortened else ""
    bare = f"No published values of the site of {'; '.join(without)}." if without else ""
    grid.note(plain_label(" ".join(filter(None, (note, left_out, bare))), 170))
    return grid.figure


def _entries(published: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """What was published, the largest cohorts first, each with its label."""
    parts = published.partition_by(_ENTRY, maintain_order=True)
    ordered = sorted(parts, key=lambda part: -(part["n_patients"][0] or 0))
    return [(_label(part.row(0, named=True)), part) for part in ordered]


def _label(row: dict[str, Any]) -> str:
    """Paper, what it measured and in how many, as far as it says so."""
    number = f" (n = {row['n_patients']})" if row["n_patients"] else ""
    detail = (row["site"] or "").partition("(")[2].rstrip(")")
    parts = [detail, row["quantity"] or "", row["correction_state"] or ""]
    words = ", ".join(part for part in parts if part not in _SAYS_NOTHING)
    return plain_label(f"{row['paper']}{': ' if words else ''}{words}", 60 - len(number)) + number


def _draw_study(panel: Axes, errors: pl.DataFrame, quantity: str) -> None:
    for axis in TRANSLATIONS:
        row, mark = row_at(errors, axis=axis), AXIS_MARKS[axis]
        value, low, high = (row.get(f"{quantity}{end}_mm") for end in ("", "_low", "_high"))
        if value is not None:
            panel.plot([value], [_SPREAD[axis]], mark.marker, color=mark.colour, markersize=3.6)
        if low is not None and high is not None:
            panel.hlines(_SPREAD[axis], low, high, color=mark.colour, linewidth=1.0)


def _draw_published(panel: Axes, entries: list[pl.DataFrame], quantity: str) -> None:
    """Hollow marks below this study's row, a row an entry."""
    rows = [
        (row["axis"], row[f"{quantity}_mm"], place)
        for place, entry in enumerate(entries, start=1)
        for row in entry.iter_rows(named=True)
    ]
    for axis, mark in AXIS_MARKS.items():
        found = [(x, place) for of, x, place in rows if of == axis and x is not None]
        panel.plot(
            [x for x, _ in found], [place for _, place in found], mark.marker, color=mark.colour,
            markersize=3.2, markerfacecolor="white", markeredgewidth=0.9,
        )  # fmt: skip


def _finish(panel: Axes, rows: int) -> None:
    panel.axhspan(-0.5, 0.5, color="#f0f0f0", linewidth=0, zorder=0)
    panel.axvline(0.0, color=FAINT, linewidth=0.5, zorder=0)
    panel.set_ylim(rows - 0.5, -0.5)
    panel.set_yticks([])
    panel.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    panel.tick_params(axis="y", length=0)
