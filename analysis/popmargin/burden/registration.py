r"""What the registration error of a modality adds to the errors that a protocol leaves.

A linear protocol leaves y = A x of the errors x, and learns c = B x with B = I - A. A registration
error e of every image (SD s, independent) leaves -B e more, so that over N fractions
(C = I - 11'/N)

.. math::
    \Delta\sigma^2 = s^2 tr(C B B^T) / (N - 1), \quad
    \Delta\Sigma^2 = s^2 1^T B B^T 1 / N^2 - \Delta\sigma^2 / N

Assumptions: the modality's error is independent of the logged errors and counts in full, although
logs already hold that of the images they came from: the margin is on the safe side. On the days of
an online correction it is the residual that the replay itself adds, and is left out here. Limits:
for protocols that are not linear only that residual is counted.
"""

from collections.abc import Mapping
from math import sqrt
from typing import Any

import numpy as np

from popmargin.core.checks import non_negative
from popmargin.margins.registry import find_recipe
from popmargin.protocols.courses import Courses
from popmargin.protocols.expected import protocol_matrix
from popmargin.protocols.others import leave_patient_out
from popmargin.protocols.protocol import Protocol


def registration_variances(
    protocol: Protocol,
    fractions: int,
    *,
    systematic_sd_mm: float = 1.0,
    random_sd_mm: float = 1.0,
) -> tuple[float, float]:
    """Systematic and random variance left by a registration error of variance 1 mm2.

    Parameters
    ----------
    protocol : any; zeros for one that is not linear.
    fractions : of the course, >= 2.
    systematic_sd_mm, random_sd_mm : of the other patients, mm, for protocols that use them.

    Returns
    -------
    Both in mm2 per mm2; the systematic one can be slightly negative (ANOVA).

    Examples
    --------
    Four images of NAL: the mean of four errors stays in the other fractions of every patient.

    >>> from popmargin.protocols.parse import parse_protocol
    >>> systematic, random = registration_variances(parse_protocol("nal:images=4"), 100)
    >>> round(systematic, 3), round(random, 3)
    (0.23, 0.01)
    """
    if not protocol.is_linear or protocol.kind.corrects == "never":
        return 0.0, 0.0
    matrix = protocol_matrix(
        protocol, fractions, systematic_sd_mm=systematic_sd_mm, random_sd_mm=random_sd_mm
    )
    learnt = np.eye(fractions) - matrix
    if protocol.kind.corrects == "online":
        # What is left on an imaged day is the residual of the correction.
        learnt[np.isclose(matrix, 0.0).all(axis=1)] = 0.0
    spread = learnt @ learnt.T
    of_means = float(spread.sum()) / fractions**2
    random = (float(np.trace(spread)) - fractions * of_means) / (fractions - 1)
    return of_means - random / fractions, random


def others_sd_mm(protocol: Protocol, courses: Courses) -> dict[str, float]:
    """Errors of the other patients for `registration_variances`; empty where they are not used.

    Raises `NotEstimable` when there are too few patients to leave one out.
    """
    if not protocol.kind.uses_others:
        return {}
    mean = leave_patient_out(courses).mean(axis=(0, 2))
    return {
        "systematic_sd_mm": sqrt(max(float(mean[1]), 0.0)),
        "random_sd_mm": sqrt(max(float(mean[2]), 0.0)),
    }


def with_registration(
    row: Mapping[str, Any],
    variances: tuple[float, float],
    sd_mm: float,
    options: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """A replayed row whose margin also holds a registration error; its interval moves along.

    Parameters
    ----------
    row : of `popmargin.protocols.replay.replay_protocols`.
    variances : from `registration_variances`; sd_mm : of the registration, >= 0.
    options : of the recipe.

    Returns
    -------
    The row with new ``margin_mm`` and limits; the same where nothing is added or known.
    """
    systematic, random = (float(non_negative("sd_mm", sd_mm)) ** 2 * part for part in variances)
    if row.get("margin_mm") is None or (systematic == 0 and random == 0):
        return dict(row)
    recipe = find_recipe(row["recipe"])
    margin = float(
        recipe.margin(
            sqrt(max(row["systematic_sd_mm"] ** 2 + systematic, 0.0)),
            sqrt(row["random_sd_mm"] ** 2 + random),
            fractions=row["fractions"],
            options={k: v for k, v in (options or {}).items() if k in recipe.options},
        )
    )
    more = margin - row["margin_mm"]
    limits = ("margin_mm", "margin_low_mm", "margin_high_mm")
    return {**row, **{k: None if row[k] is None else row[k] + more for k in limits}}
