"""Floor 2: read a source whatever its files are: each goes to the reader that knows its kind.

A DICOM file is known by its SOP class (never by its modality: Elekta's raw data call themselves
REG), a text by what stands at its beginning. A file that nobody knows is counted, never guessed.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from popmargin.core.exceptions import RefusedInput, WrongUsage
from popmargin.core.flags import Flag
from popmargin.gather import (
    alignrt,
    dicom_record,
    dicom_registration,
    dicom_structures,
    mosaiq_images,
    mosaiq_offsets,
    offline_review,
    xvi,
    xvi_dicom,
)
from popmargin.gather.context import Context
from popmargin.gather.dicom_object import open_object, sop_class_of, text_of
from popmargin.gather.dicom_plan import RT_PLAN, Plan, read_plan
from popmargin.gather.gathered import GatheredTable, assemble
from popmargin.gather.options import ReaderOptions, ask_for
from popmargin.gather.record import Reading
from popmargin.gather.source_file import DamagedFile, SourceFile
from popmargin.gather.walk import walk_source
from popmargin.tables.source import SourceDeclaration

AUTO: Final = "auto"
_HEAD_BYTES: Final = 262_144
_IMAGES: Final = {"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: how it is known, who reads it, and into which table.

    ``reader`` as a config names it; ``sop_class`` of a DICOM object, or ``sign`` what a text holds.
    """

    reader: str
    table: str
    read: Callable[[Sequence[SourceFile], Context], Reading]
    needs: Callable[[Context], Mapping[str, str]]
    sop_class: str = ""
    sign: re.Pattern[str] | None = None


KINDS: Final = (
    Kind(
        "dicom_registration",
        "shifts",
        dicom_registration.read_registrations,
        dicom_registration.registration_needs,
        sop_class=dicom_registration.SPATIAL_REGISTRATION,
    ),
    Kind(
        "dicom_record",
        "shifts",
        dicom_record.read_treatment_records,
        dicom_record.record_needs,
        sop_class=dicom_record.TREATMENT_RECORD,
    ),
    Kind(
        "dicom_structures",
        "anatomy",
        dicom_structures.read_structures,
        dicom_structures.structure_needs,
        sop_class=dicom_structures.STRUCTURE_SET,
    ),
    Kind("xvi", "shifts", xvi_dicom.read_xvi_dicom, xvi.xvi_needs, sop_class=xvi_dicom.RAW_DATA),
    Kind(
        "offline_review",
        "shifts",
        offline_review.read_offline_review,
        offline_review.offline_review_needs,
        sign=re.compile(r"\A\ufeff?Raw Data \(Scale:"),
    ),
    Kind(
        "xvi",
        "shifts",
        xvi.read_xvi,
        xvi.xvi_needs,
        sign=re.compile(r"^[ \t]*\[ *ALIGNMENT\b", re.IGNORECASE | re.MULTILINE),
    ),
    Kind(
        "mosaiq_offsets",
        "shifts",
        mosaiq_offsets.read_mosaiq_offsets,
        mosaiq_offsets.mosaiq_offsets_needs,
        sign=re.compile(r"^(?=[^\n]*\bSuperior_Offset\b)[^\n]*\bOffset_Type\b", re.MULTILINE),
    ),
    Kind(
        "alignrt",
        "shifts",
        alignrt.read_alignrt,
        alignrt.alignrt_needs,
        sign=re.compile(r"^(?=[^\n]*\bD\. ?VRT\b)[^\n]*\bD\. ?LNG\b", re.IGNORECASE | re.MULTILINE),
    ),
    Kind(
        "mosaiq_images",
        "shifts",
        mosaiq_images.read_mosaiq_images,
        mosaiq_images.mosaiq_images_needs,
        sign=re.compile(r"\t\"?(?:Sup|Inf) +\d+(?:\.\d+)? *[cm]m\b"),
    ),
)
_RECORDS: Final = next(kind for kind in KINDS if kind.reader == "dicom_record")
READERS: Final = (*dict.fromkeys(kind.reader for kind in KINDS), AUTO)


