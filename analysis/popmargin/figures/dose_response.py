"""Observed complication against dose, with the curve fitted to the study's own patients."""

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from popmargin.figures.panels import MAXIMUM_GROUPS, panel_grid, say_empty, tidy
from popmargin.figures.style import BLUE, DOUBLE_MM, INK, journal_style


@journal_style()
def plot_dose_response(dose_response_points: pl.DataFrame) -> Figure:
    """One panel a structure and endpoint.

    Parameters: a table after the contract ``dose_response_points``. Panels beyond the eighth are
    left out and the figure says so.
    """
    keys = ["structure", "endpoint", "grade_at_least"]
    every = dose_response_points.partition_by(keys, maintain_order=True)
    shown = every[:MAXIMUM_GROUPS]
    columns = min(len(shown), 2) or 1
    rows = -(-len(shown) // columns)
    grid = panel_grid(
        rows, columns, width_mm=DOUBLE_MM, panel_mm=46.0 if rows < 4 else 34.0, head_mm=9.0,
        foot_mm=14.0, gap_mm=(14.0, 17.0),
    )  # fmt: skip
    for place, part in enumerate(shown):
        panel: Axes = grid.panels[place // columns, place % columns]
        _draw(panel, part)
        grade = part["grade_at_least"][0]
        words = f"{part['structure'][0]}: {part['endpoint'][0]}"
        grid.title(panel, words + (f", grade {grade} or above" if grade else ""), letters=60)
    for panel in grid.panels.flat[len(shown) :]:
        if shown:
            panel.set_axis_off()
        else:
            say_empty(panel)
    if len(every) > len(shown):
        grid.note(f"Shown: the first {len(shown)} of {len(every)} panels.")
    return grid.figure


def _draw(panel: Axes, part: pl.DataFrame) -> None:
    fitted = part.filter(kind="fitted").sort("eud_gy")
    x, risk, low, high = (
        fitted[name].to_numpy() * scale
        for name, scale in (("eud_gy", 1), ("risk", 100), ("risk_low", 100), ("risk_high", 100))
    )
    panel.fill_between(x, low, high, color=BLUE, alpha=0.18, linewidth=0)
    panel.plot(x, risk, color=BLUE, linewidth=1.2, label="fitted, with limits at its n")
    for place, row in enumerate(part.filter(kind="observed").rows(named=True)):
        ends = [[100 * (row["risk"] - row["risk_low"])], [100 * (row["risk_high"] - row["risk"])]]
        panel.errorbar(
            [row["eud_gy"]], [100 * row["risk"]], yerr=ends, fmt="o", color=INK, markersize=3.5,
            linewidth=0.8, label="observed, fifths of the patients" if place == 0 else None,
        )  # fmt: skip
    panel.legend(loc="upper left")
    panel.set_xlabel("equivalent uniform dose (Gy)")
    panel.set_ylabel("patients with the event (%)")
    panel.set_ylim(bottom=0.0)
    tidy(panel, x_ticks=6, y_ticks=5)
