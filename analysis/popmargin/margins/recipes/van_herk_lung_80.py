"""Margin to the 80 % isodose in lung (stereotactic treatment), with the wide lung penumbra.

The random SD must include breathing: 0.36 of the peak-to-peak amplitude where no trace exists
(`popmargin.margins.breathing`), added in quadrature.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.margins.recipe import Recipe
from popmargin.margins.recipes.van_herk import van_herk_margin
from popmargin.margins.remarks import LUNG_PENUMBRA_SD_MM, default_penumbra


def van_herk_lung_80_margin(
    systematic_sd_mm: ArrayLike,
    random_sd_mm: ArrayLike,
    *,
    penumbra_sd_mm: ArrayLike = LUNG_PENUMBRA_SD_MM,
) -> NDArray[np.float64]:
    r"""Margin to the 80 % isodose in lung.

    .. math:: m = 2.5\Sigma + 0.84(\sqrt{\sigma^2 + \sigma_p^2} - \sigma_p)

    Parameters: SDs in mm, finite and >= 0, the random one with breathing; penumbra 6.4 mm (lung).
    Returns the margin in mm, of the broadcast shape. Raises `OutOfRange` for a negative or
    non-finite SD.
    Source: van Herk's lectures (ESTRO 2016-2017) citing Int J Radiat Oncol Biol Phys
    2000;47:1121-35; factor 0.36 for breathing seen there.

    >>> round(float(van_herk_lung_80_margin(2.0, 3.0)), 3)
    5.561
    """
    return van_herk_margin(
        systematic_sd_mm, random_sd_mm, alpha=2.5, beta=0.84, penumbra_sd_mm=penumbra_sd_mm
    )


RECIPE = Recipe(
    name="van_herk_lung_80",
    formula="2.5 S + 0.84 (sqrt(s^2 + sp^2) - sp), sp 6.4 mm; s includes breathing",
    source="van Herk M, lectures 2016-2017, citing Int J Radiat Oncol Biol Phys 2000;47:1121-35",
    status="seen",
    conditions="lung target, plan prescribed to the 80 % isodose, random SD with breathing",
    limits="few fractions in stereotactic courses: add the number of fractions or compute coverage",
    function=van_herk_lung_80_margin,
    options=frozenset({"penumbra_sd_mm"}),
    remark_functions=(default_penumbra(LUNG_PENUMBRA_SD_MM, "lung"),),
)
