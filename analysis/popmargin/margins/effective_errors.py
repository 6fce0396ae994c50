"""Effective errors of a course of few fractions.

Assumes independent random errors of one SD in every fraction. The mean of the N random errors of
a course acts as one more systematic error, and what is left of them as random error.

Limits: better than ignoring the number of fractions, but not enough when the systematic SD is
small against the random one; `popmargin.margins.coverage` says what such a margin really covers.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative, whole


def effective_errors(
    systematic_sd_mm: ArrayLike, random_sd_mm: ArrayLike, *, fractions: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Effective systematic and random SD of a course of N fractions.

    .. math:: \Sigma_{eff}^2 = \Sigma^2 + \sigma^2/N, \qquad
              \sigma_{eff}^2 = \sigma^2 (1 - 1/N)

    Parameters
    ----------
    systematic_sd_mm, random_sd_mm : array_like
        Standard deviations in mm, finite and >= 0.
    fractions : int
        Fractions N of the course, a whole number >= 1.

    Returns
    -------
    tuple of ndarray
        Effective systematic SD and effective random SD in mm.

    Raises
    ------
    OutOfRange
        For a negative or non-finite SD, or fewer than one fraction.

    Notes
    -----
    Source: van Herk M et al., Int J Radiat Oncol Biol Phys 2003;57:1460-71 (the part
    sigma/sqrt(N); abstract seen). The two parts add up to the total variance.

    Examples
    --------
    One fraction: every error is systematic.

    >>> systematic, random = effective_errors(3.0, 4.0, fractions=1)
    >>> float(systematic), float(random)
    (5.0, 0.0)
    """
    count = whole("fractions", fractions)
    systematic_variance = non_negative("systematic_sd_mm", systematic_sd_mm) ** 2
    random_variance = non_negative("random_sd_mm", random_sd_mm) ** 2
    return (
        np.sqrt(systematic_variance + random_variance / count),
        np.sqrt(random_variance * (1.0 - 1.0 / count)),
    )
