"""Volume that a margin irradiates around a ball, at rest or swept along a straight path.

Assumptions: a spherical target; margins of their own along the patient axes make it an ellipsoid;
the sweep is a straight line. Limits: real targets are no balls; differences between strategies are
what these volumes are for, not their absolute size.
"""

import math
from collections.abc import Sequence

import numpy as np

from popmargin.core.checks import non_negative, positive


def swept_volume_cc(
    radius_mm: float, margin_mm: Sequence[float], sweep_mm: Sequence[float] = (0.0, 0.0, 0.0)
) -> float:
    r"""Volume of the ellipsoid with semi-axes radius + margin, swept along ``sweep_mm``.

    .. math:: V = \tfrac{4}{3}\pi abc + \pi abc \sqrt{\sum L_i^2 / a_i^2}

    Parameters: radius in mm > 0, margins in mm >= 0 and full sweeps in mm >= 0 on the three axes.
    Raises `OutOfRange`. The second term is the length of the sweep times the shadow of the
    ellipsoid across it.

    >>> still, swept = [swept_volume_cc(20, [5, 5, 5], [0, height, 0]) for height in (0, 10)]
    >>> round(still, 2), round(swept, 2)
    (65.45, 85.08)
    """
    axes = float(positive("radius_mm", radius_mm)) + non_negative("margin_mm", margin_mm)
    sweep = non_negative("sweep_mm", sweep_mm)
    product = float(np.prod(axes))
    length = math.sqrt(float(((sweep / axes) ** 2).sum()))
    return math.pi * product * (4.0 / 3.0 + length) / 1000.0
