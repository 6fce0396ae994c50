"""Quantiles of a sample with intervals that assume no distribution.

The number of values below a quantile is binomial; order statistics are therefore limits of known
confidence. Assumes independent values of one distribution: patients, not fractions.

Limits: few values cannot bound a quantile near the end of the range at all; then a limit is
``None``, and no method without further assumption can give it.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr

from popmargin.core.checks import share
from popmargin.core.exceptions import OutOfRange


@dataclass(frozen=True, slots=True)
class QuantileInterval:
    """A sample quantile with its two-sided limits and one-sided upper limit.

    A limit that the sample is too small for is ``None``.
    """

    quantile: float
    low: float | None
    high: float | None
    upper: float | None


def quantile_interval(
    values: ArrayLike, population: float, *, level: float = 0.95
) -> QuantileInterval:
    """Smallest value that a share of the sample does not exceed, with its interval.

    Parameters
    ----------
    values : array_like, shape (n,)
        Independent values, finite, at least one.
    population : float
        Share strictly between 0 and 1.
    level : float
        Confidence level strictly between 0 and 1; the limits have at least this confidence.

    Raises
    ------
    OutOfRange
        For no value, a value that is not finite, or a share or level out of range.

    Examples
    --------
    Twenty patients cannot bound a 90 % quantile from above with 95 % confidence; 29 can.

    >>> quantile_interval(range(1, 21), 0.90).upper, quantile_interval(range(1, 30), 0.90).upper
    (None, 29.0)
    """
    confidence = share("level", level)
    quantile = sample_quantile(values, population)
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    # Confidence that the quantile does not exceed each order statistic.
    not_above = bdtr(np.arange(ordered.size), ordered.size, population)

    def first(enough: NDArray[np.bool_]) -> float | None:
        return float(ordered[np.argmax(enough)]) if enough.any() else None

    tail = 0.5 * (1.0 - confidence)
    not_below = np.flatnonzero(not_above <= tail)
    low = float(ordered[not_below[-1]]) if not_below.size else None
    return QuantileInterval(
        quantile, low, first(not_above >= 1.0 - tail), first(not_above >= confidence)
    )


def sample_quantile(values: ArrayLike, population: float) -> float:
    """Smallest value that a share of the sample does not exceed.

    Parameters and errors raised as in `quantile_interval`.

    >>> sample_quantile([3.0, 1.0, 2.0, 4.0], 0.75)
    3.0
    """
    wanted = share("population", population)
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    if ordered.ndim != 1 or ordered.size == 0 or not np.all(np.isfinite(ordered)):
        raise OutOfRange("values", "at least one finite value in one dimension", values)
    # A share of 0.9 of 10 is 9 values, although 0.9 * 10 may exceed 9 in binary.
    return float(ordered[math.ceil(wanted * ordered.size - 1e-9) - 1])
