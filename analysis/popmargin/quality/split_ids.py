"""One patient under two ids: ids that differ in writing only, courses that another id continues.

Split ids do not move the margin but count a patient twice, so that intervals are too narrow. Ids
are compared without case, leading zeros and marks, which pseudonyms keep apart from the rest. A
course that starts late, where another ends at the fraction before, is a candidate.
Limits: an id typed wrongly in the middle of its letters is not found.
"""

import numpy as np

from popmargin.core.identifiers import look_alike
from popmargin.quality.finding import Finding
from popmargin.quality.rows import PositionRows
from popmargin.quality.thresholds import Thresholds

_LATE_START = 4


def find_split_ids(rows: PositionRows, limits: Thresholds) -> Finding | None:
    """Ids that may be one patient.

    >>> rows = PositionRows.of([0, 1], [1, 1], [[0, 0, 0]] * 2, patient_names=("00123", "123"))
    >>> find_split_ids(rows, Thresholds()).code
    'split_ids'
    """
    alike = dict(_alike(rows))
    candidates = [pair for pair in _continued(rows) if not set(pair) & {*alike, *alike.values()}]
    similar, continued = len(alike), len(candidates)
    if not similar and continued < max(2.0, limits.material_share * rows.units):
        return None
    suspects = np.isin(rows.patient, [*alike, *alike.values(), *sum(candidates, ())])
    # Which late course continues which early one is a guess; ids that look alike are joined.
    patient, unit = rows.patient.copy(), rows.unit.copy()
    for later, first in alike.items():
        patient[rows.patient == later] = first
        unit[rows.patient == later] = rows.unit[rows.patient == first][0]
    repaired = None
    if similar:
        repaired = PositionRows.of(unit, rows.fraction, rows.values, patient=patient)
    message = (
        f"{similar} pairs of ids differ in writing only (case, zeros, marks), {continued} courses "
        "start late where another id's ends: if these are the same patients give them one id, "
        "otherwise intervals are too narrow"
    )
    return Finding("split_ids", "warn", message, suspects, repaired)


def _alike(rows: PositionRows) -> list[tuple[int, int]]:
    """Pairs of patients whose ids look alike: (later, first)."""
    present = np.unique(rows.patient).tolist() if rows.patient_names else []
    first: dict[str, int] = {}
    found = []
    for number in present:
        form = look_alike(rows.patient_names[number])
        if form in first:
            found.append((number, first[form]))
        else:
            first[form] = number
    return found


def _continued(rows: PositionRows) -> list[tuple[int, int]]:
    """Pairs of patients of which one starts late at the fraction after the other's last."""
    patients = np.unique(rows.patient)
    code = np.searchsorted(patients, rows.patient)
    first = np.full(patients.size, np.iinfo(np.int64).max)
    last = np.zeros(patients.size, dtype=np.int64)
    np.minimum.at(first, code, rows.fraction)
    np.maximum.at(last, code, rows.fraction)
    whole = int(np.median(last))
    free = {
        int(end): [int(i) for i in np.flatnonzero((last == end) & (first == 1))]
        for end in np.unique(first[first >= _LATE_START]) - 1
        if end < whole
    }
    found = []
    for late in np.flatnonzero(first >= _LATE_START):
        candidates = free.get(int(first[late]) - 1, [])
        if candidates:
            found.append((int(patients[late]), int(patients[candidates.pop(0)])))
    return found
