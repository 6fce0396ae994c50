"""DICOM plans, treatment records and structure sets with a known answer."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydicom.dataset import Dataset

from popmargin.cohorts.exports.course import Match, room_axes
from popmargin.cohorts.exports.dicom_objects import (
    PLAN,
    PLANNING_FRAME,
    RECORD,
    STRUCTURES,
    dataset,
)
from popmargin.cohorts.exports.dicom_registration import ISOCENTRE

Contour = Sequence[tuple[float, float, float]]


def plan(
    patient_id: str,
    *,
    uid: str | None = None,
    frame: str = PLANNING_FRAME,
    isocentre: Sequence[float] = ISOCENTRE,
    couch: Sequence[float] | None = None,
    structures: str = "",
) -> Dataset:
    """RT Plan of one beam.

    Parameters: identifier of the object; frame and isocentre (mm); ``couch`` planned lateral,
    longitudinal, vertical in mm; ``structures`` identifier of the planning structure set.
    """
    data = dataset(PLAN, patient_id, "plan", FrameOfReferenceUID=frame, RTPlanLabel="Plan1")
    if uid:
        data.SOPInstanceUID = uid
    point = control_point(couch, pitch=0, roll=0, support=0)
    point.IsocenterPosition = list(isocentre)
    beam = Dataset()
    beam.BeamNumber = 1
    beam.ControlPointSequence = [point, Dataset()]
    data.BeamSequence = [beam]
    if structures:
        reference = Dataset()
        reference.ReferencedSOPInstanceUID = structures
        data.ReferencedStructureSetSequence = [reference]
    return data


def control_point(
    couch: Sequence[float] | None = None,
    *,
    pitch: float | None = None,
    roll: float | None = None,
    support: float | None = None,
) -> Dataset:
    """Control point with the couch (lateral, longitudinal, vertical, mm) and its angles (deg)."""
    point = Dataset()
    if couch is not None:
        lateral, longitudinal, vertical = couch
        point.TableTopLateralPosition = f"{lateral:.1f}"
        point.TableTopLongitudinalPosition = f"{longitudinal:.1f}"
        point.TableTopVerticalPosition = f"{vertical:.1f}"
    for keyword, value in (
        ("TableTopPitchAngle", pitch),
        ("TableTopRollAngle", roll),
        ("PatientSupportAngle", support),
    ):
        if value is not None:
            setattr(point, keyword, round(value, 1))
    return point


def record(
    match: Match,
    patient_position: str,
    plan_uid: str,
    planned_couch: Sequence[float],
    *,
    beams: int = 1,
) -> Dataset:
    """RT Beams Treatment Record: the couch stands off its planned position by minus the error."""
    x, y, z = room_axes(match.shift, patient_position)
    pitch, roll, yaw = room_axes(match.turn, patient_position)
    data = dataset(
        RECORD,
        match.patient_id,
        *(match, "record"),
        Modality="RTRECORD",
        TreatmentDate=f"{match.when:%Y%m%d}",
        TreatmentTime=f"{match.when:%H%M%S}",
    )
    setup = Dataset()
    setup.PatientPosition = patient_position
    setup.TableTopVerticalSetupDisplacement = 55.0  # a planned move: must not matter
    data.PatientSetupSequence = [setup]
    reference = Dataset()
    reference.ReferencedSOPInstanceUID = plan_uid
    data.ReferencedRTPlanSequence = [reference]
    data.TreatmentSessionBeamSequence = []
    for _ in range(beams):
        beam = Dataset()
        beam.ReferencedBeamNumber = 1
        beam.CurrentFractionNumber = match.fraction
        beam.TreatmentDeliveryType = "TREATMENT"
        lateral, longitudinal, vertical = planned_couch
        beam.ControlPointDeliverySequence = [
            control_point(
                (lateral - x, longitudinal - y, vertical - z),
                pitch=-pitch if match.turned else None,
                roll=-roll if match.turned else None,
                support=(-yaw) % 360 if match.turned else None,
            )
        ]
        data.TreatmentSessionBeamSequence.append(beam)
    return data


def structure_set(
    patient_id: str, when: datetime, structures: Mapping[str, Sequence[Contour]]
) -> Dataset:
    """RT Structure Set; ``structures``: name -> contours, lists of (x, y, z) in mm."""
    data = dataset(
        STRUCTURES,
        patient_id,
        *(when, "structures"),
        StructureSetDate=f"{when:%Y%m%d}",
        StructureSetTime=f"{when:%H%M%S}",
    )
    data.StructureSetROISequence, data.ROIContourSequence = [], []
    for number, (name, contours) in enumerate(structures.items(), start=1):
        roi = Dataset()
        roi.ROINumber, roi.ROIName = number, name
        data.StructureSetROISequence.append(roi)
        drawn = Dataset()
        drawn.ReferencedROINumber = number
        drawn.ContourSequence = []
        for contour in contours:
            item = Dataset()
            item.ContourGeometricType = "CLOSED_PLANAR"
            item.NumberOfContourPoints = len(contour)
            item.ContourData = [f"{value:.3f}" for point in contour for value in point]
            drawn.ContourSequence.append(item)
        data.ROIContourSequence.append(drawn)
    return data
