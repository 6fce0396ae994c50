"""Two patients under one id: fractions that occur twice and are no more alike than other fractions.

Signs: one fraction on two days; fraction numbers that begin again as time goes on; rows of one
fraction that differ as much as rows of different fractions do (two images of one fraction resemble
each other). Merged patients lower the margin by a fifth. Limits: once the fractions have been
numbered anew, a merged pair looks like a change of reference and is looked for there; two courses
or plans of one patient are no fault where ``course`` and ``plan`` say so.
"""

import numpy as np

from popmargin.quality.finding import Finding, enough
from popmargin.quality.rows import BoolArray, FloatArray, IntArray, PositionRows
from popmargin.quality.thresholds import Thresholds

_FEWEST_REPEATS = 5
_FEWEST_DATED = 2
# Two images of one fraction share the patient's position of the day: their difference varies far
# less than that of two fractions; for two patients it varies at least as much.
_ALIKE = 0.6
# Second images that are this small against the first are residuals, another fault.
_RESIDUAL = 0.5


def find_merged_patients(rows: PositionRows, limits: Thresholds) -> Finding | None:
    """Units that hold two courses.

    >>> rows = PositionRows.of([0] * 4, [1, 2, 1, 2], [[0, 0, 0]] * 4, day=[1.0, 2.0, 50.0, 51.0])
    >>> find_merged_patients(rows, Thresholds()).code
    'merged_patients'
    """
    place = _places(rows)
    dated = _dated_twice(rows)
    units = dated
    if enough(rows, limits):
        units = dated | _unlike_repeats(rows, place)
    count = int(units.sum())
    if count == 0:
        return None
    suspects = units[rows.unit]
    split = rows.unit * 2 + (suspects & (_second_course(rows, place))).astype(np.int64)
    repaired = PositionRows.of(split, rows.fraction, rows.values, patient=split)
    message = (
        f"{count} of {rows.units} units hold fractions twice, on different days or with positions "
        "that are no more alike than those of different fractions: two patients under one id, or "
        "two courses or plans that are not declared; make ids, courses and plans differ"
    )
    blocks = count >= max(2.0, limits.material_share * rows.units)
    severity = "block" if blocks else "warn"
    return Finding("merged_patients", severity, message, suspects, repaired)  # type: ignore[arg-type]


def _places(rows: PositionRows) -> IntArray:
    """How many rows of the same unit, fraction, match and image came before, int64[N]."""
    same = (rows.image, rows.match, rows.fraction, rows.unit)
    order = np.lexsort((rows.index, rows.day, *same))
    new = np.any([np.diff(part[order], prepend=part[order][0] - 1) != 0 for part in same], axis=0)
    starts = np.flatnonzero(new)
    place = np.empty(rows.count, dtype=np.int64)
    place[order] = np.arange(rows.count) - np.repeat(starts, np.diff(np.r_[starts, rows.count]))
    return place


def _dated_twice(rows: PositionRows) -> BoolArray:
    """Units with fractions on days apart, or fraction numbers that fall as time goes on."""
    found = np.zeros(rows.sizes.size, dtype=np.bool_)
    known = np.isfinite(rows.day)
    if not known.any():
        return found
    dated = rows.kept(known)
    order = np.lexsort((dated.day, dated.fraction, dated.unit))
    unit, fraction, day = dated.unit[order], dated.fraction[order], np.floor(dated.day[order])
    same = (unit[1:] == unit[:-1]) & (fraction[1:] == fraction[:-1])
    apart = same & (day[1:] - day[:-1] > 1.0)
    twice = np.bincount(unit[1:][apart], minlength=found.size)
    # Rows are in the order of time here: a number smaller than one before begins a course again.
    back = (dated.unit[1:] == dated.unit[:-1]) & (dated.fraction[1:] < dated.fraction[:-1] - 1)
    again = np.bincount(dated.unit[1:][back], minlength=found.size)
    return np.asarray((twice >= _FEWEST_DATED) | ((again >= 1) & (twice >= 1)))


def _unlike_repeats(rows: PositionRows, place: IntArray) -> BoolArray:
    """Units whose repeated fractions are no more alike than different fractions."""
    found = np.zeros(rows.sizes.size, dtype=np.bool_)
    if not (place > 0).any():
        return found
    # Where days are known they tell; a second set-up of the same day is no other patient.
    order = np.lexsort((place, rows.image, rows.match, rows.fraction, rows.unit))
    order = order[(place[order] <= 1) & ~np.isfinite(rows.day[order])]
    unit, at = rows.unit[order], place[order]
    if not unit.size:
        return found
    values = rows.values[order][:, rows.measured]
    pair = np.flatnonzero((at[1:] == 1) & (at[:-1] == 0))
    within = _squares(values[pair + 1] - values[pair], unit[pair], found.size)
    first = at == 0
    single, owner = values[first], unit[first]
    next_one = owner[1:] == owner[:-1]
    between = _squares((single[1:] - single[:-1])[next_one], owner[1:][next_one], found.size)
    sizes = [_squares(values[pair + step], unit[pair], found.size) for step in (0, 1)]
    repeats = np.bincount(unit[pair], minlength=found.size)
    unlike = (within > _ALIKE * between) & (between > 0.0)
    residual = sizes[1] < _RESIDUAL**2 * sizes[0]
    return np.asarray(unlike & ~residual & (repeats >= _FEWEST_REPEATS))


def _squares(values: FloatArray, unit: IntArray, units: int) -> FloatArray:
    """Mean square of the values of each unit; 0 where it has none."""
    there = np.isfinite(values)
    total = np.bincount(unit, weights=np.where(there, values**2, 0.0).sum(axis=1), minlength=units)
    number = np.bincount(unit, weights=there.sum(axis=1), minlength=units)
    return np.asarray(total / np.maximum(number, 1.0))


def _second_course(rows: PositionRows, place: IntArray) -> BoolArray:
    """Rows of the second of two courses: by time where it is known, else the repeated rows."""
    known = np.isfinite(rows.day)
    second = place > 0
    previous = np.r_[0, rows.fraction[:-1]]
    begins = np.r_[True, rows.unit[1:] != rows.unit[:-1]]
    falls = (~begins) & known & (rows.fraction < previous - 1)
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.r_[starts, rows.count])
    running = np.cumsum(falls)
    fallen = running - np.repeat(running[starts], lengths) > 0
    resets = rows.sums(falls.astype(np.float64)) > 0
    return np.asarray(np.where(resets[rows.unit], fallen, second))
