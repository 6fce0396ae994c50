"""Differential dose-volume histograms: checks, mean dose and generalised equivalent uniform dose.

Convention everywhere in `popmargin.outcomes`: ``dose_gy`` are the doses of the bins and
``volume_fraction`` the share of the structure's volume *in* each bin (differential), which sum to
1. A cumulative histogram is turned by `differential_from_cumulative`; given as it is, it is
refused, because it would overstate every risk.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.core.exceptions import OutOfRange

_SUM_TOLERANCE: Final = 1e-3


def check_dose_volume(
    dose_gy: ArrayLike, volume_fraction: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Doses and volume fractions (scaled to sum exactly 1) of a differential histogram.

    Parameters
    ----------
    dose_gy : shape (bins,) or one number, Gy, >= 0.
    volume_fraction : same shape, >= 0, sum 1 within 0.001.

    Raises
    ------
    OutOfRange
        When the shapes differ, a value is out of range or the fractions do not sum to 1.

    Examples
    --------
    >>> check_dose_volume([10, 20], [0.5, 0.5])[1].tolist()
    [0.5, 0.5]
    """
    dose = np.atleast_1d(non_negative("dose_gy", dose_gy))
    volume = np.atleast_1d(non_negative("volume_fraction", volume_fraction))
    if dose.shape != volume.shape or dose.ndim != 1:
        raise OutOfRange("volume_fraction", f"as many values as doses {dose.shape}", volume.shape)
    total = float(volume.sum())
    if abs(total - 1.0) > _SUM_TOLERANCE:
        raise OutOfRange(
            "volume_fraction",
            "shares of a differential histogram that sum to 1 (a cumulative one goes through "
            "differential_from_cumulative)",
            f"a sum of {total:g}",
        )
    return dose, volume / total


def differential_from_cumulative(
    dose_gy: ArrayLike, volume_at_least: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Differential histogram from a cumulative one (share of the volume at each dose or above).

    Parameters
    ----------
    dose_gy : shape (edges,), Gy, increasing, >= 0.
    volume_at_least : same shape, from 1 at the first dose, never rising, 0 to 1.

    Returns
    -------
    Mid-bin doses and shares; a share left at the last dose is put there.

    Raises
    ------
    OutOfRange
        When the doses do not increase, or the shares rise or do not begin at 1.

    Examples
    --------
    >>> dose, volume = differential_from_cumulative([0, 10, 20], [1.0, 0.4, 0.0])
    >>> dose.tolist(), volume.round(3).tolist()
    ([5.0, 15.0], [0.6, 0.4])
    """
    edges = np.atleast_1d(non_negative("dose_gy", dose_gy))
    shares = np.atleast_1d(non_negative("volume_at_least", volume_at_least))
    if edges.ndim != 1 or edges.size < 2 or np.any(np.diff(edges) <= 0):
        raise OutOfRange("dose_gy", "two or more increasing doses", dose_gy)
    if shares.shape != edges.shape or np.any(np.diff(shares) > 0):
        raise OutOfRange("volume_at_least", "one share per dose, never rising", volume_at_least)
    if abs(shares[0] - 1.0) > _SUM_TOLERANCE:
        raise OutOfRange("volume_at_least", "1 at the first dose", float(shares[0]))
    dose = (edges[1:] + edges[:-1]) / 2
    volume = -np.diff(shares)
    if shares[-1] > 0:
        dose, volume = np.append(dose, edges[-1]), np.append(volume, shares[-1])
    return check_dose_volume(dose, volume)


def mean_dose_gy(dose_gy: ArrayLike, volume_fraction: ArrayLike) -> float:
    """Mean dose of a differential histogram, Gy.

    Raises
    ------
    OutOfRange
        As `check_dose_volume`.

    Examples
    --------
    >>> mean_dose_gy([10, 30], [0.5, 0.5])
    20.0
    """
    dose, volume = check_dose_volume(dose_gy, volume_fraction)
    return float(volume @ dose)


def generalised_eud_gy(dose_gy: ArrayLike, volume_fraction: ArrayLike, *, exponent: float) -> float:
    r"""Generalised equivalent uniform dose, Gy.

    .. math:: gEUD = \left(\sum_i v_i D_i^{a}\right)^{1/a}

    Parameters
    ----------
    dose_gy, volume_fraction : as in `check_dose_volume`.
    exponent : a, not 0: 1 is the mean dose, large a serial organs (a = 1/n of
        Lyman-Kutcher-Burman), negative a targets; a cold spot of 0 Gy then gives 0.

    Raises
    ------
    OutOfRange
        As `check_dose_volume`, or when the exponent is 0 or not finite.

    Notes
    -----
    Niemierko A, Med Phys 1999;26:1100 (recalled).

    Examples
    --------
    >>> round(generalised_eud_gy([60, 70], [0.5, 0.5], exponent=1 / 0.09), 2)
    66.76
    """
    dose, volume = check_dose_volume(dose_gy, volume_fraction)
    if exponent == 0 or not np.isfinite(exponent):
        raise OutOfRange("exponent", "a finite number other than 0", exponent)
    present, shares = dose[volume > 0], volume[volume > 0]
    reference = float(present.max() if exponent > 0 else present.min())
    if reference == 0.0:
        return 0.0
    # Relative to the dose that dominates, so that powers do not overflow, and as logarithms, so
    # that an exponent near 0 goes to the geometric mean instead of to noise.
    with np.errstate(divide="ignore"):
        excess = float(shares @ np.expm1(exponent * np.log(present / reference)))
    return reference * math.exp(math.log1p(excess) / exponent)
