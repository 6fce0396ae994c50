"""Normal quantiles and rounding that all sample-size formulae share."""

import math
from statistics import NormalDist
from typing import Final

from popmargin.core.checks import share

# The standard library's normal distribution: no heavy import on the path of a short command.
_STANDARD_NORMAL: Final = NormalDist()

# Slack for rounding up: 100 x 1.38 in floating point is 138 and a little more.
_ROUNDING: Final = 1e-9


def quantile(name: str, probability: float) -> float:
    """Standard normal quantile of a probability strictly between 0 and 1.

    Raises
    ------
    OutOfRange
        When ``probability`` (called ``name`` in the message) is outside.

    Examples
    --------
    >>> round(quantile("power", 0.975), 4)
    1.96
    """
    return _STANDARD_NORMAL.inv_cdf(share(name, probability))


def critical_value(alpha: float, *, sides: int) -> float:
    """Normal quantile that a test statistic must exceed, for a test with one or two sides.

    Parameters
    ----------
    alpha : type I error, strictly between 0 and 1 (the whole of both tails when ``sides`` is 2).
    sides : 1 or 2.

    Raises
    ------
    OutOfRange
        When ``alpha`` is outside 0 to 1.

    Examples
    --------
    >>> round(critical_value(0.05, sides=2), 4), round(critical_value(0.05, sides=1), 4)
    (1.96, 1.6449)
    """
    return quantile("alpha", 1.0 - share("alpha", alpha) / sides)


def probability_below(value: float) -> float:
    """Standard normal distribution function.

    Examples
    --------
    >>> probability_below(0.0)
    0.5
    """
    return _STANDARD_NORMAL.cdf(value)


def round_up(value: float) -> int:
    """Smallest whole number not below ``value``, forgiving floating point dust.

    Examples
    --------
    >>> round_up(100 * 1.38), round_up(96.2)
    (138, 97)
    """
    return math.ceil(value * (1.0 - _ROUNDING))
