"""Breathing as a random error: its SD from its peak-to-peak amplitude.

Assumes one amplitude for the whole course and a plan on the mean position. The ratio of SD to
amplitude depends on the shape of the trace: 0.354 for a sinusoid, 0.364 for cos^4; real external
traces gave 0.25, because their extremes are rare. Estimate it from a trace where there is one.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative, positive, whole
from popmargin.core.exceptions import OutOfRange
from popmargin.margins.error_budget import ErrorComponent

# van Herk's lectures: 0.4-9.0 mm for 1-25 mm of amplitude (seen); some sources take 1/3.
PUBLISHED_SD_RATIO: Final = 0.36


def cosine_power_sd_ratio(power: int) -> float:
    r"""SD over peak-to-peak amplitude of a trace that follows an even power of the cosine.

    .. math:: E\cos^{2m} = \binom{2m}{m} 4^{-m}

    Parameters
    ----------
    power : int
        Even power 2m >= 2: 2 is the sinusoid (cos^2 between 0 and 1), 4 and 6 are usual models
        of breathing.

    Raises
    ------
    OutOfRange
        When ``power`` is not an even whole number >= 2.

    Examples
    --------
    >>> [round(cosine_power_sd_ratio(power), 4) for power in (2, 4, 6)]
    [0.3536, 0.3644, 0.3577]
    """
    if whole("power", power, at_least=2) % 2:
        raise OutOfRange("power", "an even whole number", power)
    mean = math.comb(power, power // 2) / 2.0**power
    mean_square = math.comb(2 * power, power) / 4.0**power
    return math.sqrt(mean_square - mean**2)


def breathing_sd(
    peak_to_peak_mm: ArrayLike, *, sd_ratio: float = PUBLISHED_SD_RATIO
) -> NDArray[np.float64]:
    """Random SD in mm that breathing of an amplitude adds (in quadrature).

    Parameters: peak-to-peak amplitude in mm, finite and >= 0; ``sd_ratio`` > 0 from a trace or a
    model. Raises `OutOfRange` for values out of range.
    Source: van Herk M, lectures 2016 (0.36 of the amplitude).

    >>> round(float(breathing_sd(10.0)), 3)
    3.6
    """
    return non_negative("peak_to_peak_mm", peak_to_peak_mm) * positive("sd_ratio", sd_ratio)


def breathing_component(
    lr_mm: float,
    si_mm: float,
    ap_mm: float,
    source: str,
    *,
    sd_ratio: float = PUBLISHED_SD_RATIO,
) -> ErrorComponent:
    """Breathing as a random component of an error budget, from its amplitude along each axis.

    Parameters: peak-to-peak amplitudes in mm, finite and >= 0; where they come from; ``sd_ratio``
    > 0. Raises `OutOfRange` for values out of range.

    >>> round(breathing_component(0.0, 10.0, 5.0, "4D-CT").ap_mm, 3)
    1.8
    """
    amplitudes = breathing_sd([lr_mm, si_mm, ap_mm], sd_ratio=sd_ratio)
    lr, si, ap = amplitudes.tolist()
    words = f"{source}; {sd_ratio:g} of the peak-to-peak amplitude"
    return ErrorComponent("breathing", "random", lr, si, ap, words)
