"""Floor 2: Elekta XVI registrations: ``.INI.XVI`` text, alone or inside an exported ``.RPS.dcm``.

An alignment states the displacement (``Align.clip1`` and others: lat, long, vert in cm, then rot,
pitch, roll in degrees from 0 to 360) and the couch shift, its negative. The text says nothing
about the fraction: sessions are numbered by date.

Assumptions: of several alignments of one image the last one was acted on; axes are those of the
table (IEC), so the patient position is needed. Limits: only the conventions seen so far
(IECLinearConvention 2, IECAngleConvention 1, or none stated) are read.
"""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from popmargin.core.exceptions import OutOfRange, RefusedInput
from popmargin.core.flags import Flag
from popmargin.gather.context import Context, needed, remarks, stated
from popmargin.gather.conventions import to_patient_axes, wrap_degrees
from popmargin.gather.fields import BadCell, moment, number
from popmargin.gather.kind import Kind
from popmargin.gather.options import ReaderOptions, ask_for
from popmargin.gather.record import Reading, Record, damaged
from popmargin.gather.source_file import DamagedFile, SourceFile
from popmargin.gather.xvi_ini import Alignment, parse_ini, transform_matrix, turn_between_deg

_FIELDS: Final = ("lat", "long", "vert", "rot", "pitch", "roll")
_COUCH: Final = ("couchshiftlat", "couchshiftlong", "couchshiftheight")
_CONVENTIONS: Final = {"ieclinearconvention": {"", "2"}, "iecangleconvention": {"", "1"}}
_ROUNDED_CM: Final = Decimal("0.011")
# Three angles rounded to 0.1 degree, and a matrix whose numbers are rounded as well.
_ROUNDED_DEG: Final = 0.3
_MATRICES: Final = ("onlinetoreftransformunmatched", "onlinetoreftransformcorrection")
_REMARKS: Final = {
    "couch_shift_differs": "the couch shift is not the negative of the alignment",
    "matrix_differs": "the correction matrix turns by another angle than the alignment",
}


def xvi_needs(context: Context) -> dict[str, str]:
    """Config lines that XVI registrations need and the source does not have."""
    lines = stated(context, "timing") | needed("xvi", context)
    if context.options.error_from not in {None, "alignment", "couch_shift"}:
        lines["error_from"] = "alignment   # or couch_shift"
    return lines


def xvi_quantity(options: ReaderOptions) -> str:
    """What XVI's numbers are: the alignment is the error, the couch shift its correction."""
    return "couch_shift" if options.error_from == "couch_shift" else "setup_error"


def read_xvi(files: Sequence[SourceFile], context: Context) -> Reading:
    """Set-up errors of ``.INI.XVI`` files, one record an alignment.

    Parameters: text files with an ``[ALIGNMENT]`` section; what the source declares.
    Raises `RefusedInput` for an unknown convention, or when the source does not declare enough.
    """
    ask_for(context.declaration.label, xvi_needs(context))
    reading = Reading()
    for file in files:
        try:
            text = file.read_text(context.declaration.encoding)
        except DamagedFile as error:
            reading.records.append(damaged(file, error))
            continue
        reading.records += read_alignments(text, file, context)
    close_reading(reading, context)
    return reading


def close_reading(reading: Reading, context: Context) -> None:
    """Add what holds for all XVI records of a source: remarks and assumptions."""
    columns = {name for record in reading.records for name in record.values}
    reading.flags += remarks("xvi", columns, context)
    for code, words in _REMARKS.items():
        count = sum(record.remark == code for record in reading.records)
        if count:
            message = (
                f"{count} XVI records: {words}; declare which one counts (alignment, error_from)"
            )
            label = context.declaration.label
            reading.flags.append(Flag(code, "warn", message, file=label))
    chosen = context.options.error_from or "alignment"
    what = context.options.alignment if chosen == "alignment" else "the couch shift"
    reading.assumptions.append(f"the position of an XVI image is {what} of its last alignment")


