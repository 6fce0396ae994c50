"""Correlations between and within groups of several quantities, with intervals.

Intervals are generalised: each draw is L T^-1 T^-T L' with L the Cholesky factor of the sums of
products and T T' ~ Wishart (Bartlett's decomposition), for the group means (P - 1 degrees of
freedom) and within groups (N - P); between groups it is the first minus the second over n_h. For a
single Wishart matrix this interval of a correlation is exact.

Assumptions: normal effects and observations, one covariance within all groups. Limits: in
unbalanced data the products of the group means are taken as Wishart (approximate). A draw in which
a variance between groups is not positive says nothing of the correlation: it counts half as -1 and
half as +1, so the interval is [-1, 1] where the data cannot tell.

Source: Berger JO, Sun D, Ann Stat 2008;36:963-82 (exact matching for a correlation).
"""

import math
from dataclasses import dataclass

import numpy as np

from popmargin.core.checks import share, whole
from popmargin.core.exceptions import NotEstimable
from popmargin.core.random_streams import random_stream
from popmargin.statistics.covariance import covariance_components
from popmargin.statistics.interval import Interval, interval_of
from popmargin.statistics.size_table import FloatArray
from popmargin.statistics.vector_table import VectorTable


@dataclass(frozen=True, slots=True)
class Correlation:
    """Correlation of quantities ``row`` and ``column``: the estimate, None where undefined.

    ``interval.median`` is the median of its draws.

    >>> Correlation(0, 1, 0.5, Interval(-0.1, 0.8, 0.7, 0.95)).interval.high
    0.8
    """

    row: int
    column: int
    value: float | None
    interval: Interval


def between_correlations(
    table: VectorTable, level: float = 0.95, *, seed: int = 1, draws: int = 4000
) -> tuple[Correlation, ...]:
    """Correlations of the group effects, every pair of quantities, with generalised intervals.

    Parameters
    ----------
    table : VectorTable
        At least 4 groups, and replicates.
    level : float
        Confidence level in (0, 1).
    seed, draws : int
        Random stream (>= 0) and number of draws (>= 100).

    Raises
    ------
    NotEstimable
        Fewer than 4 groups, or fewer than 2 degrees of freedom within groups.

    >>> rng = np.random.default_rng(1)
    >>> effect = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], 40)
    >>> x = np.repeat(effect, 5, axis=0) + 0.5 * rng.normal(size=(200, 2))
    >>> c = between_correlations(VectorTable.from_values(x, np.repeat(np.arange(40), 5)))[0]
    >>> c.interval.low < c.value < c.interval.high and c.interval.low > 0.5
    True
    """
    between, _ = _estimable(table)
    level, draws = share("level", level), whole("draws", draws, at_least=100)
    return tuple(
        _correlation(between, pair, between_draws(table, pair, seed=seed, draws=draws), level)
        for pair in _pairs(len(between))
    )


def between_draws(
    table: VectorTable, pair: tuple[int, int], *, seed: int = 1, draws: int = 4000
) -> FloatArray:
    """Generalised draws, shape (3, draws), of two variances between groups and their covariance.

    A variance may be negative, as its estimate may. Parameters and errors raised are those of
    `between_correlations`; ``pair`` names the two quantities.

    >>> rng = np.random.default_rng(1)
    >>> x = np.repeat(rng.normal(size=(40, 2)), 5, axis=0) + 0.5 * rng.normal(size=(200, 2))
    >>> table = VectorTable.from_values(x, np.repeat(np.arange(40), 5))
    >>> between_draws(table, (0, 1), draws=100).shape
    (3, 100)
    """
    _, within = _estimable(table)
    groups = table.group_count
    df = table.observation_count - groups
    first = table.deviation_sums.sum(axis=0)
    means = table.deviation_products.sum(axis=0) - np.outer(first, first) / groups
    harmonic = groups / float((table.groups / table.sizes).sum())
    total = _draws(means, groups - 1, pair, random_stream(seed, "means", *pair), draws)
    noise = within * df / harmonic
    return total - _draws(noise, df, pair, random_stream(seed, "within", *pair), draws)


