"""Coverage of a CTV of any shape, given as points of its surface.

The dose falls with one depth: the distance from the field's centre (radial), or the signed
distance from the CTV's own surface on a grid (the field of a uniform margin round any shape, with
a straight edge). Every fraction shifts all points, and the dose of a point is its mean over the
fractions. All points of a coarse subset are computed, then neighbours downhill from the lowest.

Assumes that the points are dense against the penumbra (a spacing of half of it overstates the
minimum by less than 0.01) and that the target shifts as a whole. Limits: the points are taken as
they are, without refinement between them; a ball is better served by
`popmargin.margins.minimum_dose`.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from popmargin.core.checks import non_negative, positive
from popmargin.core.exceptions import OutOfRange
from popmargin.margins.alpha_beta import beta_factor
from popmargin.margins.course_errors import CourseErrors, draw_courses
from popmargin.margins.coverage import Coverage
from popmargin.margins.coverage_monte_carlo import stratified_standard_error
from popmargin.margins.minimum_dose import SMALLEST_PENUMBRA_MM, Courses

_STEPS_PER_PENUMBRA: Final = 200
_REACH: Final = 8.5
_COARSE: Final = 8  # every eighth point is always computed
_NEIGHBOURS: Final = 10
_DESCENTS: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class DepthProfile:
    """Dose against depth in equal steps: 1 before the first value, the last value beyond."""

    dose: NDArray[np.float64]
    start_mm: float
    step_mm: float


@dataclass(frozen=True, slots=True, eq=False)
class DistanceGrid:
    """Signed distance from the CTV surface (negative inside) on a regular grid.

    Attributes
    ----------
    distance_mm : ndarray, shape (nx, ny, nz)
        At least two values along every axis (lr, si, ap).
    origin_mm, spacing_mm : array_like, shape (3,)
        Position of the first value and steps > 0.

    Raises
    ------
    OutOfRange
        For a grid of another shape, a value that is not finite, or steps that are not positive.
    """

    distance_mm: NDArray[np.float64]
    origin_mm: ArrayLike
    spacing_mm: ArrayLike

    def __post_init__(self) -> None:
        """Refuse an impossible grid (`OutOfRange`)."""
        shape = self.distance_mm.shape
        if len(shape) != 3 or min(shape) < 2 or not np.all(np.isfinite(self.distance_mm)):
            raise OutOfRange("distance_mm", "finite numbers on three axes of two or more", shape)
        for name, value in (
            ("origin_mm", np.asarray(self.origin_mm, dtype=np.float64)),
            ("spacing_mm", positive("spacing_mm", self.spacing_mm)),
        ):
            if value.shape != (3,) or not np.all(np.isfinite(value)):
                raise OutOfRange(name, "three finite numbers (lr, si, ap)", value.tolist())


def straight_edge(margin_mm: float, penumbra_sd_mm: float, dose_level: float) -> DepthProfile:
    r"""Dose against signed distance from the CTV of a field with a margin and a straight edge.

    .. math:: D(d) = \Phi\left(\beta + (M - d)/\sigma_p\right)

    Parameters: margin in mm, >= 0; penumbra SD in mm, >= 0.5; dose level inside (0, 1), reached at
    the margin. Raises `OutOfRange` for values out of range.

    >>> profile = straight_edge(6.0, 3.2, 0.95)
    >>> at = round((6.0 - profile.start_mm) / profile.step_mm)
    >>> round(float(profile.dose[at]), 2)
    0.95
    """
    margin = float(non_negative("margin_mm", margin_mm))
    if not penumbra_sd_mm >= SMALLEST_PENUMBRA_MM:
        raise OutOfRange("penumbra_sd_mm", f"at least {SMALLEST_PENUMBRA_MM} mm", penumbra_sd_mm)
    edge = margin + beta_factor(dose_level) * penumbra_sd_mm
    step = penumbra_sd_mm / _STEPS_PER_PENUMBRA
    steps = np.arange(2 * int(_REACH * _STEPS_PER_PENUMBRA) + 1)
    start = edge - _REACH * penumbra_sd_mm
    return DepthProfile(ndtr((edge - start - step * steps) / penumbra_sd_mm), start, step)


def surface_minimum_doses(
    courses: Courses,
    surface_points_mm: ArrayLike,
    profile: DepthProfile,
    grid: DistanceGrid | None = None,
) -> NDArray[np.float64]:
    """Minimum dose over the surface points of each patient.

    Parameters
    ----------
    courses : Courses
        The shifts of the patients.
    surface_points_mm : array_like, shape (points, 3)
        Points of the CTV surface relative to the field's centre, at least 20.
    profile : DepthProfile
        Dose against depth.
    grid : DistanceGrid, optional
        Depth as signed distance from the CTV; without, depth is the distance from the centre.

    Raises
    ------
    OutOfRange
        For fewer than 20 points, or points that are not finite.

    Examples
    --------
    >>> from popmargin.margins.minimum_dose import courses_of, sphere_directions
    >>> ball = 30.0 * sphere_directions(500)
    >>> profile = straight_edge(36.0, 3.2, 0.95)
    >>> doses = surface_minimum_doses(courses_of([[[6.0, 0.0, 0.0]]]), ball, profile)
    >>> round(float(doses[0]), 2)
    0.95
    """
    # Slow to import, and nothing else here needs them.
    from scipy.spatial import cKDTree

    from popmargin.margins.surface_kernel import least_doses

    points = np.asarray(surface_points_mm, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 3 or len(points) < 20:
        raise OutOfRange("surface_points_mm", "at least 20 points of three axes", points.shape)
    if not np.all(np.isfinite(points)):
        raise OutOfRange("surface_points_mm", "finite numbers", "NaN or infinity")
    first = max(20, len(points) // _COARSE)
    ordered = _spread_first(points, first)
    _, neighbours = cKDTree(ordered).query(ordered, k=_NEIGHBOURS + 1)
    distances = np.empty((0, 0, 0)) if grid is None else np.ascontiguousarray(grid.distance_mm)
    return least_doses(
        ordered,
        neighbours[:, 1:].astype(np.int64),
        first,
        _DESCENTS,
        courses.shifts_mm,
        courses.weights,
        courses.starts,
        profile.dose,
        profile.start_mm,
        1.0 / profile.step_mm,
        distances,
        np.zeros(3) if grid is None else np.asarray(grid.origin_mm, dtype=np.float64),
        np.ones(3) if grid is None else np.asarray(grid.spacing_mm, dtype=np.float64),
    )


def surface_coverage(
    errors: CourseErrors,
    surface_points_mm: ArrayLike,
    profile: DepthProfile,
    dose_level: float,
    generator: np.random.Generator,
    *,
    fractions: int,
    grid: DistanceGrid | None = None,
    n_patients: int = 20_000,
) -> Coverage:
    """Share of simulated patients whose lowest surface dose reaches the level.

    Parameters
    ----------
    errors, generator, fractions, n_patients
        As in `popmargin.margins.course_errors.draw_courses`.
    surface_points_mm, profile, grid
        As in `surface_minimum_doses`.
    dose_level : float
        Wanted dose, strictly between 0 and 1.

    Raises
    ------
    OutOfRange
        For a value out of range.

    Examples
    --------
    >>> from popmargin.margins.minimum_dose import sphere_directions
    >>> found = surface_coverage(
    ...     CourseErrors(3.0, 0.0), 30.0 * sphere_directions(500), straight_edge(37.5, 3.2, 0.95),
    ...     0.95, np.random.default_rng(1), fractions=1, n_patients=500)
    >>> abs(found.coverage - 0.9) < 0.02
    True
    """
    portions = draw_courses(errors, fractions, n_patients, generator)
    covered = np.concatenate(
        [
            surface_minimum_doses(portion, surface_points_mm, profile, grid) >= dose_level
            for portion in portions
        ]
    )
    return Coverage(float(covered.mean()), stratified_standard_error(covered), "monte_carlo")


def _spread_first(points: NDArray[np.float64], first: int) -> NDArray[np.float64]:
    """The points with ``first`` in front that are spread evenly, each far from those before."""
    chosen = np.zeros(len(points), dtype=np.bool_)
    order = np.empty(first, dtype=np.int64)
    gap = np.full(len(points), np.inf)
    farthest = 0
    for place in range(first):
        order[place] = farthest
        chosen[farthest] = True
        gap = np.minimum(gap, np.sum((points - points[farthest]) ** 2, axis=1))
        farthest = int(np.argmax(gap))
    return np.concatenate([points[order], points[~chosen]])
