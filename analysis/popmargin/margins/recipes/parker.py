"""The margin of Parker et al. 2002 for stereotactic radiotherapy."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.margins.recipe import Recipe
from popmargin.margins.remarks import penumbra_not_used


def parker_margin(systematic_sd_mm: ArrayLike, random_sd_mm: ArrayLike) -> NDArray[np.float64]:
    r"""CTV-to-PTV margin of Parker et al. 2002, :math:`m = \Sigma + \sqrt{\sigma^2 + \Sigma^2}`.

    Parameters: SDs in mm, finite and >= 0. Returns the margin in mm, of the broadcast shape.
    Raises `OutOfRange` for a negative or non-finite SD.
    Source: Parker BC et al. 2002, as tabulated in doi:10.1186/s13014-016-0724-5, Table 5.

    >>> float(parker_margin(3, 4))
    8.0
    """
    systematic = non_negative("systematic_sd_mm", systematic_sd_mm)
    return systematic + np.hypot(non_negative("random_sd_mm", random_sd_mm), systematic)


RECIPE = Recipe(
    name="parker",
    formula="S + sqrt(s^2 + S^2)",
    source="Parker BC et al., J Appl Clin Med Phys 2002;3:176-89, as tabulated in "
    "doi:10.1186/s13014-016-0724-5, Table 5",
    status="seen",
    conditions="95 % minimum dose and 100 % dose to 95 % of the volume",
    limits="no probability level is stated; no penumbra",
    function=parker_margin,
    remark_functions=(penumbra_not_used,),
)
