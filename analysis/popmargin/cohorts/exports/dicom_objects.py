"""Small DICOM objects with a known answer: what all of them share.

Identifiers are derived from what an object stands for: the same cohort gives the same bytes.
"""

from pathlib import Path
from typing import Any, Final

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

REGISTRATION: Final = "1.2.840.10008.5.1.4.1.1.66.1"
PLAN: Final = "1.2.840.10008.5.1.4.1.1.481.5"
RECORD: Final = "1.2.840.10008.5.1.4.1.1.481.4"
STRUCTURES: Final = "1.2.840.10008.5.1.4.1.1.481.3"
PLANNING_FRAME: Final = "1.2.3.1"
IMAGE_FRAME: Final = "1.2.3.2"
THIRD_FRAME: Final = "1.2.3.3"


def dataset(
    sop_class: str, patient_id: str, *what: object, name: str = "Synthetic^Patient", **values: Any
) -> Dataset:
    """An object; ``what`` it stands for makes its identifier, ``values`` are set by keyword."""
    data = Dataset()
    data.SOPClassUID = sop_class
    data.SOPInstanceUID = generate_uid(entropy_srcs=[sop_class, patient_id, *map(str, what)])
    data.PatientID = patient_id
    data.PatientName = name
    for keyword, value in values.items():
        setattr(data, keyword, value)
    return data


def save(data: Dataset, path: Path) -> Path:
    """Write an object as a DICOM file; returns its path."""
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = data.SOPClassUID
    data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
    data.save_as(path, enforce_file_format=True)
    return path
