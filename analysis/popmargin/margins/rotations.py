r"""Displacement of a point by a rotation about the isocentre.

A rotation :math:`\omega` moves a point at :math:`r` from the axis of rotation by
:math:`(R - I)r \approx \omega \times r`. Assumes small, independent, normal rotations (the error
of the small-angle form is below 0.1 % up to 4 degrees).

Limits: a point, not a volume; a target that reaches away from the isocentre has a larger
displacement at its far end.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.core.exceptions import OutOfRange

# A rotation of SD s about each of three axes moves a point at distance d by sqrt(2) s d in all,
# which is sqrt(2/3) s d an axis when its direction is averaged over. Chang 2018 prints 0.01424.
ISOTROPIC_FACTOR_PER_DEG: Final = math.sqrt(2.0 / 3.0) * math.pi / 180.0


def chord_displacement(angle_deg: ArrayLike, distance_mm: ArrayLike) -> NDArray[np.float64]:
    """Exact displacement in mm of a point at ``distance_mm`` from the axis of one rotation.

    Parameters: angle in degrees (any sign), distance in mm, finite and >= 0; arrays broadcast.
    Raises `OutOfRange` for a negative or non-finite distance.

    >>> round(float(chord_displacement(1.0, 50.0)), 4)
    0.8727
    """
    half_angle = np.radians(np.abs(np.asarray(angle_deg, dtype=np.float64))) / 2.0
    return np.asarray(2.0 * non_negative("distance_mm", distance_mm) * np.sin(half_angle))


def rotation_displacement_sd(
    lever_mm: ArrayLike, rotation_sd_deg: ArrayLike
) -> NDArray[np.float64]:
    r"""SD of the displacement of a point along lr, si and ap.

    .. math:: Var_x = z^2\sigma_{ry}^2 + y^2\sigma_{rz}^2 \quad \text{and cyclic, radians}

    Parameters
    ----------
    lever_mm : array_like, shape (3,)
        Position of the point relative to the isocentre (lr, si, ap) in mm, any sign.
    rotation_sd_deg : array_like, shape (3,)
        SD of the rotations about lr, si and ap (pitch, roll, yaw) in degrees, >= 0.

    Returns
    -------
    ndarray, shape (3,)
        SD in mm along lr, si and ap.

    Raises
    ------
    OutOfRange
        For a negative or non-finite SD, or an array that has not three values.

    Examples
    --------
    >>> rotation_displacement_sd([30, 0, 40], [1, 2, 0.5]).round(4).tolist()
    [1.3963, 0.7456, 1.0472]
    """
    lever = np.asarray(lever_mm, dtype=np.float64)
    radians = np.radians(non_negative("rotation_sd_deg", rotation_sd_deg))
    for name, value in (("lever_mm", lever), ("rotation_sd_deg", radians)):
        if value.shape != (3,) or not np.all(np.isfinite(value)):
            raise OutOfRange(name, "three finite numbers (lr, si, ap)", value.tolist())
    # Component a of omega x r is omega_b r_c - omega_c r_b with (a, b, c) cyclic.
    following, preceding = [1, 2, 0], [2, 0, 1]
    return np.asarray(
        np.hypot(
            radians[following] * lever[preceding],
            radians[preceding] * lever[following],
        )
    )


def isotropic_rotation_sd(
    distance_mm: ArrayLike, rotation_sd_deg: ArrayLike
) -> NDArray[np.float64]:
    """SD an axis in mm that a rotation of one SD about every axis adds at a distance.

    Parameters: distance from the isocentre in mm and rotation SD in degrees, finite and >= 0;
    arrays broadcast. Raises `OutOfRange` for a negative or non-finite value.
    Source: Chang J, single-isocentre multiple-target margin, 2018 (prints 0.01424 mm per mm and
    degree; sqrt(2/3) pi/180 is 0.014251). The average over directions is an approximation: the
    displacement has no part along the lever.

    >>> round(float(isotropic_rotation_sd(60.0, 0.5)), 4)
    0.4275
    """
    distance = non_negative("distance_mm", distance_mm)
    rotation = non_negative("rotation_sd_deg", rotation_sd_deg)
    return np.asarray(ISOTROPIC_FACTOR_PER_DEG * distance * rotation)


def direction_factors(distance_mm: float) -> tuple[float, float]:
    """What rotation SDs are multiplied by at a distance: direction averaged, and at its worst.

    With the SDs about the two other axes in radians, the first factor goes with the root of the
    sum of their squares, the second with the larger of them. Parameters: distance in mm, finite
    and >= 0; `OutOfRange` otherwise.

    >>> [round(factor, 3) for factor in direction_factors(60.0)]
    [34.641, 60.0]
    """
    distance = float(non_negative("distance_mm", distance_mm))
    return distance / math.sqrt(3.0), distance
