"""A confidence interval with its one-sided upper limit, and percentiles of draws as such."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from popmargin.core.checks import share
from popmargin.core.exceptions import OutOfRange


@dataclass(frozen=True, slots=True)
class Interval:
    """Two-sided interval with equal tails and the one-sided upper limit at the same level.

    Attributes
    ----------
    low, high : float
        Limits of the two-sided interval, in the unit of the quantity.
    upper : float
        One-sided upper limit: the quantity lies below it with probability ``level``.
    level : float
        Confidence level in (0, 1).
    median : float or None
        Median of the distribution that the interval comes from, where there is one.

    >>> Interval(1.0, 3.0, 2.8, 0.95).median is None
    True
    """

    low: float
    high: float
    upper: float
    level: float
    median: float | None = None


def interval_of(values: ArrayLike, level: float = 0.95) -> Interval:
    """Equal-tailed percentile interval of draws, interpolated between order statistics.

    Parameters
    ----------
    values : float[D]
        Draws of the quantity, finite, at least two.
    level : float
        Confidence level in (0, 1).

    Raises
    ------
    OutOfRange
        Fewer than two draws, a draw that is not finite, a level outside (0, 1).

    >>> i = interval_of(range(1, 101), 0.9)
    >>> round(i.low, 6), round(i.median, 6), round(i.high, 6), round(i.upper, 6)
    (5.5, 50.5, 95.5, 90.5)
    """
    level = share("level", level)
    draws = np.asarray(values, dtype=np.float64)
    if draws.ndim != 1 or draws.size < 2:
        raise OutOfRange("values", "a one-dimensional array of at least two draws", draws.shape)
    if not math.isfinite(float(draws.sum())) and not np.isfinite(draws).all():
        raise OutOfRange("values", "finite draws", draws[~np.isfinite(draws)][0])
    tail = 0.5 * (1.0 - level)
    # Hazen's positions (i - 1/2) / D suit a stratified point set: one draw per stratum.
    low, median, high, upper = np.quantile(
        draws, [tail, 0.5, 1.0 - tail, level], method="hazen"
    ).tolist()
    return Interval(low, high, upper, level, median)
