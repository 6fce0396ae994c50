"""Floor 2: what RT Plans in the folder say: planned isocentres and couch positions.

Plans give no row of a table. They tell registrations where the planned isocentre is, treatment
records where the couch was planned to be, and structure sets which of them is the planning one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from popmargin.gather.dicom_object import items, number_of, numbers_of, open_object, text_of
from popmargin.gather.source_file import DamagedFile, SourceFile

RT_PLAN: Final = "1.2.840.10008.5.1.4.1.1.481.5"
# Positions in mm and angles in degrees, as a control point has them.
COUCH_FIELDS: Final = (
    "TableTopLateralPosition",
    "TableTopLongitudinalPosition",
    "TableTopVerticalPosition",
    "TableTopPitchAngle",
    "TableTopRollAngle",
    "PatientSupportAngle",
    "TableTopEccentricAngle",
)
_SAME_MM: Final = 0.01

Couch = dict[str, Decimal | None]
Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """One RT Plan.

    ``isocentres`` distinct planned isocentres in mm (LPS); ``couch`` beam number -> planned couch
    values (``None`` where the plan leaves them open); ``structure_set`` its SOP instance.
    """

    uid: str
    patient_id: str
    frame: str
    label: str
    isocentres: tuple[Point, ...]
    couch: dict[str, Couch] = field(default_factory=dict)
    structure_set: str = ""


def read_plan(file: SourceFile) -> Plan:
    """Read one RT Plan. Raises `DamagedFile` when it cannot be read."""
    tags = [
        "PatientID",
        "FrameOfReferenceUID",
        "RTPlanLabel",
        "BeamSequence",
        "ReferencedStructureSetSequence",
    ]
    data = open_object(file, tags, sop_class=RT_PLAN)
    isocentres: list[Point] = []
    couch: dict[str, Couch] = {}
    for beam in items(data, "BeamSequence"):
        points = items(beam, "ControlPointSequence")
        if not points:
            continue
        # A later control point repeats only what changes; the first holds everything.
        couch[text_of(beam, "BeamNumber")] = couch_of(points[0])
        isocentre = [float(x) for x in numbers_of(points[0], "IsocenterPosition")]
        if not isocentre:
            continue
        if len(isocentre) != 3:
            raise DamagedFile(file.name, "three coordinates", f"{len(isocentre)}", "export again")
        if not any(_close(isocentre, other) for other in isocentres):
            isocentres.append((isocentre[0], isocentre[1], isocentre[2]))
    references = items(data, "ReferencedStructureSetSequence")
    return Plan(
        uid=text_of(data, "SOPInstanceUID"),
        patient_id=text_of(data, "PatientID"),
        frame=text_of(data, "FrameOfReferenceUID"),
        label=text_of(data, "RTPlanLabel"),
        isocentres=tuple(isocentres),
        couch=couch,
        structure_set=text_of(references[0], "ReferencedSOPInstanceUID") if references else "",
    )


def couch_of(control_point: Any) -> Couch:
    """Couch positions (mm) and angles (degrees) of a control point; ``None`` where absent.

    Raises `DamagedFile` for what is no number.
    """
    return {name: number_of(control_point, name) for name in COUCH_FIELDS}


def isocentres_of(plans: Sequence[Plan]) -> list[Point]:
    """Distinct isocentres of some plans (further apart than 0.01 mm).

    >>> isocentres_of([Plan("1", "p", "f", "", ((1.0, 2.0, 3.0),))])
    [(1.0, 2.0, 3.0)]
    """
    found: list[Point] = []
    for plan in plans:
        found += [p for p in plan.isocentres if not any(_close(p, other) for other in found)]
    return found


def _close(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(abs(a - b) <= _SAME_MM for a, b in zip(one, other, strict=True))
