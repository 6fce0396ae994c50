"""Strategies against breathing: irradiated volume and minutes, each patient and the mean."""

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from popmargin.figures.panels import panel_grid, patients_of, tidy
from popmargin.figures.style import BLUE, DOUBLE_MM, FAINT, journal_style, plain_label


@journal_style()
def plot_motion_strategies(
    patient_strategies: pl.DataFrame, motion_strategies: pl.DataFrame
) -> Figure:
    """One line a strategy; volume on the left, minutes on the right.

    Parameters: tables after the contracts ``patient_strategies`` and ``motion_strategies``.
    """
    names = motion_strategies["strategy"].to_list()
    grid = panel_grid(
        1, 2, width_mm=DOUBLE_MM, panel_mm=8.0 * len(names), left_mm=26.0, head_mm=3.0, foot_mm=18.0
    )
    volume, minutes = grid.panels[0]
    places = {name: len(names) - 1 - place for place, name in enumerate(names)}
    _draw(volume, places, patient_strategies, motion_strategies, ("volume", "_cc"))
    _draw(minutes, places, patient_strategies, motion_strategies, ("minutes", ""))
    volume.set_xlabel("irradiated volume (cc)")
    minutes.set_xlabel("minutes of beam and waiting")
    volume.set_xlim(left=0.0)
    minutes.set_xlim(left=0.0)
    for panel in (volume, minutes):
        panel.set_ylim(-0.6, len(names) - 0.4)
        tidy(panel)
        panel.set_yticks(list(places.values()))
        panel.set_yticklabels([_name(name) for name in names])
    minutes.tick_params(labelleft=False)
    grid.legend(
        [
            Line2D([], [], color=FAINT, marker="o", linestyle="", markersize=2, label="a patient"),
            Line2D([], [], color=BLUE, marker="D", markersize=3.5, label="mean with interval"),
        ]
    )
    grid.note(patients_of(motion_strategies))
    return grid.figure


def _name(strategy: str) -> str:
    """The strategy in words; an abbreviation in capitals."""
    return plain_label("ITV" if strategy == "itv" else strategy.replace("_", " "), 24)


def _draw(
    panel: Axes,
    places: dict[str, int],
    patients: pl.DataFrame,
    population: pl.DataFrame,
    form: tuple[str, str],
) -> None:
    stem, unit = form
    for name, place in places.items():
        values = patients.filter(strategy=name)[f"{stem}{unit}"].drop_nulls().to_numpy()
        # Spread by rank, not by chance: the same table gives the same picture.
        across = place + 0.5 * (np.arange(values.size) % 5 - 2) / 5.0
        panel.plot(np.sort(values), across, "o", color=FAINT, markersize=1.6, markeredgewidth=0)
        row = population.filter(strategy=name).row(0, named=True)
        mean = row[f"{stem}{unit}"]
        if mean is None:
            panel.text(0.02, place, row["reason"] or "not estimable", fontsize=6, color=FAINT,
                       transform=panel.get_yaxis_transform(), va="center")  # fmt: skip
            continue
        low, high = row[f"{stem}_low{unit}"], row[f"{stem}_high{unit}"]
        panel.errorbar(mean, place, xerr=[[mean - low], [high - mean]], color=BLUE, marker="D",
                       markersize=3.5, linewidth=1.0)  # fmt: skip
