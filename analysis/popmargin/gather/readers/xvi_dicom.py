"""Floor 2: Elekta ``.RPS.dcm``: Raw Data Storage with a ZIP of XVI files in a private element.

The file calls its modality REG but holds no Spatial Registration. The ZIP stands in
(0021,103A) of the private creator "Elekta: zip file"; only its ``.INI.XVI`` members are unpacked,
each within bounds, and nothing is ever written to disk.
"""

import io
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any, Final

from popmargin.gather.context import Context
from popmargin.gather.dicom_object import open_object, text_of, value_of
from popmargin.gather.kind import Kind
from popmargin.gather.options import ask_for
from popmargin.gather.readers.xvi import close_reading, read_alignments, xvi_needs, xvi_quantity
from popmargin.gather.record import Reading, damaged
from popmargin.gather.source_file import DamagedFile, SourceFile, decode

RAW_DATA: Final = "1.2.840.10008.5.1.4.1.1.66"
_CREATOR: Final = 0x00210010
_ZIP: Final = 0x0021103A
_MAX_MEMBERS: Final = 1000
_MAX_MEMBER_BYTES: Final = 4_000_000
_METHODS: Final = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


def read_xvi_dicom(files: Sequence[SourceFile], context: Context) -> Reading:
    """Set-up errors of ``.RPS.dcm`` files, one record an alignment.

    Parameters: files of Raw Data Storage; what the source declares.
    Raises `RefusedInput` for an unknown convention, or when the source does not declare enough.
    """
    ask_for(context.declaration.label, xvi_needs(context))
    reading = Reading()
    for file in files:
        try:
            data = open_object(file, ["PatientID", _CREATOR, _ZIP], sop_class=RAW_DATA)
            texts = [
                decode(content, context.declaration.encoding, file.name)
                for content in unpacked(_archive(data, file), file.name)
            ]
        except DamagedFile as error:
            reading.records.append(damaged(file, error))
            continue
        patient = text_of(data, "PatientID")
        for text in texts:
            reading.records += read_alignments(text, file, context, patient_id=patient)
    close_reading(reading, context)
    return reading


def unpacked(archive: bytes, where: str) -> list[bytes]:
    """Contents of the ``.INI.XVI`` members of a ZIP, each of at most 4 MB.

    Raises `DamagedFile` when it is no ZIP, has none of them, or more than the bounds allow; what a
    member claims about its size is not believed.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            members = packed.infolist()
            wanted = [item for item in members if item.filename.upper().endswith(".INI.XVI")]
            if len(members) > _MAX_MEMBERS or not 0 < len(wanted) <= 20:
                raise DamagedFile(where, "a ZIP with .INI.XVI", "another", "export it again")
            return [_content(packed, item, where) for item in wanted]
    except (zipfile.BadZipFile, zlib.error, OSError, ValueError, RuntimeError, EOFError):
        raise DamagedFile(where, "a whole ZIP archive", "another", "export it again") from None
    except (NotImplementedError, KeyError, IndexError, OverflowError, MemoryError):
        raise DamagedFile(where, "a plain ZIP archive", "another", "export it again") from None


def _content(packed: zipfile.ZipFile, item: zipfile.ZipInfo, where: str) -> bytes:
    if item.compress_type not in _METHODS or item.flag_bits & 1:
        raise DamagedFile(where, "a plain ZIP archive", "another", "export it again")
    with packed.open(item) as stream:
        content = stream.read(_MAX_MEMBER_BYTES + 1)
    if len(content) > _MAX_MEMBER_BYTES:
        expected = f"at most {_MAX_MEMBER_BYTES} bytes"
        raise DamagedFile(where, expected, "more", "leave the file out")
    return content


def _archive(data: Any, file: SourceFile) -> bytes:
    creator, value = value_of(data, _CREATOR), value_of(data, _ZIP)
    if not str(creator).startswith("Elekta") or not isinstance(value, bytes):
        expected = "an Elekta ZIP in (0021,103A)"
        raise DamagedFile(file.name, expected, "none", "leave the file out of this source")
    return value


KIND: Final = Kind(
    "xvi",
    "shifts",
    read_xvi_dicom,
    xvi_needs,
    sop_class=RAW_DATA,
    quantity=xvi_quantity,
)
