"""Textbook intervals of balanced one-way variance components, to compare with.

Assumptions: balanced groups, normal effects and observations, one variance within groups. Limits:
refused for unbalanced data. They are comparators: the chi-square interval of the within SD and
Satterthwaite's of the between variance fall well short of their level in common designs; the
modified large sample interval is good for the between variance alone.

Sources: Searle SR, Casella G, McCulloch CE, Variance Components, Wiley 1992, section 3.6;
Burdick RK, Graybill FA, Confidence Intervals on Variance Components, Dekker 1992, section 3.3 (Ting
et al., modified large sample); Williams JS, Biometrika 1962;49:278-81, Tukey JW 1951;
Satterthwaite FE, Biometrics Bull 1946;2:110-4.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

from scipy.special import chdtri, fdtri

from popmargin.core.checks import share
from popmargin.core.exceptions import NotEstimable, WrongUsage
from popmargin.statistics.anova import anova_mean_squares
from popmargin.statistics.components import FEW_GROUPS, NO_REPLICATES
from popmargin.statistics.interval import Interval
from popmargin.statistics.one_way import Grouped


class _Balanced(NamedTuple):
    """Mean squares, degrees of freedom and common size of a balanced table."""

    between: float
    within: float
    between_df: int
    within_df: int
    size: int


def chi_square_within_sd(data: Grouped, level: float = 0.95) -> Interval:
    """Chi-square interval of the SD within groups; exact when all groups share one variance.

    Also for unbalanced data. Raises `NotEstimable` when no group has two observations.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> data = OneWayData.from_values([0, 2, 3, 5, -1, -3], [1, 1, 2, 2, 3, 3])
    >>> i = chi_square_within_sd(data)
    >>> round(i.low, 4), round(i.high, 4)
    (0.8011, 5.273)
    """
    table = data.by_size
    if not table.within_df:
        raise NotEstimable(NO_REPLICATES)
    return _equal_tails(
        lambda p: math.sqrt(table.within_total / _chi_square(table.within_df, 1.0 - p)), level
    )


def modified_large_sample_between_variance(data: Grouped, level: float = 0.95) -> Interval:
    """Modified large sample (Ting et al.) interval of the variance between groups, >= 0.

    Raises `NotEstimable` without two groups or replicates, `WrongUsage` for unbalanced data.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> data = OneWayData.from_values([0, 2, 3, 5, -1, -3], [1, 1, 2, 2, 3, 3])
    >>> i = modified_large_sample_between_variance(data)
    >>> i.low, round(i.high, 2)
    (0.0, 354.24)
    """
    parts = _balanced(data)
    a, b, n1, n2, n = parts

    def limit(probability: float) -> float:
        # Coefficients of the lower limit for p < 1/2; the upper one swaps the tails.
        side = -1.0 if probability < 0.5 else 1.0
        tail = 1.0 - probability
        g = 1.0 - n1 / _chi_square(n1, tail)
        h = n2 / _chi_square(n2, probability) - 1.0
        ratio = float(fdtri(n1, n2, tail))
        cross = ((ratio - 1.0) ** 2 - (g * ratio) ** 2 - h * h) / ratio
        spread = (g * a) ** 2 + (h * b) ** 2 + cross * a * b
        return max(0.0, (a - b + side * math.sqrt(max(0.0, spread))) / n)

    return _equal_tails(limit, level)


def williams_tukey_between_variance(data: Grouped, level: float = 0.95) -> Interval:
    """Williams-Tukey interval of the variance between groups, >= 0; conservative.

    Raises `NotEstimable` without two groups or replicates, `WrongUsage` for unbalanced data.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> data = OneWayData.from_values([0, 2, 3, 5, -1, -3], [1, 1, 2, 2, 3, 3])
    >>> i = williams_tukey_between_variance(data)
    >>> i.low, round(i.high, 2)
    (0.0, 354.47)
    """
    a, b, n1, n2, n = _balanced(data)

    def limit(probability: float) -> float:
        tail = 1.0 - probability
        difference = a - b * float(fdtri(n1, n2, tail))
        return max(0.0, n1 * difference / (n * _chi_square(n1, tail)))

    return _equal_tails(limit, level)


def satterthwaite_df(data: Grouped) -> float:
    """Approximate degrees of freedom of the ANOVA variance between groups (balanced).

    Raises `NotEstimable` without two groups or replicates, or when the estimate is not positive;
    `WrongUsage` for unbalanced data.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> data = OneWayData.from_values([0, 2, 3, 5, -1, -3], [1, 1, 2, 2, 3, 3])
    >>> round(satterthwaite_df(data), 6)
    1.567347
    """
    a, b, n1, n2, _ = _balanced(data)
    if a <= b:
        raise NotEstimable("Satterthwaite interval: the variance between groups is not positive")
    return (a - b) ** 2 / (a * a / n1 + b * b / n2)


def satterthwaite_between_variance(data: Grouped, level: float = 0.95) -> Interval:
    """Satterthwaite chi-square interval of the variance between groups; raises as its df.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> data = OneWayData.from_values([0, 2, 3, 5, -1, -3], [1, 1, 2, 2, 3, 3])
    >>> i = satterthwaite_between_variance(data)
    >>> round(i.low, 2), round(i.high, 2)
    (1.95, 761.09)
    """
    df = satterthwaite_df(data)
    a, b, _, _, n = _balanced(data)
    return _equal_tails(lambda p: df * (a - b) / n / _chi_square(df, 1.0 - p), level)


def chi_square_sd_of_means(data: Grouped, level: float = 0.95) -> Interval:
    """Chi-square interval of the SD of the group means, often misread as that between groups.

    Raises `NotEstimable` with fewer than two groups.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> data = OneWayData.from_values([0, 2, 3, 5, -1, -3], [1, 1, 2, 2, 3, 3])
    >>> i = chi_square_sd_of_means(data)  # 3 sqrt(2 / 7.3778) and 3 sqrt(2 / 0.0506)
    >>> round(i.low, 2), round(i.high, 2)
    (1.56, 18.85)
    """
    table = data.by_size
    df = table.group_count - 1
    if df < 1:
        raise NotEstimable(FEW_GROUPS)
    return _equal_tails(
        lambda p: math.sqrt(table.squares_of_means / _chi_square(df, 1.0 - p)), level
    )


def _balanced(data: Grouped) -> _Balanced:
    """Mean squares of balanced data, or the refusal."""
    table = data.by_size
    between, within, _ = anova_mean_squares(table)
    if between is None:
        raise NotEstimable(FEW_GROUPS)
    if within is None:
        raise NotEstimable(NO_REPLICATES)
    if table.sizes.size > 1:
        raise WrongUsage("this interval is for groups of one size; use the generalised interval")
    return _Balanced(between, within, table.group_count - 1, table.within_df, int(table.sizes[0]))


def _equal_tails(limit: Callable[[float], float], level: float) -> Interval:
    """Interval from a function that gives the limit not exceeded with a given probability."""
    level = share("level", level)
    tail = 0.5 * (1.0 - level)
    return Interval(limit(tail), limit(1.0 - tail), limit(level), level)


def _chi_square(df: float, probability: float) -> float:
    """Quantile of chi-square."""
    return float(chdtri(df, 1.0 - probability))
