r"""What a change of depth does to dose: an estimate from the attenuation of the beam alone.

.. math:: \Delta D / D = e^{-\mu\,\Delta d} - 1, \quad \mu = -\ln(TPR_{20,10}) / 10\ \mathrm{cm}

Assumptions: isocentric beam, full scatter, the change lies upstream of the point, depths in
water-equivalent millimetres. An arc is the mean over its gantry angles. Limits: an estimate for a
decision to recalculate, not a dose: no scatter change, no build-up, no lateral disequilibrium in
lung, no particle beam (where the range itself shifts).

Sources: TPR20,10 of 0.683 (6 MV) and 0.742 (10 MV) seen in a TRS-398 comparison; 0.67 gives the
4.0 % per cm at the other end of 6 MV beams.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative, share
from popmargin.core.exceptions import OutOfRange

FloatArray = NDArray[np.float64]
# TPR20,10 of common beams: least and most attenuated (one value is known of 10 MV).
TPR: Final = {"6 MV": (0.683, 0.67), "10 MV": (0.742, 0.742)}


def attenuation_per_mm(tpr_20_10: float) -> float:
    """Attenuation per mm of water from TPR20,10, a number strictly between 0 and 1.

    >>> round(1000 * attenuation_per_mm(0.683), 2)
    3.81
    """
    return -math.log(share("tpr_20_10", tpr_20_10)) / 100.0


def dose_change(depth_change_mm: ArrayLike, *, tpr_20_10: float) -> FloatArray:
    """Relative change of dose (-0.03 = 3 % less) for a change of depth in mm, any sign.

    >>> [round(100 * float(dose_change(10.0, tpr_20_10=t)), 2) for t in (0.683, 0.67, 0.742)]
    [-3.74, -3.93, -2.94]
    """
    depth = np.asarray(depth_change_mm, dtype=np.float64)
    if not np.isfinite(depth).all():
        raise OutOfRange("depth_change_mm", "finite numbers", depth_change_mm)
    return np.asarray(np.expm1(-attenuation_per_mm(tpr_20_10) * depth))


def arc_dose_change(
    depth_change_mm: ArrayLike, *, tpr_20_10: float, weights: ArrayLike | None = None
) -> float:
    """Change of dose of an arc: the mean over gantry angles, weighted where weights are given.

    >>> round(100 * arc_dose_change([10.0, -10.0, 0.0, 0.0], tpr_20_10=0.683), 3)
    0.036
    """
    changes = dose_change(depth_change_mm, tpr_20_10=tpr_20_10)
    if weights is None:
        return float(changes.mean())
    parts = non_negative("weights", weights)
    if parts.shape != changes.shape or not parts.any():
        raise OutOfRange("weights", "one weight >= 0 an angle, not all 0", weights)
    return float(parts @ changes / parts.sum())


def depth_threshold_mm(dose_share: float, *, tpr_20_10: float) -> float:
    """Loss of depth in mm that raises the dose by a share (0.03 = 3 %).

    >>> round(depth_threshold_mm(0.03, tpr_20_10=0.683), 1)
    7.8
    """
    return math.log1p(share("dose_share", dose_share)) / attenuation_per_mm(tpr_20_10)


def density_depth_change_mm(
    path_mm: ArrayLike, density_before: ArrayLike, density_after: ArrayLike
) -> FloatArray:
    """Change of water-equivalent depth in mm when the density in a path changes.

    Parameters: path in mm and densities relative to water, all >= 0 (lung about 0.25, collapsed
    lung about 1; recalled). Lung that opens again makes a path shallower.

    >>> float(density_depth_change_mm(40.0, 1.0, 0.25))
    -30.0
    """
    path = non_negative("path_mm", path_mm)
    after, before = (
        non_negative("density_after", density_after),
        non_negative("density_before", density_before),
    )
    return np.asarray(path * (after - before))
