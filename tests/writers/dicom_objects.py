"""Writers of small DICOM objects with a known answer: the example's, and Elekta's raw data."""

import io
import zipfile

from pydicom.dataset import Dataset

from popmargin.cohorts.exports.dicom_objects import (
    IMAGE_FRAME,
    PLAN,
    PLANNING_FRAME,
    RECORD,
    REGISTRATION,
    STRUCTURES,
    THIRD_FRAME,
    dataset,
    save,
)
from popmargin.cohorts.exports.dicom_registration import (
    ANTERIOR,
    ISOCENTRE,
    LEFT,
    MACHINE,
    SUPERIOR,
    registration,
    registration_item,
    registration_matrix,
    turn_about,
)
from popmargin.cohorts.exports.dicom_treatment import control_point, plan, record, structure_set

__all__ = [
    "ANTERIOR",
    "IMAGE_FRAME",
    "ISOCENTRE",
    "LEFT",
    "MACHINE",
    "PLAN",
    "PLANNING_FRAME",
    "RAW_DATA",
    "RECORD",
    "REGISTRATION",
    "STRUCTURES",
    "SUPERIOR",
    "THIRD_FRAME",
    "control_point",
    "dataset",
    "instruction",
    "plan",
    "record",
    "registration",
    "registration_item",
    "registration_matrix",
    "rps",
    "save",
    "structure_set",
    "turn_about",
]
INSTRUCTION = "1.2.840.10008.5.1.4.34.7"
RAW_DATA = "1.2.840.10008.5.1.4.1.1.66"


def rps(match, text, *, archive=None):
    """Elekta ``.RPS.dcm``: raw data that call themselves REG, a ZIP in a private element."""
    data = dataset(RAW_DATA, match.patient_id, match, Modality="REG", Manufacturer="ELEKTA")
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


def instruction(match, adjusted, plan_uid="1.5", *, what=""):
    """Delivery instruction that sends the couch of one fraction to an adjusted position."""
    task = Dataset()
    task.ReferencedBeamNumber = 1
    task.CurrentFractionNumber = match.fraction
    lateral, longitudinal, vertical = (round(value, 1) for value in adjusted)
    task.TableTopLateralAdjustedPosition = lateral
    task.TableTopLongitudinalAdjustedPosition = longitudinal
    task.TableTopVerticalAdjustedPosition = vertical
    reference = Dataset()
    reference.ReferencedSOPInstanceUID = plan_uid
    data = dataset(INSTRUCTION, match.patient_id, match, what)
    data.ReferencedRTPlanSequence, data.BeamTaskSequence = [reference], [task]
    return data
