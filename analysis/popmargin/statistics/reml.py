"""Restricted and full maximum likelihood of the one-way random-effects model.

Assumptions: normal group effects and normal observations, one variance within all groups. Limits:
the variance between groups is estimated at 0 or above (the boundary is compared explicitly); ML
is biased low for few groups and is here for comparison only.

The likelihood is profiled in lambda = between / within variance. With w_i = n_i / (1 + n_i lambda),
mu = sum w m / sum w and Q = SSW + sum w (m - mu)^2 the restricted criterion is
(N - 1) ln Q + sum ln(1 + n_i lambda) + ln sum w. Every optimum lies in [0, r + 1] with
r = (N - 1) S / ((P - 1) SSW), S the sum of squares of the means: beyond it the slope is positive,
since sum w (m - mu)^2 <= S / lambda. A grid over that whole range finds each local optimum, Newton
steps on the slope with a bracket refine it, and the best of them and lambda = 0 is the answer.

Source: Searle SR, Casella G, McCulloch CE, Variance Components, Wiley 1992, sections 3.7 and 3.8.
"""

import math
from typing import NamedTuple

import numpy as np

from popmargin.core.checks import non_negative, positive
from popmargin.statistics.components import (
    FEW_GROUPS,
    NO_REPLICATES,
    NOT_SEPARABLE,
    VarianceComponents,
)
from popmargin.statistics.one_way import Grouped
from popmargin.statistics.size_table import FloatArray, SizeTable

_GRID_POINTS = 64
_MOST_STEPS = 80
_RELATIVE_STEP = 1e-13


class _Profile(NamedTuple):
    """What the profile likelihood needs of a table; sums over groups by size, in rows P, D, DD."""

    sizes: FloatArray
    moments: FloatArray
    within_total: float
    degrees: int
    restricted: bool


def reml_components(data: Grouped) -> VarianceComponents:
    """Restricted maximum likelihood estimate; the mean is weighted by w_i = n_i / (1 + n_i lambda).

    Parameters
    ----------
    data : OneWayData or SizeTable
        Groups, or their table by size.

    Returns
    -------
    VarianceComponents
        ``between_variance`` >= 0. Without two groups, or without a group of two observations, the
        component is None with its reason, and the mean is the plain mean of the group means. When
        nothing varies within groups the limit is returned: 0 within, the variance of the group
        means between.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> c = reml_components(OneWayData.from_values([0, 2, 3, 5, -1, -3], [1, 1, 2, 2, 3, 3]))
    >>> round(c.mean, 9), round(c.between_variance, 9), round(c.within_variance, 9)
    (1.0, 8.0, 2.0)
    """
    return _likelihood_components(data.by_size, restricted=True)


def maximum_likelihood_components(data: Grouped) -> VarianceComponents:
    """Maximum likelihood estimate, otherwise as `reml_components`.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> c = maximum_likelihood_components(
    ...     OneWayData.from_values([0, 2, 3, 5, -1, -3], [1, 1, 2, 2, 3, 3])
    ... )
    >>> round(c.between_variance, 9), round(c.within_variance, 9)
    (5.0, 2.0)
    """
    return _likelihood_components(data.by_size, restricted=False)


def log_likelihood(
    data: Grouped, between_variance: float, within_variance: float, *, restricted: bool = True
) -> float:
    """Log-likelihood at given variances, the mean at its best value.

    Parameters
    ----------
    data : OneWayData or SizeTable
        Groups, or their table by size.
    between_variance, within_variance : float
        Unit squared; >= 0 and > 0.
    restricted : bool
        The restricted likelihood (of error contrasts), or the full one.

    Raises
    ------
    OutOfRange
        A variance outside its range.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> data = OneWayData.from_values([0, 2, 3, 5, -1, -3], [1, 1, 2, 2, 3, 3])
    >>> round(log_likelihood(data, 8.0, 2.0) > log_likelihood(data, 7.9, 2.0))
    1
    """
    between = float(non_negative("between_variance", between_variance))
    within = float(positive("within_variance", within_variance))
    profile = _profile(data.by_size, restricted=restricted)
    weights = profile.sizes / (within + profile.sizes * between)
    total, first, second = np.einsum("k,jk->j", weights, profile.moments).tolist()
    observations = data.by_size.observation_count
    twice = (
        (observations - int(restricted)) * math.log(2.0 * math.pi)
        + data.by_size.within_df * math.log(within)
        + float((profile.moments[0] * np.log(within + profile.sizes * between)).sum())
        + profile.within_total / within
        + max(0.0, second - first * first / total)
    )
    return float(-0.5 * (twice + (math.log(total) if restricted else 0.0)))


def _likelihood_components(table: SizeTable, *, restricted: bool) -> VarianceComponents:
    """Estimate by either likelihood; partial answers where the model is not identified."""
    name = "reml" if restricted else "ml"
    groups, observations = table.group_count, table.observation_count
    within_df = table.within_df

    def answer(
        mean: float, between: float | None, within: float | None, *reasons: str
    ) -> VarianceComponents:
        return VarianceComponents(name, mean, between, within, groups, observations, reasons)

    if not within_df:
        return answer(
            table.mean, None, None, NO_REPLICATES, FEW_GROUPS if groups < 2 else NOT_SEPARABLE
        )
    profile = _profile(table, restricted=restricted)
    if groups < 2:
        divisor = within_df if restricted else observations
        return answer(table.mean, None, profile.within_total / divisor, FEW_GROUPS)
    if profile.within_total == 0.0:
        divisor = groups - 1 if restricted else groups
        return answer(table.mean, table.squares_of_means / divisor, 0.0)
    ratio = _best_ratio(profile, table.squares_of_means / (groups - 1))
    weights = profile.sizes / (1.0 + profile.sizes * ratio)
    total, first, second = np.einsum("k,jk->j", weights, profile.moments).tolist()
    residual = profile.within_total + max(0.0, second - first * first / total)
    within = residual / profile.degrees
    return answer(table.reference + first / total, ratio * within, within)