def read_alignments(
    text: str, file: SourceFile, context: Context, *, patient_id: str = ""
) -> list[Record]:
    """Records of the alignments in one ``.INI.XVI`` text; all but the last are superseded.

    Parameters: the text; the file it came from; what the source declares; the patient's id where
    something around the text (a DICOM header) states it.
    Raises `RefusedInput` for a convention that is not known.
    """
    general, alignments = parse_ini(text)
    for key, known in _CONVENTIONS.items():
        stated_values = {a.keys.get(key, general.get(key, "")) for a in alignments}
        if not stated_values <= known:
            expected = f"{key} {' or '.join(sorted(known - {''}))}"
            found = ascii(sorted(stated_values - known)[0][:20])
            raise RefusedInput(file.name, expected, found, "check with a phantom before using it")
    if not alignments:
        return [Record(file.place(), reason="no_rows")]
    identity = context.patient_id(file, patient_id or general.get("patientid", ""))
    records = [_record(file, each, general, identity, context) for each in alignments]
    good = [record for record in records if not record.reason]
    good.sort(key=lambda r: r.values["acquired_at"] or datetime.min)  # equal times: file order
    for record in good[:-1]:
        record.reason = "superseded"
    return records


def _record(
    file: SourceFile,
    alignment: Alignment,
    general: Mapping[str, str],
    patient_id: str,
    context: Context,
) -> Record:
    record = Record(file.place(alignment.line))
    keys = alignment.keys
    try:
        values = _aligned(keys, context)
        couch = {n: _one(keys, key) for n, key in zip(_FIELDS, _COUCH, strict=False)}
        couch_counts = context.options.error_from == "couch_shift"
        chosen = couch if couch_counts else values
        if all(chosen.get(name) is None for name in _FIELDS[:3]):
            raise BadCell("no_match", "")
        when = keys.get("datetime", general.get("datetime", ""))
        made_at = moment(re.sub(r" *; *", " ", when), "%Y%m%d %H:%M:%S") if when else None
        record.values = {
            "patient_id": patient_id,
            "plan": general.get("treatmentid", keys.get("treatmentid", "")),
            "acquired_at": made_at,
            "quantity": xvi_quantity(context.options),
            **to_patient_axes(
                "xvi",
                chosen,
                patient_position=context.options.patient_position,
                signs=context.declaration.signs,
            ),
        }
        if made_at is not None:  # without a time, equal zeros could be two measurements
            record.identity = tuple(sorted(record.values.items(), key=str))
        record.remark = _remark(values, couch, keys)
    except BadCell as error:
        record.set_aside(error)
    return record


def _aligned(keys: Mapping[str, str], context: Context) -> dict[str, Decimal | None]:
    text = keys.get(f"align.{context.options.alignment}", "")
    if text in {"", "-"}:
        return dict.fromkeys(_FIELDS)
    cells = text.split(",")
    if len(cells) != len(_FIELDS):
        raise BadCell("ragged_row", "")
    return {name: number(cell, name) for name, cell in zip(_FIELDS, cells, strict=True)}


def _one(keys: Mapping[str, str], key: str) -> Decimal | None:
    return number(keys.get(key, ""), key)


def _remark(
    values: Mapping[str, Decimal | None],
    couch: Mapping[str, Decimal | None],
    keys: Mapping[str, str],
) -> str:
    """What in the record contradicts the alignment, as a code; empty where nothing does."""
    pairs: list[tuple[Any, Any]] = [(values[name], couch[name]) for name in _FIELDS[:3]]
    if any(a is not None and b is not None and abs(a + b) > _ROUNDED_CM for a, b in pairs):
        return "couch_shift_differs"
    angles = [values[name] for name in _FIELDS[3:]]
    if all(keys.get(name) for name in _MATRICES) and all(angle is not None for angle in angles):
        try:
            turn = turn_between_deg(*(transform_matrix(keys[name]) for name in _MATRICES))
        except OutOfRange:
            return "matrix_differs"
        # For small angles about three axes the total turn is their root sum of squares.
        total = math.hypot(*(wrap_degrees(angle or Decimal(0)) for angle in angles))
        if abs(turn - total) > _ROUNDED_DEG + 0.02 * total:
            return "matrix_differs"
    return ""


KIND: Final = Kind(
    "xvi",
    "shifts",
    read_xvi,
    xvi_needs,
    sign=re.compile(r"^[ \t]*\[ *ALIGNMENT\b", re.IGNORECASE | re.MULTILINE),
    quantity=xvi_quantity,
)
