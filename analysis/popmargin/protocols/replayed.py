"""One protocol replayed on a cohort: what it leaves, estimated, and what it took.

Assumptions and limits: those of `popmargin.protocols.replay`, which makes rows of this.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, cast

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import NotEstimable
from popmargin.core.flags import Flag
from popmargin.errors.population import AxisData, AxisEstimate, estimate_population_errors
from popmargin.errors.quantity import Estimator, RandomEstimator
from popmargin.protocols.apply import COURSE, SETTLED, Applied, apply_protocol
from popmargin.protocols.courses import Courses
from popmargin.protocols.others import leave_patient_out
from popmargin.protocols.phase import phase_data
from popmargin.protocols.protocol import Floats, Protocol
from popmargin.protocols.random_interval import with_step_intervals
from popmargin.protocols.remarks import protocol_remarks
from popmargin.statistics.one_way import OneWayData

PHASES: Final = {"course": COURSE, "settled": SETTLED}


@dataclass(frozen=True, slots=True, eq=False)
class Replayed:
    """A protocol on a cohort.

    Attributes
    ----------
    text : the protocol as it was stated; ``protocol`` with the common residual where it has none.
    applied : ``None`` where it could not be replayed, for ``reason``.
    estimates : population errors of every phase and axis that has fractions; their columns are
        ``protocol`` and ``phase``.
    remarks : flags on the protocol;  error_flags : those on single estimates.
    """

    text: str
    protocol: Protocol
    applied: Applied | None
    reason: str
    estimates: Sequence[AxisEstimate]
    remarks: Sequence[Flag]
    error_flags: Sequence[Flag]


def replay_each(
    courses: Courses,
    protocols: Sequence[Protocol],
    *,
    residual_sd_mm: float = 0.0,
    estimator: Estimator = "anova",
    random: RandomEstimator = "rms",
    level: float = 0.95,
    seed: int = 1,
    keep_errors: bool = False,
    step_intervals: bool = True,
) -> Iterator[Replayed]:
    """Replay protocols one after the other; arguments as in `replay_protocols`.

    ``keep_errors``: keep the error left at every fraction; ``step_intervals``: simulate for the
    interval of the random SD what steps of the rule do to it (see
    `popmargin.protocols.random_interval`), which margins do not need.

    >>> from popmargin.protocols.courses import courses_from_arrays
    >>> from popmargin.protocols.parse import parse_protocol
    >>> cohort = courses_from_arrays([[[m, 0, 0], [m + 1, 0, 0]] for m in (0, 4)])
    >>> [done.text for done in replay_each(cohort, [parse_protocol("daily")])]
    ['daily']
    """
    others: Floats | None = None
    for stated in protocols:
        protocol = stated.with_residual_sd(residual_sd_mm)
        applied, reason = None, ""
        try:
            if protocol.kind.uses_others and others is None:
                others = leave_patient_out(courses)
            applied = apply_protocol(protocol, courses, others, keep_errors=keep_errors)
        except NotEstimable as refusal:
            reason = str(refusal)
        estimates, error_flags = estimate_population_errors(
            phases_data(stated.text, protocol, courses, applied),
            estimators=(estimator,),
            random=random,
            confidence_level=level,
            seed=seed,
        )
        if step_intervals and applied is not None:
            estimates = with_step_intervals(estimates, protocol, courses, applied, seed=seed)
        remarks = protocol_remarks(stated.text, protocol, courses, applied, reason)
        yield Replayed(stated.text, protocol, applied, reason, estimates, remarks, error_flags)


def phases_data(
    text: str, protocol: Protocol, courses: Courses, applied: Applied | None
) -> list[AxisData]:
    """The data of every phase and axis that has any; none where ``applied`` is ``None``."""
    if applied is None:
        return []
    found = []
    for phase, number in PHASES.items():
        for axis, name in enumerate(TRANSLATIONS):
            data = phase_data(applied, number, axis, protocol.values["residual_sd_mm"])
            if data is None:
                continue
            there = applied.sizes[:, number, axis] > 0
            patients = courses.patients_with(there)
            columns = {"protocol": text, "phase": phase}
            # Every estimator takes a table by size, too, which is what a residual SD gives.
            one_way = cast("OneWayData", data)
            found.append(AxisData(f"{text}, {phase}", columns, name, patients, one_way))
    return found
