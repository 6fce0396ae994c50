"""Replay of correction protocols on logged errors: what would have been left, at what effort.

Assumptions: the errors were logged before correction (or what was carried is added back); the
protocol would not have changed them. The systematic and random SD after a protocol are estimated
like any other, with the same intervals. Two phases are told apart: ``course``, all logged
fractions, and ``settled``, those after the protocol has learnt.

Limits: a margin from these rows covers the set-up error that the protocol leaves and nothing
else; what an online correction itself leaves is inside only when a residual is stated. Corrected
errors are not exactly normal, least of all below a threshold.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import NotEstimable, WrongUsage
from popmargin.core.flags import Flag, one_per_code
from popmargin.errors.population import AxisData, estimate_population_errors
from popmargin.errors.quantity import Estimator, RandomEstimator
from popmargin.margins.estimate import estimate_margins
from popmargin.margins.registry import find_recipe
from popmargin.protocols.apply import COURSE, SETTLED, Applied, apply_protocol
from popmargin.protocols.courses import Courses
from popmargin.protocols.others import leave_patient_out
from popmargin.protocols.phase import phase_data
from popmargin.protocols.protocol import Protocol
from popmargin.protocols.remarks import (
    courses_remarks,
    describe_left,
    protocol_remarks,
)
from popmargin.statistics.one_way import OneWayData

PHASES = {"course": COURSE, "settled": SETTLED}
_EFFORT = ("images_per_patient", "corrections_per_patient", "couch_corrections_per_patient")
_LIMITS = ("", "_low", "_high", "_upper")
_SCHEMA: Mapping[str, type[pl.DataType]] = {
    **dict.fromkeys(("protocol", "axis", "phase"), pl.String),
    **dict.fromkeys(("n_patients", "n_units", "n_fractions"), pl.Int64),
    "estimator": pl.String,
    **dict.fromkeys((f"group_mean{limit}_mm" for limit in _LIMITS[:3]), pl.Float64),
    **dict.fromkeys((f"systematic_sd{limit}_mm" for limit in _LIMITS), pl.Float64),
    **dict.fromkeys((f"random_sd{limit}_mm" for limit in _LIMITS), pl.Float64),
    "systematic_variance_untruncated_mm2": pl.Float64,
    "recipe": pl.String,
    "fractions": pl.Int64,
    **dict.fromkeys((f"margin{limit}_mm" for limit in _LIMITS), pl.Float64),
    **dict.fromkeys(_EFFORT, pl.Float64),
    "covers": pl.String,
    "confidence_level": pl.Float64,
    "reason": pl.String,
}


def replay_protocols(
    courses: Courses,
    protocols: Sequence[Protocol],
    *,
    recipe: str = "van_herk",
    recipe_options: Mapping[str, float] | None = None,
    estimator: Estimator = "anova",
    random: RandomEstimator = "rms",
    residual_sd_mm: float = 0.0,
    fractions: int | None = None,
    level: float = 0.95,
    seed: int = 1,
) -> tuple[pl.DataFrame, list[Flag]]:
    """Population errors, margin and effort of each protocol, phase and axis.

    Parameters
    ----------
    courses : uncorrected errors, from `popmargin.protocols.courses.courses_from_shifts`.
    protocols : from `popmargin.protocols.parse.parse_protocol`, no two of them equal.
    recipe, recipe_options, fractions : margin recipe, its options and the fractions of the course
        (see `popmargin.margins.recipe.Recipe.margin`).
    estimator, random : as in `popmargin.errors.quantity.estimate_quantity`.
    residual_sd_mm : residual (mm, >= 0) of online corrections for protocols that state none.
    level, seed : confidence level of all intervals, and the seed of their draws.

    Returns
    -------
    rows : one per protocol, phase and axis: ``protocol``, ``axis``, ``phase``, ``n_patients``,
        ``n_units``, ``n_fractions``, ``estimator``, ``group_mean_mm``, ``systematic_sd_mm``,
        ``random_sd_mm``, ``margin_mm`` with ``_low``, ``_high`` and (but for the mean) ``_upper``
        before ``_mm``, ``systematic_variance_untruncated_mm2``, ``recipe``, ``fractions``,
        ``covers``; ``images_per_patient``, ``corrections_per_patient`` (of that axis) and
        ``couch_corrections_per_patient`` (of any axis), all of the whole logged course;
        ``confidence_level``, and ``reason`` where something is not estimable (null).
    flags : what the reader must know.

    Raises
    ------
    WrongUsage
        When no protocol is given, one is given twice, a recipe or option does not exist, or
        ``residual_sd_mm`` meets a protocol that states a clip.

    Examples
    --------
    >>> from popmargin.protocols.courses import courses_from_arrays
    >>> from popmargin.protocols.parse import parse_protocol
    >>> errors = [[[m + r, 0, 0] for r in (1, -1, 0, 1, -1)] for m in (-3, 0, 3)]
    >>> rows, flags = replay_protocols(courses_from_arrays(errors), [parse_protocol("nal")])
    >>> rows.filter(axis="lr", phase="settled")["systematic_sd_mm"].to_list()
    [0.0]
    """
    texts = [protocol.text for protocol in protocols]
    if not texts or len(set(texts)) < len(texts):
        found = ", ".join(texts) or "none"
        raise WrongUsage(f"protocols: expected at least one and each once, found {found}")
    chosen = find_recipe(recipe)
    chosen.check_options(recipe_options or {})

    rows: list[dict[str, Any]] = []
    flags, row_flags = courses_remarks(courses), list[Flag]()
    others: NDArray[np.float64] | None = None
    for stated in protocols:
        protocol = stated.with_residual_sd(residual_sd_mm)
        applied, reason = None, ""
        try:
            if protocol.kind.uses_others and others is None:
                others = leave_patient_out(courses)
            applied = apply_protocol(protocol, courses, others)
        except NotEstimable as refusal:
            reason = str(refusal)
        flags += protocol_remarks(stated.text, protocol, courses, applied, reason)
        estimates, error_flags = estimate_population_errors(
            _phases(stated.text, protocol, courses, applied),
            estimators=(estimator,),
            random=random,
            confidence_level=level,
            seed=seed,
        )
        margins, margin_flags = estimate_margins(
            estimates,
            (chosen,),
            covers=describe_left(protocol),
            options=recipe_options,
            fractions=fractions,
        )
        row_flags += error_flags + margin_flags
        found_rows = {(row["phase"], row["axis"]): row for row in margins}
        for phase in PHASES:
            for axis in TRANSLATIONS:
                nothing = {
                    **dict.fromkeys(("n_patients", "n_units", "n_fractions"), 0),
                    "reason": reason or "no patient has a fraction in this phase",
                }
                rows.append(
                    {"protocol": stated.text, "axis": axis, "phase": phase}
                    | found_rows.get((phase, axis), nothing)
                    | _effort(courses, applied, TRANSLATIONS.index(axis))
                )
    return pl.DataFrame(rows, schema=_SCHEMA), flags + one_per_code(row_flags)


def _phases(
    text: str, protocol: Protocol, courses: Courses, applied: Applied | None
) -> list[AxisData]:
    """The data of every phase and axis that has any."""
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


def _effort(courses: Courses, applied: Applied | None, axis: int) -> dict[str, float | None]:
    """Images and corrections of the whole course, per patient."""
    if applied is None:
        return dict.fromkeys(_EFFORT)
    totals = (applied.images.sum(), applied.corrections[:, axis].sum(), applied.moves.sum())
    per_patient = [float(total) / courses.patient_count for total in totals]
    return dict(zip(_EFFORT, per_patient, strict=True))
