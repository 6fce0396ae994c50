"""Floor 2: what an export is: which readers know its files, and what each must be told."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from popmargin.gather.context import Context
from popmargin.gather.dicom_object import items, open_object, text_of
from popmargin.gather.kind import Kind
from popmargin.gather.kinds import KINDS, kind_of
from popmargin.gather.options import ReaderOptions
from popmargin.gather.readers.dicom_structures import STRUCTURE_SET
from popmargin.gather.source_file import DamagedFile, SourceFile
from popmargin.gather.walk import walk_source
from popmargin.tables.source import SourceDeclaration

_MAX_NAMES = 40
_MAX_OPENED = 50


@dataclass(frozen=True, slots=True)
class Recognised:
    """Files of one reader: how many, what a config must state (key -> choices), structures."""

    reader: str
    table: str
    files: int
    needs: dict[str, str]
    structures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Export:
    """What was recognised, and how many files nobody knows."""

    known: tuple[Recognised, ...] = ()
    unknown: int = 0
    names: tuple[str, ...] = field(default=())


def recognise(path: Path) -> Export:
    """What the files of a folder (or one file) are, by their content.

    Raises `RefusedInput` when there is nothing at the path.
    """
    files = walk_source(path, path.name).files
    by_reader: dict[tuple[str, str], list[tuple[Kind, SourceFile]]] = {}
    unknown = []
    for file in files:
        kind, sop_class = kind_of(file)
        if kind is not None:
            by_reader.setdefault((kind.reader, kind.table), []).append((kind, file))
        elif not sop_class:
            unknown.append(file)
    order = [(kind.reader, kind.table) for kind in KINDS]
    known = [_recognised(*key, by_reader[key]) for key in dict.fromkeys(order) if key in by_reader]
    return Export(tuple(known), len(unknown), tuple(file.name for file in unknown[:_MAX_NAMES]))


def _recognised(reader: str, table: str, found: Sequence[tuple[Kind, SourceFile]]) -> Recognised:
    context = Context(SourceDeclaration("", table), ReaderOptions(reader))
    kinds = dict.fromkeys(kind for kind, _ in found)
    needs = {key: line for kind in kinds for key, line in kind.needs(context).items()}
    names: Counter[str] = Counter()
    if reader == "dicom_structures":
        for _, file in found[:_MAX_OPENED]:
            names.update(_structure_names(file))
    shown = tuple(name for name, _ in names.most_common(_MAX_NAMES))
    return Recognised(reader, table, len(found), needs, shown)


def _structure_names(file: SourceFile) -> list[str]:
    try:
        data = open_object(file, ["StructureSetROISequence"], sop_class=STRUCTURE_SET)
        return [text_of(roi, "ROIName") for roi in items(data, "StructureSetROISequence")]
    except DamagedFile:
        return []
