r"""Patients for the comparison of two proportions, such as toxicity with two margins.

Assumptions and limits: independent patients, one binary outcome each, known before the trial
ends; normal approximation without continuity correction, so the numbers are too small when an arm
expects fewer than about five events. No drop-out, no interim look.
"""

import math
from dataclasses import dataclass
from typing import Final

from popmargin.core.checks import positive, share, whole
from popmargin.core.exceptions import OutOfRange
from popmargin.trials.normal import critical_value, probability_below, quantile, round_up

_COMMON: Final = (
    "independent patients, one binary outcome each, no drop-out, no interim analysis",
    "normal approximation without continuity correction: too small when an arm expects fewer "
    "than about 5 events or non-events",
)


@dataclass(frozen=True, slots=True)
class ProportionsSize:
    """Sample size for two proportions; ``power_reached`` is that of the whole numbers."""

    control: float
    experimental: float
    margin: float
    alpha: float
    sides: int
    power: float
    allocation: float
    patients_per_arm: int
    patients_control: int
    patients_experimental: int
    patients: int
    power_reached: float
    formula_status: str
    assumptions: tuple[str, ...]


def two_proportions(
    control: float, experimental: float, *, power: float = 0.8, alpha: float = 0.05
) -> ProportionsSize:
    r"""Patients per arm to show that two proportions differ (two-sided, equal arms).

    .. math:: n = \frac{\left[z_{1-\alpha/2}\sqrt{2\bar p(1-\bar p)}
       + z_{1-\beta}\sqrt{p_1(1-p_1)+p_2(1-p_2)}\right]^2}{(p_1-p_2)^2}

    Parameters
    ----------
    control, experimental : expected proportions, strictly between 0 and 1, different.
    power : wanted power, strictly between 0 and 1.
    alpha : two-sided type I error, strictly between 0 and 1.

    Raises
    ------
    OutOfRange
        When an argument is outside its range or the proportions are equal.

    Notes
    -----
    Variance pooled under the null hypothesis: the standard form (Fleiss, Levin and Paik,
    Statistical Methods for Rates and Proportions, 2003, recalled). Agrees with statsmodels.

    Examples
    --------
    Late toxicity 43.4 % against 24.4 %, the result of the MIRAGE trial:

    >>> two_proportions(0.434, 0.244).patients_per_arm
    97
    """
    null_sd, true_sd, difference = _pooled_terms(control, experimental)
    wanted = critical_value(alpha, sides=2) * null_sd + quantile("power", power) * true_sd
    patients = round_up((wanted / difference) ** 2)
    return ProportionsSize(
        control=control,
        experimental=experimental,
        margin=0.0,
        alpha=alpha,
        sides=2,
        power=power,
        allocation=1.0,
        patients_per_arm=patients,
        patients_control=patients,
        patients_experimental=patients,
        patients=2 * patients,
        power_reached=two_proportions_power(
            control, experimental, patients_per_arm=patients, alpha=alpha
        ),
        formula_status="standard formula, values checked",
        assumptions=("two-sided test with the variance pooled under the null hypothesis", *_COMMON),
    )


def two_proportions_power(
    control: float, experimental: float, *, patients_per_arm: int, alpha: float = 0.05
) -> float:
    """Power of the two-sided pooled test with ``patients_per_arm`` in each arm.

    The far tail of the two-sided test is left out, as in `two_proportions`, whose inverse this is.

    Raises
    ------
    OutOfRange
        When an argument is outside its range or the proportions are equal.

    Examples
    --------
    >>> round(two_proportions_power(0.434, 0.244, patients_per_arm=97), 3)
    0.803
    """
    null_sd, true_sd, difference = _pooled_terms(control, experimental)
    root = math.sqrt(whole("patients_per_arm", patients_per_arm))
    return probability_below(
        (difference * root - critical_value(alpha, sides=2) * null_sd) / true_sd
    )


