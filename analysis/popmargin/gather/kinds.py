"""Floor 2: the kinds of files that are read, how each is known, and who reads it.

A DICOM file is known by its SOP class (never by its modality: Elekta's raw data call themselves
REG), a text by what stands at its beginning. A reader is a file of
`popmargin.gather.readers`, entered nowhere else.
"""

from typing import Final

from popmargin.core.exceptions import WrongUsage
from popmargin.core.family import family_members
from popmargin.gather.dicom_object import sop_class_of
from popmargin.gather.kind import Kind
from popmargin.gather.source_file import SourceFile

AUTO: Final = "auto"
_HEAD_BYTES: Final = 262_144
# A file of gather/readers is a reader: it is entered nowhere else.
KINDS: Final = family_members("popmargin.gather.readers.", Kind)
RECORDS: Final = next(kind for kind in KINDS if kind.reader == "dicom_record")
STRUCTURES: Final = next(kind for kind in KINDS if kind.reader == "dicom_structures")
READERS: Final = (*dict.fromkeys(kind.reader for kind in KINDS), AUTO)


def wanted_kinds(reader: str, table: str) -> list[Kind]:
    """Kinds of files that ``reader`` reads into ``table``.

    Raises `WrongUsage` for an unknown reader, or one that does not give the table.

    >>> [kind.reader for kind in wanted_kinds("auto", "anatomy")]
    ['dicom_structures']
    """
    if reader not in READERS:
        raise WrongUsage(f"no reader {reader!r}; there are {', '.join(READERS)}")
    kinds = [kind for kind in KINDS if reader in {kind.reader, AUTO} and kind.table == table]
    if not kinds:
        raise WrongUsage(f"reader {reader} does not give the table {table}")
    return kinds


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
