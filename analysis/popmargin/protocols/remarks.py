"""What the reader of a replay must know: remarks on the log and on each protocol."""

from collections.abc import Mapping, Sequence

import numpy as np

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.flags import Flag
from popmargin.errors.population import AxisEstimate
from popmargin.protocols.apply import Applied
from popmargin.protocols.courses import Courses
from popmargin.protocols.expectation import Expectation
from popmargin.protocols.protocol import Protocol


def leaves_residual_out(protocol: Protocol) -> bool:
    """Whether a margin after this protocol excludes what an online correction itself leaves.

    >>> from popmargin.protocols.parse import parse_protocol
    >>> [leaves_residual_out(parse_protocol(p)) for p in ("daily", "daily:residual_mm=1", "nal")]
    [True, False, False]
    """
    values = protocol.values
    stated = values["residual_mm"] or values["residual_sd_mm"]
    return protocol.kind.corrects == "online" and not stated


def describe_left(protocol: Protocol) -> str:
    """What is inside a margin from the errors that this protocol leaves.

    >>> from popmargin.protocols.parse import parse_protocol
    >>> describe_left(parse_protocol("no_imaging"))
    'set-up error before correction only'
    """
    if protocol.kind.postpones:
        return "set-up error before correction of fractions within the filling limit only"
    if protocol.kind.corrects == "never":
        return "set-up error before correction only"
    left = "set-up error that the protocol leaves only"
    if leaves_residual_out(protocol):
        return f"{left}, without what an online correction itself leaves"
    return left


def protocol_remarks(
    text: str, protocol: Protocol, courses: Courses, applied: Applied | None, reason: str
) -> list[Flag]:
    """Flags on one replayed protocol, called ``text``.

    ``applied`` is None when it could not be replayed, for ``reason``.
    """
    if applied is None:
        return [Flag("not_estimable", "warn", f"protocol {text}: {reason}")]
    flags = []
    if leaves_residual_out(protocol):
        message = (
            f"protocol {text}: the margin excludes what an online correction itself leaves "
            "(matching, couch, motion after the image); state residual_sd_mm or residual_mm"
        )
        flags.append(Flag("residual_excluded", "warn", message))
    if protocol.kind.learns_from is not None:
        needed = protocol.values[protocol.kind.learns_from]
        short = courses.patients_with(courses.sizes < needed)
        if short:
            message = (
                f"protocol {text}: the logs of {short} patients are shorter than the {needed} "
                "images it learns from; they are left as they are and are not in the settled phase"
            )
            flags.append(Flag("log_too_short", "info", message, patients=short))
    flags += _interval_remarks(text, protocol)
    if protocol.kind.postpones:
        flags += _postponed_remarks(text, courses, applied)
    unsettled = np.any(applied.settled_from > courses.sizes[:, None], axis=1)
    restless = courses.patients_with(np.asarray(unsettled))
    if restless and protocol.kind.learns_from is None:
        message = (
            f"protocol {text}: the logs of {restless} patients end before every axis has settled; "
            "such an axis is left out of the settled phase"
        )
        flags.append(Flag("never_settled", "info", message, patients=restless))
    return flags


def _interval_remarks(text: str, protocol: Protocol) -> list[Flag]:
    """Where intervals do not hold just their level: measured, ``replay_interval_coverage``."""
    flags = []
    if protocol.kind.corrects == "online" and not protocol.is_linear:
        message = (
            f"protocol {text}: what a threshold or clip leaves has short tails; the intervals of "
            "the systematic SD and of the margin hold 99 % rather than 95 % and are wider than "
            "they need be"
        )
        flags.append(Flag("interval_wide", "info", message))
    return flags


def expectation_remarks(
    text: str,
    estimates: Sequence[AxisEstimate],
    expected: Mapping[tuple[str, int], Expectation],
) -> list[Flag]:
    """A flag where the replay of protocol ``text`` leaves more or less than the model expects."""
    outside = []
    for item in estimates:
        phase = str(item.source.columns["phase"])
        wanted = expected.get((phase, TRANSLATIONS.index(item.axis)))
        limits = item.estimate.systematic
        if wanted is None or limits is None:
            continue
        value = item.estimate.systematic_sd
        if not limits.low <= wanted.systematic_sd_mm <= limits.high:
            outside.append(
                f"{phase} {item.axis} {value:.2f} mm, expected {wanted.systematic_sd_mm:.2f} mm"
            )
    if not outside:
        return []
    message = (
        f"protocol {text}: the systematic SD left is not what independent errors of one population "
        f"would leave ({'; '.join(outside)}): look for trends, jumps and unequal patients; "
        "one row in twenty differs by chance"
    )
    return [Flag("replay_differs_from_model", "info", message)]


def _postponed_remarks(text: str, courses: Courses, applied: Applied) -> list[Flag]:
    """What the log does not hold of fractions that are treated later."""
    flags = []
    if courses.filling is not None and np.isnan(courses.filling).any():
        message = (
            f"protocol {text}: at {int(np.isnan(courses.filling).sum())} logged fractions the "
            "filling was not measured; they are treated as logged"
        )
        flags.append(Flag("filling_not_measured", "info", message))
    always = courses.patients_with(np.asarray(applied.treated == 0))
    if always:
        message = (
            f"protocol {text}: {always} patients are beyond the limit at every logged fraction; "
            "nothing is known of the state they would be treated in, and they are left out"
        )
        flags.append(Flag("always_postponed", "warn", message, patients=always))
    return flags


def courses_remarks(courses: Courses) -> list[Flag]:
    """Flags on the log itself: rows set aside, units that are not patients."""
    flags = []
    if courses.incomplete_rows:
        message = (
            f"{courses.incomplete_rows} logged rows have an axis that was not measured and are not "
            "replayed: a protocol acts on all axes"
        )
        flags.append(Flag("incomplete_rows", "info", message))
    if courses.unit_count != courses.patient_count:
        message = (
            f"{courses.unit_count} units (patient x course x plan) of {courses.patient_count} "
            "patients: a new plan is a new reference and starts the protocol again"
        )
        flags.append(Flag("units_differ_from_patients", "info", message))
    return flags