def proportions_by_margin(
    control: float,
    experimental: float,
    *,
    margin: float,
    power: float = 0.8,
    alpha: float = 0.05,
    allocation: float = 1.0,
) -> ProportionsSize:
    r"""Patients to show that experimental minus control exceeds a margin (one-sided).

    .. math:: n_C = \left(\frac{p_E(1-p_E)}{k} + p_C(1-p_C)\right)
       \left(\frac{z_{1-\alpha}+z_{1-\beta}}{p_E-p_C-\delta}\right)^2, \quad n_E = k\,n_C

    Parameters
    ----------
    control, experimental : expected proportions of a *wanted* outcome, strictly between 0 and 1.
    margin : the difference under the null hypothesis; negative for non-inferiority, positive for
        superiority by a margin.
    power : wanted power, strictly between 0 and 1.
    alpha : one-sided type I error, strictly between 0 and 1.
    allocation : experimental patients per control patient (k), > 0.

    Raises
    ------
    OutOfRange
        When an argument is outside its range, or the margin is not below the difference.

    Notes
    -----
    Chow SC, Shao J, Wang H, Sample Size Calculations in Clinical Research, 2nd ed. 2008, p. 90.

    Examples
    --------
    The published example (.85 against .65, margin -.10):

    >>> proportions_by_margin(0.65, 0.85, margin=-0.10).patients_per_arm
    25
    """
    variance, excess = _margin_terms(control, experimental, margin, allocation)
    wanted = critical_value(alpha, sides=1) + quantile("power", power)
    in_control = round_up(variance * (wanted / excess) ** 2)
    in_experimental = round_up(allocation * in_control)
    return ProportionsSize(
        control=control,
        experimental=experimental,
        margin=margin,
        alpha=alpha,
        sides=1,
        power=power,
        allocation=allocation,
        patients_per_arm=max(in_control, in_experimental),
        patients_control=in_control,
        patients_experimental=in_experimental,
        patients=in_control + in_experimental,
        power_reached=proportions_by_margin_power(
            control,
            experimental,
            margin=margin,
            patients_control=in_control,
            alpha=alpha,
            allocation=in_experimental / in_control,
        ),
        formula_status="seen (Chow, Shao and Wang 2008, p. 90), published example reproduced",
        assumptions=(
            "one-sided test with unpooled variance; a higher proportion is better (for an "
            "unwanted outcome use 1 - p)",
            *_COMMON,
        ),
    )


def proportions_by_margin_power(
    control: float,
    experimental: float,
    *,
    margin: float,
    patients_control: int,
    alpha: float = 0.05,
    allocation: float = 1.0,
) -> float:
    """Power of the one-sided test against a margin; the inverse of `proportions_by_margin`.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Examples
    --------
    >>> round(proportions_by_margin_power(0.65, 0.85, margin=-0.1, patients_control=25), 3)
    0.809
    """
    variance, excess = _margin_terms(control, experimental, margin, allocation)
    root = math.sqrt(whole("patients_control", patients_control) / variance)
    return probability_below(excess * root - critical_value(alpha, sides=1))


def _pooled_terms(control: float, experimental: float) -> tuple[float, float, float]:
    """SD of the difference under null and alternative (times root n), and the difference."""
    first, second = share("control", control), share("experimental", experimental)
    if first == second:
        raise OutOfRange("experimental", "a proportion other than that of control", experimental)
    pooled = (first + second) / 2
    true_variance = first * (1 - first) + second * (1 - second)
    return math.sqrt(2 * pooled * (1 - pooled)), math.sqrt(true_variance), abs(first - second)


def _margin_terms(
    control: float, experimental: float, margin: float, allocation: float
) -> tuple[float, float]:
    """Variance of the difference times the control patients, and the excess over the margin."""
    first, second = share("control", control), share("experimental", experimental)
    positive("allocation", allocation)
    excess = second - first - margin
    if not (-1.0 < margin < 1.0 and excess > 0.0):
        raise OutOfRange(
            "margin", f"between -1 and 1, below experimental - control = {second - first:g}", margin
        )
    return second * (1 - second) / allocation + first * (1 - first), excess
