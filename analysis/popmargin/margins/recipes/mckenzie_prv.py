"""Margins around organs at risk (PRV) of McKenzie et al. 2002: 1.3 Sigma plus or minus 0.5 sigma.

Plus for serial or small organs, minus for large parallel ones, where blurring lowers the high
dose. These are PRV margins: they are never added to a CTV.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.margins.recipe import Recipe


def mckenzie_prv_margin(
    systematic_sd_mm: ArrayLike, random_sd_mm: ArrayLike, *, parallel: bool = False
) -> NDArray[np.float64]:
    r"""Organ-at-risk margin, :math:`m = 1.3\Sigma \pm 0.5\sigma`.

    Parameters
    ----------
    systematic_sd_mm, random_sd_mm : array_like
        Standard deviations in mm, finite and >= 0.
    parallel : bool
        ``True`` for a large parallel organ (minus 0.5 sigma, possibly negative), ``False`` for a
        serial or small one (plus).

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
    Source: McKenzie A, van Herk M, Mijnheer B. Radiother Oncol 2002;62:299-307: 1.3 seen (the
    one-sided 90 % quantile), 0.5 recalled, unvalidated.

    Examples
    --------
    >>> float(mckenzie_prv_margin(3, 2)), float(mckenzie_prv_margin(2, 2, parallel=True))
    (4.9, 1.6)
    """
    systematic = non_negative("systematic_sd_mm", systematic_sd_mm)
    random = non_negative("random_sd_mm", random_sd_mm)
    return 1.3 * systematic + (-0.5 if parallel else 0.5) * random


def _parallel(systematic_sd_mm: ArrayLike, random_sd_mm: ArrayLike) -> NDArray[np.float64]:
    """`mckenzie_prv_margin` of a large parallel organ."""
    return mckenzie_prv_margin(systematic_sd_mm, random_sd_mm, parallel=True)


_SOURCE = "McKenzie A, van Herk M, Mijnheer B, Radiother Oncol 2002;62:299-307 (0.5 recalled)"
_LIMITS = "covers the high-dose part of the organ's dose-volume histogram only"

SERIAL_RECIPE = Recipe(
    name="mckenzie_prv",
    formula="1.3 S + 0.5 s",
    source=_SOURCE,
    status="recalled, unvalidated",
    conditions="organ at risk, serial or small; 90 % of patients",
    limits=_LIMITS,
    function=mckenzie_prv_margin,
)
PARALLEL_RECIPE = Recipe(
    name="mckenzie_prv_parallel",
    formula="1.3 S - 0.5 s",
    source=_SOURCE,
    status="recalled, unvalidated",
    conditions="organ at risk, large and parallel; 90 % of patients",
    limits=_LIMITS + "; can be negative, which is no margin",
    function=_parallel,
)
