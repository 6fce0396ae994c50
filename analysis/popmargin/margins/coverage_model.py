"""The minimum dose of simulated patients under one model of their errors and of the target.

Errors: ``normal`` (equal random SDs), ``own_random_sd`` (normal, with every patient's own random
variance, inverse gamma) or ``logged`` (fractions resampled within logged patients, less the mean of
their means). Declared components are normal errors in all of them. Target: a ball, or the surface
of a CTV.

Assumptions and limits: those of `popmargin.margins.course_errors`,
`popmargin.margins.coverage_monte_carlo`, `popmargin.margins.minimum_dose` and
`popmargin.margins.target_surface`. Means of logged patients keep a share of the random error.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.exceptions import NotEstimable
from popmargin.margins.course_errors import CourseErrors
from popmargin.margins.coverage import Target
from popmargin.margins.coverage_monte_carlo import resampled_courses
from popmargin.margins.coverage_surface import DistanceGrid, straight_edge, surface_minimum_doses
from popmargin.margins.minimum_dose import Courses, minimum_doses, three_margins
from popmargin.margins.solve_margin import MarginSearch, courses_subset, simulated_courses
from popmargin.margins.target_surface import TargetSurface

ErrorModel = Literal["normal", "own_random_sd", "logged"]
# Beyond the margin the dose is below any level of interest after so many penumbras.
_PENUMBRAS: Final = 4.0
_LARGEST_EQUAL_MM: Final = 15.0  # beyond its field the way to it is added to the distance
_EQUAL: Final = np.ones(3)


@dataclass(frozen=True, slots=True, eq=False)
class ModelErrors:
    """What each model of the errors needs.

    Attributes
    ----------
    errors : fitted errors, declared components included.
    data : fitted errors of the data alone; ``errors`` without.
    declared : errors of the declared components alone; none without.
    random_variance_shape : of the patients' random variances, > 1; ``None`` where they do not
        differ beyond chance.
    logs : logged courses; ``None`` where there are none.
    """

    errors: CourseErrors
    data: CourseErrors | None = None
    declared: CourseErrors | None = None
    random_variance_shape: float | None = None
    logs: Courses | None = None


def model_courses(
    model: ErrorModel,
    known: ModelErrors,
    fractions: int,
    n_patients: int,
    generator: np.random.Generator,
) -> Courses:
    """Simulated courses under a model of the errors.

    Parameters
    ----------
    model : one of ``normal``, ``own_random_sd``, ``logged``.
    known : what the models need.
    fractions, n_patients : >= 1.
    generator : source of all draws.

    Raises
    ------
    NotEstimable
        For a model that the data do not allow.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> model_courses("normal", ModelErrors(CourseErrors(3, 2)), 5, 10, rng).n_patients
    10
    """
    if model == "normal":
        return simulated_courses(known.errors, fractions, n_patients, generator)[1]
    if model == "own_random_sd":
        if known.random_variance_shape is None:
            raise NotEstimable("patients do not differ in their random error beyond chance")
        own = replace(known.data or known.errors, random_variance_shape=known.random_variance_shape)
        drawn = simulated_courses(own, fractions, n_patients, generator)[1]
    elif known.logs is None:
        raise NotEstimable("no patient with complete logged fractions")
    else:
        drawn = resampled_courses(_centred(known.logs), fractions, n_patients, generator)
    if known.declared is None:
        return drawn
    added = simulated_courses(known.declared, fractions, n_patients, generator)[1]
    # Their patients stand in order of their shifts: put with logged ones by chance.
    rows = np.arange(n_patients * fractions).reshape(n_patients, fractions)
    mixed = rows[generator.permutation(n_patients)].ravel()
    return replace(drawn, shifts_mm=drawn.shifts_mm + added.shifts_mm[mixed])


def _centred(logs: Courses) -> Courses:
    """The logged courses less the mean of the patients' means: a group mean is corrected."""
    counts = np.diff(logs.starts)[:, np.newaxis]
    means = np.add.reduceat(logs.shifts_mm, logs.starts[:-1], axis=0) / counts
    return replace(logs, shifts_mm=logs.shifts_mm - means.mean(axis=0))


class ModelTarget:
    """A ball, or the surface of a CTV, whose fields are kept for repeated use.

    >>> from popmargin.margins.minimum_dose import courses_of
    >>> ball = ModelTarget(Target(30.0))
    >>> doses = ball.doses(courses_of([[[6.0, 0.0, 0.0]]]), 6.0)
    >>> round(float(doses[0]), 3)
    0.95
    """

    def __init__(self, target: Target, surface: TargetSurface | None = None) -> None:
        self.target = target
        self._surface = surface
        self._fields: dict[tuple[float, ...], DistanceGrid] = {}

    def doses(
        self,
        courses: Courses,
        margin_mm: ArrayLike,
        patients: NDArray[np.int64] | None = None,
    ) -> NDArray[np.float64]:
        """Minimum dose of every patient, or of those with these numbers.

        Parameters: courses; margin in mm, >= 0 (one number, or three: lr, si, ap). Raises
        `OutOfRange` for values out of range.
        """
        if self._surface is None:
            return minimum_doses(courses, margin_mm, self.target, patients=patients)
        margins = three_margins(margin_mm)
        equal = bool(np.all(margins == margins[0]))
        # One field serves every equal margin: its dose depends on the distance from the CTV.
        edge = straight_edge(
            float(margins[0]) if equal else 0.0, self.target.penumbra_sd_mm, self.target.dose_level
        )
        grid = self._field(self._surface, np.zeros(3) if equal else margins)
        chosen = courses if patients is None else courses_subset(courses, patients)
        return surface_minimum_doses(chosen, self._surface.points_mm, edge, grid)

    def _field(self, surface: TargetSurface, margins: NDArray[np.float64]) -> DistanceGrid:
        key = tuple(margins.tolist())
        if key not in self._fields:
            # Equal margins are not known yet: the field of none must reach beyond all of them.
            known = float(margins.max()) or _LARGEST_EQUAL_MM
            reach = known + _PENUMBRAS * self.target.penumbra_sd_mm
            self._fields[key] = surface.field(margins, reach)
        return self._fields[key]


class ModelSearch(MarginSearch):
    """The equal margin at which a share of the simulated patients keeps its dose.

    >>> from popmargin.margins.minimum_dose import courses_of
    >>> search = ModelSearch(courses_of([[[4.0, 0, 0]], [[9.0, 0, 0]]]), ModelTarget(Target(30.0)))
    >>> round(search.solve(0.5, 5.0), 1)
    4.0
    """

    def __init__(self, courses: Courses, target: ModelTarget) -> None:
        super().__init__(courses, target.target, _EQUAL, 0.0)
        self._model_target = target

    def _doses(self, margin_mm: float, patients: NDArray[np.int64]) -> NDArray[np.float64]:
        return self._model_target.doses(self._courses, margin_mm, patients)