def read_source(
    path: Path, declaration: SourceDeclaration, options: ReaderOptions
) -> GatheredTable:
    """Read a file or folder of vendor files into one canonical table.

    Parameters
    ----------
    path : a file, or a folder that is walked with all folders in it.
    declaration : label, table, timing and whatever else every source declares.
    options : which reader (``auto``: every kind that gives this table), and what it needs.

    Returns
    -------
    The canonical table, with the account of every record and file.

    Raises
    ------
    WrongUsage
        An unknown reader, or one that does not give the declared table.
    RefusedInput
        The source declares too little, no file is of the wanted kind, or too much is set aside.
    """
    kinds = _wanted(options.reader, declaration.table)
    folder = walk_source(path, declaration.label)
    by_kind, known = _sorted_out(folder.files)
    plans = _plans(known.get(RT_PLAN, []))
    images = [file for uid in _IMAGES for file in known.get(uid, [])]
    context = Context(declaration, options, plans, cache(lambda: _image_frames(images)))
    found = [kind for kind in kinds if by_kind.get(kind)]
    if declaration.signs and len({kind.reader for kind in found}) > 1:
        # A sign found for one vendor would turn the others' rows as well.
        kinds_found = ", ".join(dict.fromkeys(kind.reader for kind in found))
        remedy = "give each reader a source of its own"
        where = f"source {declaration.label}"
        raise RefusedInput(where, "signs for files of one kind", kinds_found, remedy)
    ask_for(declaration.label, {k: v for kind in found for k, v in kind.needs(context).items()})
    reading = Reading()
    for kind in found:
        reading.extend(kind.read(by_kind[kind], context))
    if len(plans) < len(known.get(RT_PLAN, [])):
        message = f"{len(known[RT_PLAN]) - len(plans)} RT Plans cannot be read"
        reading.flags.append(Flag("damaged_plans", "warn", message, file=declaration.label))
    nobody = known.get("", [])
    read = sum(len(by_kind[kind]) for kind in found)
    reference = sum(len(known.get(uid, [])) for uid in (RT_PLAN, *_IMAGES))
    records = by_kind.get(_RECORDS, [])
    by_id = options.patient_id_from == "file"
    return assemble(
        reading,
        declaration,
        options,
        known_fractions=dicom_record.fraction_of_days(records) if by_id else {},
        files=[file.name for file in folder.files],
        unclaimed=[file.name for file in nobody],
        apart={
            "unclaimed_file": len(nobody),
            "reference_file": reference,
            "other_kind": len(folder.files) - read - reference - len(nobody),
            "link": folder.links,
        },
    )


def kind_of(file: SourceFile) -> tuple[Kind | None, str]:
    """Kind of a file, ``None`` when no reader knows it; and its SOP class, empty for a text."""
    sop_class = sop_class_of(file)
    if sop_class is not None:
        found = next((kind for kind in KINDS if kind.sop_class == sop_class), None)
        return found, sop_class
    try:
        with file.path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
    except OSError:
        return None, ""
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head.decode("utf-16" if wide else "utf-8-sig", errors="replace")
    if "\x00" in text:
        return None, ""
    signed = (kind for kind in KINDS if kind.sign is not None and kind.sign.search(text))
    return next(signed, None), ""


def _wanted(reader: str, table: str) -> list[Kind]:
    if reader not in READERS:
        raise WrongUsage(f"no reader {reader!r}; there are {', '.join(READERS)}")
    kinds = [kind for kind in KINDS if reader in {kind.reader, AUTO} and kind.table == table]
    if not kinds:
        raise WrongUsage(f"reader {reader} does not give the table {table}")
    return kinds


def _sorted_out(
    files: Sequence[SourceFile],
) -> tuple[dict[Kind, list[SourceFile]], dict[str, list[SourceFile]]]:
    """Files by kind; and, of no kind, by SOP class (images, plans; empty: known to nobody)."""
    by_kind: dict[Kind, list[SourceFile]] = {}
    others: dict[str, list[SourceFile]] = {}
    for file in files:
        kind, sop_class = kind_of(file)
        if kind is not None:
            by_kind.setdefault(kind, []).append(file)
        else:
            known = sop_class if sop_class in {RT_PLAN, *_IMAGES} else ""
            others.setdefault(known, []).append(file)
    return by_kind, others


def _plans(files: Sequence[SourceFile]) -> tuple[Plan, ...]:
    found = []
    for file in files:
        try:
            found.append(read_plan(file))
        except DamagedFile:
            continue  # counted by whoever compares the numbers
    return tuple(found)


def _image_frames(files: Sequence[SourceFile]) -> dict[str, str]:
    """SOP instance -> frame of reference of the images of a folder."""
    frames: dict[str, str] = {}
    for file in files:
        sop_class = sop_class_of(file) or ""
        try:
            data = open_object(file, ["FrameOfReferenceUID"], sop_class=sop_class)
        except DamagedFile:
            continue  # an image that cannot be read names no frame
        frames[text_of(data, "SOPInstanceUID")] = text_of(data, "FrameOfReferenceUID")
    return frames
