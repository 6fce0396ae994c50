r"""Dose of virtual patients in a phantom: one mean shift each, and a blur by their daily errors.

A course of N fractions displaces a patient by a mean shift of variance
:math:`\Sigma^2 + \sigma^2/N` and blurs the dose by :math:`\sigma^2 (1 - 1/N)` about it, axis by
axis (`popmargin.margins.effective_errors`).

Assumptions: normal errors, independent axes, group mean corrected. Limits: the blur is the same in
all patients of few fractions, where it really scatters; daily doses are averaged before the
linear-quadratic conversion, which understates the effect of the few days that miss.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, ndtr, ndtri

from popmargin.core.checks import whole
from popmargin.margins.blurred_ball import ball_field_radius
from popmargin.margins.effective_errors import effective_errors
from popmargin.outcomes.phantom import OrganPhantom, TargetPhantom, Three
from popmargin.statistics.point_set import unit_points

FloatArray = NDArray[np.float64]
# Beyond this many blur SDs the far edge of the field adds less than 1e-9.
_FAR: Final = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class VirtualPatients:
    """Mean shift of every patient, (P, 3) mm, and the SD of the blur along lr, si and ap, mm."""

    shifts_mm: FloatArray
    blur_sd_mm: FloatArray


def virtual_patients(
    systematic_sd_mm: Three,
    random_sd_mm: Three,
    *,
    fractions: int | None,
    patients: int,
    seed: int = 1,
) -> VirtualPatients:
    """Evenly spread patients of a population; the same seed gives the same patients.

    Parameters
    ----------
    systematic_sd_mm, random_sd_mm : along lr, si and ap, mm, >= 0.
    fractions : of the course, >= 1; None = many.
    patients : number, >= 2.
    seed : >= 0.

    Raises
    ------
    OutOfRange
        For a value out of range.

    Notes
    -----
    The shifts are quantiles at a low-discrepancy point set (`popmargin.statistics.point_set`), so
    that means over patients carry almost no simulation noise and margins share their patients.

    Examples
    --------
    >>> people = virtual_patients((2, 2, 2), (3, 3, 3), fractions=None, patients=1000)
    >>> people.shifts_mm.std(axis=0).round(1).tolist(), people.blur_sd_mm.tolist()
    ([2.0, 2.0, 2.0], [3.0, 3.0, 3.0])
    """
    count = whole("patients", patients, at_least=2)
    sds = np.asarray(systematic_sd_mm, dtype=np.float64)
    blur = np.asarray(random_sd_mm, dtype=np.float64)
    if fractions is not None:
        sds, blur = effective_errors(sds, blur, fractions=whole("fractions", fractions))
    normal = np.stack([ndtri(unit_points(axis, 3, seed, count)) for axis in range(3)], axis=1)
    return VirtualPatients(normal * sds, np.asarray(blur, dtype=np.float64))


def target_doses(people: VirtualPatients, target: TargetPhantom, margin_mm: Three) -> FloatArray:
    """Relative dose of every patient at every point of the target, (P, K).

    Parameters
    ----------
    people : from `virtual_patients`.
    target : the phantom; its points are those of ``target.points_mm()``.
    margin_mm : along lr, si and ap, mm, >= 0.

    Returns
    -------
    Dose over that of the field's interior; exact for equal margins and equal blurs, otherwise
    the edge is taken at its distance along the radius.

    Examples
    --------
    >>> people = virtual_patients((0, 0, 0), (0, 0, 0), fractions=None, patients=2)
    >>> doses = target_doses(people, TargetPhantom(30.0), (0, 0, 0))
    >>> bool(doses.min() > 0.95), round(float(doses.max()), 3)
    (True, 1.0)
    """
    points, _ = target.points_mm()
    margin = np.asarray(margin_mm, dtype=np.float64)
    mean_radius = target.ctv_radius_mm + float(margin.mean())
    field = ball_field_radius(target.dose_level, mean_radius, target.penumbra_sd_mm)
    axes = target.ctv_radius_mm + margin
    variances = people.blur_sd_mm**2
    equal = bool(np.ptp(margin) == 0.0 and np.ptp(variances) == 0.0)
    doses = np.empty((len(people.shifts_mm), len(points)))
    # A portion of patients at a time keeps the arrays in the processor's cache.
    for first in range(0, len(doses), 256):
        part = people.shifts_mm[first : first + 256, None, :] + points[None]
        distance = np.maximum(np.sqrt(np.einsum("pka,pka->pk", part, part)), 1e-9)
        if equal:
            blur: FloatArray | float = float(np.hypot(target.penumbra_sd_mm, people.blur_sd_mm[0]))
            radius = distance
        else:
            squared = (part / distance[..., None]) ** 2
            blur = np.sqrt(target.penumbra_sd_mm**2 + squared @ variances)
            radius = distance - (1.0 / np.sqrt(squared @ axes**-2.0) - mean_radius)
            radius = np.maximum(radius, 1e-9)
        doses[first : first + 256] = _ball_dose(radius, field, blur)
    return doses


def organ_doses(
    people: VirtualPatients, target: TargetPhantom, organ: OrganPhantom, margin_mm: Three
) -> FloatArray:
    """Relative dose of every patient in every layer of the organ, (P, L); layers have equal volume.

    Parameters: as in `target_doses`, and the organ. The dose reaches the target's level at the
    PTV's surface and falls off from there; blur and shift act along the organ's axis.

    Examples
    --------
    >>> people = virtual_patients((0, 0, 0), (0, 0, 0), fractions=None, patients=2)
    >>> organ = OrganPhantom("rectum", "ap", "negative", 0.0, 30.0, 6.0)
    >>> wide, narrow = (organ_doses(people, TargetPhantom(30.0), organ, (m, m, m)).mean()
    ...                 for m in (8.0, 4.0))
    >>> bool(wide > narrow)
    True
    """
    place = organ.axis_index
    edge = margin_mm[place] + float(ndtri(target.dose_level)) * organ.fall_off_sd_mm
    blur = float(np.hypot(organ.fall_off_sd_mm, people.blur_sd_mm[place]))
    shift = organ.sign * people.shifts_mm[:, place]
    inside = ndtr((edge - organ.depths_mm()[None] - shift[:, None]) / blur)
    return np.asarray(organ.background_share + (1.0 - organ.background_share) * inside)


def _ball_dose(radius: FloatArray, field: float, blur: FloatArray | float) -> FloatArray:
    """Blurred-ball dose (`popmargin.margins.blurred_ball`) of many points."""
    near = (field - radius) / blur
    edges = erf(near * np.sqrt(0.5))
    spill = np.exp(-0.5 * near * near)
    if field < _FAR * np.max(blur):
        far = (field + radius) / blur
        edges = edges + erf(far * np.sqrt(0.5))
        spill = spill - np.exp(-0.5 * far * far)
    else:
        edges = edges + 1.0
    dose = 0.5 * edges - blur / (radius * np.sqrt(2.0 * np.pi)) * spill
    return np.asarray(np.clip(dose, 0.0, 1.0))
