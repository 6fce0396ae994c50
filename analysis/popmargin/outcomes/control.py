"""Closed formulae of tumour control probability; the parameter sets are in `control_sets`.

Assumptions and limits: uniform, independent clonogens, no repopulation, no hypoxia. An absolute
control rate from these formulae is not a prediction: the library uses differences between two
plans with a parameter band (`popmargin.outcomes.tcp`), nothing else.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from popmargin.core.checks import non_negative, positive
from popmargin.outcomes.complication import logistic_probability
from popmargin.outcomes.dose_volume import check_dose_volume

# The average over radiosensitivity reaches 5 SD to either side, in steps of 0.01 SD.
_REACH_SD: Final = 5.0
_NODES: Final = 1001


def logistic_control(
    dose_gy: ArrayLike, volume_fraction: ArrayLike, *, d50_gy: float, gamma50: float
) -> float:
    r"""Control probability of a log-logistic dose response, bins acting independently.

    .. math:: TCP = \prod_i \left[1 + (D_{50}/D_i)^{4\gamma_{50}}\right]^{-v_i}

    Parameters
    ----------
    dose_gy, volume_fraction : differential histogram of the target in 2 Gy equivalents.
    d50_gy : uniform dose that controls 50 %, Gy, > 0.
    gamma50 : normalised slope there, > 0.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Notes
    -----
    Okunieff P et al., IJROBP 1995;32:1227 for the response; independence of subvolumes as in
    Webb S and Nahum AE, Phys Med Biol 1993;38:653 (both recalled).

    Examples
    --------
    >>> round(logistic_control([68], [1], d50_gy=68, gamma50=2.2), 3)
    0.5
    """
    dose, volume = check_dose_volume(dose_gy, volume_fraction)
    responses = np.asarray(
        [logistic_probability(value, td50_gy=d50_gy, gamma50=gamma50) for value in dose]
    )
    return float(np.prod(responses[volume > 0] ** volume[volume > 0]))


def poisson_control(
    dose_gy: ArrayLike,
    volume_fraction: ArrayLike,
    *,
    fractions: float,
    alpha_per_gy: float,
    alpha_beta_gy: float,
    clonogens: float,
    alpha_sd_per_gy: float = 0.0,
) -> float:
    r"""Control probability of Poisson statistics with linear-quadratic cell kill.

    .. math:: TCP = \left\langle \exp\left(-N \sum_i v_i
       e^{-\alpha D_i (1 + d_i/(\alpha/\beta))}\right)\right\rangle_\alpha, \quad d_i = D_i/n

    averaged over a normal distribution of alpha between patients, cut at 0.

    Parameters
    ----------
    dose_gy, volume_fraction : differential histogram of the target in physical dose.
    fractions : number of fractions n, > 0.
    alpha_per_gy : mean radiosensitivity, 1/Gy, > 0.
    alpha_beta_gy : alpha over beta, Gy, > 0.
    clonogens : number of clonogens in the target N, > 0.
    alpha_sd_per_gy : SD of alpha between patients, 1/Gy, >= 0.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Notes
    -----
    Webb S and Nahum AE, Phys Med Biol 1993;38:653 (recalled).

    Examples
    --------
    >>> round(poisson_control([60], [1], fractions=30, alpha_per_gy=0.35, alpha_beta_gy=10,
    ...                       clonogens=1e8), 3)
    0.999
    """
    dose, volume = check_dose_volume(dose_gy, volume_fraction)
    positive("alpha_per_gy", alpha_per_gy)
    count = float(positive("fractions", fractions))
    effective = dose * (1.0 + dose / count / float(positive("alpha_beta_gy", alpha_beta_gy)))
    spread = float(non_negative("alpha_sd_per_gy", alpha_sd_per_gy))
    number = float(positive("clonogens", clonogens))
    if spread == 0.0:
        alphas, weights = np.array([alpha_per_gy]), np.ones(1)
    else:
        nodes = np.linspace(-_REACH_SD, _REACH_SD, _NODES)
        alphas = alpha_per_gy + spread * nodes
        weights = np.where(alphas > 0.0, np.exp(-0.5 * nodes**2), 0.0)
    survivors = number * (np.exp(-np.outer(alphas, effective)) @ volume)
    return math.fsum(weights * np.exp(-survivors)) / math.fsum(weights)
