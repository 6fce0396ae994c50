"""The logged errors of each group as courses: what its patients were really exposed to.

Assumptions and limits: those of `popmargin.margins.empirical_coverage`; a fraction that lacks an
axis is left out, and with it a patient who has no complete fraction.
"""

import polars as pl

from popmargin.margins.minimum_dose import Courses, courses_of

_AXES = ("lr_mm", "si_mm", "ap_mm")
_UNIT = ("patient_id", "course", "plan")


def logged_courses(selected: pl.DataFrame) -> dict[str, Courses]:
    """Courses by group: one of each patient, course and plan with a complete fraction.

    Parameters
    ----------
    selected : chosen images with ``group``, ``patient_id``, ``course``, ``plan`` and the errors
        ``lr_mm``, ``si_mm``, ``ap_mm``; axes that nobody measured may be absent.

    Returns
    -------
    Groups without a complete fraction are absent.

    Examples
    --------
    >>> rows = pl.DataFrame({"group": ["a", "a"], "patient_id": ["1", "1"], "course": [1, 1],
    ...     "plan": [1, 1], "lr_mm": [1.0, 2.0], "si_mm": [0.0, 0.0], "ap_mm": [0.0, None]})
    >>> logged_courses(rows)["a"].shifts_mm.tolist()
    [[1.0, 0.0, 0.0]]
    """
    if not set(_AXES) <= set(selected.columns):
        return {}
    found = {}
    complete = selected.drop_nulls(_AXES)
    keys = [name for name in _UNIT if name in selected.columns]
    for (group,), rows in complete.partition_by("group", as_dict=True).items():
        units = rows.partition_by(keys, maintain_order=True)
        found[str(group)] = courses_of([unit.select(_AXES).to_numpy() for unit in units])
    return found
