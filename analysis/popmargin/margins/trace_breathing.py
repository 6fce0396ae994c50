"""Breathing as a random error of the budget, from traces in place of an amplitude.

Along each axis the SD is the root mean square, over patients, of the time-weighted SDs of their
traces about the mean position, slow drift left out (that is an error of its own). No ratio of SD
to amplitude is assumed.

Assumes a plan on the mean position, patients who stand for those to come, and traces that were
taken under the conditions of treatment. Limits: those of `popmargin.motion.trace_summaries`; the
degrees of freedom are those of a mean of patient variances (Satterthwaite), at most patients - 1.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import RefusedInput
from popmargin.margins.error_budget import ErrorComponent

_FEWEST_PATIENTS: Final = 2


def trace_breathing(
    trace_summaries: Iterable[Mapping[str, Any]], groups: Sequence[str] | None = None
) -> ErrorComponent:
    """Breathing as a random component, from rows of contract ``trace_summaries``.

    Parameters
    ----------
    trace_summaries : rows with ``patient_id``, ``axis``, ``sd_mm`` and ``reason``; unusable
        traces are left out.
    groups : labels of the groups that breathe so; all without.

    Raises
    ------
    RefusedInput
        When an axis has usable traces of fewer than two patients, or no trace has an axis at all.

    Examples
    --------
    >>> rows = [{"patient_id": p, "axis": axis, "sd_mm": sd, "reason": None}
    ...     for p, sd in (("a", 3.0), ("b", 4.0)) for axis in ("lr", "si", "ap")]
    >>> part = trace_breathing(rows)
    >>> round(part.si_mm, 3), part.degrees_of_freedom
    (3.536, 1.0)
    """
    by_axis: dict[str, dict[str, list[float]]] = {axis: {} for axis in TRANSLATIONS}
    traces = 0
    for row in trace_summaries:
        if row["reason"] is None and row["axis"] in by_axis:
            by_axis[row["axis"]].setdefault(row["patient_id"], []).append(row["sd_mm"] ** 2)
            traces += row["axis"] == TRANSLATIONS[-1]
    sds: list[float] = []
    freedoms: list[float] = []
    for axis, patients in by_axis.items():
        if len(patients) < _FEWEST_PATIENTS:
            expected = f"traces along {', '.join(TRANSLATIONS)} of at least two patients"
            remedy = "declare the columns of the three axes, or state the amplitude"
            raise RefusedInput("traces", expected, f"{len(patients)} along {axis}", remedy)
        variances = np.array([np.mean(values) for values in patients.values()])
        sds.append(float(np.sqrt(variances.mean())))
        freedoms.append(_degrees_of_freedom(variances))
    lr, si, ap = sds
    words = f"{traces} traces of {min(map(len, by_axis.values()))} patients"
    return ErrorComponent("breathing", "random", lr, si, ap, words, min(freedoms), groups=groups)


def _degrees_of_freedom(variances: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """Of the mean of the patients' variances: fewer the more these differ."""
    most = len(variances) - 1.0
    spread = float(variances.var(ddof=1)) / len(variances)
    if spread <= 0.0:
        return most
    return float(np.clip(2.0 * float(variances.mean()) ** 2 / spread, 1.0, most))
