"""Floor 2: the kinds of files that are read, how each is known, and who reads it.

A DICOM file is known by its SOP class (never by its modality: Elekta's raw data call themselves
REG), a text by what stands at its beginning. A new reader is entered here and nowhere else.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from popmargin.core.exceptions import WrongUsage
from popmargin.gather import (
    alignrt,
    dicom_dose,
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
from popmargin.gather.dicom_object import sop_class_of
from popmargin.gather.options import ReaderOptions
from popmargin.gather.record import Reading
from popmargin.gather.source_file import SourceFile

AUTO: Final = "auto"
_HEAD_BYTES: Final = 262_144


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: how it is known, who reads it, and into which table.

    ``reader`` as a config names it; ``sop_class`` of a DICOM object, or ``sign`` what a text holds;
    ``quantity`` where the files prove it; ``states_unit`` unless the source has to declare it.
    """

    reader: str
    table: str
    read: Callable[[Sequence[SourceFile], Context], Reading]
    needs: Callable[[Context], Mapping[str, str]]
    sop_class: str = ""
    sign: re.Pattern[str] | None = None
    quantity: Callable[[ReaderOptions], str] | None = None
    states_unit: bool = True


KINDS: Final = (
    Kind(
        "dicom_registration",
        "shifts",
        dicom_registration.read_registrations,
        dicom_registration.registration_needs,
        sop_class=dicom_registration.SPATIAL_REGISTRATION,
        quantity=lambda _: "setup_error",
    ),
    Kind(
        "dicom_record",
        "shifts",
        dicom_record.read_treatment_records,
        dicom_record.record_needs,
        sop_class=dicom_record.TREATMENT_RECORD,
        quantity=lambda _: "couch_shift",
    ),
    Kind(
        "dicom_structures",
        "anatomy",
        dicom_structures.read_structures,
        dicom_structures.structure_needs,
        sop_class=dicom_structures.STRUCTURE_SET,
    ),
    Kind(
        "dicom_dose",
        "dvh",
        dicom_dose.read_doses,
        dicom_dose.dose_needs,
        sop_class=dicom_dose.RT_DOSE,
    ),
    Kind(
        "xvi",
        "shifts",
        xvi_dicom.read_xvi_dicom,
        xvi.xvi_needs,
        sop_class=xvi_dicom.RAW_DATA,
        quantity=xvi.xvi_quantity,
    ),
    Kind(
        "offline_review",
        "shifts",
        offline_review.read_offline_review,
        offline_review.offline_review_needs,
        sign=re.compile(r"\A\ufeff?Raw Data \(Scale:"),
        quantity=lambda _: "couch_shift",
    ),
    Kind(
        "xvi",
        "shifts",
        xvi.read_xvi,
        xvi.xvi_needs,
        sign=re.compile(r"^[ \t]*\[ *ALIGNMENT\b", re.IGNORECASE | re.MULTILINE),
        quantity=xvi.xvi_quantity,
    ),
    Kind(
        "mosaiq_offsets",
        "shifts",
        mosaiq_offsets.read_mosaiq_offsets,
        mosaiq_offsets.mosaiq_offsets_needs,
        sign=re.compile(r"^(?=[^\n]*\bSuperior_Offset\b)[^\n]*\bOffset_Type\b", re.MULTILINE),
        states_unit=False,
    ),
    Kind(
        "alignrt",
        "shifts",
        alignrt.read_alignrt,
        alignrt.alignrt_needs,
        sign=re.compile(r"^(?=[^\n]*\bD\. ?VRT\b)[^\n]*\bD\. ?LNG\b", re.IGNORECASE | re.MULTILINE),
        states_unit=False,
    ),
    Kind(
        "mosaiq_images",
        "shifts",
        mosaiq_images.read_mosaiq_images,
        mosaiq_images.mosaiq_images_needs,
        sign=re.compile(r"\t\"?(?:Sup|Inf) +\d+(?:\.\d+)? *[cm]m\b"),
    ),
)
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
