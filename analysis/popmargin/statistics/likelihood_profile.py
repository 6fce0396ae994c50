"""Profile likelihood of two nested variances in their ratio, and its global optimum.

With lambda = between / within variance, w_i = n_i / (1 + n_i lambda), mu = sum w m / sum w and
Q = SSW + sum w (m - mu)^2 the restricted criterion, -2 log-likelihood up to a constant, is
(N - 1) ln Q + sum ln(1 + n_i lambda) + ln sum w; the full one is N ln Q + sum ln(1 + n_i lambda).

Every optimum lies in [0, r + 1 / min n_i] with r = (N - 1) S / ((P - 1) SSW), S the sum of squares
of the means: beyond it the slope is positive, since sum w (m - mu)^2 <= S / lambda. A grid over
that whole range finds each local optimum, Newton steps on the slope inside its bracket refine it,
and the best of them and lambda = 0 is the answer.

Assumptions: normal effects and observations. Limits: two optima closer than a grid step (a factor
below 2 in lambda + 1 / max n_i for variance ratios up to 1e12) count as one.

Source: Searle SR, Casella G, McCulloch CE, Variance Components, Wiley 1992, sections 3.7 and 3.8.
"""

import math
from typing import NamedTuple

import numpy as np

from popmargin.statistics.size_table import FloatArray

_GRID_POINTS = 64
_MOST_STEPS = 80
_RELATIVE_STEP = 1e-13


class Profile(NamedTuple):
    """What the profile likelihood needs of a table.

    ``moments`` has a row each for the number of groups, the sum and the sum of squares of their
    means; ``sizes`` need not be whole numbers, only the precision of a mean over within variance.
    """

    sizes: FloatArray
    moments: FloatArray
    within_total: float
    degrees: int
    restricted: bool


def best_ratio(profile: Profile, variance_of_means: float) -> float:
    """Global optimum of the profile criterion over lambda >= 0.

    Parameters
    ----------
    profile : Profile
        With ``within_total`` > 0 and at least two groups.
    variance_of_means : float
        Variance (divisor P - 1) of the group means about their plain mean.

    >>> profile = Profile(np.array([2.0]), np.array([[3], [0], [18.0]]), 6.0, 5, True)
    >>> round(best_ratio(profile, 9.0), 9)
    4.0
    """
    largest = profile.degrees * variance_of_means / profile.within_total
    # Twice the bound, so that rounding cannot put the last slope on the wrong side of 0.
    largest = 2.0 * (largest + 1.0 / float(profile.sizes.min()))
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
    return min(optima, key=lambda ratio: criterion(profile, ratio))


def criterion(profile: Profile, ratio: float) -> float:
    """Profile criterion at a ratio >= 0, -2 log-likelihood up to a constant.

    >>> profile = Profile(np.array([2.0]), np.array([[3], [0], [18.0]]), 6.0, 5, True)
    >>> criterion(profile, 4.0) < criterion(profile, 3.9)
    True
    """
    weights = profile.sizes / (1.0 + profile.sizes * ratio)
    total, first, second = np.einsum("k,jk->j", weights, profile.moments).tolist()
    residual = profile.within_total + max(0.0, second - first * first / total)
    determinant = float((profile.moments[0] * np.log1p(profile.sizes * ratio)).sum())
    return (
        profile.degrees * math.log(residual)
        + determinant
        + (math.log(total) if profile.restricted else 0.0)
    )


def _slopes(profile: Profile, ratios: FloatArray) -> FloatArray:
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


def _slope_and_curvature(profile: Profile, ratio: float) -> tuple[float, float]:
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


def _refine(profile: Profile, low: float, high: float, offset: float) -> float:
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
