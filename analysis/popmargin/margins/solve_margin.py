"""The margin that gives a wanted share of patients their dose, for a target and a course.

Coverage grows with the margin, so that the margin is found by bisection on one set of simulated
patients (common random numbers); a patient who is covered at one margin is covered at every
larger one and is not computed again. Where coverage has a closed form, so has the margin.

Assumptions and limits are those of the coverage: an ideal plan, a ball-shaped target that shifts
as a whole, population errors that are known (`popmargin.margins.solve_margin_interval` carries
their uncertainty).
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.core.exceptions import OutOfRange
from popmargin.margins.course_errors import CourseErrors, draw_courses
from popmargin.margins.coverage import CoverageMethod, Target, wanted_share
from popmargin.margins.coverage_closed_form import margin_many_fractions, margin_one_fraction
from popmargin.margins.coverage_monte_carlo import stratified_standard_error
from popmargin.margins.estimate_coverage import has_closed_form, principal_sds
from popmargin.margins.many_fractions import draw_many_fractions
from popmargin.margins.minimum_dose import Courses, minimum_doses

# Enough for a standard error of about 0.012 mm (equal margins) and 0.02 mm (unequal, slower).
DEFAULT_PATIENTS: Final = {True: 40_000, False: 16_000}
TOLERANCE_MM: Final = 0.005
_SLOPE_STEP_MM: Final = 0.3
# Every 20th patient finds the margin to about 0.05 mm, where the search among all of them starts.
_PILOT: Final = 20
_PILOT_WITHIN_MM: Final = 0.1
# A quantile that fewer patients lie beyond is the largest value by chance.
_FEWEST_UNCOVERED: Final = 10


@dataclass(frozen=True, slots=True)
class SolvedMargin:
    """A margin that reaches a coverage.

    Attributes
    ----------
    margin_mm : tuple of float
        Margin along lr, si and ap.
    margin_standard_error_mm : float
        Standard error from the simulation, of the largest of the three (0 for a closed form).
    coverage : float
        The share that was wanted.
    coverage_standard_error : float
        Standard error of the coverage of the margin in the simulation (0 for a closed form).
    method : str
        ``closed_form`` or ``monte_carlo``.
    """

    margin_mm: tuple[float, float, float]
    margin_standard_error_mm: float
    coverage: float
    coverage_standard_error: float
    method: CoverageMethod


def solve_margin(
    coverage: float,
    errors: CourseErrors,
    target: Target,
    generator: np.random.Generator,
    *,
    fractions: int | None = None,
    axis_ratio: ArrayLike = 1.0,
    n_patients: int | None = None,
) -> SolvedMargin:
    """Least margin that gives a share of the patients their minimum dose.

    Parameters
    ----------
    coverage : float
        Wanted share, strictly between 0 and 1.
    errors : CourseErrors
        The population.
    target : Target
        CTV radius, penumbra and dose level.
    generator : numpy.random.Generator
        Source of the draws where the coverage is simulated.
    fractions : int, optional
        Fractions of a course, >= 1; without, so many that random errors only blur the dose.
    axis_ratio : array_like
        Proportion of the margins along lr, si and ap, > 0; one number for equal margins.
    n_patients : int, optional
        Patients to simulate, >= 2; without, `DEFAULT_PATIENTS` for equal or unequal margins.

    Raises
    ------
    OutOfRange
        For a value out of range.

    Examples
    --------
    >>> solved = solve_margin(0.90, CourseErrors(3, 0), Target(30.0), np.random.default_rng(1))
    >>> round(solved.margin_mm[0], 4)
    7.5008
    """
    share = wanted_share(coverage)
    ratio = _axis_ratio(axis_ratio)
    if has_closed_form(errors, ratio, fractions):
        margin = _closed_form(share, errors, target, fractions)
        return SolvedMargin((margin, margin, margin), 0.0, share, 0.0, "closed_form")
    patients = n_patients or DEFAULT_PATIENTS[bool(np.all(ratio == 1.0))]
    if (1.0 - share) * patients < _FEWEST_UNCOVERED:
        least = math.ceil(_FEWEST_UNCOVERED / (1.0 - share))
        raise OutOfRange("n_patients", f"at least {least} for a coverage of {share}", patients)
    blur, courses = simulated_courses(errors, fractions, patients, generator)
    search = MarginSearch(courses, target, ratio, blur)
    guess = effective_margin(share, errors, target, fractions, ratio)
    pilot = MarginSearch(every_nth(courses, _PILOT), target, ratio, blur).solve(share, guess)
    margin = search.solve(share, pilot, within_mm=_PILOT_WITHIN_MM)
    error = stratified_standard_error(search.covered(margin))
    lr, si, ap = (margin * ratio).tolist()
    error_mm = error / search.growth_per_mm(margin) * float(ratio.max())
    return SolvedMargin((lr, si, ap), error_mm, share, error, "monte_carlo")


def effective_margin(
    coverage: float,
    errors: CourseErrors,
    target: Target,
    fractions: int | None,
    ratio: NDArray[np.float64],
) -> float:
    """Closed-form margin in mm with the effective errors of the course: a first guess.

    Lengths are measured in units of ``ratio``, the proportions of the margins (mean 1).

    >>> round(effective_margin(0.90, CourseErrors(3, 0), Target(30.0), 5, np.ones(3)), 4)
    7.5008
    """
    part = 0.0 if fractions is None else 1.0 / fractions
    unit = np.outer(ratio, ratio)
    random = errors.random_covariance() / unit
    systematic = principal_sds(errors.systematic_covariance() / unit + part * random)
    blur = math.sqrt((1.0 - part) * float(np.trace(random)) / 3.0)
    offset = float(np.linalg.norm(errors.group_mean() / ratio))
    return margin_many_fractions(coverage, systematic, blur, target) + offset


def simulated_courses(
    errors: CourseErrors,
    fractions: int | None,
    n_patients: int,
    generator: np.random.Generator,
) -> tuple[float, Courses]:
    """Isotropic blur in mm and the courses of all patients at once, kept for repeated use.

    >>> blur, courses = simulated_courses(CourseErrors(3, 2), 5, 10, np.random.default_rng(1))
    >>> blur, courses.n_patients
    (0.0, 10)
    """
    blur = 0.0
    if fractions is None:
        blur, drawn = draw_many_fractions(errors, n_patients, generator)
    else:
        drawn = draw_courses(errors, fractions, n_patients, generator)
    portions = list(drawn)
    if len(portions) == 1:
        return blur, portions[0]
    counts = np.concatenate([np.diff(portion.starts) for portion in portions])
    return blur, Courses(
        np.concatenate([portion.shifts_mm for portion in portions]),
        np.concatenate([portion.weights for portion in portions]),
        np.concatenate([[0], np.cumsum(counts)]),
    )


def every_nth(courses: Courses, step: int) -> Courses:
    """The courses of every ``step``-th patient, from the middle of the first ``step`` on.

    >>> every_nth(simulated_courses(CourseErrors(3, 2), 5, 10, np.random.default_rng(1))[1], 4
    ...     ).n_patients
    2
    """
    return courses_subset(
        courses, np.arange(min(step // 2, courses.n_patients - 1), courses.n_patients, step)
    )


def courses_subset(courses: Courses, chosen: NDArray[np.int64]) -> Courses:
    """The courses of the patients with these numbers, in their order.

    >>> few = simulated_courses(CourseErrors(3, 2), 5, 10, np.random.default_rng(1))[1]
    >>> courses_subset(few, np.array([2, 7])).shifts_mm.shape
    (10, 3)
    """
    counts = np.diff(courses.starts)[chosen]
    starts = np.concatenate([[0], np.cumsum(counts)])
    rows = np.repeat(courses.starts[chosen] - starts[:-1], counts) + np.arange(starts[-1])
    return Courses(courses.shifts_mm[rows], courses.weights[rows], starts)


class MarginSearch:
    """Which patients of one simulated set are covered at which margin.

    Margins are given as the factor of ``ratio``. ``uncovered_at`` and ``covered_at`` keep, for
    each patient, the largest margin that failed and the smallest that was enough.
    """

    def __init__(
        self, courses: Courses, target: Target, ratio: NDArray[np.float64], blur_sd_mm: float
    ) -> None:
        self._courses, self._target, self._ratio = courses, target, ratio
        self._blur = blur_sd_mm
        self._uncovered_at = np.full(courses.n_patients, -np.inf)
        self._covered_at = np.full(courses.n_patients, np.inf)

    def covered(self, margin_mm: float) -> NDArray[np.bool_]:
        """Which patients are covered; computes those that earlier margins leave open."""
        unknown = (self._uncovered_at < margin_mm) & (margin_mm < self._covered_at)
        patients = np.flatnonzero(unknown)
        if patients.size:
            reached = self._doses(margin_mm, patients) >= self._target.dose_level
            self._covered_at[patients[reached]] = margin_mm
            self._uncovered_at[patients[~reached]] = margin_mm
        return self._covered_at <= margin_mm

    def _doses(self, margin_mm: float, patients: NDArray[np.int64]) -> NDArray[np.float64]:
        """Minimum doses of some patients at a margin."""
        return minimum_doses(
            self._courses,
            margin_mm * self._ratio,
            self._target,
            blur_sd_mm=self._blur,
            patients=patients,
        )

    def solve(self, share: float, guess_mm: float, *, within_mm: float | None = None) -> float:
        """Least margin factor with at least ``share`` covered, to `TOLERANCE_MM`.

        The search starts below the guess, by ``within_mm`` or 15 % of it, since from there only
        uncovered patients are computed again.
        """
        wanted = math.ceil(share * self._courses.n_patients)
        high = max(guess_mm, 1.0) if within_mm is None else guess_mm + within_mm
        step = 0.15 * high if within_mm is None else 2.0 * within_mm
        low = max(high - step, 0.0)
        if self._count(low) >= wanted:
            while low > 0.01 and self._count(low) >= wanted:
                high, low = low, max(0.0, min(0.8 * low, low - step))
                step *= 2.0
        else:
            while self._count(high) < wanted:
                low, high = high, high + step
                step *= 1.5
        while high - low > TOLERANCE_MM:
            middle = 0.5 * (low + high)
            low, high = (low, middle) if self._count(middle) >= wanted else (middle, high)
        return high

    def growth_per_mm(self, margin_mm: float) -> float:
        """Growth of the covered share just beyond a margin, per mm of it; at least one patient."""
        beyond = self._count(margin_mm + _SLOPE_STEP_MM) - self._count(margin_mm)
        return max(beyond, 1) / self._courses.n_patients / _SLOPE_STEP_MM

    def _count(self, margin_mm: float) -> int:
        return int(np.count_nonzero(self.covered(margin_mm)))


def _axis_ratio(axis_ratio: ArrayLike) -> NDArray[np.float64]:
    """Three proportions whose mean is 1."""
    ratio = np.broadcast_to(non_negative("axis_ratio", axis_ratio), (3,))
    if np.any(ratio <= 0.0):
        raise OutOfRange("axis_ratio", "numbers > 0", axis_ratio)
    return np.asarray(ratio / ratio.mean())


def _closed_form(
    share: float, errors: CourseErrors, target: Target, fractions: int | None
) -> float:
    """Margin of a coverage that has a closed form."""
    systematic, random = errors.systematic_covariance(), errors.random_covariance()
    if fractions == 1:
        return margin_one_fraction(share, principal_sds(systematic + random), 0.0)
    random_sd = math.sqrt(float(random[0, 0]))
    return margin_many_fractions(share, principal_sds(systematic), random_sd, target)
