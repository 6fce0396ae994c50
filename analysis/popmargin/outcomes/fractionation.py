"""Biologically effective dose and dose in 2 Gy fractions, linear-quadratic.

Assumptions and limits: complete repair between fractions, no repopulation, no change of
sensitivity; the linear-quadratic form is disputed above about 10 Gy a fraction.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative, positive

_STANDARD_FRACTION_GY: Final = 2.0


def biologically_effective_dose_gy(
    dose_gy: ArrayLike, fraction_dose_gy: ArrayLike, *, alpha_beta_gy: float
) -> NDArray[np.float64]:
    r"""Biologically effective dose, Gy.

    .. math:: BED = D\left(1 + \frac{d}{\alpha/\beta}\right)

    Parameters
    ----------
    dose_gy : total dose D, Gy, >= 0, any shape.
    fraction_dose_gy : dose per fraction d at the same place, Gy, >= 0, same shape or one number.
    alpha_beta_gy : alpha over beta, Gy, > 0.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Notes
    -----
    Fowler JF, Br J Radiol 1989;62:679 (recalled; the standard form).

    Examples
    --------
    >>> float(biologically_effective_dose_gy(50, 10, alpha_beta_gy=10))
    100.0
    """
    total = non_negative("dose_gy", dose_gy)
    fraction = non_negative("fraction_dose_gy", fraction_dose_gy)
    return np.asarray(total * (1.0 + fraction / float(positive("alpha_beta_gy", alpha_beta_gy))))


def equivalent_dose_2gy(
    dose_gy: ArrayLike, *, fractions: float, alpha_beta_gy: float
) -> NDArray[np.float64]:
    r"""Dose in 2 Gy fractions with the same effect (EQD2), Gy, of equal fractions.

    .. math:: EQD2 = D\,\frac{D/N + \alpha/\beta}{2 + \alpha/\beta}

    Parameters
    ----------
    dose_gy : total dose D, Gy, >= 0, any shape.
    fractions : number of fractions N, > 0; the fraction dose is D / N at each place.
    alpha_beta_gy : alpha over beta, Gy, > 0.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Notes
    -----
    Withers HR et al., Cancer 1983;51:95 (recalled; the standard form).

    Examples
    --------
    >>> float(equivalent_dose_2gy(60, fractions=20, alpha_beta_gy=3))
    72.0
    """
    total = non_negative("dose_gy", dose_gy)
    count = float(positive("fractions", fractions))
    effective = biologically_effective_dose_gy(total, total / count, alpha_beta_gy=alpha_beta_gy)
    return np.asarray(effective / (1.0 + _STANDARD_FRACTION_GY / alpha_beta_gy))
