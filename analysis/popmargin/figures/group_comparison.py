"""Groups against each other: difference of M, ratios of both SDs, difference of margins."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator

from popmargin.core.axes import TRANSLATIONS
from popmargin.figures.panels import panel_grid, say_empty
from popmargin.figures.style import AXIS_MARKS, DOUBLE_MM, SOFT, journal_style, plain_label

_MOST_PAIRS: Final = 6
# Column of the table, suffix of its unit, what stands below the panel, value without a difference.
_CONTRASTS: Final = (
    ("group_mean_difference", "_mm", "difference of M (mm)", 0.0),
    ("systematic_sd_ratio", "", "ratio of Σ", 1.0),
    ("random_sd_ratio", "", "ratio of σ", 1.0),
    ("margin_difference", "_mm", "difference of margin (mm)", 0.0),
)


@journal_style()
def plot_group_comparison(group_comparison: pl.DataFrame) -> Figure:
    """Each contrast with its interval, one row of panels a pair of groups, one line an axis.

    Parameters: a table after the contract ``group_comparison``; margins are those of its first
    recipe. A contrast that is not estimable is named in its place.
    """
    rows = group_comparison.filter(pl.col("axis").is_in(TRANSLATIONS))
    recipe = next(iter(rows["recipe"].drop_nulls()), None)
    rows = rows.filter(recipe=recipe) if recipe else rows
    strata = rows.columns[: rows.columns.index("comparison")]
    labels = pl.concat_str([*strata, "comparison"], separator=": ", ignore_nulls=True)
    rows = rows.with_columns(labels.alias("pair"))
    pairs = rows["pair"].unique(maintain_order=True).to_list()
    shown = pairs[:_MOST_PAIRS]
    grid = panel_grid(
        len(shown), len(_CONTRASTS), width_mm=DOUBLE_MM, panel_mm=15.0, left_mm=10.0, head_mm=7.0
    )
    for place, pair in enumerate(shown):
        mine = {row["axis"]: row for row in rows.filter(pair=pair).rows(named=True)}
        grid.row_title(place, pair, _numbers(next(iter(mine.values()))))
        for panel, contrast in zip(grid.panels[place], _CONTRASTS, strict=True):
            _draw(panel, mine, *contrast)
        grid.panels[place, 0].set_yticks(range(3), [axis.upper() for axis in TRANSLATIONS])
    for column, (_, suffix, title, none) in enumerate(_CONTRASTS):
        _share_x([panel for panel in grid.panels[:, column] if panel.axison], suffix == "", none)
        if grid.panels[-1, column].axison:
            grid.panels[-1, column].set_xlabel(title)
    grid.legend([Line2D([], [], color=SOFT, marker="o", label="first group against second")])
    left_out = f" Shown: the first {len(shown)} of {len(pairs)} pairs." * (len(pairs) > len(shown))
    margin = f"Margin of {plain_label(recipe, 30)}. " if recipe else ""
    grid.note(f"{margin}Dashed: no difference. Intervals are for one comparison each.{left_out}")
    return grid.figure


def _numbers(row: Mapping[str, Any]) -> str:
    """Patients of both groups, and how many are in both."""
    both = f", {row['n_shared_patients']} in both" if row["n_shared_patients"] else ""
    return f"n = {row['n_patients_1']:,} and {row['n_patients_2']:,} patients{both}"


def _draw(
    panel: Axes, rows: Mapping[str, Mapping[str, Any]], name: str, suffix: str, _: str, none: float
) -> None:
    keys = [f"{name}{end}{suffix}" for end in ("", "_low", "_high")]
    if all(row[keys[0]] is None for row in rows.values()):
        say_empty(panel)
        return
    panel.axvline(none, color=SOFT, linewidth=0.6, linestyle="--")
    for place, axis in enumerate(TRANSLATIONS):
        mark = AXIS_MARKS[axis]
        value, low, high = (rows.get(axis, {}).get(key) for key in keys)
        if value is None or (suffix == "" and value <= 0.0):
            continue
        if low is not None and high is not None and (suffix or low > 0.0):
            panel.hlines(place, low, high, color=mark.colour, linewidth=1.1)
        panel.plot([value], [place], mark.marker, color=mark.colour, markersize=3.6)
    panel.set_ylim(2.6, -0.6)
    panel.set_yticks(range(3), [""] * 3)


def _share_x(panels: list[Axes], ratio: bool, none: float) -> None:
    """One scale a column; ratios on a logarithmic one, even about no difference."""
    if not panels:
        return
    if not ratio:
        far = max(abs(x - none) for panel in panels for x in panel.get_xlim())
        for panel in panels:
            panel.set_xlim(none - far, none + far)
            panel.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
        return
    limits = [x for panel in panels for x in (panel.dataLim.x0, panel.dataLim.x1) if x > 0.0]
    far = max([1.6, *(max(x, 1.0 / x) for x in limits)]) * 1.1
    ticks = [x for x in (0.1, 0.2, 0.5, 0.7, 1.0, 1.4, 2.0, 5.0, 10.0) if 1.0 / far <= x <= far]
    for panel in panels:
        panel.set_xscale("log")
        panel.set_xlim(1.0 / far, far)
        panel.set_xticks(ticks)
        panel.xaxis.set_minor_locator(NullLocator())
        panel.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
