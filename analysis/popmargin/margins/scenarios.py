r"""Shifts of the target for robust planning: worst cases of the systematic part, sampled courses.

Systematic part: points x on the ellipsoid that holds a share of the patients,

.. math:: x' S^{-1} x = \alpha^2, \quad x = \alpha S^{1/2} u,

with S the systematic covariance (diagonal, or with correlations), alpha as in the margin recipes
(2.5003 for 90 % in three dimensions) and u evenly spread unit vectors; S^{1/2} is the symmetric
root, which keeps each direction where it is. Random part: courses in which a patient's shift is
drawn once and the random shift anew in every fraction.

Assumptions: normal errors, rigid translation of the target, patient axes (+ left, superior,
anterior). A shift is the position error of the target against the plan; a planning system that
moves the isocentre instead wants its negative. Photons: random errors blur, so the worst cases are
meant for the systematic part, with sampled courses (or a blurred dose) for the random one;
particles: add range scenarios.

Limits: a few points are not the ellipsoid. In the direction that they cover least they reach only
`REACH` of it (58 % with 7 points, 79 % with 13), so a plan that is robust at the points need not
be so between them. Nothing here says that the share of patients is then served: that is for
dose. Group means, rotations, deformation and the uncertainty of the SDs are outside unless given.

Sources: van Herk M et al., Int J Radiat Oncol Biol Phys 2000;47:1121-35 (ellipsoid and alpha);
Fredriksson A, Forsgren A, Hardemark B, Med Phys 2011;38:1672-84 (minimax over such points).
"""

import itertools
import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from popmargin.core.axes import TRANSLATIONS, axis_column
from popmargin.core.checks import non_negative, share, whole
from popmargin.core.exceptions import OutOfRange
from popmargin.margins.alpha_beta import alpha_factor
from popmargin.statistics.size_table import FloatArray

REACH: Final = {7: 0.5774, 13: 0.7947, 15: 0.8069, 27: 0.8865}
"""Share of the ellipsoid that the points reach in the direction they cover least: the radius of
the largest ball inside their convex hull, for a ball of radius 1."""


def unit_directions(points: int) -> FloatArray:
    """Unit vectors of ``points`` - 1 scenarios beside the nominal one, float64[points - 1, 3].

    7: both ways along each axis; 13: corners of an icosahedron, the most even twelve; 15: the six
    and the eight diagonals of space; 27: these and the twelve diagonals of the planes.

    Raises `OutOfRange` for another number.

    >>> unit_directions(7).tolist()[0], unit_directions(13).shape
    ([1.0, 0.0, 0.0], (12, 3))
    """
    if points not in REACH:
        raise OutOfRange("points", f"one of {', '.join(map(str, REACH))}", points)
    if points == 13:
        golden = 0.5 * (1.0 + math.sqrt(5.0))
        rows = [
            np.roll([one, golden * other, 0.0], turn)
            for turn in range(3)
            for one, other in itertools.product((1.0, -1.0), repeat=2)
        ]
    else:
        kinds = {7: (1,), 15: (1, 3), 27: (1, 3, 2)}[points]
        steps = [np.array(row) for row in itertools.product((1.0, -1.0, 0.0), repeat=3)]
        rows = [row for kind in kinds for row in steps if np.count_nonzero(row) == kind]
    directions = np.array(rows)
    return np.asarray(directions / np.linalg.norm(directions, axis=1)[:, None] + 0.0)


def covariance_matrix(
    standard_deviations_mm: ArrayLike, correlations: ArrayLike | None = None
) -> FloatArray:
    """Covariance in mm^2 of lr, si, ap from their SDs and, where given, their correlations.

    Parameters
    ----------
    standard_deviations_mm : three SDs in mm, >= 0.
    correlations : 3 x 3, symmetric, ones on the diagonal, no negative eigenvalue; none = identity.

    Raises
    ------
    OutOfRange
        Anything else.

    >>> covariance_matrix([1, 2, 3]).diagonal().tolist()
    [1.0, 4.0, 9.0]
    """
    sds = non_negative("standard_deviations_mm", standard_deviations_mm)
    if sds.shape != (len(TRANSLATIONS),):
        raise OutOfRange("standard_deviations_mm", "three numbers (lr, si, ap)", sds.shape)
    matrix = np.eye(3) if correlations is None else np.asarray(correlations, dtype=np.float64)
    expected = "a symmetric 3 x 3 matrix with ones on its diagonal and no negative eigenvalue"
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
        raise OutOfRange("correlations", expected, correlations)
    even = np.allclose(matrix, matrix.T, atol=1e-9) and np.allclose(np.diag(matrix), 1.0)
    if not even or float(np.linalg.eigvalsh(matrix).min()) < -1e-9:
        raise OutOfRange("correlations", expected, correlations)
    return np.asarray(sds[:, None] * matrix * sds[None, :])


