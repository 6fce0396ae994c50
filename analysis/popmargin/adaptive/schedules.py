"""Schedules of planning again, compared on the logs: none, a fixed week, or when a trigger calls.

A new plan takes the anatomy of the day it was imaged as its reference and is in use some fractions
later. What is left is the distance of each day's anatomy from that of the plan in use, as root mean
square over fractions and patients; the workload is the number of new plans a patient.

Assumptions: one new plan a course at most for a fixed week, any number for triggers; values between
looks are not known and not counted. Limits: distance of anatomy is no dose; a re-plan on a noisy
value carries its noise; patients are the logged ones.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from popmargin.adaptive.triggers import changes_from_planning, of_site, trigger_fits
from popmargin.anatomy.series import Series
from popmargin.core.checks import whole

FloatArray = NDArray[np.float64]


def compare_schedules(
    found: Sequence[Series],
    triggers: Sequence[Mapping[str, Any]],
    *,
    sites: Mapping[str, str] = MappingProxyType({}),
    weeks: Sequence[int] = (2, 3, 4),
    delay_fractions: int = 2,
    confidence_level: float = 0.95,
) -> list[dict[str, Any]]:
    """Rows of contract ``replanning_schedules``, one a series, trigger and schedule.

    Parameters
    ----------
    found : of `popmargin.anatomy.series.series_of`.
    triggers : those to compare; each is taken with every series that it fits.
    sites : site of each patient where known; a trigger looks at the patients of its site.
    weeks : of the fixed schedules (five fractions a week), >= 1.
    delay_fractions : fractions from the image to the use of a new plan, >= 0.
    confidence_level : of the interval over patients.

    Examples
    --------
    >>> compare_schedules([], [])
    []
    """
    whole("delay_fractions", delay_fractions, at_least=0)
    rows = []
    for series in found:
        for trigger in triggers:
            if not trigger_fits(trigger, series) or trigger["change"] == "value":
                continue
            mine = of_site(trigger, series, sites)
            if mine.frame.is_empty():
                continue
            table = changes_from_planning(mine, str(trigger["change"]))
            courses = [
                (part["fraction"].to_numpy(), part["change"].to_numpy())
                for part in table.partition_by("patient_id", "course", maintain_order=True)
            ]
            head = {
                "trigger": trigger["trigger"],
                "structure": series.key[0],
                "side": series.key[1],
                "quantity": series.key[2],
                "unit": trigger["unit"],
                "n_patients": len(courses),
                "delay_fractions": delay_fractions,
            }
            options = [("none", None), *((f"week {week}", 5 * week) for week in weeks)]
            for name, at in [*options, ("triggered", -1)]:
                left = [_follow(f, c, at, trigger, delay_fractions) for f, c in courses]
                rows.append({**head, "schedule": name, **_summary(left, confidence_level)})
    return rows


def _follow(
    fractions: NDArray[np.int64],
    changes: FloatArray,
    at: int | None,
    trigger: Mapping[str, Any],
    delay: int,
) -> tuple[float, int]:
    """Mean squared distance from the plan in use, and the number of new plans."""
    reference, waiting, ready = 0.0, 0.0, -1
    squares, plans = 0.0, 0
    for fraction, change in zip(fractions.tolist(), changes.tolist(), strict=True):
        if 0 <= ready <= fraction:
            reference, ready = waiting, -1
        distance = change - reference
        squares += distance * distance
        fixed = at is not None and at > 0 and plans == 0 and fraction >= at
        if ready < 0 and (fixed or (at == -1 and _calls(trigger, distance))):
            waiting, ready, plans = change, fraction + delay + 1, plans + 1
    return squares / max(1, fractions.size), plans


def _calls(trigger: Mapping[str, Any], change: float) -> bool:
    limit = float(trigger["threshold"])
    beyond = {"loss": -change, "gain": change, "either": abs(change)}
    return beyond[str(trigger["direction"])] > limit


def _summary(left: Sequence[tuple[float, int]], level: float) -> dict[str, Any]:
    n = len(left)
    squares = np.array([square for square, _ in left])
    plans = np.array([count for _, count in left], dtype=np.float64)
    names = ("rms_distance", "rms_distance_low", "rms_distance_high", "plans_per_patient",
             "plans_per_patient_low", "plans_per_patient_high")  # fmt: skip
    if n < 2:
        reason = f"needs 2 patients, found {n}"
        return {**dict.fromkeys(names), "reason": reason}
    t = float(stdtrit(n - 1, 0.5 * (1.0 + level)))
    found = []
    for values, root in ((squares, True), (plans, False)):
        mean = float(values.mean())
        half = t * float(values.std(ddof=1)) / float(np.sqrt(n))
        ends = [mean, max(0.0, mean - half), mean + half]
        found += [float(np.sqrt(e)) for e in ends] if root else ends
    return {**dict(zip(names, found, strict=True)), "reason": None}
