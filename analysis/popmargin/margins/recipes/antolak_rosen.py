"""The random-error margin of Antolak & Rosen 1999: 1.65 sigma, nothing for systematic errors."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.margins.recipe import Recipe
from popmargin.margins.remarks import penumbra_not_used


def antolak_rosen_margin(
    systematic_sd_mm: ArrayLike, random_sd_mm: ArrayLike
) -> NDArray[np.float64]:
    r"""Margin for random errors at a block edge, :math:`m = 1.65\sigma`.

    Parameters: SDs in mm, finite and >= 0; the systematic one is checked and not used. Returns
    the margin in mm, of the broadcast shape. Raises `OutOfRange` for a negative or non-finite SD.
    Source (recalled, unvalidated): Antolak JA, Rosen II. Int J Radiat Oncol Biol Phys
    1999;44:1165-70.

    >>> round(float(antolak_rosen_margin(3, 3)), 6)
    4.95
    """
    systematic = non_negative("systematic_sd_mm", systematic_sd_mm)
    return 1.65 * non_negative("random_sd_mm", random_sd_mm) + 0.0 * systematic


RECIPE = Recipe(
    name="antolak_rosen",
    formula="1.65 s",
    source="Antolak JA, Rosen II, Int J Radiat Oncol Biol Phys 1999;44:1165-70",
    status="recalled, unvalidated",
    conditions="random errors only, margin to the block edge",
    limits="leaves systematic errors out altogether; no penumbra",
    function=antolak_rosen_margin,
    remark_functions=(penumbra_not_used,),
)
