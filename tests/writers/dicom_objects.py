"""Writers of small DICOM objects with a known answer."""

import io
import zipfile

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid
from pydicom.valuerep import format_number_as_ds

from tests.writers.course import room_axes

REGISTRATION = "1.2.840.10008.5.1.4.1.1.66.1"
RAW_DATA = "1.2.840.10008.5.1.4.1.1.66"
PLAN = "1.2.840.10008.5.1.4.1.1.481.5"
RECORD = "1.2.840.10008.5.1.4.1.1.481.4"
STRUCTURES = "1.2.840.10008.5.1.4.1.1.481.3"
PLANNING_FRAME, IMAGE_FRAME, THIRD_FRAME = "1.2.3.1", "1.2.3.2", "1.2.3.3"
ISOCENTRE = (-35.0, 211.0, -83.5)  # 229 mm from the origin
MACHINE = (1.5, -2.0, 3.0)
# Where the patient's axes point in DICOM coordinates (left, posterior, superior are +).
LEFT, SUPERIOR, ANTERIOR = np.array([1.0, 0, 0]), np.array([0, 0, 1.0]), np.array([0, -1.0, 0])


def save(data, path):
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.save_as(path, enforce_file_format=True)
    return path


def dataset(sop_class, patient_id, **values):
    data = Dataset()
    data.SOPClassUID = sop_class
    data.SOPInstanceUID = generate_uid()
    data.PatientID = patient_id
    data.PatientName = "Doe^Jane"
    for keyword, value in values.items():
        setattr(data, keyword, value)
    return data


def turn_about(axis, angle_deg):
    """Rotation matrix by Rodrigues' formula."""
    x, y, z = axis
    angle = np.radians(angle_deg)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def registration_matrix(match, isocentre=ISOCENTRE, machine=MACHINE):
    """Matrix from the image to the planning CT: the patient turned, then moved by the error."""
    turn = (
        turn_about(LEFT, match.pitch_deg)
        @ turn_about(SUPERIOR, match.roll_deg)
        @ turn_about(ANTERIOR, match.yaw_deg)
    )
    moved = match.lr_mm * LEFT + match.si_mm * SUPERIOR + match.ap_mm * ANTERIOR
    planning_to_image = np.eye(4)
    planning_to_image[:3, :3] = turn
    planning_to_image[:3, 3] = np.array(machine) + moved - turn @ np.array(isocentre)
    return np.linalg.inv(planning_to_image)


def registration(match, *, own="planning", matrices=None, kind="RIGID", inverse=False, **values):
    """Spatial Registration; ``own`` is the frame the object itself belongs to."""
    matrix = registration_matrix(match)
    third = np.eye(4)
    third[:3, 3] = 11.0, -7.0, 5.0
    parts = {
        "planning": (PLANNING_FRAME, [(PLANNING_FRAME, np.eye(4)), (IMAGE_FRAME, matrix)]),
        "image": (IMAGE_FRAME, [(PLANNING_FRAME, np.linalg.inv(matrix)), (IMAGE_FRAME, np.eye(4))]),
        "third": (THIRD_FRAME, [(PLANNING_FRAME, third), (IMAGE_FRAME, third @ matrix)]),
    }
    frame, listed = parts[own]
    data = dataset(
        REGISTRATION,
        match.patient_id,
        Modality="REG",
        Manufacturer="ACME Medical",
        ManufacturerModelName="Matcher",
        SoftwareVersions="1.2",
        FrameOfReferenceUID=frame,
        ContentDate=f"{match.when:%Y%m%d}",
        ContentTime=f"{match.when:%H%M%S}.00",
        **values,
    )
    data.RegistrationSequence = []
    for uid, item_matrix in listed:
        chain = matrices if matrices is not None and uid == IMAGE_FRAME else [item_matrix]
        chain = [np.linalg.inv(m) for m in reversed(chain)] if inverse else chain
        data.RegistrationSequence.append(registration_item(uid, chain, kind))
    return data


def registration_item(frame, matrices, kind="RIGID"):
    registered = Dataset()
    registered.MatrixSequence = []
    for matrix in matrices:
        item = Dataset()
        item.FrameOfReferenceTransformationMatrixType = kind
        item.FrameOfReferenceTransformationMatrix = [
            format_number_as_ds(float(x)) for x in np.ravel(matrix)
        ]
        registered.MatrixSequence.append(item)
    found = Dataset()
    if frame:
        found.FrameOfReferenceUID = frame
    found.MatrixRegistrationSequence = [registered]
    return found


def plan(
    patient_id, *, uid=None, frame=PLANNING_FRAME, isocentre=ISOCENTRE, couch=None, structures=""
):
    """RT Plan of one beam; ``couch`` lateral, longitudinal, vertical in mm."""
    data = dataset(PLAN, patient_id, FrameOfReferenceUID=frame, RTPlanLabel="Plan1")
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


def control_point(couch=None, *, pitch=None, roll=None, support=None):
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


def record(match, patient_position, plan_uid, planned_couch, *, beams=1):
    """RT Beams Treatment Record: the couch stands off its planned position by minus the error."""
    x, y, z = room_axes(match.shift, patient_position)
    pitch, roll, yaw = room_axes(match.turn, patient_position)
    data = dataset(
        RECORD,
        match.patient_id,
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
                pitch=-pitch,
                roll=-roll,
                support=(-yaw) % 360,
            )
        ]
        data.TreatmentSessionBeamSequence.append(beam)
    return data


def structure_set(patient_id, when, structures):
    """RT Structure Set; ``structures``: name -> contours, lists of (x, y, z)."""
    data = dataset(
        STRUCTURES,
        patient_id,
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


def rps(match, text, *, archive=None):
    """Elekta ``.RPS.dcm``: raw data that call themselves REG, a ZIP in a private element."""
    data = dataset(RAW_DATA, match.patient_id, Modality="REG", Manufacturer="ELEKTA")
    if archive is None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as stream:
            stream.writestr("1.2.3.INI", "[GENERAL]")
            stream.writestr("1.2.3.INI.XVI", text)
        archive = packed.getvalue()
    archive += b"\x00" * (len(archive) % 2)
    data.add_new(0x00210010, "LO", "Elekta: zip file")
    data.add_new(0x0021103A, "UN", archive)
    return data
