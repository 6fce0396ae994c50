"""What margins cover under each replayed protocol: its own, and the one in use.

Assumptions and limits: those of `popmargin.margins.study_coverage`, with the errors that the
protocol leaves in place of the uncorrected ones. The simulated share takes these for normal, which
below a threshold they are not; the share of the logged patients, each with the errors that the
protocol would have left at his own fractions, does not. It is not given where an online correction
leaves a random residual, because nothing is drawn. Where hardly any systematic error is left, all
patients are alike: the share then turns from none to all within tenths of a millimetre of margin,
although the dose falls short by less than one per cent.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from popmargin.margins.coverage_question import CoverageQuestion
from popmargin.margins.group_errors import group_errors
from popmargin.margins.minimum_dose import Courses as DoseCourses
from popmargin.margins.minimum_dose import courses_of
from popmargin.margins.study_coverage import estimate_margin_coverage
from popmargin.protocols.courses import Courses
from popmargin.protocols.remarks import describe_left
from popmargin.protocols.replayed import PHASES, Replayed


def protocol_coverage(
    done: Replayed,
    courses: Courses,
    question: CoverageQuestion,
    *,
    group: str,
    withheld: bool = False,
) -> list[dict[str, Any]]:
    """Rows of contract ``protocol_coverage`` (without the group columns) of one protocol.

    Parameters
    ----------
    done : the protocol, replayed with its errors kept.
    courses : what it was replayed on.
    question : target, course and margins; the first recipe is judged, and the margin in use.
    group : label of the patients.
    withheld : a blocking flag stands: every number is empty with that reason.

    Returns
    -------
    Per phase a row of kind ``recipe`` and, where a margin is in use, ``present``; the settled
    phase only where it is not the whole course. None where the protocol could not be replayed.
    """
    if done.applied is None:
        return []
    phases = list(PHASES)
    if (done.applied.sizes[:, 0] == done.applied.sizes[:, 1]).all():
        phases = ["course"]
    wanted = [e for e in done.estimates if e.source.columns["phase"] in phases]
    covers = describe_left(done.protocol)
    left = group_errors(wanted, covers=covers, seed=question.seed)
    logs = {}
    for phase in phases:
        found = residual_courses(done, courses, phase)
        if found is not None:
            logs[f"{done.text}, {phase}"] = found
    rows = estimate_margin_coverage(
        left,
        replace(question, recipes=question.recipes[:1]),
        logs,
        kinds=("recipe", "present"),
        withheld=withheld,
    )
    return [{**row, **_limits(row), "group": group} for row in rows]


def _limits(row: dict[str, Any]) -> dict[str, float]:
    """Limits that hold the coverage: without systematic error all draws can agree beside it."""
    share, low, high = (row[f"coverage{end}"] for end in ("", "_low", "_high"))
    if share is None or low is None or high is None:
        return {}
    return {"coverage_low": min(low, share), "coverage_high": max(high, share)}


def residual_courses(done: Replayed, courses: Courses, phase: str) -> DoseCourses | None:
    """The errors left at every fraction of a phase, by unit; ``None`` where they are not known.

    A unit counts from the fraction at which all its axes have settled.
    """
    applied = done.applied
    drawn = done.protocol.values["residual_sd_mm"] and done.protocol.kind.corrects == "online"
    if applied is None or drawn:
        return None
    starts = courses.offsets[:-1]
    settled = applied.settled_from.max(axis=1)
    first = starts + (settled if phase == "settled" else 0)
    last = starts + applied.treated
    units = [
        applied.errors_mm[a:b] for a, b in zip(first.tolist(), last.tolist(), strict=True) if a < b
    ]
    return courses_of([np.ascontiguousarray(unit) for unit in units]) if units else None
