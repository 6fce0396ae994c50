"""Imaging dose of a course to single organs, where a dose of an image to them is stated.

Assumptions: every image of a course gives an organ the same dose. Limits: published organ doses are
those of a phantom or of one system and protocol; the mean dose of the imaged organs, in the table
of the burden, says nothing of the organ that gets most.
"""

from typing import Any

import numpy as np

from popmargin.burden.column_values import limits_of
from popmargin.burden.comparison import Comparison
from popmargin.burden.dose import ACCOUNT_ABOVE_SHARE, prescription_share
from popmargin.burden.record import Record
from popmargin.burden.strategies import NO_MODALITY, Strategy

REGION_MEAN = "mean of the imaged organs"


def organ_dose_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row a strategy and organ, the mean of the region's organs first.

    Parameters
    ----------
    comparison : strategies of one group.

    Returns
    -------
    After the contract ``imaging_organ_doses``: dose of an image and of the course (mGy, with limits
    over the draws), its share of the prescription, and ``above_limit`` (yes, no; ``None`` where no
    prescription is stated).
    """
    rows = []
    for strategy in comparison.strategies:
        if strategy.modality == NO_MODALITY:
            continue
        for organ, record in organ_records(comparison, strategy.modality):
            rows.append(_row(comparison, strategy, organ, record))
    return rows


def organ_records(comparison: Comparison, modality: str) -> list[tuple[str, Record]]:
    """Organs of the group's region with the dose of an image to them; those of ``any``, too."""
    found: dict[str, Record] = {}
    for region in ("any", comparison.region or "any"):
        stem = f"{modality}.organ_dose_mgy.{region}"
        for key, record in comparison.used_records.items():
            if key == stem:
                found[REGION_MEAN] = record
            elif key.startswith(f"{stem}."):
                found[key.removeprefix(f"{stem}.").replace("_", " ")] = record
    names = sorted(found, key=lambda organ: (organ != REGION_MEAN, organ))
    return [(organ, found[organ]) for organ in names]


def _row(comparison: Comparison, strategy: Strategy, organ: str, record: Record) -> dict[str, Any]:
    question = comparison.question
    dose = strategy.images * record.typical
    low, high = limits_of(
        strategy.images * np.asarray(comparison.values[record.key]), question.level
    )
    share = None
    if question.prescription_gy:
        share = float(prescription_share(dose, question.prescription_gy))
    above = None if share is None else "yes" if share > ACCOUNT_ABOVE_SHARE else "no"
    return {
        "group": comparison.group,
        "protocol": strategy.protocol,
        "modality": strategy.modality,
        "region": comparison.region,
        "organ": organ,
        "images_per_course": strategy.images,
        "dose_per_image_mgy": record.typical,
        "imaging_dose_mgy": dose,
        "imaging_dose_low_mgy": low,
        "imaging_dose_high_mgy": high,
        "prescription_share_percent": None if share is None else 100.0 * share,
        "above_limit": above,
        "status": record.label,
        "source": ": ".join(filter(None, (record.source, record.note))),
    }
