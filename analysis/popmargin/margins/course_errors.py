r"""Position errors of simulated courses: systematic, random, and their stratified drawing.

Model an axis: :math:`x_{ij} = M + s_i + r_{ij}`, :math:`s \sim N(0, \Sigma^2)`,
:math:`r \sim N(0, \sigma_i^2)`; the three axes may correlate, and every patient may have his own
random variance (inverse gamma, one factor for all axes).

The dose depends on a course through its mean shift first, whose covariance is
:math:`\Sigma^2 + \sigma^2/N`. The length of the mean shift is therefore stratified, one patient a
stratum: the patients together represent the population better than independent ones do, and
patients next to each other are alike (`popmargin.margins.coverage_monte_carlo` uses both).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaincinv

from popmargin.core.checks import whole
from popmargin.core.exceptions import OutOfRange
from popmargin.margins.minimum_dose import Courses

# Rows drawn at a time: 24 MB of shifts.
ROWS_AT_ONCE: Final = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class CourseErrors:
    """Population errors along lr, si and ap.

    Attributes
    ----------
    systematic_sd_mm, random_sd_mm : array_like
        SDs in mm, finite and >= 0: one number, or three.
    group_mean_mm : array_like
        Mean error in mm that is left uncorrected: one number, or three.
    systematic_correlation, random_correlation : array_like, shape (3, 3), optional
        Correlations of the axes; none without.
    random_variance_shape : float, optional
        Shape > 1 of the inverse-gamma density of the patients' random variances, whose mean is
        ``random_sd_mm`` squared; without, all patients have the same. Source: Herschtal 2012,
        Phys Med Biol 57:2743.

    Raises
    ------
    OutOfRange
        For a value out of range, or a matrix that is no correlation matrix.

    Examples
    --------
    >>> CourseErrors(3.0, [1.0, 2.0, 3.0]).random_covariance().diagonal().tolist()
    [1.0, 4.0, 9.0]
    """

    systematic_sd_mm: ArrayLike
    random_sd_mm: ArrayLike
    group_mean_mm: ArrayLike = 0.0
    systematic_correlation: ArrayLike | None = None
    random_correlation: ArrayLike | None = None
    random_variance_shape: float | None = None

    def __post_init__(self) -> None:
        """Refuse impossible errors (`OutOfRange`)."""
        self.systematic_covariance()
        self.random_covariance()
        self.group_mean()
        shape = self.random_variance_shape
        if shape is not None and not 1.0 < shape < np.inf:
            raise OutOfRange("random_variance_shape", "a finite number > 1", shape)

    def systematic_covariance(self) -> NDArray[np.float64]:
        """Covariance of the systematic errors in mm^2, shape (3, 3)."""
        return _covariance("systematic", self.systematic_sd_mm, self.systematic_correlation)

    def random_covariance(self) -> NDArray[np.float64]:
        """Mean covariance of the random errors in mm^2, shape (3, 3)."""
        return _covariance("random", self.random_sd_mm, self.random_correlation)

    def group_mean(self) -> NDArray[np.float64]:
        """Mean error in mm, shape (3,)."""
        return _three("group_mean_mm", self.group_mean_mm)

    def has_equal_random_sds(self) -> bool:
        """Whether random errors are the same in every direction and for every patient."""
        covariance = self.random_covariance()
        round_ball = covariance[0, 0] * np.eye(3)
        return self.random_variance_shape is None and bool(np.array_equal(covariance, round_ball))


def draw_courses(
    errors: CourseErrors, fractions: int, n_patients: int, generator: np.random.Generator
) -> Iterator[Courses]:
    """Simulated courses in portions, by growing quantile of the length of their mean shift.

    Parameters
    ----------
    errors : CourseErrors
        The population.
    fractions : int
        Fractions of a course, >= 1.
    n_patients : int
        Patients, >= 1, over all portions.
    generator : numpy.random.Generator
        Source of all draws; the same state gives the same courses.

    Raises
    ------
    OutOfRange
        For fewer than one fraction or patient.

    Examples
    --------
    >>> portion, = draw_courses(CourseErrors(3, 3), 5, 10, np.random.default_rng(1))
    >>> portion.shifts_mm.shape, portion.n_patients
    ((50, 3), 10)
    """
    count = whole("fractions", fractions)
    total = whole("n_patients", n_patients)
    for mean_shift in stratified_shifts(total, ROWS_AT_ONCE // count, generator):
        patients = len(mean_shift)
        factor = _variance_factors(errors, patients, generator)
        deviations = generator.standard_normal((patients, count, 3))
        deviations -= deviations.mean(axis=1, keepdims=True)
        yield _assemble(errors, mean_shift, factor, deviations)


def stratified_shifts(
    total: int, at_once: int, generator: np.random.Generator
) -> Iterator[NDArray[np.float64]]:
    """Standard normal shifts in portions (patients, 3), one patient a stratum of their length.

    Parameters: patients over all portions, patients a portion (at least one is yielded), source
    of the draws.

    >>> shifts = np.concatenate(list(stratified_shifts(4, 3, np.random.default_rng(1))))
    >>> bool(np.all(np.diff(np.linalg.norm(shifts, axis=1)) > 0))
    True
    """
    quantile = (np.arange(total) + generator.random(total)) / total
    lengths = np.sqrt(2.0 * gammaincinv(1.5, quantile))
    step = max(1, at_once)
    for first in range(0, total, step):
        portion = lengths[first : first + step]
        shifts = generator.standard_normal((len(portion), 3))
        yield shifts * (portion / np.linalg.norm(shifts, axis=1))[:, np.newaxis]


def _assemble(
    errors: CourseErrors,
    mean_shift: NDArray[np.float64],
    factor: NDArray[np.float64],
    deviations: NDArray[np.float64],
) -> Courses:
    """Courses from standard normal mean shifts (P, 3) and deviations from them (P, N, 3)."""
    patients, count, _ = deviations.shape
    random = errors.random_covariance()
    root = symmetric_root(
        errors.systematic_covariance() + factor[:, np.newaxis, np.newaxis] * random / count
    )
    centre = errors.group_mean() + np.einsum("pab,pb->pa", root, mean_shift)
    scatter = deviations @ symmetric_root(random)
    scatter *= np.sqrt(factor)[:, np.newaxis, np.newaxis]
    scatter += centre[:, np.newaxis, :]
    rows = patients * count
    return Courses(
        scatter.reshape(rows, 3),
        np.full(rows, 1.0 / count),
        np.arange(0, rows + 1, count, dtype=np.int64),
    )


def _variance_factors(
    errors: CourseErrors, count: int, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Random variance of each patient relative to the mean one."""
    shape = errors.random_variance_shape
    if shape is None:
        # One factor is enough: it is broadcast over the patients.
        return np.ones(1)
    return (shape - 1.0) / generator.gamma(shape, size=count)


