"""The interval of a solved margin that the uncertainty of the population errors leaves it.

Solving the margin anew for each of hundreds of draws of Sigma and sigma would take minutes.
Instead the closed form with effective errors is computed for every draw, the difference between
the solved margin and that closed form is solved for a few of them on one set of random numbers,
and a linear function of the SDs fitted to the difference corrects all others: it is small and
smooth. ``fit_error_mm`` says what the fit leaves.

Limits: carries the uncertainty of the two SDs only.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.core.exceptions import OutOfRange
from popmargin.margins.course_errors import CourseErrors
from popmargin.margins.coverage import Target, wanted_share
from popmargin.margins.estimate_coverage import has_closed_form
from popmargin.margins.solve_margin import (
    MarginSearch,
    effective_margin,
    simulated_courses,
    solve_margin,
)
from popmargin.statistics.interval import interval_of

# For one SD of each kind, and for three.
_SOLVED_DRAWS: Final = {2: 8, 4: 12, 6: 16}
_PATIENTS: Final = 4_000
# The difference from the closed form changes less than this from one solved draw to the next.
_WITHIN_MM: Final = 0.1
_EQUAL: Final = np.ones(3)


@dataclass(frozen=True, slots=True)
class SolvedMarginInterval:
    """Two-sided interval and one-sided upper limit of a solved margin, in mm.

    ``fit_error_mm`` is the root mean square of what the correction leaves at the solved draws.
    """

    margin_mm: float
    low_mm: float
    high_mm: float
    upper_mm: float
    fit_error_mm: float


def solve_margin_interval(
    coverage: float,
    systematic_sd_mm: ArrayLike,
    random_sd_mm: ArrayLike,
    target: Target,
    generator: np.random.Generator,
    *,
    systematic_draws_mm: ArrayLike,
    random_draws_mm: ArrayLike,
    fractions: int | None = None,
    level: float = 0.95,
) -> SolvedMarginInterval:
    """Equal margin that reaches a coverage at the estimates, with its interval from draws.

    Parameters
    ----------
    coverage : float
        Wanted share of patients, strictly between 0 and 1.
    systematic_sd_mm, random_sd_mm : array_like
        Estimates in mm, >= 0: one number, or three (lr, si, ap).
    target : Target
        CTV radius, penumbra and dose level.
    generator : numpy.random.Generator
        Source of the draws where coverage is simulated.
    systematic_draws_mm, random_draws_mm : array_like, shape (draws,) or (draws, 3)
        Paired draws of the SDs in mm, >= 0; at least 20.
    fractions : int, optional
        Fractions of a course, >= 1; without, so many that random errors only blur the dose.
    level : float
        Confidence level inside (0, 1).

    Raises
    ------
    OutOfRange
        For a value out of range, or draws that are too few or not paired.

    Examples
    --------
    >>> spread = np.linspace(2.5, 3.5, 41)
    >>> result = solve_margin_interval(
    ...     0.90, 3.0, 0.0, Target(30.0), np.random.default_rng(1),
    ...     systematic_draws_mm=spread, random_draws_mm=0.0 * spread, fractions=30)
    >>> round(result.margin_mm, 3), round(result.low_mm, 2)
    (7.501, 6.28)
    """
    wanted_share(coverage)
    systematic, random = _draws(systematic_draws_mm, random_draws_mm)
    populations = [
        CourseErrors(s, r) for s, r in zip(_each(systematic), _each(random), strict=True)
    ]
    closed = np.array(
        [effective_margin(coverage, errors, target, fractions, _EQUAL) for errors in populations]
    )
    sds = np.hstack([systematic, random])
    ranks = np.linspace(0, len(closed) - 1, _SOLVED_DRAWS[sds.shape[1]]).astype(np.int64)
    chosen = np.argsort(closed, kind="stable")[ranks]
    estimate = CourseErrors(systematic_sd_mm, random_sd_mm)
    margin = solve_margin(coverage, estimate, target, generator, fractions=fractions).margin_mm[0]
    key = int(generator.integers(2**63))
    at_estimate = _solved(coverage, estimate, target, fractions, margin, key)
    beyond = at_estimate - effective_margin(coverage, estimate, target, fractions, _EQUAL)
    solved: list[float] = []
    # Neighbours in rank differ little in what the closed form lacks.
    for i in chosen:
        guess = float(closed[i]) + beyond
        solved.append(_solved(coverage, populations[i], target, fractions, guess, key))
        beyond = solved[-1] - float(closed[i])
    fitted, fit_error = _fitted(sds, chosen, np.asarray(solved) - closed[chosen])
    # The few patients of the solved draws err all the same way: the estimate says by how much.
    common = margin - at_estimate
    limits = interval_of(np.maximum(closed + fitted + common, 0.0), level)
    return SolvedMarginInterval(margin, limits.low, limits.high, limits.upper, fit_error)


def _each(draws: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """The rows of the draws as what `CourseErrors` takes: one SD, or three."""
    return [row[0] if len(row) == 1 else row for row in draws]


def _draws(
    systematic_draws_mm: ArrayLike, random_draws_mm: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Paired draws, one column for equal SDs and three otherwise."""
    systematic = non_negative("systematic_draws_mm", systematic_draws_mm)
    random = non_negative("random_draws_mm", random_draws_mm)
    if systematic.ndim == 1:
        systematic = systematic[:, np.newaxis]
    if random.ndim == 1:
        random = random[:, np.newaxis]
    for name, draws in (("systematic_draws_mm", systematic), ("random_draws_mm", random)):
        if draws.ndim != 2 or draws.shape[1] not in (1, 3) or len(draws) < 20:
            raise OutOfRange(name, "at least 20 draws of one SD or of three", draws.shape)
    if len(systematic) != len(random):
        raise OutOfRange("random_draws_mm", f"{len(systematic)} draws", len(random))
    return systematic, random


def _solved(
    coverage: float,
    errors: CourseErrors,
    target: Target,
    fractions: int | None,
    guess_mm: float,
    key: int,
) -> float:
    """Margin of one draw; the same key gives all draws the same random numbers."""
    if has_closed_form(errors, 1.0, fractions):
        generator = np.random.default_rng(key)
        return solve_margin(coverage, errors, target, generator, fractions=fractions).margin_mm[0]
    blur, courses = simulated_courses(errors, fractions, _PATIENTS, np.random.default_rng(key))
    search = MarginSearch(courses, target, _EQUAL, blur)
    return search.solve(coverage, guess_mm, within_mm=_WITHIN_MM)


def _fitted(
    sds: NDArray[np.float64], chosen: NDArray[np.int64], beyond: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Linear function of the SDs through the chosen differences, on all draws, and its error."""
    design = np.hstack([np.ones((len(sds), 1)), sds])
    coefficients = np.linalg.lstsq(design[chosen], beyond)[0]
    fitted = design @ coefficients
    return fitted, float(np.sqrt(np.mean((fitted[chosen] - beyond) ** 2)))
