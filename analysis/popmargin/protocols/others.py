"""Population errors of the other patients: what would have been known about a patient beforehand.

Assumption: the cohort is one population. A patient's own errors never reach the weights that are
used on that patient; all units of a patient are left out together. Limits: with few patients the
values are uncertain, and that uncertainty is not carried into the weights.

Method: the ANOVA estimate (see `popmargin.statistics.anova`) of the cohort without each patient,
from totals minus the patient's share: the cost is that of one estimate for the whole cohort.
"""

import numpy as np
from numpy.typing import NDArray

from popmargin.core.exceptions import NotEstimable
from popmargin.protocols.courses import Courses

_FEWEST_UNITS = 2


def leave_patient_out(courses: Courses) -> NDArray[np.float64]:
    """Mean (mm), systematic and random variance (mm2) without each unit's own patient.

    Parameters
    ----------
    courses : uncorrected errors of the logged fractions.

    Returns
    -------
    (n_units, 3, 3) float64
        Rows: plain mean of the unit means, raw ANOVA systematic variance (may be negative), random
        variance; columns: the lr, si and ap axes.

    Raises
    ------
    NotEstimable
        When for some patient the others are fewer than two units, or none of them has two logged
        fractions.

    Examples
    --------
    >>> from popmargin.protocols.courses import courses_from_arrays
    >>> errors = [[[m - 1, 0, 0], [m + 1, 0, 0]] for m in (0, 9, 3, 6)]
    >>> leave_patient_out(courses_from_arrays(errors))[1, :, 0].tolist()
    [3.0, 8.0, 2.0]
    """
    starts, sizes = courses.offsets[:-1], courses.sizes[:, None]
    means = np.add.reduceat(courses.errors_mm, starts) / sizes
    centre = means.mean(axis=0)  # sums of squares about a near point lose no digits
    deviations = courses.errors_mm - np.repeat(means, courses.sizes, axis=0)
    squares = np.add.reduceat(deviations * deviations, starts)
    means -= centre

    units, rows, squared_sizes, plain, first, second, within = (
        _of_others(column, courses.patient)
        for column in (
            np.ones_like(sizes),
            sizes,
            sizes**2,
            means,
            sizes * means,
            sizes * means * means,
            squares,
        )
    )
    if (units < _FEWEST_UNITS).any() or (rows == units).any():
        raise NotEstimable(
            "population errors of the other patients: leaving one patient out must leave two "
            "units, one of them with two logged fractions"
        )
    random_variance = within / (rows - units)
    mean_square = (second - first * first / rows) / (units - 1)
    effective = (rows - squared_sizes / rows) / (units - 1)
    systematic_variance = (mean_square - random_variance) / effective
    return np.stack([centre + plain / units, systematic_variance, random_variance], axis=1)


def _of_others(
    column: NDArray[np.float64] | NDArray[np.int64], patient: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Total of a column minus the part of each unit's patient, one row per unit."""
    of_patient = np.zeros((int(patient.max()) + 1, column.shape[1]))
    np.add.at(of_patient, patient, column)
    return np.asarray((of_patient.sum(axis=0) - of_patient)[patient], dtype=np.float64)
