"""Coverage of a ball-shaped CTV in closed form: many fractions, or exactly one.

Assumes normal, independent errors; the same random SD on every axis for many fractions, which
then only blur the dose; a field of ideal conformality (`popmargin.margins.blurred_ball`); the
minimum dose on the CTV surface. A systematic error shifts the CTV, and it stays covered while the
shift is shorter than the allowed one.

Limits: real courses have a finite number of fractions: with few of them, or with a systematic SD
that is small against the random one, coverage is lower (`popmargin.margins.coverage_monte_carlo`).
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from popmargin.core.checks import non_negative
from popmargin.margins.alpha_beta import alpha_factor, beta_factor
from popmargin.margins.blurred_ball import ball_field_radius, isodose_radius
from popmargin.margins.coverage import Coverage, Target, wanted_share
from popmargin.margins.shift_probability import shift_probability


def allowed_shift(margin_mm: float, random_sd_mm: float, target: Target) -> float:
    """Longest systematic shift in mm that keeps the CTV at its dose level, many fractions.

    Parameters
    ----------
    margin_mm, random_sd_mm : float
        Margin and random SD (the same on every axis) in mm, finite and >= 0.
    target : Target
        CTV radius, penumbra and dose level.

    Returns
    -------
    float
        Shift in mm; negative when the CTV is underdosed even without a shift.

    Raises
    ------
    OutOfRange
        For a negative or non-finite margin or SD.

    Examples
    --------
    >>> round(allowed_shift(9.6, 3.0, Target(30.0)), 4)
    7.4225
    """
    random = float(non_negative("random_sd_mm", random_sd_mm))
    field = target.field_radius_mm(margin_mm)
    if random == 0.0:
        return float(margin_mm)
    blur = math.hypot(random, target.penumbra_sd_mm)
    return isodose_radius(target.dose_level, field, blur) - target.ctv_radius_mm


def planar_allowed_shift(
    margin_mm: float, random_sd_mm: float, *, penumbra_sd_mm: float, dose_level: float = 0.95
) -> float:
    r"""`allowed_shift` of a CTV so large that its edge is a plane.

    .. math:: k = M + \beta\sigma_p - \beta\sqrt{\sigma^2 + \sigma_p^2}

    Parameters as in `allowed_shift` and `Target`; raises `OutOfRange` likewise.

    >>> round(planar_allowed_shift(9.452193, 3.0, penumbra_sd_mm=3.2), 4)
    7.5008
    """
    margin = float(non_negative("margin_mm", margin_mm))
    random = float(non_negative("random_sd_mm", random_sd_mm))
    penumbra = float(non_negative("penumbra_sd_mm", penumbra_sd_mm))
    return margin - beta_factor(dose_level) * (math.hypot(random, penumbra) - penumbra)


def coverage_many_fractions(
    systematic_sd_mm: ArrayLike, random_sd_mm: float, margin_mm: float, target: Target
) -> Coverage:
    """Coverage after so many fractions that random errors only blur the dose.

    Parameters
    ----------
    systematic_sd_mm : array_like
        Systematic SD in mm, >= 0: one number, or three (lr, si, ap).
    random_sd_mm : float
        Random SD in mm, >= 0, the same on every axis.
    margin_mm : float
        Isotropic margin in mm, >= 0.
    target : Target
        CTV radius, penumbra and dose level.

    Raises
    ------
    OutOfRange
        For a negative or non-finite value.

    Examples
    --------
    The margin 2.5 Sigma + 0.7 sigma does not cover 90 % here:

    >>> round(coverage_many_fractions(3.0, 3.0, 9.6, Target(30.0)).coverage, 4)
    0.8942
    """
    share = shift_probability(allowed_shift(margin_mm, random_sd_mm, target), systematic_sd_mm)
    return Coverage(share, 0.0, "closed_form")


def coverage_one_fraction(
    systematic_sd_mm: ArrayLike, random_sd_mm: ArrayLike, margin_mm: float
) -> Coverage:
    """Coverage of a single fraction, exact for any CTV radius and penumbra.

    Both errors shift the CTV and nothing blurs, so that the shift may be as long as the margin.
    Parameters: SDs in mm, >= 0, each one number or three (lr, si, ap); margin in mm, >= 0. Raises
    `OutOfRange` for a negative or non-finite value.

    >>> round(coverage_one_fraction(3.0, 3.0, 9.6).coverage, 4)
    0.8368
    """
    margin = float(non_negative("margin_mm", margin_mm))
    total = np.hypot(
        non_negative("systematic_sd_mm", systematic_sd_mm),
        non_negative("random_sd_mm", random_sd_mm),
    )
    return Coverage(shift_probability(margin, total), 0.0, "closed_form")


def margin_many_fractions(
    coverage: float, systematic_sd_mm: ArrayLike, random_sd_mm: float, target: Target
) -> float:
    """Isotropic margin in mm that covers a share of patients after many fractions.

    Parameters as in `coverage_many_fractions`; ``coverage`` strictly between 0 and 1. Raises
    `OutOfRange` for values out of range.

    >>> round(margin_many_fractions(0.90, 3.0, 0.0, Target(30.0)), 4)
    7.5008
    """
    random = float(non_negative("random_sd_mm", random_sd_mm))
    shift = covering_shift(coverage, systematic_sd_mm)
    if random == 0.0:
        return shift
    blur = math.hypot(random, target.penumbra_sd_mm)
    reach = target.ctv_radius_mm + shift
    field = ball_field_radius(target.dose_level, reach, blur)
    planned = isodose_radius(target.dose_level, field, target.penumbra_sd_mm)
    # Below the 50 % level blurring widens the isodose, so that no margin may be needed.
    return max(0.0, planned - target.ctv_radius_mm)


def margin_one_fraction(
    coverage: float, systematic_sd_mm: ArrayLike, random_sd_mm: ArrayLike
) -> float:
    """Isotropic margin in mm that covers a share of patients in a single fraction.

    Parameters as in `coverage_one_fraction`; ``coverage`` strictly between 0 and 1. Raises
    `OutOfRange` for values out of range.

    >>> round(margin_one_fraction(0.90, 3.0, 4.0), 4)
    12.5014
    """
    total = np.hypot(
        non_negative("systematic_sd_mm", systematic_sd_mm),
        non_negative("random_sd_mm", random_sd_mm),
    )
    return covering_shift(coverage, total)


def covering_shift(coverage: float, shift_sd_mm: ArrayLike) -> float:
    """Length in mm that a share of normal shifts does not exceed.

    Parameters: ``coverage`` strictly between 0 and 1; SD in mm, one number or three. Raises
    `OutOfRange` for values out of range.

    >>> round(covering_shift(0.90, [1.0, 1.0, 1.0]), 4)
    2.5003
    """
    share = wanted_share(coverage)
    sds = non_negative("shift_sd_mm", shift_sd_mm)
    largest = float(np.max(sds))
    # The largest SD alone bounds the length from below, on every axis from above.
    low, high = (alpha_factor(share, dimensions=axes) * largest for axes in (1, 3))
    if float(np.min(sds)) == largest:
        return high
    below, above = (shift_probability(limit, sds) - share for limit in (low, high))
    # Illinois' regula falsi: an end that stays for a second time counts half.
    moved = 0
    while high - low > 1e-10 * high and below < 0.0 < above:
        middle = high - above * (high - low) / (above - below)
        excess = shift_probability(middle, sds) - share
        if abs(excess) < 1e-13:
            return middle
        if excess > 0.0:
            high, above, below, moved = middle, excess, below / (2.0 if moved > 0 else 1.0), 1
        else:
            low, below, above, moved = middle, excess, above / (2.0 if moved < 0 else 1.0), -1
    return low if below >= 0.0 else high
