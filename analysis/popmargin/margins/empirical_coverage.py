"""The margin at which the logged patients, with their own errors, keep their CTV dose.

Each patient's measured errors are applied as his course to a ball-shaped CTV in an ideal plan;
his threshold is the least margin that keeps his CTV minimum dose at the level. The margin for a
share of the patients is an order statistic of the thresholds.

Assumes independent patients who stand for those to come, and that the measured errors are what
the target did. Limits: what was not logged (delineation, motion during the beam, fractions without
an image) is not in it; few patients cannot bound a high share from above.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from popmargin.margins.coverage import Target, wanted_share
from popmargin.margins.minimum_dose import Courses, minimum_doses
from popmargin.margins.order_statistics import quantile_interval

# The dose is curved over a penumbra: linear between such steps it is right to 0.01 mm.
_STEPS_A_PENUMBRA: Final = 12.0


@dataclass(frozen=True, slots=True)
class EmpiricalMargin:
    """Margin in mm that covers a share of the logged patients, with its interval.

    A limit is ``None`` when the patients are too few for it.
    """

    margin_mm: float
    low_mm: float | None
    high_mm: float | None
    upper_mm: float | None
    n_patients: int


def empirical_coverage_margin(
    courses: Courses, coverage: float, target: Target, *, level: float = 0.95
) -> EmpiricalMargin:
    """Least margin that keeps the CTV minimum dose of a share of the logged patients.

    Parameters
    ----------
    courses : Courses
        The logged errors, from `popmargin.margins.minimum_dose.courses_of`.
    coverage : float
        Wanted share, strictly between 0 and 1.
    target : Target
        CTV radius, penumbra and dose level.
    level : float
        Confidence level of the interval, strictly between 0 and 1.

    Raises
    ------
    OutOfRange
        For a value out of range.

    Examples
    --------
    >>> from popmargin.margins.minimum_dose import courses_of
    >>> logs = courses_of([[[float(k), 0.0, 0.0]] for k in range(1, 11)])
    >>> round(empirical_coverage_margin(logs, 0.90, Target(30.0)).margin_mm, 1)
    9.0
    """
    share = wanted_share(coverage)
    found = quantile_interval(threshold_margins(courses, target), share, level=level)
    return EmpiricalMargin(found.quantile, found.low, found.high, found.upper, courses.n_patients)


def empirical_coverage(courses: Courses, margin_mm: float, target: Target) -> float:
    """Share of the logged patients whose CTV minimum dose reaches the level at a margin.

    >>> from popmargin.margins.minimum_dose import courses_of
    >>> logs = courses_of([[[1.0, 0.0, 0.0]], [[0.0, 7.0, 0.0]]])
    >>> empirical_coverage(logs, 5.0, Target(30.0))
    0.5
    """
    return float(np.mean(minimum_doses(courses, margin_mm, target) >= target.dose_level))


def threshold_margins(courses: Courses, target: Target) -> NDArray[np.float64]:
    """Least margin in mm of each patient that keeps his CTV dose, to 0.01 mm.

    A margin of the longest shift is always enough, because no surface point then leaves the
    planned isodose. Between there and zero each patient is bracketed on a grid that all share (so
    that patients at the same margin are computed together), and the dose is interpolated.

    >>> from popmargin.margins.minimum_dose import courses_of
    >>> logs = courses_of([[[0.0, 0.0, 0.0]], [[0.0, 0.0, 4.0]]])
    >>> threshold_margins(logs, Target(30.0)).round(1).tolist()
    [0.0, 4.0]
    """
    grid = target.penumbra_sd_mm / _STEPS_A_PENUMBRA
    longest = np.maximum.reduceat(np.linalg.norm(courses.shifts_mm, axis=1), courses.starts[:-1])
    high = np.ceil(longest / grid).astype(np.int64) + 1
    low = np.full_like(high, -1)
    dose_high, dose_low = np.ones(high.size), np.zeros(high.size)
    while np.any(high - low > 1):
        middle = np.where(high - low > 1, (low + high) // 2, -1)
        for index in np.unique(middle[middle >= 0]):
            patients = np.flatnonzero(middle == index)
            doses = minimum_doses(courses, float(index * grid), target, patients=patients)
            reached = doses >= target.dose_level
            high[patients[reached]], dose_high[patients[reached]] = index, doses[reached]
            low[patients[~reached]], dose_low[patients[~reached]] = index, doses[~reached]
    excess = (dose_high - target.dose_level) / (dose_high - dose_low)
    return np.asarray(np.where(low < 0, 0.0, grid * (high - excess)))
