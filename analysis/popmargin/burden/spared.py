"""What a smaller margin spares: volume of the PTV, integral dose, and the images that it pays for.

Assumptions: the CTV is a ball and the PTV the ellipsoid of its radius plus the margin of each
axis; the integral dose of the beams grows with the area of the irradiated cross-section; an image
gives its mean dose to the imaged mass. Limits: which organ gets the dose is not asked; integral
dose is not risk.

Source: break-even after the argument of Smolders A et al., Phys Med Biol 2024;69:225004, that
1 mm of margin is generally enough to offset daily imaging.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative, positive
from popmargin.core.exceptions import OutOfRange

Floats = NDArray[np.float64]
_MM3_PER_CC = 1000.0


def ptv_volume_cc(ctv_radius_mm: float, margin_mm: ArrayLike) -> Floats:
    """Volume of a ball with a margin of its own on each axis.

    Parameters
    ----------
    ctv_radius_mm : > 0; margin_mm : (..., 3) margins on the lr, si and ap axes, >= 0.

    Returns
    -------
    (...), cc.

    Raises
    ------
    OutOfRange
        When a value is out of range or the last axis does not hold three margins.

    Examples
    --------
    >>> ptv_volume_cc(30, [[0, 0, 0], [5, 5, 5]]).round(1).tolist()
    [113.1, 179.6]
    """
    margins = non_negative("margin_mm", margin_mm)
    if margins.shape[-1:] != (3,):
        raise OutOfRange("margin_mm", "three margins in the last axis", margins.shape)
    half_axes = float(positive("ctv_radius_mm", ctv_radius_mm)) + margins
    return np.asarray(4.0 / 3.0 * np.pi * half_axes.prod(axis=-1) / _MM3_PER_CC)


def integral_dose_spared_j(
    beam_integral_dose_j: ArrayLike, radius_mm: ArrayLike, margin_saved_mm: ArrayLike
) -> Floats:
    """Integral dose of the treatment beams that a smaller margin saves, J.

    Parameters
    ----------
    beam_integral_dose_j : of the course with the larger margin, J, >= 0.
    radius_mm : R, of the irradiated cross-section with the larger margin, > 0.
    margin_saved_mm : delta, at most R; negative where the margin grows.

    Returns
    -------
    Shape of the broadcast arguments: ``E (1 - ((R - delta) / R)**2)``.

    Raises
    ------
    OutOfRange
        When a value is out of range.

    Examples
    --------
    >>> round(float(integral_dose_spared_j(150, 37, 1)), 2)
    8.0
    """
    energy = non_negative("beam_integral_dose_j", beam_integral_dose_j)
    radius = positive("radius_mm", radius_mm)
    saved = np.asarray(margin_saved_mm, dtype=np.float64)
    if not np.all(np.isfinite(saved)) or np.any(saved > radius):
        raise OutOfRange("margin_saved_mm", "a finite number, at most the radius", margin_saved_mm)
    return np.asarray(energy * (1.0 - ((radius - saved) / radius) ** 2))


def break_even_images(
    spared_j: ArrayLike, dose_per_image_mgy: ArrayLike, imaged_mass_kg: ArrayLike
) -> Floats:
    """Images whose integral dose equals what the smaller margin spares.

    Parameters
    ----------
    spared_j : J, from `integral_dose_spared_j`; negative gives 0.
    dose_per_image_mgy : mean dose of the imaged mass, mGy, > 0; imaged_mass_kg : > 0.

    Raises
    ------
    OutOfRange
        When the dose or the mass is not positive: without dose any number of images pays.

    Examples
    --------
    8 J spared are 38 scans of 19 mGy to 11 kg: about one for every fraction of a course.

    >>> round(float(break_even_images(8.0, 19, 11)), 1)
    38.3
    """
    per_image = positive("dose_per_image_mgy", dose_per_image_mgy) / 1000.0
    joule = per_image * positive("imaged_mass_kg", imaged_mass_kg)
    return np.asarray(np.maximum(np.asarray(spared_j, dtype=np.float64), 0.0) / joule)


def radius_with_margin_mm(ctv_radius_mm: float, margin_mm: Sequence[float]) -> float:
    """Mean radius of the irradiated cross-section: the CTV's and the mean margin of the axes.

    >>> radius_with_margin_mm(30, (6, 7, 8))
    37.0
    """
    margins = non_negative("margin_mm", margin_mm)
    return float(positive("ctv_radius_mm", ctv_radius_mm)) + float(margins.mean())