def symmetric_root(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Symmetric matrix whose square is the covariance, shape (..., 3, 3).

    Unlike a triangular factor it changes smoothly with the covariance and allows zero variances,
    so that the same draws serve neighbouring populations.

    >>> symmetric_root(np.diag([4.0, 0.0, 9.0])).diagonal().tolist()
    [2.0, 0.0, 3.0]
    """
    values, vectors = np.linalg.eigh(covariance)
    roots = np.sqrt(np.maximum(values, 0.0))
    return np.asarray((vectors * roots[..., np.newaxis, :]) @ np.swapaxes(vectors, -1, -2))


def _three(name: str, value: ArrayLike) -> NDArray[np.float64]:
    """Three finite numbers from one or three."""
    values = np.asarray(value, dtype=np.float64)
    if values.shape not in ((), (3,)) or not np.all(np.isfinite(values)):
        raise OutOfRange(name, "one finite number, or three (lr, si, ap)", value)
    return np.broadcast_to(values, (3,)).copy()


def _covariance(kind: str, sd_mm: ArrayLike, correlation: ArrayLike | None) -> NDArray[np.float64]:
    """Covariance from SDs and correlations, checked."""
    sds = _three(f"{kind}_sd_mm", sd_mm)
    if np.any(sds < 0):
        raise OutOfRange(f"{kind}_sd_mm", "numbers >= 0", sd_mm)
    if correlation is None:
        return np.diag(sds**2)
    matrix = np.asarray(correlation, dtype=np.float64)
    if (
        matrix.shape != (3, 3)
        or not np.all(np.isfinite(matrix))
        or not np.allclose(matrix, matrix.T, rtol=0.0, atol=1e-12)
        or not np.allclose(matrix.diagonal(), 1.0, rtol=0.0, atol=1e-12)
        or np.linalg.eigvalsh(matrix).min() < -1e-9
    ):
        raise OutOfRange(f"{kind}_correlation", "a correlation matrix (3, 3)", correlation)
    return matrix * np.outer(sds, sds)
