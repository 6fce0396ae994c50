"""What each protocol should leave in this cohort, if its errors are what the model says they are.

The check that stands beside every replay. From the M, Sigma and sigma of the uncorrected errors:
the exact expectation (`popmargin.protocols.expected`) where the protocol is linear and everybody
was logged at fractions 1 to n, else the same rule replayed on simulated patients who were logged
like the real ones.

Assumptions: normal, independent errors with one sigma, the estimates taken for the truth; the
population errors of other patients, where a protocol uses them, known exactly. Limits: it knows
nothing of trends, jumps or unequal patients, so a replay that differs from it by more than its
interval says that this cohort has them (or is small); simulated values carry a Monte Carlo error
of about 3 % of Sigma.
"""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from popmargin.core.exceptions import NotEstimable
from popmargin.errors.quantity import Estimator
from popmargin.protocols.apply import COURSE, SETTLED, Applied, apply_protocol
from popmargin.protocols.courses import Courses
from popmargin.protocols.expected import Phase, expected_errors
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.phase import phase_data
from popmargin.protocols.protocol import Floats, Protocol
from popmargin.statistics.anova import anova_components
from popmargin.statistics.conventional import conventional_components

SIMULATED_ROWS: Final = 20_000


@dataclass(frozen=True, slots=True)
class Expectation:
    """Expected SDs in mm of what a protocol leaves on one axis, and how they were found."""

    systematic_sd_mm: float
    random_sd_mm: float
    method: Literal["exact", "simulated"]


def uncorrected_errors(courses: Courses) -> Floats | None:
    """(3, 3) mean (mm), systematic and random variance (mm2, rows) per axis (columns) by ANOVA.

    A negative systematic variance is 0. ``None`` where an axis is not estimable.

    >>> from popmargin.protocols.courses import courses_from_arrays
    >>> errors = [[[m - 1, 0, 0], [m + 1, 0, 0]] for m in (0, 3, 6)]
    >>> uncorrected_errors(courses_from_arrays(errors))[:, 0].tolist()
    [3.0, 8.0, 2.0]
    """
    applied = apply_protocol(parse_protocol("no_imaging"), courses)
    found = np.zeros((3, 3))
    for axis in range(3):
        data = phase_data(applied, COURSE, axis)
        parts = None if data is None else anova_components(data)
        if parts is None or parts.between_variance is None or parts.within_variance is None:
            return None
        found[:, axis] = (parts.mean, max(parts.between_variance, 0.0), parts.within_variance)
    return found


def simulated_courses(
    courses: Courses,
    known: Floats,
    rng: np.random.Generator,
    *,
    rows: int = SIMULATED_ROWS,
) -> Courses:
    """Simulated patients who were logged at the same fractions (and fillings) as the real ones.

    Parameters
    ----------
    courses : the design; repeated, or thinned evenly, to about ``rows`` rows.
    known : (3, 3) mean, systematic and random variance per axis, as `uncorrected_errors`.
    rng : source of the draws, whose sample mean and SD are made exact: that takes most of the
        Monte Carlo error out.

    >>> from popmargin.protocols.courses import courses_from_arrays
    >>> design = courses_from_arrays([[[0, 0, 0]] * 3, [[0, 0, 0]] * 2])
    >>> known = np.array([[1.0] * 3, [4.0] * 3, [9.0] * 3])
    >>> simulated_courses(design, known, np.random.default_rng(1), rows=100).sizes[:3].tolist()
    [3, 2, 3]
    """
    logged = courses.fraction.size
    units = courses.unit_count
    if logged > rows:
        kept = np.unique(np.linspace(0, units - 1, max(rows * units // logged, 2)).astype(int))
    else:
        kept = np.tile(np.arange(units), rows // logged)
    sizes = courses.sizes[kept]
    offsets = np.r_[0, np.cumsum(sizes)]
    source = np.arange(offsets[-1]) + np.repeat(courses.offsets[kept] - offsets[:-1], sizes)
    mean, between, within = known
    systematic = np.sqrt(between) * _standard_normal(rng, kept.size)
    errors = mean + np.repeat(systematic, sizes, axis=0)
    errors += np.sqrt(within) * _standard_normal(rng, int(offsets[-1]))
    return Courses(
        errors_mm=errors,
        fraction=courses.fraction[source],
        offsets=offsets,
        patient=np.arange(kept.size),
        filling=None if courses.filling is None else courses.filling[source],
    )


def _standard_normal(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """(count, 3) draws with mean 0 and SD 1 in the sample (one draw is left as it is)."""
    drawn = rng.standard_normal((count, 3))
    if count < 2:
        return drawn
    drawn -= drawn.mean(axis=0)
    return np.asarray(drawn / drawn.std(axis=0, ddof=1))


def expected_residuals(
    protocol: Protocol,
    courses: Courses,
    known: Floats,
    simulated: Courses,
    *,
    estimator: Estimator = "anova",
) -> dict[tuple[str, int], Expectation]:
    """Expectations by phase (``course``, ``settled``) and axis (0 lr, 1 si, 2 ap).

    Parameters
    ----------
    protocol : with its residual.
    courses : the logged cohort;  known : its `uncorrected_errors`;  simulated : its
        `simulated_courses`.
    estimator : which systematic variance is expected: that of the patient means (conventional) or
        what ANOVA leaves of it.

    Returns
    -------
    A phase that nobody reaches, or where nothing is estimable, is absent.
    """
    sizes = courses.sizes
    complete = (sizes == sizes[0]).all() and (courses.fraction == courses.index + 1).all()
    if protocol.is_linear and complete:
        return _exact(protocol, int(sizes[0]), known, estimator)
    applied = apply_protocol(protocol, simulated, known[None], compiled=False)
    return _simulated(protocol, applied, estimator)


def _exact(
    protocol: Protocol, fractions: int, known: Floats, estimator: Estimator
) -> dict[tuple[str, int], Expectation]:
    found: dict[tuple[str, int], Expectation] = {}
    phases: tuple[Phase, ...] = ("course", "settled")
    for phase in phases:
        for axis in range(3):
            mean, between, within = known[:, axis].tolist()
            try:
                left = expected_errors(
                    protocol,
                    systematic_sd_mm=between**0.5,
                    random_sd_mm=within**0.5,
                    group_mean_mm=mean,
                    fractions=fractions,
                    phase=phase,
                )
            except NotEstimable:
                continue
            systematic = left.systematic_sd_mm
            if estimator == "conventional":
                systematic = left.variance_of_means_mm2**0.5
            found[phase, axis] = Expectation(systematic, left.random_sd_mm, "exact")
    return found


def _simulated(
    protocol: Protocol, applied: Applied, estimator: Estimator
) -> dict[tuple[str, int], Expectation]:
    found = {}
    components = conventional_components if estimator == "conventional" else anova_components
    for phase, number in (("course", COURSE), ("settled", SETTLED)):
        for axis in range(3):
            data = phase_data(applied, number, axis, protocol.values["residual_sd_mm"])
            parts = None if data is None else components(data)
            if parts is None or parts.between_sd is None or parts.within_sd is None:
                continue
            found[phase, axis] = Expectation(parts.between_sd, parts.within_sd, "simulated")
    return found
