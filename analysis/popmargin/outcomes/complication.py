"""Closed formulae of complication probability; the parameter sets are in `complication_sets`.

Assumptions and limits: models fitted to populations treated with older techniques; none knows
which part of an organ is irradiated. Absolute values carry the uncertainty of their parameters,
often a factor of two; use differences between plans, with the band of `popmargin.outcomes.ntcp`.
"""

import math

import numpy as np
from numpy.typing import ArrayLike

from popmargin.core.checks import non_negative, positive
from popmargin.core.exceptions import OutOfRange
from popmargin.outcomes.dose_volume import check_dose_volume


def lkb_probability(eud_gy: float, *, td50_gy: float, m: float) -> float:
    r"""Complication probability of Lyman-Kutcher-Burman from the equivalent uniform dose.

    .. math:: NTCP = \Phi\left(\frac{EUD - TD_{50}}{m\,TD_{50}}\right)

    Parameters
    ----------
    eud_gy : generalised EUD with exponent 1/n, Gy, >= 0.
    td50_gy : uniform dose with 50 % complications, Gy, > 0.
    m : slope, > 0.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Notes
    -----
    Lyman JT, Radiat Res 1985;104:S13; Kutcher GJ and Burman C, IJROBP 1989;16:1623 (recalled).

    Examples
    --------
    Rectum with the QUANTEC set at 60 Gy:

    >>> round(lkb_probability(60, td50_gy=76.9, m=0.13), 3)
    0.045
    """
    dose, half = float(non_negative("eud_gy", eud_gy)), float(positive("td50_gy", td50_gy))
    return 0.5 * math.erfc((half - dose) / (float(positive("m", m)) * half) / math.sqrt(2.0))


def logistic_probability(eud_gy: float, *, td50_gy: float, gamma50: float) -> float:
    r"""Log-logistic dose response.

    .. math:: P = \frac{1}{1 + (TD_{50}/EUD)^{4\gamma_{50}}}

    Parameters
    ----------
    eud_gy : equivalent uniform dose, Gy, >= 0.
    td50_gy : dose with 50 % response, Gy, > 0.
    gamma50 : normalised slope at that dose, > 0 (k = 4 gamma50).

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Notes
    -----
    Niemierko A, Med Phys 1999;26:1100 (recalled).

    Examples
    --------
    >>> logistic_probability(70, td50_gy=70, gamma50=2)
    0.5
    """
    dose, half = float(non_negative("eud_gy", eud_gy)), float(positive("td50_gy", td50_gy))
    slope = 4.0 * float(positive("gamma50", gamma50))
    if dose == 0.0:
        return 0.0
    return _expit(slope * math.log(dose / half))


def linear_logistic_probability(
    mean_dose_gy: float, *, intercept: float, slope_per_gy: float
) -> float:
    r"""Logistic regression on the mean dose.

    .. math:: P = \frac{1}{1 + e^{-(b_0 + b_1 \bar D)}}

    Parameters
    ----------
    mean_dose_gy : mean dose, Gy, >= 0.
    intercept : b0, any finite number.
    slope_per_gy : b1, 1/Gy, > 0.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Notes
    -----
    The form of Marks LB et al., IJROBP 2010;76:S70 (recalled).

    Examples
    --------
    >>> round(linear_logistic_probability(20, intercept=-3.87, slope_per_gy=0.126), 3)
    0.206
    """
    dose = float(non_negative("mean_dose_gy", mean_dose_gy))
    slope = float(positive("slope_per_gy", slope_per_gy))
    if not math.isfinite(intercept):
        raise OutOfRange("intercept", "a finite number", intercept)
    return _expit(intercept + slope * dose)


def relative_seriality_probability(
    dose_gy: ArrayLike,
    volume_fraction: ArrayLike,
    *,
    d50_gy: float,
    gamma: float,
    seriality: float,
) -> float:
    r"""Complication probability of the relative seriality model.

    .. math:: P = \left[1 - \prod_i \left(1 - P(D_i)^s\right)^{v_i}\right]^{1/s},
       \quad P(D) = 2^{-\exp\left(e\gamma(1 - D/D_{50})\right)}

    Parameters
    ----------
    dose_gy, volume_fraction : differential histogram, as in `check_dose_volume`.
    d50_gy : uniform dose with 50 % complications, Gy, > 0.
    gamma : largest normalised slope, > 0.
    seriality : s, > 0; near 0 parallel, 1 serial.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Notes
    -----
    Kallman P, Agren A and Brahme A, Int J Radiat Biol 1992;62:249 (recalled, unvalidated against
    published values).

    Examples
    --------
    >>> round(relative_seriality_probability([60], [1], d50_gy=60, gamma=2, seriality=0.5), 3)
    0.5
    """
    dose, volume = check_dose_volume(dose_gy, volume_fraction)
    half = float(positive("d50_gy", d50_gy))
    slope, serial = float(positive("gamma", gamma)), float(positive("seriality", seriality))
    hits = math.log(2.0) * np.exp(math.e * slope * (1.0 - dose / half))
    # P(D)^s = exp(-s hits); 1 - P^s by expm1, so that small and large risks keep their digits.
    with np.errstate(divide="ignore"):
        log_survival = float(volume[volume > 0] @ np.log(-np.expm1(-serial * hits[volume > 0])))
    return float((-math.expm1(log_survival)) ** (1.0 / serial))


def _expit(value: float) -> float:
    """Logistic function without overflow."""
    return 0.5 * (1.0 + math.tanh(0.5 * value))
