"""Patients to show that a new treatment is not worse than the standard by more than a margin.

Assumptions and limits: as in `popmargin.trials.proportions`. The margin is a clinical choice that
no formula justifies; analysis per protocol and by intention to treat should agree.
"""

from dataclasses import replace

from popmargin.core.checks import share
from popmargin.trials.proportions import (
    ProportionsSize,
    proportions_by_margin,
    proportions_by_margin_power,
)


def noninferiority(
    control: float,
    *,
    margin: float,
    experimental: float | None = None,
    power: float = 0.9,
    alpha: float = 0.025,
    allocation: float = 1.0,
) -> ProportionsSize:
    r"""Patients per arm for non-inferiority of a proportion of a wanted outcome.

    .. math:: n = 2p(1-p)\left(\frac{z_{1-\alpha}+z_{1-\beta}}{\text{margin}}\right)^2

    when both arms truly have the proportion p; in general as `proportions_by_margin`.

    Parameters
    ----------
    control : expected proportion of the wanted outcome under the standard, 0 to 1.
    margin : largest acceptable loss, 0 to 1 (a positive number).
    experimental : expected proportion under the new treatment; None: as control.
    power : wanted power, 0 to 1.
    alpha : one-sided type I error, 0 to 1.
    allocation : experimental patients per control patient, > 0.

    Returns
    -------
    The size; its ``margin`` is minus the margin given here.

    Raises
    ------
    OutOfRange
        When an argument is outside its range or the expected loss reaches the margin.

    Notes
    -----
    Equal true proportions: the special case of Chow, Shao and Wang 2008, p. 90; with unequal
    allocation the total is that of Kopecky and Green (CRAB statistical tools, 2012).

    Examples
    --------
    >>> noninferiority(0.80, margin=0.10).patients_per_arm
    337
    """
    size = proportions_by_margin(
        control,
        control if experimental is None else experimental,
        margin=-share("margin", margin),
        power=power,
        alpha=alpha,
        allocation=allocation,
    )
    return replace(
        size,
        assumptions=(f"a loss of up to {margin:g} is accepted as not worse", *size.assumptions),
    )


def noninferiority_power(
    control: float,
    *,
    margin: float,
    patients_control: int,
    experimental: float | None = None,
    alpha: float = 0.025,
    allocation: float = 1.0,
) -> float:
    """Power of a non-inferiority trial; the inverse of `noninferiority`.

    Raises
    ------
    OutOfRange
        When an argument is outside its range or the expected loss reaches the margin.

    Examples
    --------
    >>> round(noninferiority_power(0.80, margin=0.10, patients_control=337), 3)
    0.901
    """
    return proportions_by_margin_power(
        control,
        control if experimental is None else experimental,
        margin=-share("margin", margin),
        patients_control=patients_control,
        alpha=alpha,
        allocation=allocation,
    )