def within_draws(
    table: VectorTable, pair: tuple[int, int], *, seed: int = 1, draws: int = 4000
) -> FloatArray:
    """The same draws within groups; `NotEstimable` below 3 degrees of freedom there.

    >>> table = VectorTable.from_values([[0, 1], [2, 1], [3, 2], [5, 4], [-1, 0], [-3, -2]],
    ...     [1, 1, 2, 2, 3, 3])
    >>> bool((within_draws(table, (0, 1))[0] > 0.0).all())
    True
    """
    within, df = _within(table)
    return _draws(within * df, df, pair, random_stream(seed, "within", *pair), draws)


def _estimable(table: VectorTable) -> tuple[FloatArray, FloatArray]:
    """Covariance matrices between and within groups; `NotEstimable` where draws make no sense."""
    parts = covariance_components(table)
    if parts.between is None or parts.within is None:
        raise NotEstimable("; ".join(parts.reasons))
    groups = table.group_count
    if groups < 4:
        raise NotEstimable(f"correlation between groups: needs at least 4 groups, found {groups}")
    df = table.observation_count - groups
    if df < 2:
        raise NotEstimable(f"correlation within groups: needs 2 degrees of freedom, found {df}")
    return parts.between, parts.within


def within_correlations(
    table: VectorTable, level: float = 0.95, *, seed: int = 1, draws: int = 4000
) -> tuple[Correlation, ...]:
    """Correlations within groups; arguments as `between_correlations`.

    Raises `NotEstimable` with fewer than 3 degrees of freedom within groups.

    >>> table = VectorTable.from_values(
    ...     [[0, 1], [2, 1], [3, 2], [5, 4], [-1, 0], [-3, -2]], [1, 1, 2, 2, 3, 3]
    ... )
    >>> round(within_correlations(table)[0].value, 4)  # 1.3333 / sqrt(2 * 1.3333)
    0.8165
    """
    within, _ = _within(table)
    level, draws = share("level", level), whole("draws", draws, at_least=100)
    return tuple(
        _correlation(within, pair, within_draws(table, pair, seed=seed, draws=draws), level)
        for pair in _pairs(len(within))
    )


def _within(table: VectorTable) -> tuple[FloatArray, int]:
    """Covariance matrix within groups and its degrees of freedom, at least 3 (`NotEstimable`)."""
    within = covariance_components(table).within
    df = table.observation_count - table.group_count
    if within is None or df < 3:
        raise NotEstimable(f"correlation within groups: needs 3 degrees of freedom, found {df}")
    return within, df


def _pairs(quantities: int) -> list[tuple[int, int]]:
    """Every pair of quantities once."""
    return [(i, j) for i in range(quantities) for j in range(i + 1, quantities)]


def _draws(
    products: FloatArray, df: int, pair: tuple[int, int], rng: np.random.Generator, draws: int
) -> FloatArray:
    """Generalised draws [3, D] of two variances and their covariance from a Wishart matrix."""
    i, j = pair
    a = math.sqrt(max(0.0, products[i, i]))
    b = products[i, j] / a if a else 0.0
    c = math.sqrt(max(0.0, products[j, j] - b * b))
    # L T^-1 with lower triangular L = [[a, 0], [b, c]] and Bartlett's T.
    t11 = np.sqrt(rng.chisquare(df, draws))
    t22 = np.sqrt(rng.chisquare(df - 1, draws))
    t21 = rng.standard_normal(draws)
    first = a / t11
    second = b / t11 - c * t21 / (t11 * t22)
    third = c / t22
    return np.array([first * first, second * second + third * third, first * second])


def _correlation(
    matrix: FloatArray, pair: tuple[int, int], draws: FloatArray, level: float
) -> Correlation:
    """Estimate from the matrix, interval from draws [3, D] of its entries."""
    i, j = pair
    value = None
    if matrix[i, i] > 0.0 and matrix[j, j] > 0.0:
        ratio = float(matrix[i, j]) / math.sqrt(float(matrix[i, i] * matrix[j, j]))
        value = min(1.0, max(-1.0, ratio))
    first, second, product = draws
    defined = (first > 0.0) & (second > 0.0)
    # What says nothing of the correlation goes to both ends alike.
    values = np.where(np.arange(first.size) % 2, 1.0, -1.0)
    values[defined] = product[defined] / np.sqrt(first[defined] * second[defined])
    return Correlation(i, j, value, interval_of(np.clip(values, -1.0, 1.0), level))
