r"""Probability that a normal shift in three dimensions is no longer than a limit.

.. math:: P(\Sigma_x^2 z_x^2 + \Sigma_y^2 z_y^2 + \Sigma_z^2 z_z^2 \le k^2)

With one SD on every axis it is the chi distribution of three degrees of freedom. Otherwise the
axis of the largest SD is integrated by the error function and the two others by Gauss-Legendre
quadrature over an angle, which takes the square root out of the end of the range; the range stops
where nothing is left. Accurate to 1e-11 for any ratio of SDs, zero included.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import erf, gammainc

from popmargin.core.checks import non_negative
from popmargin.core.exceptions import OutOfRange

_REACH: Final = 8.5  # beyond so many SDs lies less than 1e-16
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(32)


def shift_probability(limit_mm: float, shift_sd_mm: ArrayLike) -> float:
    """Probability that a shift with independent normal parts is at most ``limit_mm`` long.

    Parameters
    ----------
    limit_mm : float
        Limit in mm; a negative one gives 0.
    shift_sd_mm : array_like
        SD in mm, finite and >= 0: one number for all three axes, or three.

    Returns
    -------
    float
        Probability in [0, 1].

    Raises
    ------
    OutOfRange
        For a negative or non-finite SD, a limit that is no number, or neither one nor three SDs.

    Examples
    --------
    >>> round(shift_probability(2.5003, 1.0), 4), round(shift_probability(2.0, [2, 0, 0]), 4)
    (0.9, 0.6827)
    """
    sds = non_negative("shift_sd_mm", shift_sd_mm)
    if sds.shape not in ((), (3,)):
        raise OutOfRange("shift_sd_mm", "one number, or three (lr, si, ap)", shift_sd_mm)
    if np.isnan(limit_mm):
        raise OutOfRange("limit_mm", "a number", limit_mm)
    largest = float(sds.max())
    if limit_mm <= 0.0 or largest == 0.0:
        return 1.0 if largest == 0.0 and limit_mm >= 0.0 else 0.0
    if float(sds.min()) == largest:
        return float(gammainc(1.5, 0.5 * (limit_mm / largest) ** 2))
    if limit_mm > 2.0 * _REACH * largest:
        return 1.0
    # A vanishing SD stands for zero: its range then ends where its density does.
    smaller = np.maximum(np.sort(sds)[:2], 1e-12 * largest)
    outer_weights, left = _chords(np.asarray(limit_mm), smaller[0])
    inner_weights, left = _chords(left, smaller[1])
    over_inner = np.sum(inner_weights * erf(left / (largest * np.sqrt(2.0))), axis=-1)
    return float(np.clip(np.sum(outer_weights * over_inner), 0.0, 1.0))


def _chords(
    limit: NDArray[np.float64], sd: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Quadrature over one axis: weights (density included) and the limit left for the others.

    With ``x = limit sin(angle)`` the limit left is ``limit cos(angle)``. Shapes gain one axis.
    """
    reach = np.minimum(1.0, _REACH * sd / limit)[..., np.newaxis]
    half_range = 0.5 * np.arcsin(reach)
    angle = half_range * (1.0 + _POINTS)
    scaled = limit[..., np.newaxis] / sd
    density = np.exp(-0.5 * (scaled * np.sin(angle)) ** 2) / np.sqrt(2.0 * np.pi)
    left = limit[..., np.newaxis] * np.cos(angle)
    # Both signs of x count, hence the factor 2.
    return 2.0 * half_range * _WEIGHTS * density * scaled * np.cos(angle), left
