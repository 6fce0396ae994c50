"""Patients after so many fractions that random errors only blur the dose.

The blur is split: its smallest principal SD is isotropic and joins the penumbra; what exceeds it
along the two other principal axes is a Gauss-Hermite rule of weighted shifts, the same for every
patient. Equal random errors need one shift only.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from popmargin.core.checks import whole
from popmargin.core.exceptions import OutOfRange
from popmargin.margins.course_errors import (
    ROWS_AT_ONCE,
    CourseErrors,
    stratified_shifts,
    symmetric_root,
)
from popmargin.margins.minimum_dose import Courses

_NODES_AN_AXIS: Final = 20
_SMALLEST_WEIGHT: Final = 1e-9


def draw_many_fractions(
    errors: CourseErrors, n_patients: int, generator: np.random.Generator
) -> tuple[float, Iterator[Courses]]:
    """Isotropic blur in mm, and simulated patients in portions by the length of their shift.

    Parameters
    ----------
    errors : CourseErrors
        The population; all patients have the same random SD.
    n_patients : int
        Patients, >= 1, over all portions.
    generator : numpy.random.Generator
        Source of all draws.

    Raises
    ------
    OutOfRange
        For fewer than one patient, or patients that differ in their random variance (give the
        number of fractions).

    Examples
    --------
    >>> blur, portions = draw_many_fractions(CourseErrors(3, 2), 10, np.random.default_rng(1))
    >>> blur, next(portions).shifts_mm.shape
    (2.0, (10, 3))
    """
    if errors.random_variance_shape is not None:
        raise OutOfRange("fractions", "a number, as patients differ in random variance", None)
    total = whole("n_patients", n_patients)
    blur, nodes, weights = blur_rule(errors.random_covariance())
    return blur, _portions(errors, total, generator, nodes, weights)


def blur_rule(
    covariance_mm2: NDArray[np.float64],
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Isotropic part of a blur (SD in mm) and the rule of shifts and weights for the rest.

    >>> blur, nodes, weights = blur_rule(np.diag([4.0, 9.0, 4.0]))
    >>> blur, bool(abs(weights @ nodes[:, 1] ** 2 - 5.0) < 1e-6)
    (2.0, True)
    """
    variances, axes = np.linalg.eigh(covariance_mm2)
    smallest = max(float(variances[0]), 0.0)
    points, shares = np.polynomial.hermite_e.hermegauss(_NODES_AN_AXIS)
    shares = shares / shares.sum()
    nodes, weights = np.zeros((1, 3)), np.ones(1)
    for variance, axis in zip(variances, axes.T, strict=True):
        beyond = float(variance) - smallest
        if beyond <= 1e-12 * max(float(variances[-1]), 1e-12):
            continue
        along = np.sqrt(beyond) * points[:, np.newaxis] * axis
        nodes = (nodes[:, np.newaxis] + along).reshape(-1, 3)
        weights = np.outer(weights, shares).ravel()
    kept = weights > _SMALLEST_WEIGHT
    return float(np.sqrt(smallest)), nodes[kept], weights[kept] / weights[kept].sum()


def _portions(
    errors: CourseErrors,
    total: int,
    generator: np.random.Generator,
    nodes: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> Iterator[Courses]:
    root = symmetric_root(errors.systematic_covariance())
    count = len(weights)
    for unit_shift in stratified_shifts(total, ROWS_AT_ONCE // count, generator):
        shift = errors.group_mean() + unit_shift @ root
        rows = len(shift) * count
        yield Courses(
            (shift[:, np.newaxis, :] + nodes).reshape(rows, 3),
            np.tile(weights, len(shift)),
            np.arange(0, rows + 1, count, dtype=np.int64),
        )
