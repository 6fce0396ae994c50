"""Growth of a variance with time, from increments over known times, several a group.

Model: an increment over a time tau is v tau + e with Var(e) = a + D tau: v a constant rate of each
group, D the growth of the variance (a random walk), a what two measurements add whatever the time.
Each group's v is removed by weighted least squares; the squared residuals, corrected for it, are
regressed on (1, tau).

Assumptions: groups are independent; increments of a group are uncorrelated. Limits: neighbouring
increments share a measurement, which leaves D unbiased and is allowed for in the interval, a
jackknife over groups. When all times are alike a and D cannot be told apart: `a` must be given.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtrit

from popmargin.core.checks import non_negative, share
from popmargin.core.exceptions import NotEstimable, OutOfRange

FloatArray = NDArray[np.float64]
# ASSUME times that spread less than a tenth about their mean are one time.
_ALIKE: Final = 0.1


@dataclass(frozen=True, slots=True)
class VarianceGrowth:
    """``rate`` D with its limits, ``start`` a; ``start_given`` when a was not estimated.

    ``rate`` is untruncated: a negative value says that no growth was seen.
    """

    rate: float
    rate_low: float
    rate_high: float
    start: float
    start_given: bool
    groups: int
    increments: int


def variance_growth(
    increments: ArrayLike,
    times: ArrayLike,
    labels: ArrayLike,
    *,
    start: float | None = None,
    level: float = 0.95,
) -> VarianceGrowth:
    """Growth of the variance per unit of time with its interval.

    Parameters
    ----------
    increments : shape (n,), what was moved.
    times : shape (n,), > 0, the time in which it moved.
    labels : shape (n,), the group of each increment.
    start : variance at time zero (twice that of one measurement), >= 0; estimated where None.
    level : of the interval, in (0, 1).

    Raises
    ------
    NotEstimable
        Fewer than two groups with two increments, or ``start`` is None and the times are alike.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> tau = rng.uniform(1, 10, 4000)
    >>> walk = rng.normal(0, np.sqrt(0.5 + 0.2 * tau))
    >>> found = variance_growth(walk, tau, np.arange(4000) // 40)
    >>> found.rate_low < 0.2 < found.rate_high, abs(found.start - 0.5) < 0.2
    (True, True)
    """
    share("level", level)
    moved = np.asarray(increments, dtype=np.float64)
    tau = np.asarray(times, dtype=np.float64)
    if moved.shape != tau.shape or not np.all(tau > 0.0):
        raise OutOfRange("times", "one time > 0 for every increment", tau)
    codes = np.unique(np.asarray(labels), return_inverse=True)[1]
    moved, tau, codes = _of_two(moved, tau, codes)
    groups = int(codes.max()) + 1 if codes.size else 0
    if groups < 2:
        raise NotEstimable(
            f"growth of the variance: needs 2 patients with 2 intervals each, found {groups}"
        )
    if start is None and tau.std() < _ALIKE * tau.mean():
        raise NotEstimable(
            "growth of the variance: all intervals last as long, so motion cannot be told from "
            "the error of matching; state that error"
        )
    # Each group's rate by weights 1 / tau (a pure walk): sum of increments over sum of times.
    total = np.bincount(codes, tau)
    rate = np.bincount(codes, moved) / total
    left = 1.0 - tau / total[codes]
    squares = (moved - rate[codes] * tau) ** 2 / left
    known = None if start is None else float(non_negative("start", start))
    if not squares.any():
        return VarianceGrowth(0.0, 0.0, 0.0, known or 0.0, known is not None, groups, tau.size)
    weight = np.ones(tau.size)
    for _ in range(3):
        sums = _sums(squares, tau, weight, codes, known)
        a, slope = _solve(sums.sum(axis=0), known)
        fitted = np.maximum(a + slope * tau, 0.05 * squares.mean())
        weight = left / fitted**2
    sums = _sums(squares, tau, weight, codes, known)
    a, slope = _solve(sums.sum(axis=0), known)
    without = np.array([_solve(sums.sum(axis=0) - own, known)[1] for own in sums])
    error = math.sqrt((groups - 1) / groups * float(((without - without.mean()) ** 2).sum()))
    half = float(stdtrit(groups - 1, 0.5 * (1.0 + level))) * error
    return VarianceGrowth(
        slope, slope - half, slope + half, a, known is not None, groups, int(tau.size)
    )


def _of_two(
    moved: FloatArray, tau: FloatArray, codes: NDArray[np.int64]
) -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
    """Only groups with two increments: one shows no variance about its own rate."""
    kept = np.bincount(codes)[codes] > 1 if codes.size else np.zeros(0, dtype=np.bool_)
    return moved[kept], tau[kept], np.unique(codes[kept], return_inverse=True)[1]


def _sums(
    squares: FloatArray,
    tau: FloatArray,
    weight: FloatArray,
    codes: NDArray[np.int64],
    known: float | None,
) -> FloatArray:
    """Sums of the normal equations, one row a group."""
    y = squares - (known or 0.0)
    terms = (weight, weight * tau, weight * tau * tau, weight * y, weight * tau * y)
    return np.stack([np.bincount(codes, term) for term in terms], axis=1)


def _solve(sums: FloatArray, known: float | None) -> tuple[float, float]:
    one, first, second, y, ty = sums.tolist()
    if known is not None:
        return known, ty / second
    determinant = one * second - first * first
    return (second * y - first * ty) / determinant, (one * ty - first * y) / determinant
