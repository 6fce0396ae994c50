"""Rounding: the grid that the values stand on, and the variance that it adds.

Values rounded to a grid of q carry q^2 / 12 of extra variance (Sheppard WF, Proc Lond Math Soc
1898;29:353-80), nearly all of it in the random error. The grid of a source and axis is the coarsest
of those in use that holds all but a few of its values. Limits: the term is exact for q below about
twice sigma; for coarser grids it understates what is lost.
"""

import numpy as np

from popmargin.quality.finding import Finding, enough
from popmargin.quality.rows import PositionRows
from popmargin.quality.thresholds import Thresholds

GRIDS_MM = (10.0, 5.0, 4.0, 3.0, 2.5, 2.0, 1.0, 0.5, 0.25, 0.2, 0.1)
_ON_GRID_SHARE = 0.98
_TOLERANCE_MM = 1e-6
_FEWEST_VALUES = 20
_FEWEST_DIFFERENT = 3


def grid_of(values: np.ndarray) -> float:
    """Coarsest grid in mm that holds 98 % of the values; 0 where none does or it cannot be told.

    >>> grid_of(np.arange(-30.0, 30.0, 5.0).repeat(2)), grid_of(np.linspace(0.0, 1.0, 31))
    (5.0, 0.0)
    """
    x = values[np.isfinite(values)]
    if x.size < _FEWEST_VALUES:
        return 0.0
    for grid in GRIDS_MM:
        steps = np.round(x / grid)
        on_grid = np.abs(x - steps * grid) <= _TOLERANCE_MM
        # Zeros and a single other value stand on every grid.
        if on_grid.mean() >= _ON_GRID_SHARE and np.unique(steps[on_grid]).size >= _FEWEST_DIFFERENT:
            return grid
    return 0.0


def find_rounding(rows: PositionRows, limits: Thresholds) -> Finding | None:
    """Grids whose q^2 / 12 is a material share of the random variance.

    >>> find_rounding(PositionRows.of([0], [1], [[0.0, 0.0, 0.0]]), Thresholds())
    """
    if not enough(rows, limits):
        return None
    added = np.zeros(rows.values.shape[1])
    suspects = np.zeros(rows.count, dtype=np.bool_)
    coarsest = 0.0
    for axis in np.flatnonzero(rows.measured).tolist():
        x = rows.values[:, axis]
        there = np.isfinite(x)
        for source in np.unique(rows.source):
            own = there & (rows.source == source)
            grid = grid_of(x[own])
            spread = _within_variance(rows, axis, own)
            if grid and spread > 0.0 and grid**2 / 12.0 >= limits.rounding_share * spread:
                suspects |= own
                added[axis] += grid**2 / 12.0 * own.sum() / there.sum()
                coarsest = max(coarsest, grid)
    if not suspects.any():
        return None
    message = (
        f"{int(suspects.sum())} rows are rounded to as much as {coarsest:g} mm, which adds "
        f"q^2/12 = {coarsest**2 / 12.0:.2g} mm^2 to the random variance: log what the system "
        "measures; the margin without is given with that term taken off"
    )
    return Finding("rounding", "warn", message, suspects, None, added)


def _within_variance(rows: PositionRows, axis: int, own: np.ndarray) -> float:
    """Mean within-unit variance of the chosen values; 0 without repeats."""
    unit, x = rows.unit[own], rows.values[own, axis]
    sizes = np.bincount(unit, minlength=rows.sizes.size)
    sums = np.bincount(unit, weights=x, minlength=rows.sizes.size)
    means = sums / np.maximum(sizes, 1)
    df = int((np.maximum(sizes, 1) - 1).sum())
    return float(((x - means[unit]) ** 2).sum() / df) if df else 0.0
