"""Floor 2: RT Beams Delivery Instructions: couch positions adjusted by an offline correction.

An adjusted position (0074,1026 to 1028) or angle (0074,102A to 102D) replaces the planned one of a
fraction: the difference is a correction already in force when the patient was imaged. Source: DICOM
PS3.3 C.8.8.29. Limit: what an adjusted angle had removed is not kept, as no column carries angles.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from popmargin.gather.dicom_object import items, number_of, open_object, text_of
from popmargin.gather.source_file import DamagedFile, SourceFile

DELIVERY_INSTRUCTION: Final = "1.2.840.10008.5.1.4.34.7"
# By the couch position or angle of the plan that each stands for.
ADJUSTED_POSITIONS: Final = {
    "TableTopLateralPosition": "TableTopLateralAdjustedPosition",
    "TableTopLongitudinalPosition": "TableTopLongitudinalAdjustedPosition",
    "TableTopVerticalPosition": "TableTopVerticalAdjustedPosition",
}
ADJUSTED_ANGLES: Final = {
    "TableTopPitchAngle": "TableTopPitchAdjustedAngle",
    "TableTopRollAngle": "TableTopRollAdjustedAngle",
    "PatientSupportAngle": "PatientSupportAdjustedAngle",
    "TableTopEccentricAngle": "TableTopEccentricAdjustedAngle",
}
# Plan's SOP instance, beam number, fraction -> adjusted values by the plan's names, mm and degrees;
# None where two instructions contradict each other.
Adjusted = dict[tuple[str, str, str], dict[str, Decimal] | None]


def read_instructions(files: Sequence[SourceFile]) -> tuple[Adjusted, int]:
    """Adjusted couch positions of all instructions, and how many files cannot be read.

    A beam task without all three positions adjusts none of them; each angle stands by itself.
    """
    found: Adjusted = {}
    damaged = 0
    for file in files:
        try:
            tags = ["ReferencedRTPlanSequence", "BeamTaskSequence"]
            data = open_object(file, tags, sop_class=DELIVERY_INSTRUCTION)
            plans = items(data, "ReferencedRTPlanSequence")
            plan = text_of(plans[0], "ReferencedSOPInstanceUID") if plans else ""
            for task in items(data, "BeamTaskSequence"):
                place = _stated(task, ADJUSTED_POSITIONS)
                place = place if len(place) == len(ADJUSTED_POSITIONS) else {}
                place |= _stated(task, ADJUSTED_ANGLES)
                if place:
                    beam = text_of(task, "ReferencedBeamNumber")
                    at = (plan, beam, text_of(task, "CurrentFractionNumber"))
                    found[at] = place if found.get(at, place) == place else None
        except DamagedFile:
            damaged += 1
    return found, damaged


def _stated(task: Any, fields: Mapping[str, str]) -> dict[str, Decimal]:
    values = {name: number_of(task, key) for name, key in fields.items()}
    return {name: value for name, value in values.items() if value is not None}
