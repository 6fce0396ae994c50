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
from typing import Any

import polars as pl
from numpy.typing import NDArray

from popmargin.core.exceptions import NotEstimable, WrongUsage
from popmargin.core.flags import Flag
from popmargin.errors.quantity import Estimator, RandomEstimator
from popmargin.margins.registry import find_recipe
from popmargin.protocols.apply import apply_protocol
from popmargin.protocols.courses import Courses
from popmargin.protocols.others import leave_patient_out
from popmargin.protocols.protocol import Protocol
from popmargin.protocols.remarks import courses_remarks, margin_remarks, protocol_remarks
from popmargin.protocols.replay_row import Estimation, replay_rows


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
    """Population errors, margin and effort of each protocol, axis and phase.

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
        before ``_mm``, ``systematic_variance_untruncated_mm2``, ``recipe``, ``covers``;
        ``images_per_patient``, ``corrections_per_patient`` (of that axis) and
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
    >>> settled = rows.row(by_predicate=(pl.col("axis") == "lr") & (pl.col("phase") == "settled"))
    >>> dict(zip(rows.columns, settled))["systematic_sd_mm"]
    0.0
    """
    texts = [protocol.text for protocol in protocols]
    if not texts or len(set(texts)) < len(texts):
        found = ", ".join(texts) or "none"
        raise WrongUsage(f"protocols: expected at least one and each once, found {found}")
    chosen = find_recipe(recipe)
    options = dict(recipe_options or {})
    chosen.check_options(options)
    estimation = Estimation(estimator, random, chosen, options, fractions, level, seed)

    rows: list[dict[str, Any]] = []
    flags = courses_remarks(courses)
    others: NDArray[Any] | None = None
    for stated in protocols:
        protocol = stated.with_residual_sd(residual_sd_mm)
        applied, reason = None, ""
        try:
            if protocol.kind.uses_others and others is None:
                others = leave_patient_out(courses)
            applied = apply_protocol(protocol, courses, others)
        except NotEstimable as refusal:
            reason = str(refusal)
        flags += protocol_remarks(protocol, courses, applied, reason)
        rows += replay_rows(protocol, courses, applied, estimation, reason)
    flags += margin_remarks(rows, chosen, options, fractions)
    return pl.DataFrame(rows, infer_schema_length=None), flags
