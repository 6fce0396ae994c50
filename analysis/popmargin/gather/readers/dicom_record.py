"""Floor 2: RT Beams Treatment Records: where the couch really was, against where it was planned.

The couch shift of a beam is its recorded minus its planned position, so the RT Plan must be in the
folder. A record that states only displacements of a set-up (from marks to isocentre) says nothing
about a set-up error, and one with an empty first control point holds relative positions: both are
set aside. A delivery instruction that adjusts the planned position of a fraction (an offline
correction) moves what the shift counts from, and is carried.

Assumption: the machine reports the couch on the scale of the plan (IEC 61217, mm and degrees).
Limit: what moved the couch is not recorded; a shift that staff made without an image counts too.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from popmargin.core.flags import Flag
from popmargin.gather.context import Context, stated
from popmargin.gather.conventions import PATIENT_POSITIONS, to_patient_axes
from popmargin.gather.dicom_instruction import ADJUSTED_ANGLES
from popmargin.gather.dicom_object import items, moment_of, open_object, text_of
from popmargin.gather.dicom_plan import COUCH_FIELDS, Couch, couch_of
from popmargin.gather.fields import BadCell
from popmargin.gather.kind import Kind
from popmargin.gather.options import ask_for
from popmargin.gather.record import Reading, Record
from popmargin.gather.source_file import DamagedFile, SourceFile

TREATMENT_RECORD: Final = "1.2.840.10008.5.1.4.1.1.481.4"
_CONVENTION: Final = "treatment_record"
_SHIFTS: Final = COUCH_FIELDS[:3]
_ECCENTRIC: Final = "TableTopEccentricAngle"
_TAGS: Final = (
    "PatientID",
    "TreatmentDate",
    "TreatmentTime",
    "PatientSetupSequence",
    "ReferencedRTPlanSequence",
    "TreatmentSessionBeamSequence",
)


def record_needs(context: Context) -> dict[str, str]:
    """Config lines that treatment records need and the source does not have."""
    return stated(context, "timing")


def read_treatment_records(files: Sequence[SourceFile], context: Context) -> Reading:
    """Couch shifts of treatment records, one record a beam.

    Parameters: files of that SOP class; what the source declares and the plans of the folder.
    A bad object or beam becomes a record that is set aside. Raises `RefusedInput` when the source
    does not declare what the objects do not hold.
    """
    ask_for(context.declaration.label, record_needs(context))
    reading = Reading()
    for file in files:
        try:
            data = open_object(file, _TAGS, sop_class=TREATMENT_RECORD)
            beams = items(data, "TreatmentSessionBeamSequence")
            if not beams:
                raise DamagedFile(file.name, "a treated beam", "none", "export it again")
            head = _head(file, data, context)
        except (DamagedFile, BadCell) as error:
            reading.records.append(Record(file.place()))
            reading.records[-1].set_aside(error)
            continue
        reading.records += [
            _record(file, beam, order, head) for order, beam in enumerate(beams, start=1)
        ]
    turned = sum(record.remark == "angles_adjusted" for record in reading.records)
    if turned:
        message = (
            f"rotations of {turned} beams count from angles that an offline correction had "
            "adjusted; what it had removed is not in the table"
        )
        reading.flags.append(
            Flag("angles_adjusted", "warn", message, file=context.declaration.label)
        )
    reading.assumptions = ["the machine reports the couch on the scale of the plan (IEC 61217)"]
    return reading


def fraction_of_days(files: Sequence[SourceFile]) -> dict[tuple[str, Any], str]:
    """Fractions by patient and day, where all records of the day agree; others are left out."""
    found: dict[tuple[str, Any], set[str]] = {}
    for file in files:
        try:
            data = open_object(file, _TAGS, sop_class=TREATMENT_RECORD)
            when = moment_of(data, ("TreatmentDate", "TreatmentTime"))
            beams = items(data, "TreatmentSessionBeamSequence")
        except DamagedFile:
            continue  # its own reader says so
        if when is not None:
            fractions = {text_of(beam, "CurrentFractionNumber") for beam in beams}
            found.setdefault((text_of(data, "PatientID"), when.date()), set()).update(fractions)
    return {key: next(iter(group)) for key, group in found.items() if len(group) == 1}


def _head(file: SourceFile, data: Any, context: Context) -> dict[str, Any]:
    """What all beams of a record share."""
    setups = items(data, "PatientSetupSequence")
    positions = {text_of(setup, "PatientPosition") for setup in setups} - {""}
    declared = context.options.patient_position
    if declared is None and not positions:
        ask_for(context.declaration.label, {"patient_position": "HFS   # or HFP, FFS, FFP"})
    if len(positions | ({declared} if declared else set())) > 1:
        raise BadCell("position_differs", "")
    position = declared or positions.pop()
    if position not in PATIENT_POSITIONS:
        raise BadCell("position_differs", "")
    references = items(data, "ReferencedRTPlanSequence")
    uid = text_of(references[0], "ReferencedSOPInstanceUID") if references else ""
    return {
        "patient_id": context.patient_id(file, text_of(data, "PatientID")),
        "when": moment_of(data, ("TreatmentDate", "TreatmentTime")),
        "plan": next((plan for plan in context.plans if plan.uid == uid), None),
        "plan_uid": uid,
        "adjusted": context.adjusted,
        "position": position,
        "uid": text_of(data, "SOPInstanceUID"),
    }


def _record(file: SourceFile, beam: Any, order: int, head: dict[str, Any]) -> Record:
    record = Record(file.place(), order=order)
    try:
        number = text_of(beam, "ReferencedBeamNumber")
        if text_of(beam, "TreatmentDeliveryType") not in {"TREATMENT", "CONTINUATION", ""}:
            raise BadCell("setup_beam", "")
        point = _first_point(beam)
        recorded = couch_of(point)
        if any(recorded[name] is None for name in _SHIFTS):
            raise BadCell("relative_couch_position", "")
        planned = head["plan"].couch.get(number) if head["plan"] is not None else None
        fraction = text_of(beam, "CurrentFractionNumber")
        adjusted = head["adjusted"].get((head["plan_uid"], number, fraction), {})
        if adjusted is None:
            raise BadCell("adjustments_differ", "")
        when = moment_of(point, ("TreatmentControlPointDate", "TreatmentControlPointTime"))
        if any(name in adjusted for name in ADJUSTED_ANGLES):
            record.remark = "angles_adjusted"
        record.identity = (head["uid"] or file.number, order)
        record.values = {
            "patient_id": head["patient_id"],
            "plan": head["plan"].label if head["plan"] is not None else "",
            "fraction": fraction,
            "acquired_at": when or head["when"],
            "quantity": "couch_shift",
            **_shift(recorded, planned, adjusted, head["position"]),
        }
    except (DamagedFile, BadCell) as error:
        record.set_aside(error)
    return record


def _first_point(beam: Any) -> Any:
    points = items(beam, "ControlPointDeliverySequence")
    if not points:
        raise DamagedFile("beam", "control points", "none", "export it again")
    return points[0]


def _shift(
    recorded: Couch, planned: Couch | None, adjusted: Mapping[str, Decimal], position: str
) -> dict[str, float | None]:
    """Recorded minus planned couch, in patient axes; an angle only where both state it.

    Where an offline correction adjusted the plan, the shift counts from there, and the error that
    the correction had removed is carried (that of the angles is not: there is no column for it).
    """
    if planned is None or any(planned[name] is None for name in _SHIFTS):
        raise BadCell("no_planned_position", "")
    start: Couch = {**planned, **adjusted}
    if any(couch[_ECCENTRIC] for couch in (recorded, planned, start)):
        raise BadCell("turned_couch", "")
    found = to_patient_axes(_CONVENTION, _between(recorded, start), patient_position=position)
    if not any(name in adjusted for name in _SHIFTS):
        return found
    moved = {name: start[name] - (planned[name] or 0) for name in _SHIFTS}  # type: ignore[operator]
    carried = to_patient_axes(_CONVENTION, moved, patient_position=position)
    # A move of the couch removes the error of the opposite sign.
    return found | {f"carried_{name}": 0.0 - (value or 0.0) for name, value in carried.items()}


def _between(recorded: Couch, start: Couch) -> dict[str, Decimal | float | None]:
    differences: dict[str, Decimal | float | None] = {}
    for name in COUCH_FIELDS[:6]:
        one, other = recorded[name], start[name]
        if one is not None and other is not None:
            differences[name] = one - other
    return differences


KIND: Final = Kind(
    "dicom_record",
    "shifts",
    read_treatment_records,
    record_needs,
    sop_class=TREATMENT_RECORD,
    quantity=lambda _: "couch_shift",
)
