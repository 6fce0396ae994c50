"""Coverage by simulation: finite courses, unequal errors and margins, measured errors.

Every simulated patient draws a systematic error and the random error of each fraction; he is
covered when the minimum dose on his CTV surface (`popmargin.margins.minimum_dose`) reaches the
level. The result is the same for the same generator, whatever the number of threads.

Assumes what `popmargin.margins.course_errors` and `popmargin.margins.minimum_dose` assume. Limits:
the standard error is that of the simulation; it says nothing of how well the population errors
are known.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import whole
from popmargin.core.exceptions import OutOfRange
from popmargin.margins.course_errors import CourseErrors, draw_courses
from popmargin.margins.coverage import Coverage, Target
from popmargin.margins.many_fractions import draw_many_fractions
from popmargin.margins.minimum_dose import Courses, courses_of, minimum_doses

DEFAULT_PATIENTS: Final = 100_000


def simulated_minimum_doses(
    errors: CourseErrors,
    margin_mm: ArrayLike,
    target: Target,
    generator: np.random.Generator,
    *,
    fractions: int | None = None,
    n_patients: int = DEFAULT_PATIENTS,
) -> NDArray[np.float64]:
    """Minimum CTV dose of simulated patients, in growing order of the length of their mean shift.

    Parameters
    ----------
    errors : CourseErrors
        The population.
    margin_mm : array_like
        Margin in mm, >= 0: one number, or three (lr, si, ap).
    target : Target
        CTV radius, penumbra and dose level.
    generator : numpy.random.Generator
        Source of all draws.
    fractions : int, optional
        Fractions of a course, >= 1; without, so many that random errors only blur the dose.
    n_patients : int
        Patients to simulate, >= 1.

    Raises
    ------
    OutOfRange
        For a value out of range.

    Examples
    --------
    >>> generator = np.random.default_rng(1)
    >>> doses = simulated_minimum_doses(
    ...     CourseErrors(3, 3), 9.6, Target(30.0), generator, fractions=5, n_patients=100)
    >>> doses.shape
    (100,)
    """
    blur = 0.0
    if fractions is None:
        blur, portions = draw_many_fractions(errors, n_patients, generator)
    else:
        portions = draw_courses(errors, fractions, n_patients, generator)
    doses = [minimum_doses(portion, margin_mm, target, blur_sd_mm=blur) for portion in portions]
    return np.concatenate(doses)


def coverage_monte_carlo(
    errors: CourseErrors,
    margin_mm: ArrayLike,
    target: Target,
    generator: np.random.Generator,
    *,
    fractions: int | None = None,
    n_patients: int = DEFAULT_PATIENTS,
) -> Coverage:
    """Share of simulated patients whose CTV minimum dose reaches the level.

    Parameters and errors raised are those of `simulated_minimum_doses`; at least two patients.

    Examples
    --------
    >>> result = coverage_monte_carlo(
    ...     CourseErrors(3, 3), 9.6, Target(30.0), np.random.default_rng(1), fractions=5,
    ...     n_patients=4_000)
    >>> abs(result.coverage - 0.836) < 0.02, result.method
    (True, 'monte_carlo')
    """
    whole("n_patients", n_patients, at_least=2)
    doses = simulated_minimum_doses(
        errors, margin_mm, target, generator, fractions=fractions, n_patients=n_patients
    )
    covered = doses >= target.dose_level
    return Coverage(float(covered.mean()), stratified_standard_error(covered), "monte_carlo")


def stratified_standard_error(covered: NDArray[np.bool_]) -> float:
    """Standard error of the covered share of stratified patients, at least one patient's share.

    Neighbours are alike in the length of their mean shift, so that the variance within a stratum
    shows in the difference of neighbours (slightly overstated by the trend between them).
    Parameters: at least two patients, in the order in which they were drawn.

    >>> stratified_standard_error(np.array([True, True, True, False, False, False]))
    0.16666666666666666
    """
    count = len(covered)
    steps = np.count_nonzero(covered[1:] != covered[:-1])
    # Each of the count - 1 differences has twice the variance of one patient.
    variance = steps / (2.0 * (count - 1))
    return max(float(np.sqrt(variance / count)), 1.0 / count)


def coverage_of_logs(
    logged_errors_mm: Sequence[ArrayLike],
    margin_mm: ArrayLike,
    target: Target,
    generator: np.random.Generator,
    *,
    fractions: int,
    n_patients: int = DEFAULT_PATIENTS,
) -> Coverage:
    """Coverage of courses that are drawn from measured errors in place of normal ones.

    Each simulated patient is one of the logged ones, and each of his fractions one of that
    patient's measured errors (with replacement): no shape of the errors is assumed.

    Parameters
    ----------
    logged_errors_mm : sequence of array_like
        One array (fractions, 3) of position errors in mm a patient.
    margin_mm, target, generator, n_patients
        As in `simulated_minimum_doses`.
    fractions : int
        Fractions of a course, >= 1.

    Returns
    -------
    Coverage
        Its standard error is that of the simulation; the few logged patients are a far larger
        uncertainty, which resampling cannot see.

    Raises
    ------
    OutOfRange
        For a value out of range, or a patient without measured fraction.

    Examples
    --------
    >>> logs = [[[0.0, 0.0, 1.0]], [[0.0, 9.0, 0.0]]]
    >>> result = coverage_of_logs(
    ...     logs, 5.0, Target(30.0), np.random.default_rng(1), fractions=3, n_patients=1_000)
    >>> 0.4 < result.coverage < 0.6
    True
    """
    logs = courses_of(logged_errors_mm)
    drawn = resampled_courses(logs, fractions, n_patients, generator)
    covered = minimum_doses(drawn, margin_mm, target) >= target.dose_level
    share = float(covered.mean())
    error = max(float(np.sqrt(share * (1.0 - share) / n_patients)), 1.0 / n_patients)
    return Coverage(share, error, "monte_carlo")


def resampled_courses(
    logs: Courses, fractions: int, n_patients: int, generator: np.random.Generator
) -> Courses:
    """Courses whose fractions are drawn with replacement within a drawn logged patient.

    Parameters: logged courses, fractions and patients >= 1. Raises `OutOfRange` for others, and
    for more than ten million fractions in all.

    >>> logs = courses_of([[[0.0, 0.0, 1.0]], [[0.0, 9.0, 0.0]]])
    >>> resampled_courses(logs, 3, 4, np.random.default_rng(1)).shifts_mm.shape
    (12, 3)
    """
    fractions, n_patients = whole("fractions", fractions), whole("n_patients", n_patients)
    if n_patients * fractions > 10_000_000:
        raise OutOfRange("n_patients", f"at most {10_000_000 // fractions}", n_patients)
    counts = np.diff(logs.starts)
    patient = generator.integers(logs.n_patients, size=n_patients)
    within = generator.random((n_patients, fractions)) * counts[patient, np.newaxis]
    rows = logs.starts[patient, np.newaxis] + within.astype(np.int64)
    total = n_patients * fractions
    return Courses(
        logs.shifts_mm[rows.ravel()],
        np.full(total, 1.0 / fractions),
        np.arange(0, total + 1, fractions, dtype=np.int64),
    )
