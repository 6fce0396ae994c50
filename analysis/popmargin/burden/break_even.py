"""Does the imaging pay for itself in dose? Images that each spared millimetre of margin buys.

Assumptions and limits: those of `popmargin.burden.spared`; the reference is the first strategy.
"""

from typing import Any, Final

import numpy as np

from popmargin.burden.comparison import Comparison
from popmargin.burden.dose_columns import images_paid_for
from popmargin.burden.evaluate import dose_key
from popmargin.burden.record import Record, status_of
from popmargin.burden.spared import integral_dose_spared_j, radius_with_margin_mm
from popmargin.burden.strategies import NO_MODALITY

_SHOWN_MM: Final = 6.0
_STEP_MM: Final = 0.25


def break_even_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row a modality and millimetre saved.

    Parameters
    ----------
    comparison : strategies of one group.

    Returns
    -------
    After the contract ``burden_break_even``; no row where the integral dose of the beams, the
    CTV, the reference's margin, or dose and imaged mass of a modality are not stated.
    """
    question = comparison.question
    reference = comparison.strategies[0].margin_mm
    energy = comparison.used_records.get("site.beam_integral_dose_j")
    if energy is None or reference is None or question.ctv_radius_mm is None:
        return []
    radius = radius_with_margin_mm(question.ctv_radius_mm, reference)
    names = [s.modality for s in comparison.strategies if s.modality != NO_MODALITY]
    saved_most = np.nanmax(comparison.typical["margin_mm"][0] - comparison.typical["margin_mm"])
    most = min(max(_SHOWN_MM, float(np.ceil(saved_most))), radius)
    rows = []
    for modality in dict.fromkeys(names):
        behind = [energy, *_dose_records(comparison, modality)]
        for saved in np.arange(0.0, most + _STEP_MM / 2, _STEP_MM).clip(max=radius):
            spared = float(integral_dose_spared_j(energy.typical, radius, saved))
            images = images_paid_for(comparison, modality, spared)
            if images is None:
                break
            rows.append(
                {
                    "group": comparison.group,
                    "modality": modality,
                    "margin_saved_mm": float(saved),
                    "integral_dose_spared_j": spared,
                    "break_even_images": images,
                    "fractions": question.fractions,
                    "status": status_of(behind),
                }
            )
    return rows


def _dose_records(comparison: Comparison, modality: str) -> list[Record]:
    """Dose and imaged mass of an image in the group's region, where stated."""
    records = comparison.used_records
    keys = [
        dose_key(modality, name, records, comparison.region)
        for name in ("organ_dose_mgy", "imaged_mass_kg")
    ]
    return [records[key] for key in keys if key in records]
