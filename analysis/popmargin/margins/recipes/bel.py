"""The random-error margin of Bel et al. 1996: 0.7 sigma, nothing for systematic errors."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.margins.recipe import Recipe
from popmargin.margins.remarks import linear_random_term


def bel_margin(systematic_sd_mm: ArrayLike, random_sd_mm: ArrayLike) -> NDArray[np.float64]:
    r"""Margin for random errors alone, :math:`m = 0.7\sigma`.

    Parameters: SDs in mm, finite and >= 0; the systematic one is checked and not used. Returns
    the margin in mm, of the broadcast shape. Raises `OutOfRange` for a negative or non-finite SD.
    Source (recalled, unvalidated): Bel A, van Herk M, Lebesque JV. Med Phys 1996;23:1537-45.

    >>> round(float(bel_margin(3, 3)), 6)
    2.1
    """
    systematic = non_negative("systematic_sd_mm", systematic_sd_mm)
    return 0.7 * non_negative("random_sd_mm", random_sd_mm) + 0.0 * systematic


RECIPE = Recipe(
    name="bel",
    formula="0.7 s",
    source="Bel A, van Herk M, Lebesque JV, Med Phys 1996;23:1537-45",
    status="recalled, unvalidated",
    conditions="random errors only, many fractions",
    limits="leaves systematic errors out altogether",
    function=bel_margin,
    remark_functions=(linear_random_term,),
)
