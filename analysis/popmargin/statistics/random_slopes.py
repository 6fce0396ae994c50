r"""Mixed model of lines with slopes that differ between groups: y_ij = a_i + b_i x_ij + e_ij.

Each group keeps an intercept of its own (nothing is assumed of the a_i); its slope b_i is normal
about the common slope beta with SD tau; e is normal with SD sigma. Then the groups' least-squares
slopes have variance tau^2 + sigma^2 / S_i with S_i the sum of squares of x about its mean, sigma^2
comes from what is left about the groups' own lines, and tau^2 is the root of the pivot
sum w_i (b_i - beta)^2 = P - 1, w_i = 1 / (tau^2 + sigma^2 / S_i) (Paule-Mandel; in balanced data
the analysis of variance, and the same beta as the full mixed model). The interval of beta is
Student's with P - 1 degrees of freedom and the spread of the slopes themselves (Hartung-Knapp),
that of tau generalised (fiducial), as for one-way data.

Assumptions: groups independent, residuals independent and of one variance, lines straight. A group
whose course is bent counts as noise; the interval of beta tolerates that, that of tau does not.
Limits: needs two groups with two different x each, and one with three observations.

Sources: Paule RC, Mandel J, J Res Natl Bur Stand 1982;87:377-85; Hartung J, Knapp G, Stat Med
2001;20:3875-89; Weerahandi S, Exact Statistical Methods for Data Analysis, Springer 1995.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtri, ndtri, stdtrit

from popmargin.core.checks import share
from popmargin.core.exceptions import NotEstimable, OutOfRange
from popmargin.statistics.interval import Interval, interval_of
from popmargin.statistics.pivot_root import pivot_root
from popmargin.statistics.point_set import FIBONACCI_DRAWS, chi_square_points

FloatArray = NDArray[np.float64]
# More distinct designs than this are met with fewer draws: the percentiles lose little.
_MANY: Final = 50
_FEWER_DRAWS: Final = 987


@dataclass(frozen=True, slots=True, eq=False)
class RandomSlopes:
    """What the model says of all groups and of each.

    ``slope`` (beta), ``slope_sd`` (tau), ``residual_sd`` (sigma) with their intervals; arrays of
    shape (P,): ``labels`` of the groups with a slope, ``intercepts`` at x = 0, ``own_slopes``
    by least squares, ``shrunken_slopes`` (best prediction: own slopes pulled towards the common
    one) with ``shrunken_low``/``shrunken_high``. ``groups_without_slope`` were left out.
    """

    slope: float
    slope_interval: Interval
    slope_sd: float
    slope_sd_interval: Interval
    residual_sd: float
    residual_sd_interval: Interval
    labels: NDArray[np.str_]
    intercepts: FloatArray
    own_slopes: FloatArray
    shrunken_slopes: FloatArray
    shrunken_low: FloatArray
    shrunken_high: FloatArray
    groups_without_slope: int
    observations: int


def random_slopes(
    x: ArrayLike, y: ArrayLike, labels: ArrayLike, *, level: float = 0.95, seed: int = 1
) -> RandomSlopes:
    """Fit the model.

    Parameters
    ----------
    x, y : shape (n,), finite.
    labels : shape (n,), the group of each observation.
    level : of the intervals, in (0, 1).  seed : of the generalised interval.

    Raises
    ------
    NotEstimable
        Fewer than two groups with two different x, or nothing left about the groups' lines.
    OutOfRange
        Lengths that differ or values that are not finite.

    Examples
    --------
    >>> x = [0, 1, 2, 0, 1, 2, 0, 1, 2]
    >>> y = [0, 1.1, 2, 5, 7.1, 9, 1, 4.1, 7]
    >>> found = random_slopes(x, y, list("aaabbbccc"))
    >>> round(found.slope, 3), found.own_slopes.tolist()
    (2.0, [1.0, 2.0, 3.0])
    """
    share("level", level)
    xs, ys = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    names, codes = np.unique(np.asarray(labels).astype(np.str_), return_inverse=True)
    if not (xs.shape == ys.shape == codes.shape) or not np.isfinite(xs.sum() + ys.sum()):
        raise OutOfRange("x, y, labels", "finite values of one length", (xs.shape, ys.shape))
    order = np.lexsort((ys, xs, codes))
    n, sxx, slope, intercept, rest = _lines(xs[order], ys[order], codes[order], names.size)
    kept = sxx > 1e-12 * np.maximum(1.0, np.bincount(codes, xs**2))
    df = int((n[kept] - 2).sum())
    if np.count_nonzero(kept) < 2:
        raise NotEstimable(
            f"rate: needs 2 patients measured at 2 times, found {np.count_nonzero(kept)}"
        )
    if df < 1:
        raise NotEstimable("rate: needs a patient measured at 3 times to know the noise")
    slopes, weights_x = slope[kept], sxx[kept]
    squares = float(rest[kept].sum())
    noise = squares / df
    tau2 = float(_between(slopes, weights_x, np.array([noise]), np.array([slopes.size - 1.0]))[0])
    variance = tau2 + noise / weights_x
    beta, interval = _common(slopes, variance, level)
    draws = FIBONACCI_DRAWS if np.unique(weights_x).size <= _MANY else _FEWER_DRAWS
    first = chi_square_points(slopes.size - 1, 0, 2, seed, draws)
    second = squares / chi_square_points(df, 1, 2, seed, draws)
    tau = interval_of(np.sqrt(_between(slopes, weights_x, second, first)), level)
    pull = tau2 / variance if tau2 > 0.0 else np.zeros(slopes.size)
    shrunken = beta + pull * (slopes - beta)
    # Posterior SD of a slope, and what is not known of the common one.
    common = float(1.0 / (1.0 / variance).sum()) if variance.all() else 0.0
    error = np.sqrt(pull * noise / weights_x + (1.0 - pull) ** 2 * common)
    half = float(ndtri(0.5 * (1.0 + level))) * error
    return RandomSlopes(
        slope=beta,
        slope_interval=interval,
        slope_sd=math.sqrt(tau2),
        slope_sd_interval=tau,
        residual_sd=math.sqrt(noise),
        residual_sd_interval=_residual(squares, df, level),
        labels=names[kept],
        intercepts=intercept[kept],
        own_slopes=slopes,
        shrunken_slopes=shrunken,
        shrunken_low=shrunken - half,
        shrunken_high=shrunken + half,
        groups_without_slope=int(np.count_nonzero(~kept)),
        observations=int(n[kept].sum()),
    )


def _lines(
    x: FloatArray, y: FloatArray, codes: NDArray[np.int64], groups: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Observations, S_i, slope, intercept and residual sum of squares of each group's line."""
    n = np.bincount(codes, minlength=groups).astype(np.float64)
    mean_x, mean_y = np.bincount(codes, x) / n, np.bincount(codes, y) / n
    dx, dy = x - mean_x[codes], y - mean_y[codes]
    sxx, sxy = (np.asarray(np.bincount(codes, dx * d), dtype=np.float64) for d in (dx, dy))
    slope = np.divide(sxy, sxx, out=np.zeros(groups), where=sxx > 0.0)
    rest = np.asarray(np.bincount(codes, (dy - slope[codes] * dx) ** 2), dtype=np.float64)
    return n, sxx, slope, mean_y - slope * mean_x, rest


