"""The coverage-probability margin of Stroom et al. 1999: 2 Sigma + 0.7 sigma."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.margins.recipe import Recipe
from popmargin.margins.remarks import linear_random_term


def stroom_margin(systematic_sd_mm: ArrayLike, random_sd_mm: ArrayLike) -> NDArray[np.float64]:
    r"""CTV-to-PTV margin of Stroom et al. 1999, :math:`m = 2\Sigma + 0.7\sigma`.

    Parameters: SDs in mm, finite and >= 0. Returns the margin in mm, of the broadcast shape.
    Raises `OutOfRange` for a negative or non-finite SD.
    Source: Stroom JC et al., Int J Radiat Oncol Biol Phys 1999;43:905-19.

    >>> float(stroom_margin(3, 3))
    8.1
    """
    systematic = non_negative("systematic_sd_mm", systematic_sd_mm)
    return 2.0 * systematic + 0.7 * non_negative("random_sd_mm", random_sd_mm)


RECIPE = Recipe(
    name="stroom",
    formula="2 S + 0.7 s",
    source="Stroom JC et al., Int J Radiat Oncol Biol Phys 1999;43:905-19",
    status="seen",
    conditions="95 % dose to on average 99 % of the CTV, tested in realistic plans",
    limits="an average over patients: says nothing of the share of patients that is covered",
    function=stroom_margin,
    remark_functions=(linear_random_term,),
)
