"""DICOM Spatial Registration objects with a known answer."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.valuerep import format_number_as_ds

from popmargin.cohorts.exports.course import Match
from popmargin.cohorts.exports.dicom_objects import (
    IMAGE_FRAME,
    PLANNING_FRAME,
    REGISTRATION,
    THIRD_FRAME,
    dataset,
)

Array = NDArray[np.floating[Any]]
ISOCENTRE: Final = (-35.0, 211.0, -83.5)  # 229 mm from the origin
MACHINE: Final = (1.5, -2.0, 3.0)
# Where the patient's axes point in DICOM coordinates (left, posterior, superior are +).
LEFT: Final = np.array([1.0, 0.0, 0.0])
SUPERIOR: Final = np.array([0.0, 0.0, 1.0])
ANTERIOR: Final = np.array([0.0, -1.0, 0.0])


def turn_about(axis: Array, angle_deg: float) -> Array:
    """Rotation matrix about a unit vector, by Rodrigues' formula."""
    x, y, z = axis
    angle = np.radians(angle_deg)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def registration_matrix(
    match: Match,
    isocentre: Sequence[float] = ISOCENTRE,
    machine: Sequence[float] = MACHINE,
) -> Array:
    """Matrix from the image to the planning CT, mm: the patient turned, then moved by the error."""
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


def registration(
    match: Match,
    *,
    own: str = "planning",
    matrices: Sequence[Array] | None = None,
    kind: str = "RIGID",
    inverse: bool = False,
    **values: Any,
) -> Dataset:
    """One registration.

    Parameters
    ----------
    match : the error that it holds.
    own : frame that the object itself belongs to, ``planning``, ``image`` or ``third``.
    matrices : in place of the one of the match.
    kind : type of the matrices.
    inverse : written the other way round.
    values : further elements by keyword.
    """
    matrix = registration_matrix(match)
    third = np.eye(4)
    third[:3, 3] = 11.0, -7.0, 5.0
    parts: dict[str, tuple[str, list[tuple[str, Array]]]] = {
        "planning": (PLANNING_FRAME, [(PLANNING_FRAME, np.eye(4)), (IMAGE_FRAME, matrix)]),
        "image": (IMAGE_FRAME, [(PLANNING_FRAME, np.linalg.inv(matrix)), (IMAGE_FRAME, np.eye(4))]),
        "third": (THIRD_FRAME, [(PLANNING_FRAME, third), (IMAGE_FRAME, third @ matrix)]),
    }
    frame, listed = parts[own]
    data = dataset(
        REGISTRATION,
        match.patient_id,
        *(match, own, kind, inverse, matrices),
        Modality="REG",
        Manufacturer="ACME Medical",
        ManufacturerModelName="Matcher",
        SoftwareVersions="1.2",
        FrameOfReferenceUID=frame,
        ContentDate=f"{match.when:%Y%m%d}",
        ContentTime=f"{match.when:%H%M%S}.00",
    )
    for keyword, value in values.items():
        setattr(data, keyword, value)
    data.RegistrationSequence = []
    for uid, item_matrix in listed:
        chain = list(matrices) if matrices is not None and uid == IMAGE_FRAME else [item_matrix]
        chain = [np.linalg.inv(m) for m in reversed(chain)] if inverse else chain
        data.RegistrationSequence.append(registration_item(uid, chain, kind))
    return data


def registration_item(frame: str, matrices: Sequence[Array], kind: str = "RIGID") -> Dataset:
    """Item of a registration: the frame that it maps from, and matrices that multiply in order."""
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