def _between(
    slopes: FloatArray, sxx: FloatArray, noise: FloatArray, pivot: FloatArray
) -> FloatArray:
    """Root tau^2 >= 0 of sum w (b - beta)^2 = pivot for every draw of the noise."""
    centred = slopes - slopes.mean()
    designs, place = np.unique(sxx, return_inverse=True)
    counts = np.bincount(place).astype(np.float64)
    sums, squares = np.bincount(place, centred), np.bincount(place, centred**2)

    def evaluate(root: FloatArray, at: FloatArray) -> tuple[FloatArray, FloatArray]:
        moments = np.zeros((6, root.size))
        for s, c, b1, b2 in zip(designs, counts, sums, squares, strict=True):
            w = 1.0 / (root + at / s)
            moments += np.stack([c * w, b1 * w, b2 * w, c * w * w, b1 * w * w, b2 * w * w])
        total, first, second, total2, first2, second2 = moments
        mean = first / total
        return second - mean * first, second2 - mean * (2.0 * first2 - mean * total2)

    if not noise.all():
        return np.asarray(squares.sum() / pivot)
    found = np.zeros(noise.size)
    above = np.flatnonzero(evaluate(found, noise)[0] > pivot)
    if above.size:
        at, target = noise[above], pivot[above]
        scale = at * float((counts / designs).sum()) / slopes.size
        start = np.maximum(squares.sum() / target - scale, 0.0)
        found[above] = pivot_root(lambda root: evaluate(root, at), target, start, scale)
    return found


def _common(slopes: FloatArray, variance: FloatArray, level: float) -> tuple[float, Interval]:
    if not variance.all():
        variance = np.ones(slopes.size)
    weight = 1.0 / variance
    beta = float(weight @ slopes / weight.sum())
    spread = float(weight @ (slopes - beta) ** 2)
    error = math.sqrt(spread / ((slopes.size - 1) * float(weight.sum())))
    two, one = stdtrit(slopes.size - 1, [0.5 * (1.0 + level), level]).tolist()
    return beta, Interval(beta - two * error, beta + two * error, beta + one * error, level)


def _residual(squares: float, df: int, level: float) -> Interval:
    """Chi-square interval of sigma; exact under the model."""
    tail = 0.5 * (1.0 - level)
    # chdtri takes the probability of the upper tail.
    low, high, upper = (
        math.sqrt(squares / float(chdtri(df, p))) for p in (tail, 1.0 - tail, level)
    )
    return Interval(low, high, upper, level)
