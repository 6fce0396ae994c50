"""Floor 2: AlignRT deltas (``D.VRT``, ``D.LNG``, ``D.LAT``) as exported text.

The unit stands in the head of each column and differs between versions. Which way an axis counts
depends on the scale of the installation: the signs are declared, found with a phantom.

Assumption: a value of 999 or more means that the patient was not found. Limits: a recording holds
many samples of one session; which of them counts is declared (``sample``), the rest is set aside.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from statistics import median
from typing import Final

from popmargin.core.exceptions import RefusedInput
from popmargin.gather.context import Context, needed, remarks, stated
from popmargin.gather.conventions import COLUMNS, to_patient_axes
from popmargin.gather.delimited import Row, rows_of
from popmargin.gather.fields import BadCell, moment, number
from popmargin.gather.kind import Kind
from popmargin.gather.options import ask_for
from popmargin.gather.record import Reading, Record, damaged
from popmargin.gather.source_file import DamagedFile, SourceFile

HEAD: Final = re.compile(
    r"D\. ?(MAG|VRT|LNG|LAT|YAW|RTN|ROT|PITCH|ROLL)\b *[(\[]? *(cm|mm|deg)?\.? *[)\]]?",
    re.ASCII | re.IGNORECASE,
)
_ELAPSED: Final = re.compile(r"elapsed", re.IGNORECASE)
_TURNS: Final = {"RTN": "YAW", "ROT": "YAW"}
_CANONICAL: Final = {
    "LAT": "lr_mm",
    "LNG": "si_mm",
    "VRT": "ap_mm",
    "PITCH": "pitch_deg",
    "ROLL": "roll_deg",
    "YAW": "yaw_deg",
}
_NOT_FOUND: Final = 999
_MAX_HEAD: Final = 60


def alignrt_needs(context: Context) -> dict[str, str]:
    """Config lines that AlignRT deltas need and the source does not have."""
    lines = stated(context, "timing", "quantity") | needed("alignrt", context)
    declaration = context.declaration
    if "acquired_at" in declaration.columns and declaration.date_format is None:
        lines["date_format"] = '"%d/%m/%Y %H:%M:%S"   # as the export writes it'
    return lines


def read_alignrt(files: Sequence[SourceFile], context: Context) -> Reading:
    """Shifts of AlignRT exports, one record a row, or one sample a file.

    Parameters: delimited exports; what the source declares (``columns`` say where patient,
    fraction and date stand).
    Raises `RefusedInput` for a column without a unit, or when the source declares too little.
    """
    ask_for(context.declaration.label, alignrt_needs(context))
    reading = Reading()
    for file in files:
        try:
            text = file.read_text(context.declaration.encoding)
            separator = context.declaration.separator or _separator(text)
            rows = list(rows_of(text, separator, file.name, first=_heads(text, separator)))
        except DamagedFile as error:
            reading.records.append(damaged(file, error))
            continue
        if not rows:
            reading.records.append(Record(file.place(), reason="no_rows"))
            continue
        fields, units = _fields(rows[0], file, context)
        records = [_record(file, row, fields, units, context) for row in rows]
        _choose(records, rows[0], context)
        reading.records += records
    columns = {name for record in reading.records for name in record.values}
    reading.flags = remarks("alignrt", columns, context)
    return reading


def _fields(row: Row, file: SourceFile, context: Context) -> tuple[dict[str, str], dict[str, str]]:
    """Vendor's field -> column of the file, and canonical column -> unit."""
    fields: dict[str, str] = {}
    units: dict[str, str] = {}
    for column in row.places:
        match = _head(column)
        if match is None:
            continue
        name = _TURNS.get(match[1].upper(), match[1].upper())
        fields[name] = column
        if name in _CANONICAL:
            canonical = _CANONICAL[name]
            angle = canonical.endswith("_deg")
            declared = context.declaration.units.get(canonical)
            unit = (match[2] or declared or ("deg" if angle else "")).lower()
            if not unit:
                ask_for(context.declaration.label, {"units": f"{{{canonical}: cm}}   # or mm"})
            if (unit == "deg") != angle or declared not in {None, unit}:
                expected = "a unit of length, deg for angles, and none declared against it"
                raise RefusedInput(f"{file.name}, {column}", expected, unit, "export it again")
            units[canonical] = unit
    return fields, units


def _record(
    file: SourceFile,
    row: Row,
    fields: Mapping[str, str],
    units: Mapping[str, str],
    context: Context,
) -> Record:
    record = Record(file.place(row.line))
    declaration = context.declaration
    try:
        values: dict[str, Decimal | None] = {
            name: number(row.cell(column), column, declaration.decimal)
            for name, column in fields.items()
        }
        if any(value is not None and abs(value) >= _NOT_FOUND for value in values.values()):
            raise BadCell("patient_not_found", "")
        if all(values.get(name) is None for name in ("LAT", "LNG", "VRT")):
            raise BadCell("no_match", "")
        cells = {name: row.cell(column) for name, column in declaration.columns.items()}
        when = cells.pop("acquired_at", "")
        patient = context.patient_id(file, cells.pop("patient_id", ""))
        record.identity = (patient, row.cells) if when else None
        record.values = {
            "patient_id": patient,
            **{name: cell for name, cell in cells.items() if name not in COLUMNS},
            "acquired_at": moment(when, declaration.date_format or "") if when else None,
            "quantity": declaration.quantity or declaration.constants["quantity"],
            **to_patient_axes(
                "alignrt",
                dict(values),
                patient_position=context.options.patient_position,
                units=units,
                signs=declaration.signs,
            ),
        }
    except BadCell as error:
        record.set_aside(error)
    return record


def _choose(records: Sequence[Record], row: Row, context: Context) -> None:
    """Keep the sample that the source declares; a recording needs the declaration."""
    sample = context.options.sample
    if sample is None:
        if any(_ELAPSED.search(column) for column in row.places):
            choices = "median   # or first, last, each: which sample of a recording counts"
            ask_for(context.declaration.label, {"sample": choices})
        return
    good = [record for record in records if not record.reason]
    if sample == "each" or not good:
        return
    kept = good[-1] if sample == "last" else good[0]
    if sample == "median":
        for name in COLUMNS:
            found = [r.values[name] for r in good if r.values.get(name) is not None]
            if found:
                kept.values[name] = float(median(found))
    for record in good:
        if record is not kept:
            record.reason = "other_sample"


def _heads(text: str, separator: str) -> list[str]:
    """The heads of columns with deltas, as they stand in the first line that has some."""
    for line in text.split("\n"):
        found = [cell.strip(' "') for cell in line.split(separator)]
        heads = [cell for cell in found if _head(cell)]
        if heads:
            return heads
    return ["D.VRT"]


def _head(cell: str) -> re.Match[str] | None:
    # Bounded: blanks may stand in three places of a head, which takes long to rule out.
    return HEAD.fullmatch(cell) if len(cell) <= _MAX_HEAD else None


def _separator(text: str) -> str:
    head = next((line for line in text.split("\n") if HEAD.search(line)), "")
    return next((mark for mark in ("\t", ";") if mark in head), ",")


KIND: Final = Kind(
    "alignrt",
    "shifts",
    read_alignrt,
    alignrt_needs,
    sign=re.compile(r"^(?=[^\n]*\bD\. ?VRT\b)[^\n]*\bD\. ?LNG\b", re.IGNORECASE | re.MULTILINE),
    states_unit=False,
)
