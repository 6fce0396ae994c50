"""Minimum CTV dose of every patient after a course of shifts.

A ball-shaped CTV stands in a field of ideal conformality; every fraction shifts it, and the dose
of a surface point is its mean over the fractions. The least dose on the surface is searched from
many directions and refined downhill until it no longer changes, because a grid of surface points
misses the minimum and overstates coverage (200 points: by 0.01).

Assumes that a fraction shifts the target as a whole and that dose adds up linearly. Limits: no
rotation, no deformation, no fractionation effect; the margin's field is that of an ideal plan.
With unequal margins the dose follows the distance from the ellipsoid of the margins, as at a ball
of the mean margin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.core.exceptions import OutOfRange
from popmargin.margins.blurred_ball import dose_of_checked
from popmargin.margins.coverage import Target

# Below this the dose is almost a step, and a search downhill no longer finds its way.
SMALLEST_PENUMBRA_MM: Final = 0.5
# Above this the table's error of 1e-6 would matter.
LARGEST_LEVEL: Final = 0.9999
# 48 directions and 4 descents: off by more than 1e-5 in fewer than 1 of 10,000 patients.
_DIRECTIONS: Final = 48
_DESCENTS: Final = 4
_ROWS_WORTH_THREADS: Final = 20_000
_STEPS_PER_BLUR: Final = 200
_REACH_IN_BLURS: Final = 8.5


@dataclass(frozen=True, slots=True, eq=False)
class Courses:
    """The shifts of many patients, one row a fraction, patients one after another.

    Attributes
    ----------
    shifts_mm : ndarray, shape (rows, 3)
        Position error along lr, si, ap.
    weights : ndarray, shape (rows,)
        Share of the patient's dose that the row gives; adds up to 1 for each patient.
    starts : ndarray, shape (patients + 1,)
        First row of every patient, and the number of rows at the end.
    """

    shifts_mm: NDArray[np.float64]
    weights: NDArray[np.float64]
    starts: NDArray[np.int64]

    @property
    def n_patients(self) -> int:
        """Number of patients."""
        return len(self.starts) - 1


def courses_of(shifts_mm: Sequence[ArrayLike] | NDArray[np.float64]) -> Courses:
    """Courses from the shifts of each patient, all fractions with the same dose.

    Parameters
    ----------
    shifts_mm : sequence of array_like
        One array of shape (fractions, 3) a patient, or one array (patients, fractions, 3), in mm.

    Raises
    ------
    OutOfRange
        When there is no patient, a patient without a fraction, not three axes, or a value that is
        not finite.

    Examples
    --------
    >>> courses_of([[[0, 0, 1]], [[1, 0, 0], [3, 0, 0]]]).weights.tolist()
    [1.0, 0.5, 0.5]
    """
    patients = [np.asarray(patient, dtype=np.float64) for patient in shifts_mm]
    if not patients:
        raise OutOfRange("shifts_mm", "at least one patient", "none")
    for number, patient in enumerate(patients):
        if patient.ndim != 2 or patient.shape[1] != 3 or len(patient) == 0:
            raise OutOfRange(
                f"shifts_mm[{number}]", "at least one row of three axes", patient.shape
            )
    shifts = np.ascontiguousarray(np.concatenate(patients))
    if not np.all(np.isfinite(shifts)):
        raise OutOfRange("shifts_mm", "finite numbers", "NaN or infinity")
    counts = np.array([len(patient) for patient in patients], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum(counts)])
    return Courses(shifts, np.repeat(1.0 / counts, counts), starts)


def minimum_doses(
    courses: Courses,
    margin_mm: ArrayLike,
    target: Target,
    *,
    blur_sd_mm: float = 0.0,
    patients: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Minimum dose on the CTV surface of each patient, relative to the field's interior.

    Parameters
    ----------
    courses : Courses
        The shifts of the patients.
    margin_mm : array_like
        Margin in mm, >= 0: one number, or three (lr, si, ap).
    target : Target
        CTV radius, penumbra (>= 0.5 mm here) and dose level.
    blur_sd_mm : float
        Isotropic blur in mm, >= 0, that the delivery adds to the penumbra.
    patients : ndarray of int, optional
        Indices of the patients wanted; all without.

    Returns
    -------
    ndarray, shape (patients,)
        Dose in [0, 1]; the same bytes for any number of threads.

    Raises
    ------
    OutOfRange
        For a negative or non-finite margin or blur, a penumbra too sharp for the search, or a dose
        level above 0.9999.

    Examples
    --------
    A CTV that is shifted by the whole margin touches the 95 % isodose:

    >>> doses = minimum_doses(courses_of([[[6.0, 0.0, 0.0]]]), 6.0, Target(30.0))
    >>> round(float(doses[0]), 5)
    0.95
    """
    # The compiler is slow to import, and the closed forms do without it.
    from popmargin.margins import minimum_dose_kernel as kernel

    margins = three_margins(margin_mm)
    if target.penumbra_sd_mm < SMALLEST_PENUMBRA_MM:
        raise OutOfRange(
            "penumbra_sd_mm",
            f"at least {SMALLEST_PENUMBRA_MM} mm for a course of several fractions",
            target.penumbra_sd_mm,
        )
    if target.dose_level > LARGEST_LEVEL:
        raise OutOfRange("dose_level", f"at most {LARGEST_LEVEL}", target.dose_level)
    blur = float(np.hypot(target.penumbra_sd_mm, non_negative("blur_sd_mm", blur_sd_mm)))
    table, start, per_mm = dose_table(target.field_radius_mm(float(margins.mean())), blur)
    chosen = np.arange(courses.n_patients) if patients is None else patients
    rows = chosen.size * (len(courses.weights) / courses.n_patients)
    run = kernel.minimum_doses if rows > _ROWS_WORTH_THREADS else kernel.minimum_doses_of_few
    return run(
        target.ctv_radius_mm,
        courses.shifts_mm,
        courses.weights,
        courses.starts,
        chosen,
        margins,
        table,
        start,
        per_mm,
        sphere_directions(_DIRECTIONS),
        _DESCENTS,
    )


