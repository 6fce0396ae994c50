"""Stated geometric phantoms: a ball-shaped target and an organ at a distance, with a penumbra.

Assumptions: an ideal conformal dose whose isodose of the wanted level follows the PTV, blurred by a
normal density; the organ is a slab that faces the target along one axis, with a fall-off of its
own (plans fall off more slowly outside the target than a single penumbra does) and, where stated,
a background dose. Target and organ move together.

Limits: no plan has this dose. What the phantom tells is how a margin moves dose, not what a
patient's organ receives: levels are those of the stated geometry, differences are less so.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.checks import non_negative, positive, share
from popmargin.core.exceptions import OutOfRange

Three = tuple[float, float, float]
Side = Literal["positive", "negative"]
_SHELLS: Final = 8
_DIRECTIONS: Final = 48
_ORGAN_POINTS: Final = 24
_CC_PER_MM3: Final = 1e-3


@dataclass(frozen=True, slots=True)
class OrganPhantom:
    """A slab that faces the target along one axis.

    Attributes
    ----------
    name : of the organ, in words.
    axis : ``lr``, ``si`` or ``ap``.
    side : ``positive`` (left, superior, anterior of the target) or ``negative``.
    gap_mm : from the surface of the CTV to the organ, >= 0.
    thickness_mm : of the organ along the axis, > 0.
    fall_off_sd_mm : SD of the normal fall-off of dose there, > 0.
    background_share : dose far from the target over the prescription, 0 to below 1.

    Raises
    ------
    OutOfRange
        For a value out of range.

    Examples
    --------
    >>> OrganPhantom("rectum", "ap", "negative", 0.0, 30.0, 6.0).depths_mm().shape
    (24,)
    """

    name: str
    axis: str
    side: Side
    gap_mm: float
    thickness_mm: float
    fall_off_sd_mm: float
    background_share: float = 0.0

    def __post_init__(self) -> None:
        if self.axis not in TRANSLATIONS:
            raise OutOfRange("axis", f"one of {', '.join(TRANSLATIONS)}", self.axis)
        if self.side not in ("positive", "negative"):
            raise OutOfRange("side", "positive or negative", self.side)
        non_negative("gap_mm", self.gap_mm)
        positive("thickness_mm", self.thickness_mm)
        positive("fall_off_sd_mm", self.fall_off_sd_mm)
        if not 0.0 <= self.background_share < 1.0:
            raise OutOfRange("background_share", "a number >= 0 and below 1", self.background_share)

    @property
    def axis_index(self) -> int:
        """Place of the axis in lr, si, ap."""
        return TRANSLATIONS.index(self.axis)

    @property
    def sign(self) -> int:
        """1 on the positive side of the target, -1 on the other."""
        return 1 if self.side == "positive" else -1

    def depths_mm(self) -> NDArray[np.float64]:
        """Distances of its layers of equal volume from the surface of the CTV, mm."""
        layers = (np.arange(_ORGAN_POINTS) + 0.5) / _ORGAN_POINTS
        return self.gap_mm + self.thickness_mm * layers


@dataclass(frozen=True, slots=True)
class TargetPhantom:
    """A ball-shaped CTV whose PTV gets the wanted dose level without errors.

    Attributes
    ----------
    ctv_radius_mm : > 0.  penumbra_sd_mm : > 0.  dose_level : inside (0, 1).

    Raises
    ------
    OutOfRange
        For a value out of range.

    Examples
    --------
    >>> round(TargetPhantom(30.0).ptv_cc((5.0, 5.0, 5.0)), 1)
    179.6
    """

    ctv_radius_mm: float
    penumbra_sd_mm: float = 3.2
    dose_level: float = 0.95

    def __post_init__(self) -> None:
        positive("ctv_radius_mm", self.ctv_radius_mm)
        positive("penumbra_sd_mm", self.penumbra_sd_mm)
        share("dose_level", self.dose_level)

    def ctv_cc(self) -> float:
        """Volume of the CTV, cc."""
        return self.ptv_cc((0.0, 0.0, 0.0))

    def ptv_cc(self, margin_mm: Three) -> float:
        """Volume of CTV and margin, an ellipsoid, cc; margins in mm, >= 0."""
        axes = self.ctv_radius_mm + non_negative("margin_mm", margin_mm)
        return float(4.0 / 3.0 * math.pi * np.prod(axes)) * _CC_PER_MM3

    def points_mm(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Points (K, 3) inside the CTV, mm, and their shares of its volume (K,)."""
        points, weights = _ball_points()
        return self.ctv_radius_mm * points, weights


@lru_cache(maxsize=1)
def _ball_points() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Quadrature of the unit ball: Gauss-Legendre in the cube of the radius, spread directions."""
    nodes, gauss = np.polynomial.legendre.leggauss(_SHELLS)
    radii = np.cbrt(0.5 * (nodes + 1.0))
    # Half of the directions and their opposites: the mean position is the centre, exactly.
    half = _DIRECTIONS // 2
    height = (np.arange(half) + 0.5) / half
    turn = np.arange(half) * math.pi * (3.0 - math.sqrt(5.0))
    ring = np.sqrt(1.0 - height**2)
    upper = np.stack([ring * np.cos(turn), ring * np.sin(turn), height], axis=1)
    directions = np.concatenate([upper, -upper])
    points = (radii[:, None, None] * directions[None]).reshape(-1, 3)
    weights = np.repeat(0.5 * gauss / _DIRECTIONS, _DIRECTIONS)
    return points, weights / weights.sum()


def three(values: ArrayLike) -> Three:
    """Three values of an array, as lr, si and ap.

    >>> three([1, 2, 3])
    (1.0, 2.0, 3.0)
    """
    lr, si, ap = np.asarray(values, dtype=np.float64).tolist()
    return lr, si, ap
