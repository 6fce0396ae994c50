"""Acceptability curves: how often each option is the best buy at what one may pay."""

from typing import Final

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.typing import LineStyleType

from popmargin.figures.burden_marks import named_options, shown_groups
from popmargin.figures.panels import panel_grid, say_empty, tidy
from popmargin.figures.style import (
    BLUE,
    DOUBLE_MM,
    GREEN,
    INK,
    SKY,
    VERMILLION,
    journal_style,
    plain_label,
)

Looks = dict[tuple[str, str], tuple[str, LineStyleType]]
_MOST_COLUMNS = 3
_MOST_GROUPS = 6
_MOST_OPTIONS = 10
_SELDOM = 0.05
_COLOURS = (BLUE, VERMILLION, GREEN, SKY, INK)
_LINES: Final[tuple[LineStyleType, ...]] = ("-", "--", "-.", ":")


@journal_style()
def plot_burden_acceptability(burden_acceptability: pl.DataFrame) -> Figure:
    """One panel a group, at most three in a row; options that are seldom best are left out.

    Parameters: a table after the contract ``burden_acceptability``.
    """
    groups, note = shown_groups(burden_acceptability, _MOST_GROUPS)
    best = (
        burden_acceptability.filter(pl.col("group").is_in(groups))
        .group_by("protocol", "modality", maintain_order=True)
        .agg(pl.col("probability_best").max().alias("most"))
        .sort("most", descending=True, nulls_last=True, maintain_order=True)
        .filter(pl.col("most").fill_null(0.0).ge(_SELDOM) | (pl.int_range(pl.len()) == 0))
        .head(_MOST_OPTIONS)
    )
    looks = {
        option: (_COLOURS[place % len(_COLOURS)], _LINES[(place // len(_COLOURS) + place) % 4])
        for place, option in enumerate(named_options(best))
    }
    legend_rows = -(-len(looks) // 2)
    columns = min(max(len(groups), 1), _MOST_COLUMNS)
    grid = panel_grid(
        -(-len(groups) // columns), columns, width_mm=DOUBLE_MM, panel_mm=36.0, head_mm=8.0,
        foot_mm=16.0 + 3.6 * legend_rows, gap_mm=(8.0, 13.0),
    )  # fmt: skip
    panels = grid.panels.ravel()
    for panel, group in zip(panels, groups, strict=False):
        panel.set_title(plain_label(group, 40), fontweight="bold", pad=4)
        _draw(panel, burden_acceptability.filter(group=group), looks)
    for panel in panels[len(groups) :]:
        panel.set_axis_off()
    for panel in grid.panels[:, 0]:
        panel.set_ylabel("probability of being best")
    first = burden_acceptability.row(0, named=True)
    money = f"{first['currency']} " if first["currency"] else ""
    for panel in panels[max(len(groups) - columns, 0) : len(groups)]:
        panel.set_xlabel(f"{money}per {first['effect_unit']}")
    grid.legend(
        [
            Line2D([], [], color=colour, linestyle=line, label=_label(option))
            for option, (colour, line) in looks.items()
        ],
        columns=2,
    )
    draws = f"{first['draws']:,} draws of the inputs. " if first["draws"] else ""
    grid.note(f"{draws}Options that are best in less than 5 % everywhere are not drawn. {note}")
    return grid.figure


def _label(option: tuple[str, str]) -> str:
    protocol, modality = option
    return plain_label(protocol if modality == "none" else f"{protocol}, {modality}", 60)


def _draw(
    panel: Axes, rows: pl.DataFrame, looks: dict[tuple[str, str], tuple[str, LineStyleType]]
) -> None:
    known = rows.drop_nulls("probability_best")
    if known.is_empty():
        say_empty(panel)
        return
    for (protocol, modality), (colour, line) in looks.items():
        curve = known.filter(protocol=protocol, modality=modality).sort("willingness_to_pay")
        panel.plot(
            curve["willingness_to_pay"], curve["probability_best"], linestyle=line, color=colour
        )
    panel.set_ylim(-0.02, 1.02)
    tidy(panel)