def _profile(table: SizeTable, *, restricted: bool) -> _Profile:
    """Arrays of the profile likelihood from a table by size."""
    moments = np.stack([table.groups, table.deviation_sums, table.deviation_squares])
    degrees = table.observation_count - int(restricted)
    return _Profile(
        table.sizes.astype(np.float64), moments, table.within_total, degrees, restricted
    )


def _best_ratio(profile: _Profile, variance_of_means: float) -> float:
    """Global optimum of the profile criterion over lambda >= 0."""
    largest = profile.degrees * variance_of_means / profile.within_total + 1.0
    offset = 1.0 / float(profile.sizes.max())
    steps = np.linspace(math.log(offset), math.log(largest + offset), _GRID_POINTS)
    grid = np.maximum(np.exp(steps) - offset, 0.0)
    grid[0] = 0.0
    slopes = _slopes(profile, grid)
    optima = [] if slopes[0] < 0.0 else [0.0]
    for left in np.flatnonzero((slopes[:-1] < 0.0) & (slopes[1:] >= 0.0)).tolist():
        optima.append(_refine(profile, float(grid[left]), float(grid[left + 1]), offset))
    if len(optima) == 1:
        return optima[0]
    return min(optima, key=lambda ratio: _criterion(profile, ratio))


def _criterion(profile: _Profile, ratio: float) -> float:
    """Profile criterion, -2 log-likelihood up to a constant."""
    weights = profile.sizes / (1.0 + profile.sizes * ratio)
    total, first, second = np.einsum("k,jk->j", weights, profile.moments).tolist()
    residual = profile.within_total + max(0.0, second - first * first / total)
    determinant = float((profile.moments[0] * np.log1p(profile.sizes * ratio)).sum())
    return (
        profile.degrees * math.log(residual)
        + determinant
        + (math.log(total) if profile.restricted else 0.0)
    )


def _slopes(profile: _Profile, ratios: FloatArray) -> FloatArray:
    """Derivative of the criterion in lambda at many values at once."""
    weights = profile.sizes / (1.0 + profile.sizes * ratios[:, None])
    total, first, second = np.einsum("gk,jk->jg", weights, profile.moments)
    total2, first2, second2 = np.einsum("gk,jk->jg", weights * weights, profile.moments)
    mean = first / total
    residual = profile.within_total + second - first * mean
    drop = second2 - 2.0 * mean * first2 + mean * mean * total2
    slopes = total - profile.degrees * drop / residual
    if profile.restricted:
        slopes -= total2 / total
    return np.asarray(slopes, dtype=np.float64)


def _slope_and_curvature(profile: _Profile, ratio: float) -> tuple[float, float]:
    """First and second derivative of the criterion in lambda."""
    w = profile.sizes / (1.0 + profile.sizes * ratio)
    powers = np.stack([w, w * w, w * w * w])
    sums = np.einsum("pk,jk->pj", powers, profile.moments).tolist()
    (t1, a1, b1), (t2, a2, b2), (t3, a3, b3) = sums
    mean = a1 / t1
    residual = profile.within_total + b1 - a1 * mean
    drop = b2 - 2.0 * mean * a2 + mean * mean * t2
    lean = a2 - mean * t2
    # d drop / d lambda: the weights fall, and the weighted mean moves by -lean / t1.
    drop_slope = -2.0 * (b3 - 2.0 * mean * a3 + mean * mean * t3) + 2.0 * lean * lean / t1
    slope = t1 - profile.degrees * drop / residual
    curvature = -t2 - profile.degrees * (drop_slope / residual + (drop / residual) ** 2)
    if profile.restricted:
        slope -= t2 / t1
        curvature += 2.0 * t3 / t1 - (t2 / t1) ** 2
    return slope, curvature


def _refine(profile: _Profile, low: float, high: float, offset: float) -> float:
    """Root of the slope in [low, high]: Newton in ln(lambda + offset), bisection as the guard."""
    ratio = math.sqrt((low + offset) * (high + offset)) - offset
    for _ in range(_MOST_STEPS):
        slope, curvature = _slope_and_curvature(profile, ratio)
        if slope < 0.0:
            low = ratio
        else:
            high = ratio
        scale = ratio + offset
        # Chain rule for theta = ln(lambda + offset).
        bend = curvature * scale * scale + slope * scale
        step = -slope * scale / bend if bend > 0.0 else math.inf
        following = scale * math.exp(step) - offset if abs(step) < 1.0 else math.inf
        if not low < following < high:
            following = math.sqrt((low + offset) * (high + offset)) - offset
        if abs(following - ratio) <= _RELATIVE_STEP * scale:
            return following
        ratio = following
    return ratio
