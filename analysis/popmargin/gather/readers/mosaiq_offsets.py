"""Floor 2: MOSAIQ table ``Offset`` as exported by a query: one row an offset.

All offsets of a session are measurements, not only the first, and an offset of zero is one too.
An offset of type 2 (localisation) is the systematic correction after trending, not a measurement:
it is set aside, and where the source says so it is carried by the images that follow.

Assumptions: ``Version`` 0 is the current one; states 1 (active) and 2 (complete) both count.
Limits: the table states no unit, and not whether it holds errors or corrections; both are
declared, and so is the side on which ``Lateral_Offset`` is positive. Rotations are not read.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from popmargin.core.flags import Flag
from popmargin.gather.context import Context, needed, stated
from popmargin.gather.conventions import to_patient_axes
from popmargin.gather.delimited import Row, rows_of
from popmargin.gather.fields import BadCell, moment, number
from popmargin.gather.kind import Kind
from popmargin.gather.options import ask_for
from popmargin.gather.record import Reading, Record, damaged
from popmargin.gather.source_file import DamagedFile, SourceFile

_FIELDS: Final = ("Superior_Offset", "Anterior_Offset", "Lateral_Offset")
_LOCALISATION: Final = "2"
_MEASURED: Final = {"3", "4"}  # portal image, third party
_STATES: Final = {"", "1", "2"}
_CARRIED: Final = ("lr_mm", "si_mm", "ap_mm")
COLUMNS: Final = {"patient_id": "Pat_ID1", "plan": "SIT_SET_ID", "acquired_at": "Study_DtTm"}


def mosaiq_offsets_needs(context: Context) -> dict[str, str]:
    """Config lines that the Offset table needs and the source does not have."""
    return stated(context, "timing", "quantity") | needed("mosaiq_offsets", context)


def read_mosaiq_offsets(files: Sequence[SourceFile], context: Context) -> Reading:
    """Offsets of the MOSAIQ table, one record a row.

    Parameters: delimited exports with the columns of the table, and of the patient's id; what
    the source declares. Raises `RefusedInput` when the source does not declare enough.
    """
    ask_for(context.declaration.label, mosaiq_offsets_needs(context))
    reading = Reading()
    columns = COLUMNS | dict(context.declaration.columns)
    kinds: dict[int, str] = {}
    for file in files:
        try:
            text = file.read_text(context.declaration.encoding)
            separator = context.declaration.separator or _separator(text)
            rows = list(rows_of(text, separator, file.name, first=_FIELDS))
        except DamagedFile as error:
            reading.records.append(damaged(file, error))
            continue
        if not rows:
            reading.records.append(Record(file.place(), reason="no_rows"))
        for row in rows:
            record = _record(file, row, columns, context)
            reading.records.append(record)
            kinds[id(record)] = "" if record.reason else row.cell("Offset_Type")
    _judge_localisation(reading, kinds, context)
    return reading


def _record(file: SourceFile, row: Row, columns: dict[str, str], context: Context) -> Record:
    record = Record(file.place(row.line))
    try:
        if row.cell("Version") not in {"", "0"}:
            raise BadCell("old_version", "")
        kind = row.cell("Offset_Type")
        if kind not in {_LOCALISATION, *_MEASURED} or row.cell("Offset_State") not in _STATES:
            raise BadCell("unknown_type", "")
        decimal = context.declaration.decimal
        offsets = {name: number(row.cell(name), name, decimal) for name in _FIELDS}
        if all(value is None for value in offsets.values()):
            raise BadCell("no_match", "")
        when = row.cell(columns["acquired_at"])
        wanted = context.declaration.date_format or "%Y-%m-%d %H:%M:%S"
        patient = context.patient_id(file, row.cell(columns["patient_id"]))
        record.identity = (patient, row.cells)
        record.values = {
            "patient_id": patient,
            "plan": row.cell(columns["plan"]),
            "acquired_at": _moment(when, wanted) if when else None,
            **{name: row.cell(columns[name]) for name in ("fraction", "course") if name in columns},
            "quantity": context.declaration.quantity or context.declaration.constants["quantity"],
            **to_patient_axes(
                "mosaiq_offsets",
                offsets,
                units=context.declaration.units,
                signs=context.declaration.signs,
            ),
        }
    except BadCell as error:
        record.set_aside(error)
    return record


def _judge_localisation(reading: Reading, kinds: dict[int, str], context: Context) -> None:
    """Set systematic corrections aside; let the images after them carry them if so declared."""
    by_plan: dict[tuple[Any, ...], list[Record]] = defaultdict(list)
    for record in reading.records:
        if not record.reason:
            key = (record.values["patient_id"], record.values["plan"])
            by_plan[key].append(record)
    found = 0
    for members in by_plan.values():
        members.sort(key=lambda record: record.values["acquired_at"] or datetime.max)
        carried: dict[str, float] = {}
        for record in members:
            if kinds[id(record)] == _LOCALISATION:
                found += 1
                record.reason = "localisation_offset"
                carried = {n: record.values[n] or 0.0 for n in _CARRIED if n in record.values}
            elif carried and context.options.localisation_offsets == "carried":
                turn = -1.0 if record.values["quantity"] == "couch_shift" else 1.0
                signs = context.declaration.signs
                record.values |= {
                    f"carried_{name}": turn * signs.get(name, 1) * value
                    for name, value in carried.items()
                }
    if not found:
        return
    if context.options.localisation_offsets == "carried":
        reading.assumptions.append(
            "the last localisation offset of a patient and site is the whole correction in force"
        )
    else:
        message = (
            f"{found} systematic corrections stand in the table: images after them hold what was "
            "left; declare localisation_offsets: carried to have them added back"
        )
        flag = Flag("corrections_in_force", "warn", message, file=context.declaration.label)
        reading.flags.append(flag)


def _moment(text: str, date_format: str) -> datetime:
    # Databases write milliseconds where the export keeps them.
    whole, _, fraction = text.partition(".")
    return moment(whole if fraction.isdigit() and "%f" not in date_format else text, date_format)


def _separator(text: str) -> str:
    """The separator of the header line: a tab, a semicolon or a comma."""
    head = next((line for line in text.split("\n") if _FIELDS[0] in line), "")
    return next((mark for mark in ("\t", ";") if mark in head), ",")


KIND: Final = Kind(
    "mosaiq_offsets",
    "shifts",
    read_mosaiq_offsets,
    mosaiq_offsets_needs,
    sign=re.compile(r"^(?=[^\n]*\bSuperior_Offset\b)[^\n]*\bOffset_Type\b", re.MULTILINE),
    states_unit=False,
)
