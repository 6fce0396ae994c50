r"""What a linear protocol leaves on average: exact expectations, no simulation.

A protocol without threshold or clip turns the errors x of a course into y = A x. With
x_j = s + r_j, s of variance Sigma^2 and r of variance sigma^2, over the N' fractions of a phase
(rows of A, C = I - 11'/N'):

.. math::
    E[MSW] &= (\Sigma^2 |CA1|^2 + \sigma^2 tr(CAA^T)) / (N' - 1) \\
    E[var(m)] &= (\Sigma^2 (1^T A 1)^2 + \sigma^2 1^T A A^T 1) / N'^2 \\
    E[\Sigma_A^2] &= E[var(m)] - E[MSW] / N'

the last being what ANOVA estimates as systematic variance. A group mean M that the protocol takes
out during the course (NAL does, after its images) is a step within every course: with b the
answer to a course of M alone, E[MSW] gains |Cb|^2 / (N' - 1). Assumptions: one number of fractions
for all patients; independent fractions; for protocols that use the other patients, these are known
exactly. Limits: the expected variance, not the expected SD, is exact.

The matrix comes from the protocol's own rule, replayed on unit errors; that the rules are right is
tested against independent twins, and these expectations against printed digits.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from popmargin.core.checks import non_negative, whole
from popmargin.core.exceptions import NotEstimable, WrongUsage
from popmargin.protocols.apply import COURSE, SETTLED, apply_protocol
from popmargin.protocols.courses import Courses
from popmargin.protocols.protocol import Protocol, known_others

Phase = Literal["course", "settled"]


@dataclass(frozen=True, slots=True)
class ExpectedErrors:
    """Expectations over patients of what a protocol leaves on one axis, in mm2.

    Attributes
    ----------
    mean_square_within_mm2 : E[MSW], the random variance.
    variance_of_means_mm2 : E[var(m)], variance of the patient means.
    systematic_variance_mm2 : E[Sigma_A^2], the ANOVA systematic variance; may be negative.
    fractions : fractions in the phase.
    """

    mean_square_within_mm2: float
    variance_of_means_mm2: float
    systematic_variance_mm2: float
    fractions: int

    @property
    def systematic_sd_mm(self) -> float:
        """Root of the ANOVA systematic variance, 0 when that is negative."""
        return sqrt(max(self.systematic_variance_mm2, 0.0))

    @property
    def random_sd_mm(self) -> float:
        """Root of the expected mean square within."""
        return sqrt(self.mean_square_within_mm2)


def protocol_matrix(
    protocol: Protocol,
    fractions: int,
    *,
    systematic_sd_mm: float = 1.0,
    random_sd_mm: float = 1.0,
) -> NDArray[np.float64]:
    """The matrix A of a linear protocol on a course logged at fractions 1 to ``fractions``.

    Parameters
    ----------
    protocol : linear with its parameter values (no threshold, no clip).
    fractions : logged fractions, >= 1.
    systematic_sd_mm, random_sd_mm : known errors of the other patients, mm, >= 0, for the
        protocols that use them; their group mean is 0.

    Returns
    -------
    (fractions, fractions) float64
        Row j is what is left at fraction j + 1, as weights of the errors.

    Raises
    ------
    WrongUsage
        When the protocol is not linear.

    Examples
    --------
    >>> from popmargin.protocols.parse import parse_protocol
    >>> protocol_matrix(parse_protocol("nal:images=2"), 3).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-0.5, -0.5, 1.0]]
    """
    if not protocol.is_linear:
        raise WrongUsage(f"protocol {protocol.text}: a threshold or clip is not linear")
    n = whole("fractions", fractions)
    others = known_others(0.0, systematic_sd_mm, random_sd_mm)[None]
    left = apply_protocol(protocol, _unit_errors(n), others, keep_errors=True).errors_mm
    return np.ascontiguousarray(left[:, 0].reshape(n, n).T)


def expected_errors(
    protocol: Protocol,
    *,
    systematic_sd_mm: float,
    random_sd_mm: float,
    fractions: int,
    group_mean_mm: float = 0.0,
    phase: Phase = "course",
) -> ExpectedErrors:
    """Expected random and systematic variance that a linear protocol leaves.

    Parameters
    ----------
    protocol : linear with its parameter values; a ``residual_sd_mm`` is taken into account.
    systematic_sd_mm, random_sd_mm : of the uncorrected errors, mm, >= 0.
    fractions : logged fractions of every patient.
    group_mean_mm : mean of the uncorrected errors, mm.
    phase : all fractions, or those after the protocol has learnt.

    Raises
    ------
    WrongUsage
        When the protocol is not linear.
    NotEstimable
        When the phase has fewer than two fractions.

    Examples
    --------
    Settled NAL leaves the error of the mean of its images, 1.7 / sqrt(4), and nothing of Sigma.

    >>> from popmargin.protocols.parse import parse_protocol
    >>> left = expected_errors(parse_protocol("nal:images=4"), systematic_sd_mm=2.6,
    ...     random_sd_mm=1.7, fractions=30, phase="settled")
    >>> round(left.systematic_sd_mm, 4), round(left.random_sd_mm, 4)
    (0.85, 1.7)
    """
    systematic = float(non_negative("systematic_sd_mm", systematic_sd_mm)) ** 2
    random = float(non_negative("random_sd_mm", random_sd_mm)) ** 2
    matrix = protocol_matrix(
        protocol, fractions, systematic_sd_mm=systematic_sd_mm, random_sd_mm=random_sd_mm
    )
    others = known_others(group_mean_mm, systematic_sd_mm, random_sd_mm)[None]
    one = apply_protocol(protocol, _constant_error(fractions, group_mean_mm), others)
    number = {"course": COURSE, "settled": SETTLED}[phase]
    rows = int(one.sizes[0, number, 0])
    if rows < 2:
        raise NotEstimable(f"protocol {protocol.text}: {rows} fractions in the phase {phase}")
    kept = matrix[fractions - rows :]
    residual = protocol.values["residual_sd_mm"] ** 2 * int(one.online[0, number, 0])
    total, noise = kept.sum(axis=1), kept.sum(axis=0)
    centred = kept - kept.mean(axis=0)
    spread = total - total.mean()
    within = systematic * spread @ spread + random * (centred * centred).sum()
    step = float(one.squares[0, number, 0])
    within = (within + step + residual * (1.0 - 1.0 / rows)) / (rows - 1)
    means = (systematic * total.sum() ** 2 + random * noise @ noise + residual) / rows**2
    return ExpectedErrors(float(within), float(means), float(means - within / rows), rows)


def _constant_error(fractions: int, error_mm: float) -> Courses:
    """One course with the same error at every fraction."""
    return Courses(
        errors_mm=np.full((fractions, 3), error_mm),
        fraction=np.arange(1, fractions + 1),
        offsets=np.array([0, fractions]),
        patient=np.zeros(1, dtype=np.int64),
    )


def _unit_errors(fractions: int) -> Courses:
    """One course per fraction, with an error of 1 mm at that fraction alone."""
    return Courses(
        errors_mm=np.repeat(np.eye(fractions).reshape(-1, 1), 3, axis=1),
        fraction=np.tile(np.arange(1, fractions + 1), fractions),
        offsets=np.arange(0, fractions * fractions + 1, fractions),
        patient=np.arange(fractions),
    )
