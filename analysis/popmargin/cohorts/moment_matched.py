"""Cohorts whose conventional figures equal wanted ones to rounding.

Assumptions and limits: errors are normal around each patient's mean, axes and fractions are
independent, every patient has the same number of fractions. What is matched is the *conventional*
estimate of the cohort (M, SD of patient means, RMS of patient SDs), because that is what papers
print; the corrected (ANOVA) systematic error of the same cohort is smaller by the random error of
a mean. The patients' own SDs still differ by chance, as they do in a clinic.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from popmargin.cohorts.frame import PerAxis, cohort_frame, per_axis
from popmargin.core.axes import TRANSLATIONS
from popmargin.core.checks import whole


def moment_matched_cohort(
    *,
    patients: int,
    fractions: int,
    group_mean_mm: PerAxis,
    systematic_sd_mm: PerAxis,
    random_sd_mm: PerAxis,
    rng: np.random.Generator,
    label: str | None = None,
) -> pl.DataFrame:
    """Synthetic cohort with exactly the wanted conventional M, systematic and random SD per axis.

    Values are drawn from a normal distribution and adjusted linearly, axis by axis: residuals are
    centred in each patient and scaled, patient means are standardised and scaled.

    Parameters
    ----------
    patients : number of patients, >= 2.
    fractions : fractions of each patient, >= 2.
    group_mean_mm : M, mm, one number or three (lr, si, ap); any sign.
    systematic_sd_mm : SD of the patient means (P - 1), mm, >= 0, one number or three.
    random_sd_mm : root mean square of the patient SDs (n - 1), mm, >= 0, one number or three.
    rng : source of the draws.
    label : put into the patient ids.

    Returns
    -------
    Columns patient_id, fraction, lr_mm, si_mm, ap_mm; patients x fractions rows. Numbers are
    full doubles, so a CSV written with all digits gives the same figures back.

    Raises
    ------
    OutOfRange
        When there are too few patients or fractions or a value is out of range.

    Notes
    -----
    Definitions: van Herk M, Semin Radiat Oncol 2004;14:52-64.

    Examples
    --------
    >>> cohort = moment_matched_cohort(
    ...     patients=5, fractions=4, group_mean_mm=1, systematic_sd_mm=2, random_sd_mm=3,
    ...     rng=np.random.default_rng(1),
    ... )
    >>> means = cohort.group_by("patient_id").agg(pl.col("ap_mm").mean())["ap_mm"]
    >>> round(means.mean(), 9), round(means.std(), 9)
    (1.0, 2.0)
    """
    whole("patients", patients, at_least=2)
    whole("fractions", fractions, at_least=2)
    means = per_axis("group_mean_mm", group_mean_mm, signed=True)
    systematic = per_axis("systematic_sd_mm", systematic_sd_mm)
    random = per_axis("random_sd_mm", random_sd_mm)
    columns = [
        means[axis]
        + systematic[axis] * _standardised_means(patients, rng)[:, None]
        + random[axis] * _standardised_residuals(patients, fractions, rng)
        for axis in range(len(TRANSLATIONS))
    ]
    return cohort_frame(
        np.stack([column.ravel() for column in columns], axis=1),
        np.full(patients, fractions, dtype=np.int64),
        label=label,
    )


def _standardised_means(patients: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draws with mean 0 and SD 1 (divisor P - 1), shape (patients,)."""
    drawn = rng.standard_normal(patients)
    centred = drawn - drawn.mean()
    return np.asarray(centred / centred.std(ddof=1))


def _standardised_residuals(
    patients: int, fractions: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draws with mean 0 in each patient and mean patient variance 1, (patients, fractions)."""
    drawn = rng.standard_normal((patients, fractions))
    centred = drawn - drawn.mean(axis=1, keepdims=True)
    return np.asarray(centred / np.sqrt(centred.var(axis=1, ddof=1).mean()))
