r"""The two factors of dose-probability margins: alpha for shifts, beta for blurring.

alpha: errors beyond ``alpha`` standard deviations leave a chosen share of patients uncovered.
beta: a blurred dose edge must stand ``beta`` standard deviations outside the target.

Assumes normal errors of one SD along every axis (alpha) and a straight dose edge that is the
integral of a normal density (beta).
"""

import math
from typing import Final

from scipy.special import gammaincinv, ndtri

from popmargin.core.checks import share, whole
from popmargin.core.exceptions import OutOfRange


def alpha_factor(population: float, *, dimensions: int = 3, one_sided: bool = False) -> float:
    r"""Number of systematic SDs that cover a share of the patients.

    .. math:: P(|x| < \alpha\Sigma) = p, \quad x \sim N(0, \Sigma^2 I_d), \quad
              \alpha^2 = \chi^2_{d;p}

    Parameters
    ----------
    population : float
        Share p of patients, strictly between 0 and 1.
    dimensions : int
        Dimensions d in which the error acts: 1, 2 or 3.
    one_sided : bool
        With one dimension only: ``P(x < alpha Sigma) = p``, so that errors in the other direction
        do no harm (organs at risk).

    Raises
    ------
    OutOfRange
        For a share not inside (0, 1), dimensions other than 1, 2, 3, or ``one_sided`` in more
        than one dimension.

    Notes
    -----
    Source: van Herk M et al., Int J Radiat Oncol Biol Phys 2000;47:1121-35,
    doi:10.1016/S0360-3016(00)00518-6 (2.5 for 90 % in three dimensions). Some printed tables
    round 2.1544 to 2.16 (80 %).

    Examples
    --------
    >>> round(alpha_factor(0.90), 4), round(alpha_factor(0.90, dimensions=1, one_sided=True), 4)
    (2.5003, 1.2816)
    """
    probability = share("population", population)
    if dimensions not in (1, 2, 3):
        raise OutOfRange("dimensions", "1, 2 or 3", dimensions)
    if one_sided:
        if dimensions != 1:
            raise OutOfRange("dimensions", "1 for a one-sided alpha", dimensions)
        return float(ndtri(probability))
    return math.sqrt(2.0 * float(gammaincinv(dimensions / 2.0, probability)))


def beta_factor(dose_level: float, *, beams: int = 1) -> float:
    r"""Number of blur SDs between a dose level and the middle of the dose edge.

    .. math:: \beta = \Phi^{-1}(1 - w(1 - D))

    Parameters
    ----------
    dose_level : float
        Wanted dose D at the target edge as a share of the dose inside, strictly between 0 and 1.
    beams : int
        Number w of equal beams of which one makes the edge, a whole number >= 1.

    Raises
    ------
    OutOfRange
        For a dose level not inside (0, 1), fewer than one beam, or so many beams that the loss of
        one cannot bring the dose down to the level.

    Notes
    -----
    Source: van Herk 2000 (as `alpha_factor`) for one beam; the table over the number of beams is
    recalled from McKenzie et al., Phys Med Biol 2000;45:3331-42 and BIR 2003 (derivation ours).

    Examples
    --------
    >>> round(beta_factor(0.95), 4), round(beta_factor(0.95, beams=4), 2)
    (1.6449, 0.84)
    """
    level = share("dose_level", dose_level)
    edge_level = 1.0 - whole("beams", beams) * (1.0 - level)
    if edge_level < 1e-12:  # 1 - 5 (1 - 0.8) is not quite 0 in binary
        raise OutOfRange("beams", f"fewer than {1.0 / (1.0 - level):g} at level {level:g}", beams)
    return float(ndtri(edge_level))


ALPHA_90: Final = alpha_factor(0.90)
BETA_95: Final = beta_factor(0.95)
