"""Floor 2: open DICOM objects within bounds, and take values out of them without surprises.

Only what a reader names is read; pixels only where it asks for them (dose grids). Whatever is wrong
with a file ends in `DamagedFile`: truncated or changed bytes, missing tags, numbers that are none.
"""

import io
import re
import warnings
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import numpy as np

from popmargin.gather.source_file import DamagedFile, SourceFile

MAX_OBJECT_BYTES: Final = 100_000_000
# Items of sequences cost far more memory than their bytes: the largest structure sets have some
# tens of thousands, an empty item takes 8 bytes.
_ITEM: Final = b"\xfe\xff\x00\xe0"
_MAX_ITEMS: Final = 150_000
# A deflated object can unpack to any size, and pydicom unpacks it whole.
_DEFLATED: Final = {"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95"}
_PREAMBLE: Final = 132
_SAFE: Final = re.compile(r"[^\w .,;:+/()-]", re.ASCII)


def sop_class_of(file: SourceFile) -> str | None:
    """SOP class of a DICOM file (Part 10), ``None`` for anything else or a damaged header."""
    from pydicom.filereader import read_file_meta_info

    try:
        with file.path.open("rb") as stream:
            if stream.read(_PREAMBLE)[128:] != b"DICM":
                return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            meta = read_file_meta_info(file.path)
        return str(meta.MediaStorageSOPClassUID)
    except Exception:
        # pydicom raises errors of many kinds on changed bytes; all mean the same here.
        return None


def open_object(
    file: SourceFile, tags: Sequence[Any], *, sop_class: str, pixels: bool = False
) -> Any:
    """Data set of a file with the named top-level attributes only.

    Parameters: ``file``; ``tags`` keywords or tags; ``sop_class`` that the object must be of;
    ``pixels`` whether to read on to where they begin.
    Raises `DamagedFile` when it cannot be read, is larger than 100 MB, deflated, or another kind.
    """
    from pydicom import dcmread
    from pydicom.config import disable_value_validation

    content = file.read_bytes(MAX_OBJECT_BYTES)
    if content.count(_ITEM) > _MAX_ITEMS:
        raise DamagedFile(file.name, f"at most {_MAX_ITEMS} items", "more", "leave it out")
    _refuse_deflated(file)
    wanted: list[Any] = ["SOPClassUID", "SOPInstanceUID", *tags]
    try:
        with warnings.catch_warnings(), disable_value_validation():
            warnings.simplefilter("ignore")
            whole = _WholeReads(content)
            data = dcmread(whole, stop_before_pixels=not pixels, specific_tags=wanted)
            found = str(data.get("SOPClassUID", ""))
    except Exception as error:
        found = type(error).__name__
        remedy = "export it again"
        raise DamagedFile(file.name, "a DICOM object", found, remedy) from None
    if found != sop_class:
        remedy = "export it again"
        raise DamagedFile(file.name, "the SOP class of its header", "another inside", remedy)
    return data


def items(data: Any, keyword: str) -> list[Any]:
    """Items of a sequence; none when it is absent. Raises `DamagedFile` for other types."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = data.get(keyword)
            return [] if found is None else list(found)
    except Exception:
        raise DamagedFile(keyword, "a sequence", "something else", "export it again") from None


def value_of(data: Any, tag: Any) -> Any:
    """Value of an element by keyword or tag; ``None`` when it is absent or cannot be decoded."""
    with suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return data[tag].value
    return None


def text_of(data: Any, keyword: str) -> str:
    """Text of an attribute, stripped; empty when it is absent or cannot be decoded."""
    with suppress(Exception), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = data.get(keyword)
        return "" if found is None else str(found).strip(" \x00\r\n\t")
    return ""


def numbers_of(data: Any, keyword: str) -> list[Decimal]:
    """Numbers of an attribute exactly as written; an empty list when it is absent or empty.

    Raises `DamagedFile` when a value is no finite number.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = data.get(keyword)
            if found is None or found == "":
                return []
            many = isinstance(found, Sequence) and not isinstance(found, str)
            # A number of 32 bits is the shortest decimal that gives it: 2.3, not 2.299999952.
            short = np.float32 if data[keyword].VR == "FL" else str
            values = [Decimal(str(short(value))) for value in (found if many else [found])]
    except (InvalidOperation, ValueError):
        values = [Decimal("NaN")]
    except Exception:
        raise DamagedFile(keyword, "numbers", "something else", "export it again") from None
    if not all(value.is_finite() and abs(value) < Decimal("1e12") for value in values):
        raise DamagedFile(keyword, "finite numbers", "other text", "export it again")
    return values


def number_of(data: Any, keyword: str) -> Decimal | None:
    """The one number of an attribute; ``None`` when it is absent. Raises `DamagedFile` for more."""
    values = numbers_of(data, keyword)
    if len(values) > 1:
        raise DamagedFile(keyword, "one number", f"{len(values)}", "export it again")
    return values[0] if values else None


def moment_of(data: Any, *pairs: tuple[str, str]) -> datetime | None:
    """Date and time of the first pair of attributes that hold a date; ``None`` where none does."""
    for day, time in pairs:
        date_text, time_text = text_of(data, day), text_of(data, time)
        clock = re.sub(r"[^0-9]", "", time_text.split(".")[0])[:6].ljust(6, "0")
        with suppress(ValueError):
            found = datetime.strptime(date_text + clock, "%Y%m%d%H%M%S")
            if 1980 <= found.year <= 2100:
                return found
    return None


def producer_of(data: Any) -> str:
    """Manufacturer, model and software version, without anything that could be markup.

    What wrote an object decides how its matrix is to be read, so it is recorded with the result.
    """
    keywords = ("Manufacturer", "ManufacturerModelName", "SoftwareVersions")
    words = [_SAFE.sub("", text_of(data, keyword))[:60].strip() for keyword in keywords]
    return " ".join(word for word in words if word) or "an unnamed producer"


class _WholeReads(io.BytesIO):
    """Bytes that fail where they end inside a value.

    pydicom takes what is left: a cut "-12.5" would be read as "-1".
    """

    def read(self, count: int | None = -1, /) -> bytes:
        """All of ``count`` bytes, or none at the end."""
        found = super().read(count)
        if found and count is not None and len(found) < count:
            raise ValueError("the file ends inside a value")
        return found

    def seek(self, place: int, whence: int = 0, /) -> int:
        """Go to a place in the file, not beyond its end."""
        found = super().seek(place, whence)
        if found > self.getbuffer().nbytes:
            raise ValueError("an element reaches beyond the file")
        return found


def _refuse_deflated(file: SourceFile) -> None:
    from pydicom.filereader import read_file_meta_info

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            syntax = str(read_file_meta_info(file.path).get("TransferSyntaxUID", ""))
    except Exception as error:
        found = type(error).__name__
        raise DamagedFile(file.name, "a DICOM header", found, "export it again") from None
    if syntax in _DEFLATED:
        remedy = "export it without compression"
        raise DamagedFile(file.name, "an object that is not deflated", "a deflated one", remedy)
