"""Floor 2: MOSAIQ image list as text: shifts with the direction in words.

A cell reads ``Sup 0.1 cm`` or ``CCW 0.5 deg``: axis and side stand in the cell, so translations
need no patient position. The list holds no patient: its id is declared, or the name of the file.

Assumptions: a cell 0.0 without a word is a measured zero, an empty cell was not measured. Limits:
whether the list holds errors or corrections is a matter of the clinic: ``quantity`` is declared.
Rotations follow one public comparison with XVI, in which their axes are permuted.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from popmargin.gather.context import Context, remarks, stated
from popmargin.gather.conventions import to_patient_axes
from popmargin.gather.delimited import Row, rows_of
from popmargin.gather.fields import BadCell, moment
from popmargin.gather.kind import Kind
from popmargin.gather.options import ask_for
from popmargin.gather.record import Reading, Record, damaged
from popmargin.gather.source_file import DamagedFile, SourceFile

_SIDES: Final = {
    "sup": ("Sup", 1),
    "inf": ("Sup", -1),
    "lft": ("Lft", 1),
    "rht": ("Lft", -1),
    "ant": ("Ant", 1),
    "pos": ("Ant", -1),
}
_TURNS: Final = {"cw": 1, "ccw": -1}
_UNITS: Final = {"cm": "cm", "mm": "mm"}
_AXES: Final = {"Lft": "lr_mm", "Sup": "si_mm", "Ant": "ap_mm"}
# Heads of the list's columns, by what they hold; a source may declare others under columns.
COLUMNS: Final = {
    "acquired_at": "Date/Time",
    "si_mm": "Sup/Inf",
    "lr_mm": "Lft/Rht",
    "ap_mm": "Ant/Pos",
    "roll_deg": "Cor(B)",
    "yaw_deg": "Sag(B)",
    "pitch_deg": "Trans(B)",
}
_ROTATIONS: Final = {"roll_deg": "Cor", "yaw_deg": "Sag", "pitch_deg": "Trans"}
_CELL: Final = re.compile(
    r"(?:(sup|inf|lft|rht|ant|pos|cw|ccw)\.?\s+)?(\d{1,6}(?:\.\d{0,6})?)\s*(cm|mm|deg)?\.?",
    re.ASCII | re.IGNORECASE,
)


def mosaiq_images_needs(context: Context) -> dict[str, str]:
    """Config lines that an image list needs and the source does not have."""
    lines = stated(context, "timing", "quantity")
    if context.options.patient_id_from == "file" and not _has_patient(context):
        lines |= {"patient_id_from": "file_name   # or folder, or constants: {patient_id: ...}"}
    if context.declaration.date_format is None:
        lines["date_format"] = '"%d/%m/%Y %I:%M %p"   # as the list writes it'
    return lines


def read_mosaiq_images(files: Sequence[SourceFile], context: Context) -> Reading:
    """Shifts of MOSAIQ image lists, one record a row that has one.

    Parameters: tab-separated lists; what the source declares.
    Raises `RefusedInput` when the source does not declare enough.
    """
    ask_for(context.declaration.label, mosaiq_images_needs(context))
    reading = Reading()
    columns = COLUMNS | dict(context.declaration.columns)
    wanted = [columns[name] for name in ("si_mm", "lr_mm", "ap_mm")]
    for file in files:
        try:
            text = file.read_text(context.declaration.encoding)
            separator = context.declaration.separator or "\t"
            rows = list(rows_of(text, separator, file.name, first=wanted))
        except DamagedFile as error:
            reading.records.append(damaged(file, error))
            continue
        if not rows:
            reading.records.append(Record(file.place(), reason="no_rows"))
        reading.records += [_record(file, row, columns, context) for row in rows]
    read = {name for record in reading.records for name in record.values}
    reading.flags = remarks("mosaiq_images", read, context)
    if context.options.patient_position is None:
        reading.assumptions.append("rotations of the image list are not read: no patient_position")
    return reading


def _record(file: SourceFile, row: Row, columns: dict[str, str], context: Context) -> Record:
    record = Record(file.place(row.line))
    try:
        values, units = _values(row, columns)
        if all(values.get(field) is None for field in _AXES):
            raise BadCell("no_match", "")
        when = row.cell(columns["acquired_at"])
        date_format = context.declaration.date_format or ""
        stated_id = row.cell(columns["patient_id"]) if "patient_id" in columns else ""
        patient = context.patient_id(file, stated_id)
        record.identity = (patient, row.cells) if when else None
        record.values = {
            "patient_id": patient,
            "acquired_at": moment(when, date_format) if when else None,
            **{name: row.cell(columns[name]) for name in ("fraction", "plan") if name in columns},
            "quantity": context.declaration.quantity or context.declaration.constants["quantity"],
            **to_patient_axes(
                "mosaiq_images",
                values,
                patient_position=context.options.patient_position,
                units=units,
                signs=context.declaration.signs,
            ),
        }
    except BadCell as error:
        record.set_aside(error)
    return record


def _values(row: Row, columns: dict[str, str]) -> tuple[dict[str, Decimal | None], dict[str, str]]:
    """Field -> number with its side as sign, and canonical column -> unit."""
    values: dict[str, Decimal | None] = {}
    units: dict[str, str] = {}
    for field, column in _AXES.items():
        word, size, unit = _cell(row.cell(columns[column]), column)
        axis, sign = _SIDES.get(word, (field, 1))
        # A number without a side is a measurement only when it is zero; a word of another axis
        # means that the columns are not what their heads say.
        wrong = axis != field or (word and word not in _SIDES) or (size and not word)
        if wrong or (size is not None and unit not in _UNITS):
            raise BadCell("not_a_number", column)
        values[field] = None if size is None else sign * size
        units[column] = _UNITS.get(unit, "cm")
    for column, field in _ROTATIONS.items():
        word, size, unit = _cell(row.cell(columns[column]), column)
        if (size and word not in _TURNS) or (size is not None and unit not in {"deg", ""}):
            raise BadCell("not_a_number", column)
        values[field] = None if size is None else _TURNS.get(word, 1) * size
    return values, units


def _cell(text: str, column: str) -> tuple[str, Decimal | None, str]:
    """Word, size and unit of a cell; the size is ``None`` when nothing was measured."""
    if text in {"", "-"}:
        return "", None, ""
    match = _CELL.fullmatch(text)
    if match is None:
        raise BadCell("not_a_number", column)
    return (match[1] or "").lower(), Decimal(match[2]), (match[3] or "").lower()


def _has_patient(context: Context) -> bool:
    declaration = context.declaration
    return "patient_id" in declaration.columns or "patient_id" in declaration.constants


KIND: Final = Kind(
    "mosaiq_images",
    "shifts",
    read_mosaiq_images,
    mosaiq_images_needs,
    sign=re.compile(r"\t\"?(?:Sup|Inf) +\d+(?:\.\d+)? *[cm]m\b"),
)
