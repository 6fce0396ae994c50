"""Floor 2: RT Structure Sets on planning and repeat images: volumes into the anatomy table.

Names of structures are free text: only those that the source maps are read, and they go into the
table under the mapped name. The structure set that an RT Plan of the folder refers to is the
planning one (fraction 0).

Assumptions: those of `contours`; where the images are not in the folder, the date of a structure
set stands for the date of its image. Limit: one volume per structure; nothing about its position.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from popmargin.core.flags import Flag
from popmargin.gather.context import Context
from popmargin.gather.contours import Contour, structure_volume
from popmargin.gather.dicom_object import items, moment_of, open_object, text_of
from popmargin.gather.fields import BadCell
from popmargin.gather.kind import Kind
from popmargin.gather.options import ask_for
from popmargin.gather.record import Reading, Record, damaged
from popmargin.gather.source_file import DamagedFile, SourceFile

STRUCTURE_SET: Final = "1.2.840.10008.5.1.4.1.1.481.3"
_TAGS: Final = (
    "PatientID",
    "StructureSetDate",
    "StructureSetTime",
    "StructureSetROISequence",
    "ROIContourSequence",
)
_MAX_COORDINATE_MM: Final = 10_000.0
_MAX_DIGITS: Final = 32
_MAX_CONTOUR_BYTES: Final = 1_000_000


def structure_needs(context: Context) -> dict[str, str]:
    """Config lines that structure sets need and the source does not have."""
    if context.options.structures:
        return {}
    return {"structures": '{"Parotid L": parotid/left}   # name in the file: structure/side'}


def read_structures(files: Sequence[SourceFile], context: Context) -> Reading:
    """Volumes of the mapped structures in cc, one record a structure of a structure set.

    Parameters: files of that SOP class; what the source declares and the plans of the folder.
    A bad object or structure becomes a record that is set aside. Raises `RefusedInput` when the
    source maps no structure.
    """
    ask_for(context.declaration.label, structure_needs(context))
    reading = Reading()
    planning = {plan.structure_set for plan in context.plans if plan.structure_set}
    gaps = 0
    for file in files:
        try:
            data = open_object(file, _TAGS, sop_class=STRUCTURE_SET)
            names = {
                text_of(roi, "ROINumber"): text_of(roi, "ROIName")
                for roi in items(data, "StructureSetROISequence")
            }
            contours = {
                text_of(roi, "ReferencedROINumber"): roi
                for roi in items(data, "ROIContourSequence")
            }
        except DamagedFile as error:
            reading.records.append(damaged(file, error))
            continue
        uid, head = text_of(data, "SOPInstanceUID"), _head(file, data, planning, context)
        for number, name in names.items():
            identity = (uid or file.number, number)
            mapped = mapped_name(name, context)
            record, has_gaps = _record(identity, mapped, contours.get(number), file, context)
            record.values = {**head, **record.values} if record.values else {}
            reading.records.append(record)
            gaps += has_gaps
    if gaps:
        message = f"{gaps} structures have missing slices inside: their volumes are too small"
        label = context.declaration.label
        reading.flags.append(Flag("missing_slices", "warn", message, file=label))
    reading.assumptions = ["the date of a structure set stands for the date of its image"]
    if not planning:
        reading.assumptions.append("no structure set is the planning one: no RT Plan refers to it")
    return reading


def _head(file: SourceFile, data: Any, planning: set[str], context: Context) -> dict[str, Any]:
    values: dict[str, Any] = {
        "patient_id": context.patient_id(file, text_of(data, "PatientID")),
        "acquired_at": moment_of(data, ("StructureSetDate", "StructureSetTime")),
    }
    if text_of(data, "SOPInstanceUID") in planning:
        values["fraction"] = "0"
    return values


def _record(
    identity: tuple[str | int, str],
    mapped: str | None,
    roi: Any,
    file: SourceFile,
    context: Context,
) -> tuple[Record, bool]:
    """Record of one structure, and whether slices are missing inside."""
    record = Record(file.place(), identity=identity)
    try:
        if mapped is None:
            raise BadCell("structure_not_mapped", "")
        contours = [] if roi is None else closed_contours(roi)
        volume = structure_volume(contours, context.options.slice_thickness_mm)
    except (DamagedFile, BadCell) as error:
        record.set_aside(error)
        return record, False
    structure, _, side = mapped.partition("/")
    record.values = {
        "structure": structure,
        "side": side,
        "quantity": "volume",
        "value": volume.cc,
        "unit": "cc",
    }
    return record, volume.has_gaps


def mapped_name(name: str, context: Context) -> str | None:
    """The name that a source maps a structure to; case and blanks at the ends do not count."""
    wanted = name.strip().casefold()
    pairs = context.options.structures.items()
    return next((to for stated, to in pairs if stated.strip().casefold() == wanted), None)


def closed_contours(roi: Any) -> list[Contour]:
    """Closed contours of a structure, shape (n, 3) each, in mm.

    Parameters: an item of the ROI contour sequence. Raises `DamagedFile` for what is no number.
    """
    return [
        _points(contour)
        for contour in items(roi, "ContourSequence")
        if text_of(contour, "ContourGeometricType") in {"CLOSED_PLANAR", "CLOSEDPLANAR_XOR"}
    ]


def _points(contour: Any) -> Contour:
    try:
        # The raw bytes: a list of decimal objects would cost a hundred times the memory.
        raw = contour.get_item("ContourData").value
        if len(raw) > _MAX_CONTOUR_BYTES:
            raise ValueError
        cells = raw.split(b"\\") if isinstance(raw, bytes) else [str(x).encode() for x in raw]
        if max(map(len, cells)) > _MAX_DIGITS:
            raise ValueError
        points = np.array([cell.strip(b" \x00") for cell in cells], dtype="S").astype(np.float64)
    except Exception:
        raise DamagedFile("contour", "numbers", "something else", "export it again") from None
    if points.size % 3 or not np.all(np.abs(points) < _MAX_COORDINATE_MM):
        raise DamagedFile("contour", "triples of coordinates", "others", "export it again")
    return points.reshape(-1, 3)


KIND: Final = Kind(
    "dicom_structures",
    "anatomy",
    read_structures,
    structure_needs,
    sop_class=STRUCTURE_SET,
)
