"""Floor 2: read a source whatever its files are: each goes to the reader that knows its kind.

Files that the wanted files refer to (RT Plans, images, treatment records) are looked at as well; a
file that nobody knows is counted, never guessed.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag
from popmargin.gather.context import Context
from popmargin.gather.dicom_instruction import DELIVERY_INSTRUCTION, read_instructions
from popmargin.gather.dicom_object import open_object, sop_class_of, text_of
from popmargin.gather.dicom_plan import RT_PLAN, Plan, read_plan
from popmargin.gather.gathered import GatheredTable, assemble
from popmargin.gather.kind import Kind
from popmargin.gather.kinds import RECORDS, STRUCTURES, kind_of, wanted_kinds
from popmargin.gather.options import ReaderOptions, ask_for
from popmargin.gather.readers.dicom_record import fraction_of_days
from popmargin.gather.record import Reading
from popmargin.gather.source_file import DamagedFile, SourceFile
from popmargin.gather.walk import walk_source
from popmargin.tables.source import SourceDeclaration

_IMAGES: Final = {"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"}
_REFERENCE: Final = {RT_PLAN, DELIVERY_INSTRUCTION, *_IMAGES}


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
    kinds = wanted_kinds(options.reader, declaration.table)
    folder = walk_source(path, declaration.label)
    by_kind, known = _sorted_out(folder.files)
    plans = _plans(known.get(RT_PLAN, []))
    images = [file for uid in _IMAGES for file in known.get(uid, [])]
    adjusted, unread = read_instructions(known.get(DELIVERY_INSTRUCTION, []))
    frames = cache(lambda: _image_frames(images))
    sets = tuple(by_kind.get(STRUCTURES, ()))
    context = Context(declaration, options, plans, frames, adjusted, sets)
    found = [kind for kind in kinds if by_kind.get(kind)]
    _refuse_contradictions(found, declaration, options)
    ask_for(declaration.label, {k: v for kind in found for k, v in kind.needs(context).items()})
    reading = Reading()
    for kind in found:
        reading.extend(kind.read(by_kind[kind], context))
    if len(plans) < len(known.get(RT_PLAN, [])):
        message = f"{len(known[RT_PLAN]) - len(plans)} RT Plans cannot be read"
        reading.flags.append(Flag("damaged_plans", "warn", message, file=declaration.label))
    if unread:
        message = (
            f"{unread} delivery instructions cannot be read: offline corrections may be missed"
        )
        reading.flags.append(Flag("damaged_instructions", "warn", message, file=declaration.label))
    nobody = known.get("", [])
    read = sum(len(by_kind[kind]) for kind in found)
    reference = sum(len(known.get(uid, [])) for uid in _REFERENCE)
    reference += len(sets) if declaration.table == "dvh" else 0
    records = by_kind.get(RECORDS, [])
    by_id = options.patient_id_from == "file"
    return assemble(
        reading,
        declaration,
        options,
        known_fractions=fraction_of_days(records) if by_id else {},
        files=[file.name for file in folder.files],
        unclaimed=nobody,
        apart={
            "unclaimed_file": len(nobody),
            "reference_file": reference,
            "other_kind": len(folder.files) - read - reference - len(nobody),
            "link": folder.links,
        },
    )


def _refuse_contradictions(
    found: Sequence[Kind], declaration: SourceDeclaration, options: ReaderOptions
) -> None:
    """Refuse declarations that the files contradict, or that fit only some of them."""
    where = f"source {declaration.label}"
    readers = ", ".join(dict.fromkeys(kind.reader for kind in found))
    if declaration.signs and len({kind.reader for kind in found}) > 1:
        # A sign found for one vendor would turn the others' rows as well.
        remedy = "give each reader a source of its own"
        raise RefusedInput(where, "signs for files of one kind", readers, remedy)
    declared = declaration.quantity or declaration.constants.get("quantity")
    for kind in found:
        proven = kind.quantity(options) if kind.quantity is not None else declared
        if declared is not None and declared != proven:
            expected = f"quantity {proven}, as files of {kind.reader} are read"
            raise RefusedInput(where, expected, declared, "leave quantity out")
        if kind.states_unit and declaration.units and kind.table == "shifts":
            expected = f"no units: files of {kind.reader} state their own"
            raise RefusedInput(where, expected, "units", "leave units out")


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
            known = sop_class if sop_class in _REFERENCE else ""
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
