"""Margin for a loss of tumour control of 1 %: 2.5 Sigma + 0.7 sigma - 3 mm.

The result can be negative for small errors. It is returned as it is and flagged: a negative value
is not a margin, and neither is its absolute value.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.margins.recipe import Recipe
from popmargin.margins.recipes.van_herk_linear import van_herk_linear_margin
from popmargin.margins.remarks import linear_random_term


def van_herk_tcp_margin(
    systematic_sd_mm: ArrayLike, random_sd_mm: ArrayLike
) -> NDArray[np.float64]:
    r"""Margin for 1 % loss of tumour control, :math:`m = 2.5\Sigma + 0.7\sigma - 3` mm.

    Parameters: SDs in mm, finite and >= 0. Returns mm, of the broadcast shape, possibly negative.
    Raises `OutOfRange` for a negative or non-finite SD.
    Source (recalled, unvalidated): van Herk M, Remeijer P, Lebesque JV. Int J Radiat Oncol Biol
    Phys 2002;52:1407-22.

    >>> round(float(van_herk_tcp_margin(1.0, 0.5)), 2)
    -0.15
    """
    return van_herk_linear_margin(systematic_sd_mm, random_sd_mm) - 3.0


RECIPE = Recipe(
    name="van_herk_tcp",
    formula="2.5 S + 0.7 s - 3 mm",
    source="van Herk M, Remeijer P, Lebesque JV, Int J Radiat Oncol Biol Phys 2002;52:1407-22",
    status="recalled, unvalidated",
    conditions="prostate-like target, homogeneous cell density, 1 % mean loss of tumour control",
    limits="negative for small errors: then it says nothing; never take the absolute value",
    function=van_herk_tcp_margin,
    remark_functions=(linear_random_term,),
)
