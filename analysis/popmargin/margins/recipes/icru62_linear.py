"""ICRU Report 62 as used in some papers: Sigma + 0.7 sigma.

The report is read in two ways; the other reading is `icru62_quadrature`.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.margins.recipe import Recipe
from popmargin.margins.remarks import linear_random_term


def icru62_linear_margin(
    systematic_sd_mm: ArrayLike, random_sd_mm: ArrayLike
) -> NDArray[np.float64]:
    r"""ICRU 62 in its linear reading, :math:`m = \Sigma + 0.7\sigma`.

    Parameters: SDs in mm, finite and >= 0. Returns the margin in mm, of the broadcast shape.
    Raises `OutOfRange` for a negative or non-finite SD.
    Source: the formula behind the "ICRU" margins printed in PMC5718666 (frame relocation).

    >>> round(float(icru62_linear_margin(3, 4)), 6)
    5.8
    """
    systematic = non_negative("systematic_sd_mm", systematic_sd_mm)
    return systematic + 0.7 * non_negative("random_sd_mm", random_sd_mm)


RECIPE = Recipe(
    name="icru62_linear",
    formula="S + 0.7 s",
    source="ICRU Report 62 (1999) as applied in PMC5718666 (reproduced from its printed numbers)",
    status="seen",
    conditions="none stated",
    limits="one systematic SD serves about 20 % of patients in three dimensions",
    function=icru62_linear_margin,
    remark_functions=(linear_random_term,),
)
