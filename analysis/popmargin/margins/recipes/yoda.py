"""The margin of Yoda 2017: the larger of the two SDs takes the larger factor."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.margins.recipe import Recipe


def yoda_margin(
    systematic_sd_mm: ArrayLike, random_sd_mm: ArrayLike, *, k1: float = 2.5, k2: float = 0.7
) -> NDArray[np.float64]:
    r"""Margin for few fractions, :math:`m = k_1\max(\Sigma,\sigma) + k_2\min(\Sigma,\sigma)`.

    Parameters
    ----------
    systematic_sd_mm, random_sd_mm : array_like
        Standard deviations in mm, finite and >= 0.
    k1, k2 : float
        Factors of the larger and the smaller SD, >= 0; 2.5 and 0.7 are those of
        `van_herk_linear`.

    Returns
    -------
    ndarray
        Margin in mm, of the broadcast shape.

    Raises
    ------
    OutOfRange
        For a negative or non-finite SD or factor.

    Notes
    -----
    Source: Yoda K, Int J Med Phys Clin Eng Radiat Oncol 2017;6:193 (formula seen).

    Examples
    --------
    >>> float(yoda_margin(1, 3))
    8.2
    """
    systematic = non_negative("systematic_sd_mm", systematic_sd_mm)
    random = non_negative("random_sd_mm", random_sd_mm)
    larger, smaller = np.maximum(systematic, random), np.minimum(systematic, random)
    return np.asarray(non_negative("k1", k1) * larger + non_negative("k2", k2) * smaller)


RECIPE = Recipe(
    name="yoda",
    formula="2.5 max(S, s) + 0.7 min(S, s)",
    source="Yoda K, Int J Med Phys Clin Eng Radiat Oncol 2017;6:193",
    status="seen",
    conditions="few fractions (stereotactic), where a random error acts like a systematic one",
    limits="the factors 2.5 and 0.7 come from many fractions; the number of fractions is not used",
    function=yoda_margin,
)
