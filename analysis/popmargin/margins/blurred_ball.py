r"""Dose of a ball-shaped field whose edge is blurred by a normal density.

The model of ideal conformality: full dose inside a ball of radius R, convolved with an isotropic
normal density of SD s (penumbra, and random errors of many fractions). Dose is relative to the
interior of the unblurred field.

.. math:: D(\rho) = \tfrac12\left[\mathrm{erf}\tfrac{R-\rho}{\sqrt2 s}
          + \mathrm{erf}\tfrac{R+\rho}{\sqrt2 s}\right] - \tfrac{s}{\rho\sqrt{2\pi}}
          \left[e^{-(R-\rho)^2/2s^2} - e^{-(R+\rho)^2/2s^2}\right]

Limits: a ball and one penumbra all round; real plans have flatter edges along the beams, hot
spots and build-up. Source: convolution of a ball with a normal density, exact.
"""

import math
from collections.abc import Callable

from popmargin.core.checks import non_negative, share


def blurred_ball_dose(distance_mm: float, field_radius_mm: float, blur_sd_mm: float) -> float:
    """Relative dose at a distance from the centre of a blurred ball field.

    Parameters
    ----------
    distance_mm, field_radius_mm, blur_sd_mm : float
        Distance from the centre, radius of the unblurred field and SD of the blur, mm, >= 0. With
        no blur the dose is 1 up to the radius and 0 beyond.

    Raises
    ------
    OutOfRange
        For a negative or non-finite value.

    Examples
    --------
    >>> round(blurred_ball_dose(28.0, 30.0, 3.2), 6)
    0.69651
    """
    return dose_of_checked(
        float(non_negative("distance_mm", distance_mm)),
        float(non_negative("field_radius_mm", field_radius_mm)),
        float(non_negative("blur_sd_mm", blur_sd_mm)),
    )


def isodose_radius(dose_level: float, field_radius_mm: float, blur_sd_mm: float) -> float:
    """Radius in mm inside which a blurred ball field gives at least a dose level.

    Parameters: dose level inside (0, 1); field radius and blur SD in mm, >= 0. Returns 0.0 when
    even the centre stays below the level. Raises `OutOfRange` for values out of range.

    >>> round(isodose_radius(0.95, 45.1058748937, 3.2), 6)
    39.6
    """
    level = share("dose_level", dose_level)
    radius = float(non_negative("field_radius_mm", field_radius_mm))
    blur = float(non_negative("blur_sd_mm", blur_sd_mm))
    return _root(
        lambda distance: level - dose_of_checked(distance, radius, blur), radius + 40.0 * blur
    )


def ball_field_radius(dose_level: float, isodose_radius_mm: float, blur_sd_mm: float) -> float:
    """Radius in mm of the ball field whose isodose of a level has a given radius.

    Parameters: dose level inside (0, 1); isodose radius and blur SD in mm, >= 0. Raises
    `OutOfRange` for values out of range.

    >>> round(ball_field_radius(0.95, 39.6, 3.2), 6)
    45.105875
    """
    level = share("dose_level", dose_level)
    distance = float(non_negative("isodose_radius_mm", isodose_radius_mm))
    blur = float(non_negative("blur_sd_mm", blur_sd_mm))
    if blur == 0.0:
        return distance
    return _root(
        lambda radius: dose_of_checked(distance, radius, blur) - level, distance + 40.0 * blur
    )


def dose_of_checked(distance: float, radius: float, blur: float) -> float:
    """`blurred_ball_dose` of values that were checked; plain arithmetic, so that it compiles."""
    if blur == 0.0:
        return 1.0 if distance <= radius else 0.0
    if distance < 1e-6 * blur:  # the limit at the centre, where the formula divides 0 by 0
        reach = radius / blur
        return math.erf(reach / math.sqrt(2.0)) - math.sqrt(2.0 / math.pi) * reach * math.exp(
            -(reach**2) / 2.0
        )
    near, far = (radius - distance) / blur, (radius + distance) / blur
    edges = math.erf(near / math.sqrt(2.0)) + math.erf(far / math.sqrt(2.0))
    spill = math.exp(-(near**2) / 2.0) - math.exp(-(far**2) / 2.0)
    return 0.5 * edges - blur / (distance * math.sqrt(2.0 * math.pi)) * spill


def _root(rising: Callable[[float], float], high: float) -> float:
    """Where a rising function passes zero in [0, high], to the last bit; 0.0 when above already."""
    low = 0.0
    if rising(low) > 0.0:
        return 0.0
    while (middle := 0.5 * (low + high)) not in (low, high):
        if rising(middle) > 0.0:
            high = middle
        else:
            low = middle
    return low
