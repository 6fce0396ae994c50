r"""Cohorts drawn from a known truth, with the complications that real logs have.

Model, per patient i, fraction j and axis:

.. math:: x_{ij} = M + s_i + b_i (j - 1) + r_{ij}

Assumptions and limits: s is normal; r is normal (or Student's t) within a patient, with a variance
that is the same in all patients or inverse-gamma between them; successive fractions are independent
or AR(1); the axes are correlated alike in s and r. Nothing is matched: the figures of one cohort
scatter around the truth as real ones do. With a trend or autocorrelation, what an estimator calls
systematic error holds more than s.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from popmargin.cohorts.frame import PerAxis, cohort_frame, per_axis
from popmargin.core.axes import TRANSLATIONS
from popmargin.core.checks import whole
from popmargin.core.exceptions import OutOfRange


def simulate_cohort(
    *,
    fractions: Sequence[int],
    group_mean_mm: PerAxis,
    systematic_sd_mm: PerAxis,
    random_sd_mm: PerAxis,
    rng: np.random.Generator,
    random_variance_shape: float | None = None,
    trend_mm_per_fraction: PerAxis = 0.0,
    trend_sd_mm_per_fraction: PerAxis = 0.0,
    autocorrelation: float = 0.0,
    random_tail_degrees: float | None = None,
    axis_correlation: Sequence[Sequence[float]] | None = None,
    label: str | None = None,
) -> pl.DataFrame:
    """Cohort drawn from the stated truth; patients may have different numbers of fractions.

    Parameters
    ----------
    fractions : fractions of each patient, each >= 1; its length is the number of patients.
    group_mean_mm : M, mm, one number or three (lr, si, ap).
    systematic_sd_mm : SD of the patients' true means, mm, >= 0, one number or three.
    random_sd_mm : root of the mean within-patient variance, mm, >= 0, one number or three.
    rng : source of the draws.
    random_variance_shape : shape > 1 of the inverse-gamma distribution of the patients'
        variances (mean ``random_sd_mm`` squared); None: the same variance in all.
    trend_mm_per_fraction : mean drift from fraction 1 on, mm per fraction, any sign.
    trend_sd_mm_per_fraction : SD of the drift between patients, mm per fraction, >= 0.
    autocorrelation : correlation of successive fractions, -1 < value < 1; the marginal SD stays.
    random_tail_degrees : degrees of freedom > 2 of Student's t, brought to the stated SD, that the
        random errors follow (heavy tails); None: normal.
    axis_correlation : 3 x 3 correlation matrix of lr, si, ap, positive definite; None: none.
    label : put into the patient ids.

    Returns
    -------
    Columns patient_id (``synthetic-...``), fraction, lr_mm, si_mm, ap_mm.

    Raises
    ------
    OutOfRange
        When an argument is outside the range above.

    Notes
    -----
    Unequal variances: Herschtal A et al., Phys Med Biol 2012;57:2743 (inverse gamma described 365
    patients best of five models).

    Examples
    --------
    >>> cohort = simulate_cohort(
    ...     fractions=[3, 1], group_mean_mm=0, systematic_sd_mm=2, random_sd_mm=1,
    ...     rng=np.random.default_rng(1),
    ... )
    >>> cohort["fraction"].to_list()
    [1, 2, 3, 1]
    """
    counts = np.asarray([whole("fractions", count) for count in fractions], dtype=np.int64)
    if counts.size == 0:
        raise OutOfRange("fractions", "at least one patient", fractions)
    mean = per_axis("group_mean_mm", group_mean_mm, signed=True)
    systematic = per_axis("systematic_sd_mm", systematic_sd_mm)
    random = per_axis("random_sd_mm", random_sd_mm)
    slope = per_axis("trend_mm_per_fraction", trend_mm_per_fraction, signed=True)
    slope_sd = per_axis("trend_sd_mm_per_fraction", trend_sd_mm_per_fraction)
    if not -1.0 < autocorrelation < 1.0:
        raise OutOfRange("autocorrelation", "a number strictly between -1 and 1", autocorrelation)
    if random_tail_degrees is not None and not 2.0 < random_tail_degrees < np.inf:
        raise OutOfRange("random_tail_degrees", "a finite number > 2", random_tail_degrees)
    mixing = _mixing(axis_correlation)

    shape = (counts.size, len(TRANSLATIONS))
    start = mean + systematic * (rng.standard_normal(shape) @ mixing.T)
    slopes = slope + slope_sd * rng.standard_normal(shape)
    scale = random * np.sqrt(_relative_variances(shape, random_variance_shape, rng))
    blocks = [
        start[patient]
        + slopes[patient] * np.arange(count)[:, None]
        + scale[patient] * (_series(count, autocorrelation, random_tail_degrees, rng) @ mixing.T)
        for patient, count in enumerate(counts)
    ]
    return cohort_frame(np.concatenate(blocks), counts, label=label)


def _mixing(axis_correlation: Sequence[Sequence[float]] | None) -> NDArray[np.float64]:
    """Cholesky factor of the correlation matrix; the identity when there is none."""
    size = len(TRANSLATIONS)
    if axis_correlation is None:
        return np.eye(size)
    matrix = np.asarray(axis_correlation, dtype=np.float64)
    expected = "a symmetric, positive definite 3 x 3 matrix with ones on its diagonal"
    if matrix.shape != (size, size) or not np.array_equal(matrix, matrix.T):
        raise OutOfRange("axis_correlation", expected, axis_correlation)
    if not np.array_equal(np.diag(matrix), np.ones(size)):
        raise OutOfRange("axis_correlation", expected, axis_correlation)
    try:
        return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        raise OutOfRange("axis_correlation", expected, axis_correlation) from None


def _relative_variances(
    shape: tuple[int, int], gamma_shape: float | None, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Within-patient variances relative to their mean: 1, or inverse gamma with mean 1."""
    if gamma_shape is None:
        return np.ones(shape)
    if not 1.0 < gamma_shape < np.inf:
        raise OutOfRange("random_variance_shape", "a finite number > 1", gamma_shape)
    return np.asarray((gamma_shape - 1.0) / rng.standard_gamma(gamma_shape, shape))


def _series(
    count: int, autocorrelation: float, degrees: float | None, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Stationary AR(1) series with SD 1 on each axis, shape (count, 3)."""
    shape = (count, len(TRANSLATIONS))
    if degrees is None:
        series = rng.standard_normal(shape)
    else:
        series = rng.standard_t(degrees, shape) * np.sqrt((degrees - 2.0) / degrees)
    if autocorrelation:
        fresh = np.sqrt(1.0 - autocorrelation**2)
        for step in range(1, count):
            series[step] = autocorrelation * series[step - 1] + fresh * series[step]
    return series
