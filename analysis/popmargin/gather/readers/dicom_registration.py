"""Floor 2: DICOM Spatial Registrations: six degrees of freedom at the planned isocentre.

Which item maps the image into the planning frame is found by frame of reference, never by its
position. The machine isocentre is not in the object: it is declared. Some producers write the
inverse matrix: the direction is declared per producer, found with a phantom.

Source: DICOM PS3.3 C.20.2: the matrix of an item maps its frame B into the object's own frame A;
with several matrices the first item stands leftmost. Displacement = M^-1 p - s, with M: image
to planning CT, p the planned and s the machine isocentre.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from popmargin.core.exceptions import OutOfRange
from popmargin.core.flags import Flag
from popmargin.gather.context import Context, stated
from popmargin.gather.dicom_object import (
    items,
    moment_of,
    numbers_of,
    open_object,
    producer_of,
    text_of,
)
from popmargin.gather.dicom_plan import Plan, Point, isocentres_of
from popmargin.gather.fields import BadCell
from popmargin.gather.kind import Kind
from popmargin.gather.options import ask_for
from popmargin.gather.record import Reading, Record
from popmargin.gather.rigid import Matrix, chained, displacement, rigid_matrix
from popmargin.gather.source_file import DamagedFile, SourceFile

SPATIAL_REGISTRATION: Final = "1.2.840.10008.5.1.4.1.1.66.1"
_TAGS: Final = (
    "PatientID",
    "FrameOfReferenceUID",
    "ContentDate",
    "ContentTime",
    "SeriesDate",
    "SeriesTime",
    "Manufacturer",
    "ManufacturerModelName",
    "SoftwareVersions",
    "RegistrationSequence",
)


def registration_needs(context: Context) -> dict[str, str]:
    """Config lines that registrations need and the source does not have."""
    lines = stated(context, "timing")
    if context.options.machine_isocentre_mm is None:
        lines["machine_isocentre_mm"] = "[0, 0, 0]   # in the frame of the image, LPS"
    if context.options.direction is None:
        lines["direction"] = "as_written   # or inverse: check with a phantom, per producer"
    return lines


def read_registrations(files: Sequence[SourceFile], context: Context) -> Reading:
    """Set-up errors of Spatial Registration objects, one record an object.

    Parameters: files of that SOP class; what the source declares and the plans of the folder.
    A bad object becomes a record that is set aside. Raises `RefusedInput` when the source does not
    declare what the objects do not hold.
    """
    ask_for(context.declaration.label, registration_needs(context))
    reading = Reading()
    producers: Counter[str] = Counter()
    for file in files:
        record = Record(file.place())
        reading.records.append(record)
        try:
            _read(file, record, context, producers)
        except (DamagedFile, BadCell) as error:
            record.set_aside(error)
    reading.assumptions = [
        f"{count} registrations were written by {name}: "
        f"{context.options.direction_for(name) or 'no direction declared'}"
        for name, count in sorted(producers.items())
    ]
    if any(not plan.frame for plan in context.plans) or not context.plans:
        reading.assumptions.append(
            "where no RT Plan states the planning frame, it is the object's own frame of reference"
        )
    if not context.options.phantom_checked:
        message = (
            "direction and machine isocentre of the registrations are not declared as checked "
            "with a phantom (phantom_checked: true)"
        )
        label = context.declaration.label
        reading.flags.append(Flag("direction_unchecked", "warn", message, file=label))
    return reading


def _read(file: SourceFile, record: Record, context: Context, producers: Counter[str]) -> None:
    data = open_object(file, _TAGS, sop_class=SPATIAL_REGISTRATION)
    producer = producer_of(data)
    producers[producer] += 1
    stated_id = text_of(data, "PatientID")
    own = text_of(data, "FrameOfReferenceUID")
    direction = context.options.direction_for(producer)
    if direction is None:
        raise BadCell("no_direction", "")
    mine = [plan for plan in context.plans if plan.patient_id == stated_id]
    frames = _frames(data, own, direction, context)
    known = {plan.frame for plan in mine if plan.frame}
    planning = next((frame for frame in (own, *frames) if frame in known), own)
    if known and planning not in known:
        raise BadCell("no_isocentre", "")
    isocentre, label = _isocentre(mine, planning, context)
    image_to_planning = _image_to_planning(frames, own, planning)
    machine = context.options.machine_isocentre_mm or (0.0, 0.0, 0.0)
    record.identity = text_of(data, "SOPInstanceUID") or None
    record.values = {
        "patient_id": context.patient_id(file, stated_id),
        "plan": label,
        "quantity": "setup_error",
        "acquired_at": moment_of(
            data, ("ContentDate", "ContentTime"), ("SeriesDate", "SeriesTime")
        ),
        **displacement(image_to_planning, isocentre, machine),
    }


def _isocentre(plans: Sequence[Plan], planning: str, context: Context) -> tuple[Point, str]:
    """The one planned isocentre in the planning frame, and the label of the one plan, if one."""
    there = [plan for plan in plans if not plan.frame or plan.frame == planning]
    found = isocentres_of(there)
    if len(found) > 1:
        raise BadCell("several_isocentres", "")
    if found:
        labels = {plan.label for plan in there if plan.isocentres}
        return found[0], labels.pop() if len(labels) == 1 else ""
    if context.options.planned_isocentre_mm is None:
        raise BadCell("no_isocentre", "")
    return context.options.planned_isocentre_mm, ""


def _frames(data: Any, own: str, direction: str, context: Context) -> dict[str, list[Matrix]]:
    """Frame of each item -> its matrices into the object's own frame."""
    frames: dict[str, list[Matrix]] = {}
    for item in items(data, "RegistrationSequence"):
        frame = text_of(item, "FrameOfReferenceUID") or _frame_of_images(item, context)
        matrix = chained(
            [
                rigid
                for registration in items(item, "MatrixRegistrationSequence")
                for rigid in _matrices(registration)
            ]
        )
        if direction == "inverse":
            matrix = np.asarray(np.linalg.inv(matrix))
        # The object's own frame is there by definition; its item holds the identity.
        if frame != own or not np.allclose(matrix, np.eye(4), atol=1e-9):
            frames.setdefault(frame, []).append(matrix)
    return frames


