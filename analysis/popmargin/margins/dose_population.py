"""Dose-population histogram: what share of patients gets at least which minimum CTV dose.

Introduced with the margin recipe itself (van Herk M et al., Int J Radiat Oncol Biol Phys
2000;47:1121-35). Limits are those of the doses that go in.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import share
from popmargin.core.exceptions import OutOfRange


@dataclass(frozen=True, slots=True, eq=False)
class DosePopulation:
    """A dose-population histogram.

    Attributes
    ----------
    dose : ndarray
        Dose relative to the field's interior, growing.
    population : ndarray
        Share of patients whose minimum dose is at least ``dose``.
    """

    dose: NDArray[np.float64]
    population: NDArray[np.float64]


def dose_population(minimum_doses: ArrayLike, dose: ArrayLike | None = None) -> DosePopulation:
    """Histogram of the minimum doses of patients.

    Parameters
    ----------
    minimum_doses : array_like, shape (patients,)
        Minimum dose of each patient, finite.
    dose : array_like, optional
        Doses at which the share is wanted, growing; 0 to 1 in steps of 0.005 without.

    Raises
    ------
    OutOfRange
        For no patient, or a value that is not finite.

    Examples
    --------
    >>> dose_population([0.90, 0.95, 1.0, 0.97], [0.95, 0.99]).population.tolist()
    [0.75, 0.25]
    """
    ordered = _ordered(minimum_doses)
    grid = np.linspace(0.0, 1.0, 201) if dose is None else np.asarray(dose, dtype=np.float64)
    below = np.searchsorted(ordered, grid, side="left")
    return DosePopulation(grid, 1.0 - below / ordered.size)


def dose_of_population(minimum_doses: ArrayLike, population: float) -> float:
    """Dose that a share of the patients reaches or exceeds.

    Parameters: minimum doses as above; share strictly between 0 and 1. Raises `OutOfRange` for
    values out of range.

    >>> round(dose_of_population([0.90, 0.95, 1.0, 0.97], 0.75), 4)
    0.9375
    """
    return float(np.quantile(_ordered(minimum_doses), 1.0 - share("population", population)))


def _ordered(minimum_doses: ArrayLike) -> NDArray[np.float64]:
    """The doses in growing order, checked."""
    ordered = np.sort(np.asarray(minimum_doses, dtype=np.float64))
    if ordered.ndim != 1 or ordered.size == 0 or not np.all(np.isfinite(ordered)):
        raise OutOfRange("minimum_doses", "at least one finite dose", minimum_doses)
    return ordered
