"""Rows that stand twice: equal positions in one fraction, or the same course under two ids.

Duplicates do not move the margin but count the same image twice, so that intervals are too narrow.
Rows of one fraction that are equal on all axes are duplicates where nearly all repeated rows are
equal; where values are fine no two images are equal by chance. Limits: on coarse grids two images
of one fraction may well be equal and are then not told from duplicates.
"""

import numpy as np

from popmargin.core.flags import Severity
from popmargin.quality.finding import Finding
from popmargin.quality.rows import BoolArray, PositionRows
from popmargin.quality.thresholds import Thresholds

_NEARLY_ALL = 0.9
_FEWEST_FRACTIONS = 3


def find_duplicates(rows: PositionRows, limits: Thresholds) -> Finding | None:
    """Rows that repeat another row.

    >>> rows = PositionRows.of([0, 0], [1, 1], [[1.5, 0.5, 2.5]] * 2)
    >>> find_duplicates(rows, Thresholds()).suspects.tolist()
    [False, True]
    """
    values = np.nan_to_num(rows.values, nan=np.inf)
    same = (rows.match, rows.fraction, rows.unit)
    order = np.lexsort((rows.index, *values.T[::-1], *same))
    same_fraction = np.all([np.diff(part[order]) == 0 for part in same], axis=0)
    same_values = (values[order][1:] == values[order][:-1]).all(axis=1)
    measured = np.asarray(np.isfinite(rows.values).any(axis=1))[order][1:]
    equal = same_fraction & same_values & measured
    repeated = int(same_fraction.sum())
    suspects = np.zeros(rows.count, dtype=np.bool_)
    if equal.sum() >= _NEARLY_ALL * max(1, repeated):
        suspects[order[1:][equal]] = True
    courses = _same_courses(rows)
    suspects |= courses
    if not suspects.any():
        return None
    share = float(suspects.mean())
    double = int(np.unique(rows.unit[courses]).size)
    under = f", among them {double} whole courses under a second id" if double else ""
    message = (
        f"{int(suspects.sum())} rows ({share:.0%}) repeat another row{under}: they carry no "
        "information and make intervals too narrow; export each image once"
    )
    severity: Severity = "warn" if share >= limits.material_share else "info"
    if double and share >= limits.material_share:
        severity = "block"
    return Finding("duplicate_rows", severity, message, suspects, rows.kept(~suspects))


def _same_courses(rows: PositionRows) -> BoolArray:
    """Rows of units that hold the same fractions and positions as an earlier one."""
    values = np.nan_to_num(rows.values, nan=1e6)
    starts = np.flatnonzero(np.r_[True, np.diff(rows.unit) != 0])
    stops = np.r_[starts[1:], rows.count]
    seen: set[bytes] = set()
    found = np.zeros(rows.count, dtype=np.bool_)
    for start, stop in zip(starts, stops, strict=True):
        part = values[start:stop]
        varied = (part.max(axis=0) > part.min(axis=0)).any()
        if stop - start < _FEWEST_FRACTIONS or not varied:
            continue
        course = rows.fraction[start:stop].tobytes() + part.tobytes()
        found[start:stop] = course in seen
        seen.add(course)
    return found
