r"""Serial dependence within groups, and variance components that allow for it.

When successive observations of a group resemble each other (AR(1), correlation phi^k at lag k) a
group mean of n varies by sigma^2 v(n), v(n) = [n + 2 sum_k (n - k) phi^k] / n^2, more than
sigma^2 / n, and what is left over is wrongly read as variance between groups. Here phi is
estimated from the pooled lag-1 product of the deviations, corrected for the bias that deviations
from the group's own mean bring (about -1 / n), and both variances are estimated again with v(n).

Assumptions: successive observations are equally spaced (a gap counts as one step); stationary
AR(1), one phi for all groups. Limits: phi is hard to tell from differences between groups when
groups are short; its own uncertainty is not in the interval of the corrected SD. A trend also
looks like dependence: see `popmargin.statistics.trend`.

Sources: Durbin J, Watson GS, Biometrika 1950;37:409-28 (moments of a ratio of quadratic forms);
Box GEP, Jenkins GM, Reinsel GC, Time Series Analysis, Wiley 2008, section 2.1 (variance of a mean).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from popmargin.core.exceptions import NotEstimable
from popmargin.statistics.generalised_interval import (
    between_variance_draws,
    within_variance_draws,
)
from popmargin.statistics.interval import Interval, interval_of
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.ordered_groups import OrderedGroups
from popmargin.statistics.point_set import FIBONACCI_DRAWS
from popmargin.statistics.size_table import FloatArray, IntArray, SizeTable

_LARGEST = 0.95
_STEPS = 60


@dataclass(frozen=True, slots=True)
class SerialDependence:
    """Lag-1 autocorrelation within groups and the components that allow for it.

    Attributes
    ----------
    autocorrelation : float
        Estimate of phi, corrected for bias, within [-0.95, 0.95].
    p_value : float
        Two-sided, of independence.
    pairs : int
        Pairs of successive observations.
    between_variance, within_variance : float
        Untruncated variance between groups, and variance within, allowing for phi; unit squared.
    between_interval : Interval
        Of the SD between groups, allowing for phi taken as known.
    """

    autocorrelation: float
    p_value: float
    pairs: int
    between_variance: float
    within_variance: float
    between_interval: Interval

    @property
    def between_sd(self) -> float:
        """SD between groups, 0 when its variance is negative."""
        return math.sqrt(max(0.0, self.between_variance))


def serial_dependence(
    groups: OrderedGroups, level: float = 0.95, *, seed: int = 1, draws: int = FIBONACCI_DRAWS
) -> SerialDependence:
    """Test independence of successive observations and correct both variances for AR(1).

    Parameters
    ----------
    groups : OrderedGroups
        At least two groups, one of three observations or more, and something varying within.
    level : float
        Confidence level in (0, 1) of the interval.
    seed, draws : int
        Of the generalised interval.

    Raises
    ------
    NotEstimable
        Fewer than two groups, no group of three observations, or nothing varies within groups.

    >>> rng = np.random.default_rng(1)
    >>> noise = rng.normal(size=(20, 31))
    >>> x = rng.normal(size=(20, 1)) + noise[:, 1:] + 0.9 * noise[:, :-1]
    >>> labels, order = np.divmod(np.arange(600), 30)
    >>> d = serial_dependence(OrderedGroups.from_values(x.ravel(), labels, order))
    >>> 0.4 < d.autocorrelation < 0.6, d.p_value < 1e-6
    (True, True)
    """
    deviations = groups.deviations(groups.values)
    table = OneWayData.from_summaries(
        groups.sizes,
        groups.group_sums(groups.values) / groups.sizes,
        groups.group_sums(deviations * deviations) * (groups.sizes > 1),
    ).by_size
    if table.group_count < 2 or int(table.sizes[-1]) < 3 or table.within_total == 0.0:
        raise NotEstimable(
            "autocorrelation within groups: needs 2 groups, one of them with 3 observations, and "
            "something that varies within"
        )
    same = np.ones(deviations.size, dtype=bool)
    same[groups.starts] = False
    products = (deviations[1:] * deviations[:-1])[same[1:]]
    seen = math.fsum(products.tolist()) / table.within_total
    phi = _autocorrelation(table, seen)
    inflation = _mean_inflation(table.sizes, phi)
    within = table.within_total / _expected_squares(table, inflation)
    noise = within_variance_draws(table, seed=seed, draws=draws)
    noise = noise * (within * table.within_df / table.within_total)
    between = between_variance_draws(table, noise, seed=seed, effective_sizes=1.0 / inflation)
    return SerialDependence(
        phi,
        _p_value(table, seen),
        products.size,
        _between_variance(table, within, inflation),
        within,
        interval_of(np.sqrt(between), level),
    )


def _mean_inflation(sizes: IntArray, phi: float) -> FloatArray:
    """v(n): variance of a mean of n successive observations over that of one."""
    return np.array([_correlation_sum(int(n), phi) / int(n) ** 2 for n in sizes])


def _correlation_sum(n: int, phi: float) -> float:
    """Sum of the n x n matrix of correlations phi^|i - j|."""
    lags = np.arange(1, n)
    return float(n + 2.0 * ((n - lags) * phi**lags).sum())


def _expected_squares(table: SizeTable, inflation: FloatArray) -> float:
    """Expected sum of squares within groups over the within variance."""
    return float((table.groups * table.sizes * (1.0 - inflation)).sum())


def _between_variance(table: SizeTable, within: float, inflation: FloatArray) -> float:
    """ANOVA variance between groups when a group mean varies by within * inflation."""
    n, p = table.sizes.astype(np.float64), table.groups.astype(np.float64)
    total = float((n * p).sum())
    first = math.fsum((n * table.deviation_sums).tolist())
    squares = math.fsum((n * table.deviation_squares).tolist()) - first * first / total
    noise = float((p * n * inflation).sum() - (p * n * n * inflation).sum() / total)
    return (squares - within * noise) / (total - float((p * n * n).sum()) / total)


def _autocorrelation(table: SizeTable, seen: float) -> float:
    """The phi at which the expected lag-1 product over the expected squares is what was seen."""
    low, high = -_LARGEST, _LARGEST
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        if _expected_ratio(table, middle) < seen:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _expected_ratio(table: SizeTable, phi: float) -> float:
    """Expected lag-1 product of deviations over expected squares, at a given phi."""
    product = squares = 0.0
    for n, count in zip(table.sizes.tolist(), table.groups.tolist(), strict=True):
        if n < 2:
            continue
        total = _correlation_sum(n, phi)
        edge = float((phi ** np.arange(n)).sum())
        # tr(A C R C) with A the halved neighbour matrix and C the centring of the group.
        product += count * ((n - 1) * phi - 2.0 * (total - edge) / n + (n - 1) * total / n**2)
        squares += count * (n - total / n)
    return product / squares


def _p_value(table: SizeTable, seen: float) -> float:
    """Two-sided normal p-value from the exact mean and variance of the ratio when independent."""
    several = table.sizes > 1
    n = table.sizes[several].astype(np.float64)
    count = table.groups[several]
    first = float((count * -(n - 1.0) / n).sum())
    second = float((count * (0.5 * (n - 1.0) - (2.0 * n - 3.0) / n + ((n - 1.0) / n) ** 2)).sum())
    df = table.within_df
    mean = first / df
    variance = (2.0 * second + first * first) / (df * (df + 2.0)) - mean * mean
    return float(2.0 * ndtr(-abs(seen - mean) / math.sqrt(variance)))
