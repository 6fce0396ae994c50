"""Coverage of a margin, by the closed form where there is one and by simulation elsewhere.

Assumptions and limits are those of `popmargin.margins.coverage_closed_form` and
`popmargin.margins.coverage_monte_carlo`; the result says which of them was used.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.exceptions import OutOfRange
from popmargin.margins.course_errors import CourseErrors
from popmargin.margins.coverage import Coverage, Target
from popmargin.margins.coverage_closed_form import coverage_many_fractions, coverage_one_fraction
from popmargin.margins.coverage_monte_carlo import DEFAULT_PATIENTS, coverage_monte_carlo
from popmargin.margins.minimum_dose import three_margins

# ASSUME half of the largest field of a linear accelerator, 400 mm at the isocentre.
LARGEST_MARGIN_MM: Final = 200.0


def estimate_coverage(
    errors: CourseErrors,
    margin_mm: ArrayLike,
    target: Target,
    generator: np.random.Generator,
    *,
    fractions: int | None = None,
    n_patients: int = DEFAULT_PATIENTS,
) -> Coverage:
    """Share of patients whose CTV minimum dose reaches the target's dose level.

    Parameters
    ----------
    errors : CourseErrors
        The population.
    margin_mm : array_like
        Margin in mm, >= 0 and no more than any field allows (200 mm): one number, or three (lr, si,
        ap).
    target : Target
        CTV radius, penumbra and dose level.
    generator : numpy.random.Generator
        Source of the draws where the coverage is simulated.
    fractions : int, optional
        Fractions of a course, >= 1; without, so many that random errors only blur the dose.
    n_patients : int
        Patients to simulate, >= 2.

    Raises
    ------
    OutOfRange
        For a value out of range.

    Examples
    --------
    >>> generator = np.random.default_rng(1)
    >>> estimate_coverage(CourseErrors(3, 3), 9.6, Target(30.0), generator).method
    'closed_form'
    """
    if float(three_margins(margin_mm).max()) > LARGEST_MARGIN_MM:
        expected = f"at most {LARGEST_MARGIN_MM:g}, half of the largest field"
        raise OutOfRange("margin_mm", expected, margin_mm)
    if has_closed_form(errors, margin_mm, fractions):
        margin = float(three_margins(margin_mm)[0])
        systematic = principal_sds(errors.systematic_covariance())
        if fractions == 1:
            total = errors.systematic_covariance() + errors.random_covariance()
            return coverage_one_fraction(principal_sds(total), 0.0, margin)
        random_sd = float(np.sqrt(errors.random_covariance()[0, 0]))
        return coverage_many_fractions(systematic, random_sd, margin, target)
    return coverage_monte_carlo(
        errors, margin_mm, target, generator, fractions=fractions, n_patients=n_patients
    )


def has_closed_form(errors: CourseErrors, margin_mm: ArrayLike, fractions: int | None) -> bool:
    """Whether the coverage needs no simulation.

    One fraction, no random error, or many fractions with equal random errors; always with equal
    margins and no group mean.

    >>> has_closed_form(CourseErrors(3, 3), 9.6, 30), has_closed_form(CourseErrors(3, 0), 9.6, 30)
    (False, True)
    """
    margins = three_margins(margin_mm)
    if np.any(margins != margins[0]) or np.any(errors.group_mean() != 0.0):
        return False
    if not np.any(errors.random_covariance()):
        return True
    if fractions == 1:
        return errors.random_variance_shape is None
    return fractions is None and errors.has_equal_random_sds()


def principal_sds(covariance_mm2: NDArray[np.float64]) -> float | NDArray[np.float64]:
    """SDs in mm along the principal axes; one number when they are equal, so no digit is lost.

    >>> principal_sds(np.diag([4.0, 4.0, 4.0]))
    2.0
    """
    if np.array_equal(covariance_mm2, covariance_mm2[0, 0] * np.eye(3)):
        return float(np.sqrt(covariance_mm2[0, 0]))
    return np.asarray(np.sqrt(np.maximum(np.linalg.eigvalsh(covariance_mm2), 0.0)))
