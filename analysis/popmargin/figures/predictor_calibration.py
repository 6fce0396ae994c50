"""A learned predictor: observed against predicted share, and its decision curve."""

from typing import Final

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.typing import LineStyleType

from popmargin.figures.panels import panel_grid, tidy
from popmargin.figures.style import (
    BLUE,
    DOUBLE_MM,
    FAINT,
    GREEN,
    INK,
    SKY,
    VERMILLION,
    journal_style,
    plain_label,
)

_MOST = 3
_KEY = ("trigger", "structure", "side", "quantity")
_WAYS: Final[dict[str, tuple[str, LineStyleType]]] = {
    "learned": (BLUE, "-"),
    "simple rule": (VERMILLION, "--"),
    "everybody": (GREEN, "-."),
    "nobody": (INK, ":"),
}


@journal_style()
def plot_predictor_calibration(
    predictor_calibration: pl.DataFrame, decision_curve: pl.DataFrame
) -> Figure:
    """One row a trigger and series (at most three): calibration left, decision curve right.

    Parameters: tables after the contracts of these names.
    """
    series = predictor_calibration.select(_KEY).unique(maintain_order=True).rows(named=True)
    rows = series[:_MOST]
    grid = panel_grid(
        len(rows), 2, width_mm=DOUBLE_MM, panel_mm=46.0, gap_mm=(16.0, 15.0), left_mm=14.0,
        foot_mm=22.0,
    )  # fmt: skip
    for place, key in enumerate(rows):
        same = [pl.col(name).fill_null("") == (key[name] or "") for name in _KEY]
        parts, curve = predictor_calibration.filter(*same), decision_curve.filter(*same)
        _calibration(grid.panels[place, 0], parts)
        _decisions(grid.panels[place, 1], curve)
        words = " ".join(filter(None, (key["trigger"], key["structure"], key["side"])))
        patients = int(parts["n_patients"].sum())
        grid.row_title(
            place, plain_label(words.replace("_", " "), 48), f"n = {patients:,} patients"
        )
    handles = [
        Line2D([], [], color=BLUE, marker="o", linestyle="", markersize=3,
               label="observed, with interval"),
        *(Line2D([], [], color=colour, linestyle=line, label=name)
          for name, (colour, line) in _WAYS.items()),
    ]  # fmt: skip
    grid.legend(handles)
    left_out = len(series) - _MOST
    grid.note(f"Shown: the first {_MOST} of {len(series)} predictors." if left_out > 0 else "")
    return grid.figure


def _calibration(panel: Axes, parts: pl.DataFrame) -> None:
    x, y = parts["predicted"].to_numpy(), parts["observed"].to_numpy()
    bars = np.abs(parts.select("observed_low", "observed_high").to_numpy().T - y)
    panel.plot([0.0, 1.0], [0.0, 1.0], color=FAINT, linestyle=":", linewidth=0.8)
    panel.errorbar(x, y, yerr=bars, color=BLUE, marker="o", linestyle="", markersize=3.0)
    panel.set_xlim(0.0, 1.0)
    panel.set_ylim(0.0, 1.0)
    panel.set_xlabel("predicted share")
    panel.set_ylabel("observed share")
    tidy(panel)


def _decisions(panel: Axes, curve: pl.DataFrame) -> None:
    for name, (colour, line) in _WAYS.items():
        rows = curve.filter(method=name).sort("threshold")
        panel.plot(rows["threshold"], rows["net_benefit"], color=colour, linestyle=line)
        if name == "learned":
            panel.fill_between(rows["threshold"].to_numpy(), rows["net_benefit_low"].to_numpy(),
                               rows["net_benefit_high"].to_numpy(), color=SKY, alpha=0.35,
                               linewidth=0)  # fmt: skip
    learned = curve.filter(pl.col("method") != "everybody")
    low = float(np.min(learned["net_benefit_low"].to_numpy(), initial=0.0))
    high = float(np.max(curve["net_benefit"].to_numpy(), initial=0.0))
    panel.set_ylim(max(low, -0.5 * high - 0.02), 1.15 * high + 0.02)
    panel.set_xlabel("threshold risk")
    panel.set_ylabel("net benefit")
    tidy(panel)
