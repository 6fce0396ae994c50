"""ICRU Report 62 read as one quadratic sum: sqrt(Sigma^2 + sigma^2).

The report is read in two ways; the other reading is `icru62_linear`.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.margins.recipe import Recipe
from popmargin.margins.remarks import penumbra_not_used


def icru62_quadrature_margin(
    systematic_sd_mm: ArrayLike, random_sd_mm: ArrayLike
) -> NDArray[np.float64]:
    r"""ICRU 62 in its quadratic reading, :math:`m = \sqrt{\Sigma^2 + \sigma^2}`.

    Parameters: SDs in mm, finite and >= 0. Returns the margin in mm, of the broadcast shape.
    Raises `OutOfRange` for a negative or non-finite SD.
    Source: ICRU Report 62 (1999) as discussed, and criticised, by Stroom & Heijmen 2002
    (PubMed 12208578).

    >>> float(icru62_quadrature_margin(3, 4))
    5.0
    """
    systematic = non_negative("systematic_sd_mm", systematic_sd_mm)
    return np.asarray(np.hypot(systematic, non_negative("random_sd_mm", random_sd_mm)))


RECIPE = Recipe(
    name="icru62_quadrature",
    formula="sqrt(S^2 + s^2)",
    source="ICRU Report 62 (1999) in the reading of Stroom JC, Heijmen BJM 2002 (PubMed 12208578)",
    status="seen",
    conditions="none stated; one SD of all errors together",
    limits="treats a systematic error as no worse than a random one; covers about 20 % of patients "
    "when systematic errors dominate",
    function=icru62_quadrature_margin,
    remark_functions=(penumbra_not_used,),
)
