"""The published linear form of van Herk et al. 2000: 2.5 Sigma + 0.7 sigma.

0.7 sigma stands for the exact random term for sigma of about 2.5-4 mm only, at a penumbra of
3.2 mm and a dose level of 95 %.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.margins.recipe import Recipe
from popmargin.margins.remarks import linear_random_term


def van_herk_linear_margin(
    systematic_sd_mm: ArrayLike, random_sd_mm: ArrayLike
) -> NDArray[np.float64]:
    r"""Linear CTV-to-PTV margin, :math:`m = 2.5\Sigma + 0.7\sigma`.

    Parameters: SDs in mm, finite and >= 0. Returns the margin in mm, of the broadcast shape.
    Raises `OutOfRange` for a negative or non-finite SD.
    Source: van Herk M et al., Int J Radiat Oncol Biol Phys 2000;47:1121-35.

    >>> float(van_herk_linear_margin(3, 3))
    9.6
    """
    systematic = non_negative("systematic_sd_mm", systematic_sd_mm)
    return 2.5 * systematic + 0.7 * non_negative("random_sd_mm", random_sd_mm)


RECIPE = Recipe(
    name="van_herk_linear",
    formula="2.5 S + 0.7 s",
    source="van Herk M et al., Int J Radiat Oncol Biol Phys 2000;47:1121-35, "
    "doi:10.1016/S0360-3016(00)00518-6",
    status="seen",
    conditions="as van_herk, with sigma about 2.5-4 mm and penumbra 3.2 mm (water); minimum CTV "
    "dose 95 % for 90 % of patients",
    limits="overstates the random term below sigma 2.5 mm and understates it above 4 mm",
    function=van_herk_linear_margin,
    remark_functions=(linear_random_term,),
)