def worst_case_shifts(
    systematic_covariance_mm2: ArrayLike,
    *,
    population: float = 0.90,
    points: int = 7,
    group_mean_mm: Sequence[float] = (0.0, 0.0, 0.0),
    range_percent: float | None = None,
) -> list[dict[str, Any]]:
    """Nominal scenario and systematic shifts on the ellipsoid of a share of patients, as rows.

    Parameters
    ----------
    systematic_covariance_mm2 : float[3, 3] of lr, si, ap, from `covariance_matrix`.
    population : share of patients inside the ellipsoid, in (0, 1).
    points : 7, 13, 15 or 27 scenarios, the nominal one (the group mean) among them.
    group_mean_mm : centre of the ellipsoid; 0 where the group mean is corrected.
    range_percent : particles: every scenario with the range this much shorter and longer, beside
        the nominal one as it is; > 0.

    Returns
    -------
    Rows: kind (``nominal``, ``systematic``), scenario (from 0), course and fraction (None: the
    shift holds in all fractions), lr_mm, si_mm, ap_mm, range_percent.

    Examples
    --------
    >>> rows = worst_case_shifts(covariance_matrix([1.0, 1.0, 2.0]))
    >>> len(rows), rows[0]["kind"], round(rows[5]["ap_mm"], 2)
    (7, 'nominal', 5.0)
    """
    centre = _centre(group_mean_mm)
    alpha = alpha_factor(share("population", population))
    root = _symmetric_root(systematic_covariance_mm2)
    shifts = [centre, *(centre + alpha * (unit_directions(points) @ root))]
    ranges: list[float | None] = [None]
    if range_percent is not None:
        if not 0.0 < range_percent < 100.0:
            raise OutOfRange("range_percent", "a number in (0, 100)", range_percent)
        ranges = [-range_percent, range_percent]
    rows = [_row("nominal", centre, None, None, None)]
    for place, shift in enumerate(shifts):
        for change in ranges:
            if place or change is not None:
                kind = "systematic" if place else "nominal"
                rows.append(_row(kind, shift, None, None, change))
    return [{**row, "scenario": number} for number, row in enumerate(rows)]


def sampled_courses(
    systematic_covariance_mm2: ArrayLike,
    random_covariance_mm2: ArrayLike,
    *,
    fractions: int,
    courses: int,
    rng: np.random.Generator,
    group_mean_mm: Sequence[float] = (0.0, 0.0, 0.0),
) -> list[dict[str, Any]]:
    """Courses of random patients: one row a fraction with the shift of that fraction.

    Parameters
    ----------
    systematic_covariance_mm2, random_covariance_mm2 : float[3, 3] of lr, si, ap.
    fractions, courses : >= 1.
    rng : source of the draws.
    group_mean_mm : mean over patients.

    Returns
    -------
    Rows as of `worst_case_shifts`, kind ``sampled``; ``scenario`` and ``course`` number the
    patients from 1, ``fraction`` from 1.

    >>> rows = sampled_courses(np.eye(3), np.eye(3), fractions=5, courses=2,
    ...     rng=np.random.default_rng(1))
    >>> len(rows), rows[-1]["course"], rows[-1]["fraction"]
    (10, 2, 5)
    """
    count, length = whole("courses", courses), whole("fractions", fractions)
    systematic = _symmetric_root(systematic_covariance_mm2)
    random = _symmetric_root(random_covariance_mm2)
    starts = _centre(group_mean_mm) + rng.standard_normal((count, 1, 3)) @ systematic
    shifts = starts + rng.standard_normal((count, length, 3)) @ random
    return [
        {
            **_row("sampled", shifts[course, fraction], course + 1, fraction + 1, None),
            "scenario": course + 1,
        }
        for course in range(count)
        for fraction in range(length)
    ]


def _centre(group_mean_mm: Sequence[float]) -> FloatArray:
    centre = np.asarray(group_mean_mm, dtype=np.float64)
    if centre.shape != (3,) or not np.isfinite(centre).all():
        raise OutOfRange("group_mean_mm", "three finite numbers (lr, si, ap)", group_mean_mm)
    return centre


def _symmetric_root(covariance_mm2: ArrayLike) -> FloatArray:
    """Symmetric root of a covariance; tiny negative eigenvalues from rounding count as 0."""
    matrix = np.asarray(covariance_mm2, dtype=np.float64)
    expected = "a symmetric 3 x 3 matrix without negative eigenvalues, mm^2"
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all():
        raise OutOfRange("covariance_mm2", expected, covariance_mm2)
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    largest = float(np.abs(matrix).max())
    if values.min() < -1e-9 * largest or not np.allclose(matrix, matrix.T, atol=1e-9 * largest):
        raise OutOfRange("covariance_mm2", expected, covariance_mm2)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def _row(
    kind: str, shift: FloatArray, course: int | None, fraction: int | None, change: float | None
) -> dict[str, Any]:
    places = {
        axis_column(axis): float(value) + 0.0
        for axis, value in zip(TRANSLATIONS, shift, strict=True)
    }
    return {
        "kind": kind,
        "scenario": 0,
        "course": course,
        "fraction": fraction,
        **places,
        "range_percent": change,
    }
