"""The margin of the British Institute of Radiology report 2003, with linear offsets.

Here as in every recipe ``random_sd_mm`` excludes the penumbra; the report's own sigma includes it.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.margins.alpha_beta import beta_factor
from popmargin.margins.recipe import Recipe
from popmargin.margins.recipes.van_herk import van_herk_margin
from popmargin.margins.remarks import WATER_PENUMBRA_SD_MM, default_penumbra


def bir_margin(
    systematic_sd_mm: ArrayLike,
    random_sd_mm: ArrayLike,
    *,
    algorithm_offset_mm: ArrayLike = 0.0,
    breathing_offset_mm: ArrayLike = 0.0,
    dose_level: float = 0.95,
    beams: int = 1,
    penumbra_sd_mm: ArrayLike = WATER_PENUMBRA_SD_MM,
) -> NDArray[np.float64]:
    r"""CTV-to-PTV margin of the BIR report.

    .. math:: m = 2.5\Sigma + a + b + \beta(\sigma_{tot} - \sigma_p), \quad
              \sigma_{tot} = \sqrt{\sigma^2 + \sigma_p^2}

    Parameters
    ----------
    systematic_sd_mm, random_sd_mm : array_like
        Standard deviations in mm, finite and >= 0, without the penumbra.
    algorithm_offset_mm, breathing_offset_mm : array_like
        Offsets a and b in mm, >= 0, added linearly because they act in one direction.
    dose_level : float
        Dose level of `beta_factor`, inside (0, 1).
    beams : int
        Number of equal beams of which one makes the edge.
    penumbra_sd_mm : array_like
        SD of the dose edge in mm, >= 0.

    Returns
    -------
    ndarray
        Margin in mm, of the broadcast shape.

    Raises
    ------
    OutOfRange
        For a negative or non-finite SD or offset, or a dose level or number of beams out of range.

    Notes
    -----
    Source (recalled, unvalidated): British Institute of Radiology, Geometric uncertainties in
    radiotherapy: defining the planning target volume, London 2003.

    Examples
    --------
    >>> round(float(bir_margin(3, 3, breathing_offset_mm=1.0)), 3)
    10.451
    """
    shifted = van_herk_margin(
        systematic_sd_mm,
        random_sd_mm,
        alpha=2.5,
        beta=beta_factor(dose_level, beams=beams),
        penumbra_sd_mm=penumbra_sd_mm,
    )
    return (
        shifted
        + non_negative("algorithm_offset_mm", algorithm_offset_mm)
        + non_negative("breathing_offset_mm", breathing_offset_mm)
    )


RECIPE = Recipe(
    name="bir",
    formula="2.5 S + a + b + beta (sqrt(s^2 + sp^2) - sp); a algorithm, b breathing offset",
    source="British Institute of Radiology, Geometric uncertainties in radiotherapy, London 2003",
    status="recalled, unvalidated",
    conditions="as van_herk; beta for the number of beams that make the edge",
    limits="offsets are added on both sides although they act on one",
    function=bir_margin,
    options=frozenset(
        {"algorithm_offset_mm", "breathing_offset_mm", "dose_level", "beams", "penumbra_sd_mm"}
    ),
    remark_functions=(default_penumbra(WATER_PENUMBRA_SD_MM, "water"),),
)
