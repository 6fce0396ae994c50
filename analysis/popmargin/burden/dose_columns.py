"""What the images of each strategy add in dose, and what its smaller margin spares."""

from typing import Any

import numpy as np

from popmargin.burden.column_values import number_or_none
from popmargin.burden.comparison import Comparison
from popmargin.burden.dose import nominal_risk, prescription_share
from popmargin.burden.evaluate import dose_key
from popmargin.burden.spared import (
    break_even_images,
    integral_dose_spared_j,
    radius_with_margin_mm,
)


def dose_columns(comparison: Comparison, place: int) -> dict[str, Any]:
    """Columns on dose of one strategy, at the typical values.

    Parameters
    ----------
    comparison : strategies of one group; place : of the strategy.

    Returns
    -------
    ``prescription_share_percent``, ``nominal_risk_percent`` (a comparison index),
    ``integral_dose_spared_j`` and ``break_even_images`` against the reference; ``None`` where
    something is not stated.
    """
    question, strategy = comparison.question, comparison.strategies[place]
    dose = number_or_none(comparison.typical["imaging_dose_mgy"][place])
    effective = number_or_none(comparison.typical["effective_dose_msv"][place])
    share = None
    if dose is not None and question.prescription_gy:
        share = 100.0 * float(prescription_share(dose, question.prescription_gy))
    spared, pays_for = None, None
    reference = comparison.strategies[0].margin_mm
    energy = comparison.used_records.get("site.beam_integral_dose_j")
    if energy and reference and strategy.margin_mm and question.ctv_radius_mm:
        radius = radius_with_margin_mm(question.ctv_radius_mm, reference)
        saved = float(np.mean(reference) - np.mean(strategy.margin_mm))
        spared = float(integral_dose_spared_j(energy.typical, radius, saved))
        pays_for = images_paid_for(comparison, strategy.modality, spared)
    return {
        "prescription_share_percent": share,
        "nominal_risk_percent": None
        if effective is None
        else 100.0 * float(nominal_risk(effective)),
        "integral_dose_spared_j": spared,
        "break_even_images": pays_for,
    }


def images_paid_for(comparison: Comparison, modality: str, spared_j: float) -> float | None:
    """Images of a modality that this much spared integral dose pays for.

    ``None`` where dose or imaged mass are not stated, or an image has no dose.
    """
    records = comparison.used_records
    dose = records.get(dose_key(modality, "organ_dose_mgy", records, comparison.region))
    mass = records.get(dose_key(modality, "imaged_mass_kg", records, comparison.region))
    if dose is None or mass is None or dose.typical == 0:
        return None
    return float(break_even_images(spared_j, dose.typical, mass.typical))
