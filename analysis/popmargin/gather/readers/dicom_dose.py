"""Floor 2: RT Dose with the structure set it belongs to: dose-volume histograms, table ``dvh``.

Only doses of whole plans (summation PLAN or MULTI_PLAN, physical, in Gy) count, one a patient. The
structure set is the one that the dose's plan refers to; without that plan in the folder, the only
one of the patient and frame of reference.

Assumptions: those of `dose_histogram`. Limits: axial grids; a patient with several doses (a boost
in a file of its own) is set aside: sum them in the planning system.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from popmargin.gather.context import Context
from popmargin.gather.dicom_object import items, numbers_of, open_object, text_of, value_of
from popmargin.gather.dose_histogram import DoseGrid, dose_histogram
from popmargin.gather.fields import BadCell
from popmargin.gather.kind import Kind
from popmargin.gather.options import ask_for
from popmargin.gather.readers.dicom_structures import STRUCTURE_SET, closed_contours, mapped_name
from popmargin.gather.record import Reading, Record, damaged
from popmargin.gather.source_file import DamagedFile, SourceFile

RT_DOSE: Final = "1.2.840.10008.5.1.4.1.1.481.2"
_HEAD: Final = ("PatientID", "DoseUnits", "DoseType", "DoseSummationType", "FrameOfReferenceUID",
                "ReferencedRTPlanSequence")  # fmt: skip
_GRID: Final = ("Rows", "Columns", "NumberOfFrames", "PixelSpacing", "ImagePositionPatient",
                "ImageOrientationPatient", "GridFrameOffsetVector", "DoseGridScaling",
                "BitsAllocated", "PixelRepresentation", "SamplesPerPixel", "PixelData")  # fmt: skip
_STRUCTURES: Final = ("PatientID", "FrameOfReferenceUID", "StructureSetROISequence",
                      "ReferencedFrameOfReferenceSequence")  # fmt: skip
_AXIAL: Final[tuple[tuple[float, ...], ...]] = ((1, 0, 0, 0, 1, 0), (-1, 0, 0, 0, -1, 0))
# No plan gives more; a damaged scaling would make a histogram of as many bins as it says.
_MOST_GY: Final = 1000.0
_STORED: Final = {16: "<u2", 32: "<u4"}


@dataclass(frozen=True, slots=True)
class _StructureSet:
    """Where a structure set lies and what it belongs to."""

    file: SourceFile
    uid: str
    patient_id: str
    frames: frozenset[str]


def dose_needs(context: Context) -> dict[str, str]:
    """Config lines that dose grids need and the source does not have."""
    if context.options.structures:
        return {}
    return {"structures": '{"Rectum": rectum}   # name in the structure set: name in the results'}


def read_doses(files: Sequence[SourceFile], context: Context) -> Reading:
    """Cumulative histograms of the mapped structures, one record a dose of a structure.

    Parameters: files of that SOP class; what the source declares, with the plans and structure
    sets of the folder. A bad object or structure becomes a record that is set aside. Raises
    `RefusedInput` when the source maps no structure.
    """
    ask_for(context.declaration.label, dose_needs(context))
    reading = Reading(assumptions=["doses are those of the whole course; histograms cumulative"])
    sets = _structure_sets(context, reading)
    heads: list[tuple[SourceFile, str, Any]] = []
    for file in files:
        try:
            head = open_object(file, _HEAD, sop_class=RT_DOSE)
        except DamagedFile as error:
            reading.records.append(damaged(file, error))
            continue
        if _is_plan_dose(head):
            heads.append((file, context.patient_id(file, text_of(head, "PatientID")), head))
        else:
            reading.records.append(Record(file.place(), reason="not_a_plan_dose"))
    seen: set[str] = set()
    counts = Counter(patient for patient, _ in {(p, text_of(h, "SOPInstanceUID"))
                                                for _, p, h in heads})  # fmt: skip
    for file, patient, head in heads:
        if text_of(head, "SOPInstanceUID") in seen:
            reading.records.append(Record(file.place(), reason="duplicate_row"))
            continue
        seen.add(text_of(head, "SOPInstanceUID"))
        if counts[patient] > 1:
            reading.records.append(Record(file.place(), reason="several_doses"))
            continue
        try:
            structures = _belonging(head, patient, sets, context)
            grid = read_grid(file)
            reading.records += _of_patient(file, patient, structures, grid, context)
        except (DamagedFile, BadCell) as error:
            record = Record(file.place())
            record.set_aside(error)
            reading.records.append(record)
    return reading


def read_grid(file: SourceFile) -> DoseGrid:
    """The dose grid of a file.

    Raises `DamagedFile` when it is not axial, compressed, or its parts do not fit together.
    """
    data = open_object(file, _GRID, sop_class=RT_DOSE, pixels=True)

    def whole(keyword: str, missing: int = 0) -> int:
        found = numbers_of(data, keyword)
        return int(found[0]) if found else missing

    rows, columns, frames = whole("Rows"), whole("Columns"), whole("NumberOfFrames", 1)
    orientation = tuple(round(float(x), 6) for x in numbers_of(data, "ImageOrientationPatient"))
    corner = [float(x) for x in numbers_of(data, "ImagePositionPatient")]
    spacing = [float(x) for x in numbers_of(data, "PixelSpacing")]
    steps = numbers_of(data, "GridFrameOffsetVector")
    offsets = np.array(steps, dtype=np.float64)
    scaling = [float(x) for x in numbers_of(data, "DoseGridScaling")]
    content = value_of(data, "PixelData")
    content = content if isinstance(content, bytes) else b""
    kind = _STORED.get(whole("BitsAllocated"), "")
    fits = (
        orientation in _AXIAL
        and (len(corner), len(spacing), len(scaling)) == (3, 2, 1)
        and min(spacing + scaling) > 0
        and min(rows, columns, frames) >= 2
        and offsets.size == frames
        and kind
        and whole("PixelRepresentation") == 0
        and whole("SamplesPerPixel", 1) == 1
        and (np.all(np.diff(offsets) > 0) or np.all(np.diff(offsets) < 0))
    )
    # A compressed grid has another length than its voxels.
    if not fits or len(content) != frames * rows * columns * np.dtype(kind).itemsize:
        raise DamagedFile(file.name, "an axial dose grid of unsigned numbers, not compressed",
                          "another", "export it again")  # fmt: skip
    dose = np.frombuffer(content, dtype=kind).reshape(frames, rows, columns)
    if not float(dose.max()) * scaling[0] <= _MOST_GY:
        raise DamagedFile(file.name, f"doses of at most {_MOST_GY:.0f} Gy", "more", "check it")
    sign = orientation[0]
    # Offsets that begin at 0 count from the corner, others are positions (DICOM C.8.8.3.2).
    z = offsets + corner[2] if offsets[0] == 0 else offsets
    x = corner[0] + sign * spacing[1] * np.arange(columns, dtype=np.float64)
    y = corner[1] + sign * spacing[0] * np.arange(rows, dtype=np.float64)
    if sign < 0:
        dose, x, y = dose[:, ::-1, ::-1], x[::-1], y[::-1]
    if z[0] > z[-1]:
        dose, z = dose[::-1], z[::-1]
    return DoseGrid(dose, scaling[0], x, y, z)


def _is_plan_dose(head: Any) -> bool:
    units, kind, summed = (text_of(head, name).upper() for name in _HEAD[1:4])
    return units == "GY" and kind == "PHYSICAL" and summed in {"PLAN", "MULTI_PLAN"}


def _structure_sets(context: Context, reading: Reading) -> list[_StructureSet]:
    found = []
    for file in context.structure_sets:
        try:
            data = open_object(file, _STRUCTURES, sop_class=STRUCTURE_SET)
            frames = [data, *items(data, "ReferencedFrameOfReferenceSequence")]
        except DamagedFile as error:
            reading.records.append(damaged(file, error))
            continue
        known = frozenset(text_of(frame, "FrameOfReferenceUID") for frame in frames) - {""}
        patient = context.patient_id(file, text_of(data, "PatientID"))
        found.append(_StructureSet(file, text_of(data, "SOPInstanceUID"), patient, known))
    return found


def _belonging(
    head: Any, patient: str, sets: Sequence[_StructureSet], context: Context
) -> SourceFile:
    """The structure set of a dose. Raises `BadCell` ``no_structure_set`` where none is certain."""
    named = {text_of(plan, "ReferencedSOPInstanceUID")
             for plan in items(head, "ReferencedRTPlanSequence")}  # fmt: skip
    wanted = {plan.structure_set for plan in context.plans if plan.uid in named} - {""}
    files = {one.uid: one.file for one in sets if one.uid in wanted}
    if not wanted:
        frame = text_of(head, "FrameOfReferenceUID")
        mine = [one for one in sets if frame in one.frames and one.patient_id == patient]
        files = {one.uid: one.file for one in mine}
    if len(files) != 1:
        raise BadCell("no_structure_set", "")
    return next(iter(files.values()))


def _of_patient(
    file: SourceFile, patient: str, structures: SourceFile, grid: DoseGrid, context: Context
) -> list[Record]:
    tags = ("StructureSetROISequence", "ROIContourSequence")
    data = open_object(structures, tags, sop_class=STRUCTURE_SET)
    contours: Mapping[str, Any] = {
        text_of(roi, "ReferencedROINumber"): roi for roi in items(data, "ROIContourSequence")
    }
    records = []
    for roi in items(data, "StructureSetROISequence"):
        mapped = mapped_name(text_of(roi, "ROIName"), context)
        place = contours.get(text_of(roi, "ROINumber"))
        try:
            if mapped is None:
                raise BadCell("structure_not_mapped", "")
            closed = [] if place is None else closed_contours(place)
            found = dose_histogram(closed, grid, context.options.slice_thickness_mm)
        except (DamagedFile, BadCell) as error:
            records.append(Record(file.place()))
            records[-1].set_aside(error)
            continue
        head = {"patient_id": patient, "structure": mapped}
        records += [
            Record(file.place(), head | {"dose_gy": dose, "volume_fraction": share})
            for dose, share in zip(*(part.tolist() for part in found), strict=True)
        ]
    return records


KIND: Final = Kind(
    "dicom_dose",
    "dvh",
    read_doses,
    dose_needs,
    sop_class=RT_DOSE,
)
