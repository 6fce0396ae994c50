"""Floor 2: which column of an unknown table is which, by its name, and what its cells suggest.

A name that fits is a proposal that the config shows. What changes a number (unit, sign, what the
numbers are) is only ever asked for, with what the cells suggest beside the question.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from popmargin.tables.column import FORMATS_APART
from popmargin.tables.unit_names import stated_unit

# Letters and digits of names in use, by canonical column; words that only say what kind of number
# it is ("Couch Lat", "delta x") are left out before.
_FILLERS: Final = frozenset(
    [
        "couch",
        "table",
        "shift",
        "shifts",
        "delta",
        "error",
        "err",
        "offset",
        "displacement",
        "setup",
        "match",
        "position",
        "pos",
    ]
)
_NAMES: Final[Mapping[str, str]] = {
    "patient_id": "patientid patient patid patid1 pid mrn id ptid subject subjectid hospitalnumber "
    "casenumber urn fallnummer patientennummer patientnummer patnr patno patnum caseno",
    "fraction": "fraction fx fxno fxnr fxnumber fractionnumber fractionno fractionnr frac "
    "sessionnumber fraktion",
    "lr_mm": "lr rl lat lateral leftright rightleft x dx latshift lateralshift dlat",
    "si_mm": "si is cc lng long longitudinal superiorinferior craniocaudal y dy longshift dlng",
    "ap_mm": "ap pa vrt vert vertical anteriorposterior anteroposterior z dz vertshift dvrt "
    "vertikal",
    "pitch_deg": "pitch",
    "roll_deg": "roll",
    "yaw_deg": "yaw rtn rot rotation",
    "acquired_at": "acquiredat acquired date datetime datum studydate imagedate sessiondate",
    "site": "site diagnosis tumoursite tumorsite region lokalisation",
    "centre": "centre center institution hospital clinic",
    "course": "course courseid",
    "plan": "plan planid planname",
    "image": "image imagenumber",
    "quantity": "quantity",
    "timing": "timing",
    "modality": "modality",
    "surrogate": "surrogate",
}
_DATES: Final = ("%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d")
_MOST_CELLS: Final = 0.9
_TIMES: Final = ("", " %H:%M", " %H:%M:%S", " %I:%M %p")
_POINT: Final = re.compile(r"[+-]?\d*\.\d+")
_COMMA: Final = re.compile(r"[+-]?\d*,\d+")


@dataclass(frozen=True, slots=True)
class Guess:
    """A column of the file that may be a canonical one.

    ``unit`` as the name states it, ``None`` where it does not.
    """

    column: str
    unit: str | None


def guess_columns(
    names: Sequence[str], known: Mapping[str, str] | None = None
) -> dict[str, list[Guess]]:
    """Canonical column -> columns of the file whose names fit; several where it cannot be told.

    ``known``: names in use by canonical column, those of a shifts table where None.

    >>> guess_columns(["MRN", "Fx", "Lat [cm]"])["lr_mm"]
    [Guess(column='Lat [cm]', unit='cm')]
    >>> guess_columns(["Couch Vrt (mm)"])["ap_mm"]
    [Guess(column='Couch Vrt (mm)', unit='mm')]
    """
    found: dict[str, list[Guess]] = {}
    for column in names:
        unit, name = stated_unit(column)
        words = re.findall(r"[a-z0-9]+", name.lower())
        written = {"".join(words), "".join(word for word in words if word not in _FILLERS)}
        for canonical, in_use in (known or _NAMES).items():
            if not written.isdisjoint(in_use.split()):
                found.setdefault(canonical, []).append(Guess(column, unit))
    return found


def decimal_of(cells: Sequence[str]) -> str | None:
    """Decimal mark of numbers as text: point, comma, or ``None`` when both or neither stand there.

    >>> decimal_of(["1,25", "-3"]), decimal_of(["1", "2"])
    (',', None)
    """
    marks = {"." for cell in cells if _POINT.fullmatch(cell)}
    marks |= {"," for cell in cells if _COMMA.fullmatch(cell)}
    return marks.pop() if len(marks) == 1 else None


def are_numbers(cells: Sequence[str]) -> bool:
    """Whether nearly all filled cells are numbers, whatever their decimal mark.

    >>> are_numbers(["1,5", "", "-3"]), are_numbers(["03.04.2024", "7"])
    (True, False)
    """
    filled = [cell for cell in cells if cell]
    fits = [bool(re.fullmatch(r"[+-]?\d*[.,]?\d+", cell)) for cell in filled]
    return bool(filled) and sum(fits) >= 0.9 * len(filled)


def largest_of(cells: Sequence[str]) -> float | None:
    """Largest size of the numbers among the cells, whatever their decimal mark."""
    sizes = []
    for cell in cells:
        try:
            sizes.append(abs(float(cell.replace(",", "."))))
        except ValueError:
            continue
    return max(sizes, default=None)


def date_formats(cells: Sequence[str]) -> list[str]:
    """Formats that most filled cells fit; two where days and months cannot be told apart.

    A few cells may be broken: ``popmargin check`` names them.

    >>> date_formats(["03/04/2024", "05/06/2024"])
    ['%d/%m/%Y', '%m/%d/%Y']
    >>> date_formats(["2024-01-08"] * 3 + ["11.01.2024"])
    ['%Y-%m-%d | %d.%m.%Y']
    """
    # Dates that are dates in a workbook come as ISO 8601, which needs no format.
    filled = [cell.replace("T", " ", 1) for cell in cells if cell]
    if filled and all(_fits(cell, f"{_DATES[0]} %H:%M:%S") for cell in filled):
        return [_DATES[0]]
    best = _best_formats(filled)
    if len(best) == 1:
        # What does not fit was written by somebody else, in one way of his own.
        other = _best_formats([cell for cell in filled if not _fits(cell, best[0])])
        if len(other) == 1:
            return [FORMATS_APART.join([*best, *other])]
    fitting = sum(_fits(cell, best[0]) for cell in filled) if best else 0
    return best if fitting >= _MOST_CELLS * len(filled) else []


def _best_formats(cells: Sequence[str]) -> list[str]:
    """Formats that the most cells fit; none where no cell fits any."""
    formats = [day + time for day in _DATES for time in _TIMES]
    fitting = {known: sum(_fits(cell, known) for cell in cells) for known in formats}
    most = max(fitting.values())
    return [known for known in formats if fitting[known] == most > 0]


def _fits(cell: str, known: str) -> bool:
    try:
        datetime.strptime(cell, known)
    except ValueError:
        return False
    return True
