"""Intervals of coverages and solved margins that the uncertainty of the population errors leaves.

Simulating every draw of the SDs would take minutes. The closed form for many fractions with
effective errors is computed for each draw instead, in lengths relative to the margins of the three
axes, and moved by what the simulation at the estimates differs from it: by millimetres for a
margin, on the scale of normal quantiles for a coverage.

Assumes that this difference hardly changes over the draws. Limits: the uncertainty of the two SDs
only; groups of a few patients have draws far from the estimates, where the move is least certain.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from popmargin.margins.course_errors import CourseErrors
from popmargin.margins.coverage import Target
from popmargin.margins.coverage_closed_form import allowed_shift
from popmargin.margins.minimum_dose import three_margins
from popmargin.margins.shift_probability import shift_probability
from popmargin.margins.solve_margin import effective_margin
from popmargin.statistics.interval import Interval, interval_of

_LEAST_SHARE: Final = 1e-6


def effective_coverage(
    systematic_sd_mm: ArrayLike,
    random_sd_mm: ArrayLike,
    margin_mm: ArrayLike,
    target: Target,
    fractions: int | None,
) -> float:
    """Coverage in the closed form with effective errors: a first guess for unequal margins.

    Parameters: SDs and margins in mm, one number or three (lr, si, ap), margins > 0; fractions
    >= 1 or ``None`` for many. Raises `OutOfRange` for values out of range.

    >>> round(effective_coverage(3.0, 3.0, 9.6, Target(30.0), None), 4)
    0.8942
    """
    margins = three_margins(margin_mm)
    ratio = margins / margins.mean()
    part = 0.0 if fractions is None else 1.0 / fractions
    systematic = np.broadcast_to(np.asarray(systematic_sd_mm, dtype=np.float64) / ratio, (3,))
    random = np.broadcast_to(np.asarray(random_sd_mm, dtype=np.float64) / ratio, (3,))
    blur = math.sqrt((1.0 - part) * float(np.mean(random**2)))
    shift = allowed_shift(float(margins.mean()), blur, target)
    return shift_probability(shift, np.sqrt(systematic**2 + part * random**2))


def coverage_interval(
    coverage: float,
    errors: CourseErrors,
    margin_mm: ArrayLike,
    target: Target,
    *,
    systematic_draws_mm: NDArray[np.float64],
    random_draws_mm: NDArray[np.float64],
    fractions: int | None = None,
    level: float = 0.95,
) -> Interval:
    """Interval of the coverage of a fixed margin, from draws of the SDs.

    Parameters
    ----------
    coverage : float
        Coverage at the estimates, simulated or in closed form.
    errors : CourseErrors
        The estimates.
    margin_mm : array_like
        Margin in mm, > 0: one number, or three (lr, si, ap).
    target : Target
        CTV radius, penumbra and dose level.
    systematic_draws_mm, random_draws_mm : ndarray, shape (draws, 3)
        Paired draws of the SDs in mm.
    fractions : int, optional
        Fractions of a course, >= 1; without, many.
    level : float
        Confidence level inside (0, 1).

    Raises
    ------
    OutOfRange
        For a value out of range.

    Examples
    --------
    >>> spread = np.tile(np.linspace(2.5, 3.5, 41)[:, np.newaxis], 3)
    >>> limits = coverage_interval(
    ...     0.8942, CourseErrors(3, 3), 9.6, Target(30.0),
    ...     systematic_draws_mm=spread, random_draws_mm=0.0 * spread + 3.0)
    >>> round(limits.low, 2), round(limits.high, 2)
    (0.79, 0.97)
    """
    found = [
        effective_coverage(s, r, margin_mm, target, fractions)
        for s, r in zip(systematic_draws_mm, random_draws_mm, strict=True)
    ]
    systematic = np.sqrt(errors.systematic_covariance().diagonal())
    random = np.sqrt(errors.random_covariance().diagonal())
    closed = effective_coverage(systematic, random, margin_mm, target, fractions)
    moved = _quantiles(np.asarray(found)) + _quantiles(coverage) - _quantiles(closed)
    return interval_of(ndtr(moved), level)


def solved_interval(
    margin_mm: float,
    coverage: float,
    errors: CourseErrors,
    target: Target,
    *,
    systematic_draws_mm: NDArray[np.float64],
    random_draws_mm: NDArray[np.float64],
    ratio: NDArray[np.float64],
    fractions: int | None = None,
    level: float = 0.95,
) -> Interval:
    """Interval of the mean of a solved margin over the axes, from draws of the SDs, in mm.

    Parameters: the solved margin's mean over the axes in mm, the share that it reaches, and its
    proportions ``ratio`` (mean 1); the rest as in `coverage_interval`. Raises `OutOfRange` for
    values out of range.

    >>> spread = np.tile(np.linspace(2.5, 3.5, 41)[:, np.newaxis], 3)
    >>> limits = solved_interval(
    ...     7.5008, 0.9, CourseErrors(3, 0), Target(30.0), systematic_draws_mm=spread,
    ...     random_draws_mm=0.0 * spread, ratio=np.ones(3))
    >>> round(limits.low, 2), round(limits.high, 2)
    (6.28, 8.72)
    """
    offset = errors.group_mean()
    found = [
        effective_margin(coverage, CourseErrors(s, r, offset), target, fractions, ratio)
        for s, r in zip(systematic_draws_mm, random_draws_mm, strict=True)
    ]
    beyond = margin_mm - effective_margin(coverage, errors, target, fractions, ratio)
    return interval_of(np.maximum(np.asarray(found) + beyond, 0.0), level)


def _quantiles(share: ArrayLike) -> NDArray[np.float64]:
    """Normal quantiles of shares, kept finite."""
    return np.asarray(ndtri(np.clip(share, _LEAST_SHARE, 1.0 - _LEAST_SHARE)))