def _matrices(registration: Any) -> list[Matrix]:
    found = []
    for item in items(registration, "MatrixSequence"):
        if text_of(item, "FrameOfReferenceTransformationMatrixType") != "RIGID":
            raise BadCell("not_rigid", "")
        values = numbers_of(item, "FrameOfReferenceTransformationMatrix")
        try:
            found.append(rigid_matrix([float(value) for value in values]))
        except OutOfRange:
            raise BadCell("not_rigid", "") from None
    return found


def _frame_of_images(item: Any, context: Context) -> str:
    """Frame of the images that an item refers to, where the images are in the folder."""
    images = items(item, "ReferencedImageSequence")
    uids = {text_of(image, "ReferencedSOPInstanceUID") for image in images}
    known = context.image_frames() if uids else {}
    frames = {known[uid] for uid in uids if uid in known}
    return frames.pop() if len(frames) == 1 else ""


def _image_to_planning(frames: dict[str, list[Matrix]], own: str, planning: str) -> Matrix:
    """Matrix from the frame of the image to the planning frame (PS3.3 equation C.20.2-3).

    Either of the two may be the object's own frame.
    """
    into_own = frames | {own: frames.get(own, [np.eye(4)])}
    images = [frame for frame in into_own if frame != planning and frames.get(frame)]
    if planning != own and not images:
        images = [own]  # the planning CT is registered to the image that the object belongs to
    if not images:
        raise BadCell("no_registration", "")
    if len(images) > 1 or any(len(into_own[f]) > 1 for f in (images[0], planning)):
        raise BadCell("several_registrations", "")
    return np.asarray(np.linalg.inv(into_own[planning][0]) @ into_own[images[0]][0])


KIND: Final = Kind(
    "dicom_registration",
    "shifts",
    read_registrations,
    registration_needs,
    sop_class=SPATIAL_REGISTRATION,
    quantity=lambda _: "setup_error",
)
