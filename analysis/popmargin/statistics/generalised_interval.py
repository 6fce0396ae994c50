"""Generalised (fiducial) intervals of both SDs of a one-way model and of any function of them.

Each draw takes W1 ~ chi2(P - 1) and W2 ~ chi2(N - P), and inverts the two pivots: the variance
within is s2 = SSW / W2, the variance between is the root S2 of sum w_i (m_i - mu_w)^2 = W1 with
w_i = 1 / (S2 + s2 / n_i), and 0 where there is none. Percentiles of a function of the draws are
its interval.

Assumptions: normal group effects and observations, one variance within all groups. The interval
of the between SD (and of recipes it dominates) tolerates unequal within variances; that of the
within SD does not: use `popmargin.statistics.within_interval` for it alone. Limits: needs two
groups, and one group of two observations.

Sources: Weerahandi S, Exact Statistical Methods for Data Analysis, Springer 1995; Thomas JD,
Hultquist RA, Ann Stat 1978;6:582-7 (unbalanced data, of which the root above is the exact form);
Iyer HK, Wang CM, Mathew T, J Am Stat Assoc 2004;99:1060-71.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from popmargin.core.exceptions import NotEstimable
from popmargin.statistics.classical_intervals import chi_square_sd_of_means
from popmargin.statistics.components import FEW_GROUPS, NO_REPLICATES
from popmargin.statistics.interval import Interval, interval_of
from popmargin.statistics.one_way import Grouped
from popmargin.statistics.pivot_root import pivot_root
from popmargin.statistics.point_set import FIBONACCI_DRAWS, chi_square_points
from popmargin.statistics.size_table import SizeTable

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class GeneralisedDraws:
    """Joint draws of the SD between and the SD within groups.

    Attributes
    ----------
    between_sd, within_sd : float64[D]
        In the unit of the data, >= 0; element d of both belongs to one draw.

    Draws of two calls with one seed share their points: they are not independent of each other.
    """

    between_sd: FloatArray
    within_sd: FloatArray


def generalised_draws(
    data: Grouped, *, seed: int = 1, draws: int = FIBONACCI_DRAWS
) -> GeneralisedDraws:
    """Draws of (between SD, within SD); evaluate any recipe on them and take `interval_of` it.

    Parameters
    ----------
    data : OneWayData or SizeTable
        Groups, or their table by size.
    seed : int
        >= 0; shifts the point set.
    draws : int
        Number of draws, >= 2; 4181 makes the percentiles good to about 0.3 %.

    Raises
    ------
    NotEstimable
        Fewer than two groups, or no group with two observations.
    OutOfRange
        A seed or a number of draws outside its range.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> draws = generalised_draws(
    ...     OneWayData.from_summaries([2, 3, 4], [2.0, 4.0, 10.0], [2.0, 8.0, 8.0])
    ... )
    >>> i = interval_of(2.5 * draws.between_sd + 0.7 * draws.within_sd)
    >>> round(i.low, 1), round(i.median, 1), round(i.high)
    (5.8, 13.5, 67)
    """
    table = data.by_size
    within = within_variance_draws(table, seed=seed, draws=draws)
    between = np.sqrt(between_variance_draws(table, within, seed=seed))
    return GeneralisedDraws(between, np.sqrt(within))


def conventional_draws(
    data: Grouped, *, seed: int = 1, draws: int = FIBONACCI_DRAWS
) -> GeneralisedDraws:
    """As `generalised_draws`, with ``between_sd`` the SD of group means, sqrt(S2 + s2 / n_h).

    That is what the conventional estimator estimates (n_h the harmonic mean of the sizes).

    >>> from popmargin.statistics.one_way import OneWayData
    >>> data = OneWayData.from_values([0, 2, 3, 5, -1, -3], [1, 1, 2, 2, 3, 3])
    >>> round(interval_of(conventional_draws(data).between_sd).low, 2)  # 3 sqrt(2 / 7.3778)
    1.56
    """
    table = data.by_size
    within = within_variance_draws(table, seed=seed, draws=draws)
    return GeneralisedDraws(
        np.sqrt(means_variance_draws(table, within, seed=seed)), np.sqrt(within)
    )


def conventional_between_interval(
    data: Grouped, level: float = 0.95, *, seed: int = 1, draws: int = FIBONACCI_DRAWS
) -> Interval:
    """Interval of what the conventional SD between groups estimates, sqrt(Sigma^2 + sigma^2 / n_h).

    Chi-square (exact) for groups of one size, also when each holds one observation; otherwise
    percentiles of `conventional_draws`. Raises `NotEstimable` with fewer than two groups.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> i = conventional_between_interval(OneWayData.from_values([0, 4, -1], [1, 2, 3]))
    >>> round(i.low, 2), round(i.high, 2)
    (1.38, 16.63)
    """
    if data.by_size.sizes.size == 1:
        return chi_square_sd_of_means(data, level)
    return interval_of(conventional_draws(data, seed=seed, draws=draws).between_sd, level)


def within_variance_draws(table: SizeTable, *, seed: int, draws: int) -> FloatArray:
    """Draws s2 = SSW / chi2(N - P); `NotEstimable` when no group has two observations.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> data = OneWayData.from_summaries([3, 3], [1.0, 5.0], [2.0, 6.0])
    >>> draws = within_variance_draws(data.by_size, seed=1, draws=4181)
    >>> round(float(np.median(draws)), 1)  # 8 / 3.357
    2.4
    """
    if not table.within_df:
        raise NotEstimable(NO_REPLICATES)
    return table.within_total / chi_square_points(table.within_df, 1, 2, seed, draws)


def means_variance_draws(table: SizeTable, within: FloatArray, *, seed: int) -> FloatArray:
    """Draws of between + within / n_h, the variance that group means show.

    Exact in balanced data, where it is S / chi2(P - 1), also when groups hold one observation.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> data = OneWayData.from_summaries([3, 3], [1.0, 5.0], [2.0, 6.0])
    >>> draws = means_variance_draws(data.by_size, np.zeros(4181), seed=1)
    >>> round(float(np.median(draws)), 1)  # 8 / 0.455
    17.6
    """
    if table.sizes.size == 1:
        return table.squares_of_means / _first_pivot(table, seed, within.size)
    return between_variance_draws(table, within, seed=seed) + within / table.harmonic_size


def between_variance_draws(
    table: SizeTable,
    within: FloatArray,
    *,
    seed: int,
    effective_sizes: FloatArray | None = None,
) -> FloatArray:
    """Root S2 >= 0 of sum w_i (m_i - mu_w)^2 = W1 for every draw of the variance within.

    ``effective_sizes`` float64[K] takes the place of the sizes where the variance of a group mean
    is not within / n (dependent observations). Raises `NotEstimable` with fewer than two groups.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> data = OneWayData.from_summaries([3, 3], [1.0, 5.0], [2.0, 6.0])
    >>> draws = between_variance_draws(data.by_size, np.full(4181, 2.0), seed=1)
    >>> round(float(np.median(draws)), 1)  # 8 / 0.455 - 2 / 3
    16.9
    """
    sizes = table.sizes.astype(np.float64) if effective_sizes is None else effective_sizes
    pivot = _first_pivot(table, seed, within.size)
    spread = table.squares_of_means
    if sizes.size == 1 or not within.any():
        return np.maximum(spread / pivot - within / float(sizes[0]), 0.0)
    between = np.zeros(within.size)
    above = np.flatnonzero(_weighted_squares(table, sizes, between, within)[0] > pivot)
    if above.size:
        noise, target = within[above], pivot[above]
        scale = noise * float((table.groups / sizes).sum()) / table.group_count
        between[above] = pivot_root(
            lambda root: _weighted_squares(table, sizes, root, noise),
            target,
            np.maximum(spread / target - scale, 0.0),
            scale,
        )
    return between


def _first_pivot(table: SizeTable, seed: int, draws: int) -> FloatArray:
    """Draws of W1; `NotEstimable` with fewer than two groups."""
    groups = table.group_count
    if groups < 2:
        raise NotEstimable(FEW_GROUPS)
    return chi_square_points(groups - 1, 0, 2, seed, draws)


def _weighted_squares(
    table: SizeTable, sizes: FloatArray, between: FloatArray, within: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """f(S2) and -f'(S2) for every draw: one pass over the distinct sizes, in order."""
    total, first, second, total2, first2, second2 = np.zeros((6, between.size))
    rows = zip(
        sizes.tolist(),
        table.groups.tolist(),
        table.deviation_sums.tolist(),
        table.deviation_squares.tolist(),
        strict=True,
    )
    for size, groups, deviation, square in rows:
        weight = 1.0 / (between + within / size)
        total += groups * weight
        first += deviation * weight
        second += square * weight
        weight *= weight
        total2 += groups * weight
        first2 += deviation * weight
        second2 += square * weight
    mean = first / total
    value = second - mean * first
    return value, second2 - mean * (2.0 * first2 - mean * total2)
