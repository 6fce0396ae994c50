"""The dose-probability margin of van Herk et al. 2000, non-linear form, exact quantiles.

Assumes normal errors, an ideal conformal dose with a normal-integral edge, a CTV that is large
against the penumbra, and many fractions.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.margins.alpha_beta import ALPHA_90, BETA_95, alpha_factor, beta_factor
from popmargin.margins.recipe import Recipe
from popmargin.margins.remarks import WATER_PENUMBRA_SD_MM, default_penumbra


def van_herk_margin(
    systematic_sd_mm: ArrayLike,
    random_sd_mm: ArrayLike,
    *,
    alpha: float = ALPHA_90,
    beta: float = BETA_95,
    penumbra_sd_mm: ArrayLike = WATER_PENUMBRA_SD_MM,
) -> NDArray[np.float64]:
    r"""CTV-to-PTV margin of van Herk et al. 2000, non-linear form.

    .. math:: m = \alpha\Sigma + \beta\sqrt{\sigma^2 + \sigma_p^2} - \beta\sigma_p

    Parameters
    ----------
    systematic_sd_mm, random_sd_mm : array_like
        Standard deviations in mm, finite and >= 0.
    alpha : float
        Systematic SDs to cover; the default 2.5003 covers 90 % of patients in three dimensions.
    beta : float
        Blur SDs from the wanted dose level to the edge; the default 1.6449 is for 95 % dose.
    penumbra_sd_mm : array_like
        SD of the dose edge in mm, >= 0: 3.2 in water, 6.4 in lung.

    Returns
    -------
    ndarray
        Margin in mm, of the broadcast shape.

    Raises
    ------
    OutOfRange
        For a negative or non-finite SD.

    Notes
    -----
    Valid for an ideal conformal dose, a CTV large against the penumbra and many fractions; it
    cannot tell what share of patients is covered when one of these fails.

    Source: van Herk M, Remeijer P, Rasch C, Lebesque JV. Int J Radiat Oncol Biol Phys
    2000;47:1121-35, doi:10.1016/S0360-3016(00)00518-6.

    Examples
    --------
    With the printed 2.5 and 1.64: 7.5 + 1.64 (4.386 - 3.2) = 9.446.

    >>> round(float(van_herk_margin(3, 3, alpha=2.5, beta=1.64)), 3)
    9.446
    """
    systematic = non_negative("systematic_sd_mm", systematic_sd_mm)
    random = non_negative("random_sd_mm", random_sd_mm)
    penumbra = non_negative("penumbra_sd_mm", penumbra_sd_mm)
    return np.asarray(alpha * systematic + beta * (np.hypot(random, penumbra) - penumbra))


def _from_shares(
    systematic_sd_mm: ArrayLike,
    random_sd_mm: ArrayLike,
    *,
    population: float = 0.90,
    dose_level: float = 0.95,
    penumbra_sd_mm: float = WATER_PENUMBRA_SD_MM,
) -> NDArray[np.float64]:
    """`van_herk_margin` with exact quantiles for a share of patients and a dose level."""
    return van_herk_margin(
        systematic_sd_mm,
        random_sd_mm,
        alpha=alpha_factor(population),
        beta=beta_factor(dose_level),
        penumbra_sd_mm=penumbra_sd_mm,
    )


RECIPE = Recipe(
    name="van_herk",
    formula="alpha S + beta (sqrt(s^2 + sp^2) - sp); alpha 2.5003, beta 1.6449, sp 3.2 mm "
    "unless population, dose level or penumbra are given",
    source="van Herk M et al., Int J Radiat Oncol Biol Phys 2000;47:1121-35, "
    "doi:10.1016/S0360-3016(00)00518-6",
    status="seen",
    conditions="normal errors, ideal conformal dose, CTV large against the penumbra, many "
    "fractions; 90 % of patients keep a CTV minimum dose of 95 % unless told otherwise",
    limits="translations of a rigid target only; small targets and few fractions are covered less "
    "often than promised",
    function=_from_shares,
    options=frozenset({"population", "dose_level", "penumbra_sd_mm"}),
    remark_functions=(default_penumbra(WATER_PENUMBRA_SD_MM, "water"),),
)
