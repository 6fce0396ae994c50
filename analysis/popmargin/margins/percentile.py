"""Margins read off the errors themselves: percentiles of patient means or of all errors.

``patient_mean_percentiles`` spans the middle 90 % of patient means (systematic errors along one
axis), ``error_percentiles`` the middle 95 % of all errors of all patients together.

Limits: one axis at a time, so that three such margins cover fewer patients together than each
promises (0.9 an axis leaves 0.73); the second mixes systematic and random errors, which act
differently on the dose. Neither says anything of the dose.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from popmargin.core.checks import share, whole
from popmargin.core.exceptions import OutOfRange
from popmargin.margins.order_statistics import (
    QuantileInterval,
    quantile_interval,
    sample_quantile,
)
from popmargin.statistics.interval import interval_of


@dataclass(frozen=True, slots=True)
class PercentileMargins:
    """Extent of the errors along one axis, in mm: towards minus and towards plus.

    Each has its interval; ``minus`` is the negative of a low percentile, so that both are margins
    when the errors lie on both sides of zero.
    """

    minus: QuantileInterval
    plus: QuantileInterval


def patient_mean_percentiles(
    patient_means_mm: ArrayLike, *, population: float = 0.90, level: float = 0.95
) -> PercentileMargins:
    """Margins along one axis that span the middle share of patient means.

    Parameters
    ----------
    patient_means_mm : array_like, shape (patients,)
        Mean error of each patient along the axis, mm.
    population : float
        Share of patients between the two limits, strictly between 0 and 1.
    level : float
        Confidence level of the distribution-free intervals.

    Raises
    ------
    OutOfRange
        For no patient, a value that is not finite, or a share or level out of range.

    Examples
    --------
    >>> margins = patient_mean_percentiles(range(-50, 51))
    >>> margins.minus.quantile, margins.plus.quantile
    (45.0, 45.0)
    """
    means = np.asarray(patient_means_mm, dtype=np.float64)
    one_side = 1.0 - 0.5 * (1.0 - share("population", population))
    return PercentileMargins(
        quantile_interval(-means, one_side, level=level),
        quantile_interval(means, one_side, level=level),
    )


def error_percentiles(
    errors_mm: Sequence[ArrayLike],
    generator: np.random.Generator,
    *,
    population: float = 0.95,
    level: float = 0.95,
    resamples: int = 1_000,
) -> PercentileMargins:
    """Margins along one axis that span the middle share of all errors.

    Parameters
    ----------
    errors_mm : sequence of array_like
        Errors of each patient along the axis, mm.
    generator : numpy.random.Generator
        Source of the resamples of patients, of which the intervals are percentiles (errors of one
        patient are alike, so that patients are resampled and not errors).
    population, level
        As in `patient_mean_percentiles`.
    resamples : int
        At least 100.

    Raises
    ------
    OutOfRange
        For fewer than two patients, a value that is not finite, or a share or level out of range.

    Examples
    --------
    >>> logs = [[-1.0, 0.0, 1.0], [2.0, 1.0, 3.0], [-2.0, 0.5, 0.0]]
    >>> margins = error_percentiles(logs, np.random.default_rng(1), population=0.8)
    >>> margins.minus.quantile, margins.plus.quantile
    (2.0, 3.0)
    """
    patients = [np.asarray(errors, dtype=np.float64).ravel() for errors in errors_mm]
    if len(patients) < 2:
        raise OutOfRange("errors_mm", "at least two patients", len(patients))
    one_side = 1.0 - 0.5 * (1.0 - share("population", population))
    draws = generator.integers(
        len(patients), size=(whole("resamples", resamples, at_least=100), len(patients))
    )

    def margin(sign: float) -> QuantileInterval:
        def quantile(chosen: Sequence[int]) -> float:
            return sample_quantile(np.concatenate([sign * patients[i] for i in chosen]), one_side)

        limits = interval_of([quantile(chosen) for chosen in draws.tolist()], level)
        estimate = quantile(range(len(patients)))
        return QuantileInterval(estimate, limits.low, limits.high, limits.upper)

    return PercentileMargins(margin(-1.0), margin(1.0))
