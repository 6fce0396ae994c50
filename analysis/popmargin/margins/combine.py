"""Combining error components of one kind: variances first, margins last.

Independent systematic components add in quadrature, and so do independent random ones; a margin
is computed once, from the sums. Offsets that act in one direction (group mean, dose algorithm)
add linearly.

Limits: components that share a cause (one image set for two purposes) are not independent; then
the quadrature sum is too small.
"""

import math
from collections.abc import Sequence

from popmargin.core.checks import non_negative
from popmargin.core.exceptions import OutOfRange


def quadrature_sum(standard_deviations_mm: Sequence[float]) -> float:
    """SD of the sum of independent errors, in mm: the root of the sum of their squares.

    Parameters
    ----------
    standard_deviations_mm : sequence of float
        SDs of the components in mm, finite and >= 0; none at all gives 0.

    Raises
    ------
    OutOfRange
        For a negative or non-finite SD.

    Examples
    --------
    >>> quadrature_sum([3.0, 4.0])
    5.0
    """
    return math.hypot(*non_negative("standard_deviations_mm", standard_deviations_mm).tolist())


def offset_sum(offsets_mm: Sequence[float]) -> float:
    """Sum of offsets in mm, with their sign: they act in one direction and never average out.

    Raises
    ------
    OutOfRange
        For an offset that is not finite.

    Examples
    --------
    >>> offset_sum([1.0, -0.4])
    0.6
    """
    if not all(map(math.isfinite, offsets_mm)):
        raise OutOfRange("offsets_mm", "finite numbers", offsets_mm)
    return math.fsum(offsets_mm)
