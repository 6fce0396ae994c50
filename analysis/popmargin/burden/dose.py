"""Imaging dose of a course: to the organs imaged, effective, as a share of the prescription.

Assumptions: every image of a course gives the same dose; the organ dose is the mean dose of the
organs in the imaged region. Limits: dose per image varies up to 40-fold between systems and
protocols, so state your own; imaging dose is not added to the plan here. The nominal risk is a
population value to compare modalities with, never a patient's risk.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative, positive
from popmargin.core.exceptions import OutOfRange
from popmargin.core.resources import csv_rows, resource_path

Floats = NDArray[np.float64]
ACCOUNT_ABOVE_SHARE: Final = 0.05
"""AAPM TG-180 (Ding GX et al., Med Phys 2018;45:e84): plan for imaging dose above this share."""
NOMINAL_RISK_PER_SV: Final = {"adult": 0.041, "all_ages": 0.055}
"""ICRP 103 nominal cancer risk coefficients (18-64 years; all ages), per Sv."""
MGY_PER_GY: Final = 1000.0


def imaging_dose_mgy(dose_per_image_mgy: ArrayLike, images: ArrayLike) -> Floats:
    """Dose of all images of a course, mGy.

    Parameters: dose per image, mGy, >= 0, and images per course, >= 0 (`OutOfRange` else).

    >>> float(imaging_dose_mgy(19.0, 39))
    741.0
    """
    return np.asarray(
        non_negative("dose_per_image_mgy", dose_per_image_mgy) * non_negative("images", images)
    )


def prescription_share(imaging_mgy: ArrayLike, prescription_gy: ArrayLike) -> Floats:
    """Imaging dose as a share of the prescribed dose.

    Parameters: mGy, >= 0, and Gy, > 0 (`OutOfRange` else).

    Examples
    --------
    39 scans of 9.7 to 38.1 mGy in a course of 78 Gy, in per cent:

    >>> (100 * prescription_share(imaging_dose_mgy([9.7, 38.1], 39), 78)).round(2).tolist()
    [0.48, 1.9]
    """
    dose = non_negative("imaging_dose_mgy", imaging_mgy)
    return np.asarray(dose / MGY_PER_GY / positive("prescription_gy", prescription_gy))


def nominal_risk(effective_dose_msv: ArrayLike, population: str = "adult") -> Floats:
    """Nominal lifetime cancer risk of an effective dose: an index for comparison only.

    Parameters
    ----------
    effective_dose_msv : mSv, >= 0; population : ``adult`` or ``all_ages``.

    Raises
    ------
    OutOfRange
        When a dose is negative or the population is unknown.

    Notes
    -----
    Source: ICRP Publication 103. Older patients have far less; not an individual risk.

    Examples
    --------
    >>> (100 * nominal_risk([184, 885])).round(2).tolist()
    [0.75, 3.63]
    """
    if population not in NOMINAL_RISK_PER_SV:
        raise OutOfRange("population", " or ".join(NOMINAL_RISK_PER_SV), population)
    dose = non_negative("effective_dose_msv", effective_dose_msv)
    return np.asarray(dose / 1000.0 * NOMINAL_RISK_PER_SV[population])


def effective_dose_from_dlp(dlp_mgy_cm: ArrayLike, region: str) -> Floats:
    """Effective dose of a scan from its dose-length product, mSv.

    Parameters
    ----------
    dlp_mgy_cm : mGy cm, >= 0; region : a row of ``reference/imaging_dose_k_factors.csv``.

    Raises
    ------
    OutOfRange
        When the dose is negative or the region has no factor.

    Examples
    --------
    >>> round(float(effective_dose_from_dlp(400, "pelvis")), 3)
    8.0
    """
    factors = _dlp_factors()
    if region not in factors:
        raise OutOfRange("region", f"one of {', '.join(factors)}", region)
    return np.asarray(non_negative("dlp_mgy_cm", dlp_mgy_cm) * factors[region])


@cache
def _dlp_factors() -> dict[str, float]:
    rows = csv_rows(resource_path("reference", "imaging_dose_k_factors.csv"))
    return {row["region"]: float(row["k_msv_per_mgy_cm"]) for row in rows}