def dose_table(
    field_radius_mm: float, blur_sd_mm: float
) -> tuple[NDArray[np.float64], float, float]:
    """Dose of a blurred ball in linear steps: values, first radius in mm, steps per mm.

    The steps are a two-hundredth of the blur, so that a straight line between them is right to
    1e-6. Every eighth value is exact; those between are cubic through the four nearest exact ones,
    which is right to 1e-7.

    >>> values, start, per_mm = dose_table(45.1058748937, 3.2)
    >>> round(float(np.interp(39.6, start + np.arange(values.size) / per_mm, values)), 5)
    0.95
    """
    wide = 8.0 * blur_sd_mm / _STEPS_PER_BLUR
    start = max(0.0, field_radius_mm - _REACH_IN_BLURS * blur_sd_mm)
    count = int((field_radius_mm + _REACH_IN_BLURS * blur_sd_mm - start) / wide) + 4
    # The dose is even in the radius, so that the node before the centre exists too.
    nodes = np.abs(start + wide * np.arange(-1, count - 1))
    exact = np.array([dose_of_checked(radius, field_radius_mm, blur_sd_mm) for radius in nodes])
    t = np.arange(8) / 8.0
    cubic = np.array(
        [
            -t * (t - 1.0) * (t - 2.0) / 6.0,
            (t + 1.0) * (t - 1.0) * (t - 2.0) / 2.0,
            -(t + 1.0) * t * (t - 2.0) / 2.0,
            (t + 1.0) * t * (t - 1.0) / 6.0,
        ]
    )
    windows = np.lib.stride_tricks.sliding_window_view(exact, 4)
    return (windows @ cubic).ravel(), start, 8.0 / wide


def three_margins(margin_mm: ArrayLike) -> NDArray[np.float64]:
    """Margins along lr, si and ap in mm from one number or three; `OutOfRange` otherwise.

    >>> three_margins(5).tolist()
    [5.0, 5.0, 5.0]
    """
    margins = non_negative("margin_mm", margin_mm)
    if margins.shape not in ((), (3,)):
        raise OutOfRange("margin_mm", "one number, or three (lr, si, ap)", margin_mm)
    return np.broadcast_to(margins, (3,)).copy()


def sphere_directions(count: int) -> NDArray[np.float64]:
    """Unit vectors spread evenly over the sphere (Fibonacci spiral), shape (count, 3).

    >>> sphere_directions(10).shape
    (10, 3)
    """
    index = np.arange(count) + 0.5
    height = 1.0 - 2.0 * index / count
    turn = np.pi * (1.0 + np.sqrt(5.0)) * index
    ring = np.sqrt(1.0 - height**2)
    return np.column_stack([ring * np.cos(turn), ring * np.sin(turn), height])
