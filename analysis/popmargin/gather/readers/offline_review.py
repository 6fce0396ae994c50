"""Floor 2: Varian Offline Review raw data (tab-separated text), both dialects of its header.

Eleven lines with name and id, one of column names (``Lng`` or ``Long``, ``Rtn`` or ``Rot``), one of
units, then one line an image. The couch shift is ``Treatment Pos`` minus ``Couch``, or a column of
matches that Varian computes the same way; which one is declared.

Assumptions: a lateral reading above 50 cm is a negative one (it wraps at 1000 cm); ``Date`` and
``Time`` that stand first are those of the image; ids keep their leading zeros. Limits: only the
scale VAR_IEC is read, whose vertical direction must be declared; the fraction counter restarts
with the plan, so the plan is part of the key.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from popmargin.core.exceptions import RefusedInput
from popmargin.gather.context import Context, needed, remarks, stated
from popmargin.gather.conventions import to_patient_axes
from popmargin.gather.fields import BadCell, moment, number
from popmargin.gather.kind import Kind
from popmargin.gather.options import ask_for
from popmargin.gather.record import Reading, Record, damaged
from popmargin.gather.source_file import DamagedFile, SourceFile

SCALE: Final = re.compile(r"Raw Data \(Scale: *([^)]*)\)")
_FIELDS: Final = ("Vrt", "Lng", "Lat", "Pitch", "Roll", "Rtn")
_DIALECT: Final = {"Long": "Lng", "Rot": "Rtn"}
_COLUMNS: Final = dict(
    zip(_FIELDS, ("ap_mm", "si_mm", "lr_mm", "pitch_deg", "roll_deg", "yaw_deg"), strict=True)
)
_WAYS: Final = {
    "treatment_position": "Treatment Pos",
    "online_match": "Online Match",
    "offline_match": "Offline Match",
}
_UNITS: Final = {"cm": "cm", "mm": "mm", "deg": "deg"}
_WRAP_OVER_CM: Final = 50
_WRAP_CM: Final = 1000
_MAX_HEADER_LINES: Final = 40


def offline_review_needs(context: Context) -> dict[str, str]:
    """Config lines that Offline Review needs and the source does not have."""
    lines = stated(context, "timing") | needed("offline_review", context)
    if context.options.error_from not in _WAYS:
        lines["error_from"] = "treatment_position   # or online_match, offline_match"
    return lines


def read_offline_review(files: Sequence[SourceFile], context: Context) -> Reading:
    """Couch shifts of Offline Review exports, one record an image.

    Parameters: text files that begin with ``Raw Data``; what the source declares.
    Raises `RefusedInput` for another scale or unit, or when the source does not declare enough.
    """
    ask_for(context.declaration.label, offline_review_needs(context))
    reading = Reading()
    columns: set[str] = set()
    for file in files:
        try:
            lines = file.read_text(context.declaration.encoding).split("\n")
            layout = _Layout(file, lines)
        except DamagedFile as error:
            reading.records.append(damaged(file, error))
            continue
        if not layout.rows:
            reading.records.append(Record(file.place(), reason="no_rows"))
        for line, cells in layout.rows:
            record = _record(file, line, cells, layout, context)
            columns.update(record.values)
            reading.records.append(record)
    reading.flags = remarks("offline_review", columns, context)
    way = _WAYS[context.options.error_from or "treatment_position"]
    shift = "Treatment Pos minus Couch" if way == "Treatment Pos" else f"the columns {way}"
    reading.assumptions = [f"the couch shift is {shift} of each image"]
    return reading


class _Layout:
    """Where the columns of one export stand, and its rows."""

    def __init__(self, file: SourceFile, lines: Sequence[str]) -> None:
        scale = SCALE.match(lines[0].lstrip("\ufeff")) if lines else None
        if scale is None:
            remedy = "export Raw Data again"
            raise DamagedFile(f"{file.name}, line 1", "Raw Data (Scale: ...)", "other text", remedy)
        if scale[1].strip() != "VAR_IEC":
            raise RefusedInput(
                f"{file.name}, line 1", "scale VAR_IEC", ascii(scale[1][:40]), "export in VAR_IEC"
            )
        self.rows: list[tuple[int, list[str]]] = []
        self.patient_id = ""
        head: list[str] = []
        units: list[str] = []
        for line, text in enumerate(lines, start=1):
            cells = [cell.strip() for cell in text.split("\t")]
            if units:
                if any(cells):
                    self.rows.append((line, cells))
            elif head:
                units = cells
            elif cells[0] == "Image ID":
                head = cells
            elif text.startswith("Patient ID:"):
                self.patient_id = text.partition(":")[2].strip()
            elif line > _MAX_HEADER_LINES:
                break
        if not units:
            expected = "a line of column names and one of units"
            raise DamagedFile(file.name, expected, "none", "export Raw Data again")
        self.width = len(head)
        self.places = _places(head)
        self.units = _units(file, self.places, units)

    def cell(self, cells: Sequence[str], name: str) -> str:
        """Cell of the first column of that name; empty where there is none."""
        place = self.places.get(name)
        return "" if place is None else cells[place]


def _places(head: Sequence[str]) -> dict[str, int]:
    """Column -> its first place, both dialects under one name."""
    places: dict[str, int] = {}
    for place, name in enumerate(head):
        first, _, last = name.rpartition(" ")
        places.setdefault(f"{first} {_DIALECT.get(last, last)}".strip(), place)
    return places


def _units(file: SourceFile, places: Mapping[str, int], units: Sequence[str]) -> dict[str, str]:
    """Field -> unit; all groups of columns must agree."""
    found: dict[str, str] = {}
    for group in ("Couch", *_WAYS.values()):
        for name in _FIELDS:
            place = places.get(f"{group} {name}")
            if place is None:
                continue
            cell = units[place].strip("[]() ") if place < len(units) else ""
            unit = _UNITS.get(cell, "")
            angle = name in _FIELDS[3:]
            if not unit or (unit == "deg") != angle or found.setdefault(name, unit) != unit:
                expected = "one unit of each axis: [cm] or [mm], [deg]"
                where = f"{file.name}, column {group} {name}"
                raise RefusedInput(where, expected, ascii(cell[:20]), "export Raw Data again")
    return found


def _record(
    file: SourceFile, line: int, cells: list[str], layout: _Layout, context: Context
) -> Record:
    record = Record(file.place(line))
    try:
        if len(cells) != layout.width:
            raise BadCell("ragged_row", "")
        shift = _shift(cells, layout, context)
        if all(shift[name] is None for name in _FIELDS[:3]):
            raise BadCell("no_match", "")
        patient = context.patient_id(file, layout.patient_id)
        record.identity = (patient, "\t".join(cells))
        record.values = {
            "patient_id": patient,
            "course": layout.cell(cells, "Course ID"),
            "plan": layout.cell(cells, "Plan ID"),
            "fraction": layout.cell(cells, "Fraction"),
            "acquired_at": _moment(cells, layout, context.declaration.date_format),
            "quantity": "couch_shift",
            **to_patient_axes(
                "offline_review",
                shift,
                patient_position=context.options.patient_position,
                units={_COLUMNS[name]: unit for name, unit in layout.units.items()},
                signs=context.declaration.signs,
            ),
        }
    except BadCell as error:
        record.set_aside(error)
    return record


def _shift(cells: list[str], layout: _Layout, context: Context) -> dict[str, Decimal | None]:
    """What the couch did, in the export's own axes and units."""
    way = _WAYS[context.options.error_from or "treatment_position"]
    shift: dict[str, Decimal | None] = {}
    for name in _FIELDS:
        found = _position(cells, layout, way, name, context)
        if way == "Treatment Pos" and found is not None:
            start = _position(cells, layout, "Couch", name, context)
            found = None if start is None else found - start
        shift[name] = found
    return shift


def _position(
    cells: list[str], layout: _Layout, group: str, name: str, context: Context
) -> Decimal | None:
    column = f"{group} {name}"
    found = number(layout.cell(cells, column), column, context.declaration.decimal)
    if found is not None and name == "Lat" and layout.units.get(name) == "cm":
        found -= _WRAP_CM if found > _WRAP_OVER_CM else 0
    return found


def _moment(cells: list[str], layout: _Layout, date_format: str | None) -> object:
    day, time = layout.cell(cells, "Date"), layout.cell(cells, "Time")
    if not day:
        return None
    wanted = date_format or "%d-%m-%Y"
    if "%H" not in wanted and "%I" not in wanted:
        wanted += " %H:%M:%S"
    return moment(f"{day} {time}", wanted)


KIND: Final = Kind(
    "offline_review",
    "shifts",
    read_offline_review,
    offline_review_needs,
    sign=re.compile(r"\A\ufeff?Raw Data \(Scale:"),
    quantity=lambda _: "couch_shift",
)
