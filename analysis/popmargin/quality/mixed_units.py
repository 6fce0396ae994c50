"""Patients logged in another unit: scales of the patients' scatter that fall into two sets.

Each patient's scale is the root mean square of the deviations from the patient's median, over all
axes, without the largest tenth. Patients in cm among patients in mm have a tenth of it. Two sets
are named where a gap parts them and their typical scales differ by a factor near ten. Limits: a
whole table in the wrong unit looks like a table of other patients; one patient alone only warns.
"""

import numpy as np

from popmargin.core.axes import TRANSLATIONS
from popmargin.quality.finding import Finding, enough
from popmargin.quality.rows import FloatArray, PositionRows
from popmargin.quality.thresholds import Thresholds

# Single gross values must not make a patient's scale: its largest tenth is left out.
_KEPT_SHARE = 0.9
_FEWEST_VALUES = 6
# Share of the smaller set that may lie between: in large tables no gap stays empty.
_STRAYS = 0.02


def find_mixed_units(rows: PositionRows, limits: Thresholds) -> Finding | None:
    """Patients whose scatter is about a tenth of that of the others.

    >>> find_mixed_units(PositionRows.of([0], [1], [[0.0, 0.0, 0.0]]), Thresholds())
    """
    if not enough(rows, limits):
        return None
    scale = _unit_scales(rows)
    known = np.flatnonzero(scale > 0.0)
    if known.size < limits.fewest_units:
        return None
    logs = np.log(scale[known])
    order = np.argsort(logs, kind="stable")
    ordered = logs[order]
    best = _split(ordered, limits)
    if not best:
        return None
    small = known[order[:best]]
    minority = min(best, known.size - best)
    ratio = float(np.exp(np.median(ordered[best:]) - np.median(ordered[:best])))
    suspects = np.isin(rows.unit, small)
    scaled = np.where(suspects[:, None], rows.values * 10.0, rows.values)
    repaired = PositionRows.of(rows.unit, rows.fraction, scaled, patient=rows.patient)
    message = (
        f"{best} of {known.size} patients scatter {ratio:.0f} times less than the others: it seems "
        "that some are logged in cm and some in mm; declare the unit of each source"
    )
    severity = "block" if minority >= 2 else "warn"
    return Finding("mixed_units", severity, message, suspects, repaired)  # type: ignore[arg-type]


def _split(ordered: FloatArray, limits: Thresholds) -> int:
    """How many of the ordered log scales make the lower set; 0 where there are no two sets."""
    width = float(np.log(limits.unit_gap))
    low, high = np.log(limits.unit_ratio_low), np.log(limits.unit_ratio_high)
    upper = np.searchsorted(ordered, ordered + width)
    best, emptiest = 0, (1.0, 0.0)
    for lower, start in enumerate(upper[:-1].tolist(), start=1):
        smaller = min(lower, ordered.size - start)
        between = start - lower
        if smaller < 1 or between > _STRAYS * smaller:
            continue
        ratio = np.median(ordered[start:]) - np.median(ordered[:lower])
        rank = (between / smaller, float(ordered[lower - 1] - ordered[start]))
        if low <= ratio <= high and rank < emptiest:
            # Those between go to the nearer set.
            middle = 0.5 * (ordered[lower - 1] + ordered[start])
            best, emptiest = int(np.searchsorted(ordered, middle)), rank
    return best


def _unit_scales(rows: PositionRows) -> FloatArray:
    """Root mean square deviation of each unit in scales of its axes; 0 where it says nothing."""
    sizes = np.full(rows.values.shape, np.nan)
    for axis in np.flatnonzero(rows.measured):
        deviation = rows.deviations[:, axis]
        there = np.isfinite(deviation) & (rows.sizes[rows.unit] > 1)
        spread = float(rows.scales[axis])
        if spread == 0.0 and there.any():
            spread = float(np.sqrt(np.mean(deviation[there] ** 2)))
        if spread > 0.0:
            sizes[there, axis] = np.abs(deviation[there]) / spread
    there = np.isfinite(sizes).ravel()
    unit, size = np.repeat(rows.unit, len(TRANSLATIONS))[there], sizes.ravel()[there]
    order = np.lexsort((size, unit))
    unit, size = unit[order], size[order]
    numbers = np.bincount(unit, minlength=rows.sizes.size)
    rank = np.arange(unit.size) - (np.cumsum(numbers) - numbers)[unit]
    kept = rank < _KEPT_SHARE * numbers[unit]
    squares = np.bincount(unit[kept], weights=size[kept] ** 2, minlength=numbers.size)
    used = np.bincount(unit[kept], minlength=numbers.size)
    return np.where(numbers >= _FEWEST_VALUES, np.sqrt(squares / np.maximum(used, 1)), 0.0)
