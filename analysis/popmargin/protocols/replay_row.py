"""One row of a replay: estimates with intervals, margin and effort of a protocol in one phase."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from popmargin.core.axes import TRANSLATIONS
from popmargin.errors.population import estimate_row
from popmargin.errors.quantity import (
    Estimator,
    QuantityEstimate,
    RandomEstimator,
    estimate_quantity,
)
from popmargin.margins.margin_interval import margin_interval
from popmargin.margins.recipe import Recipe
from popmargin.protocols.apply import COURSE, SETTLED, Applied
from popmargin.protocols.courses import Courses
from popmargin.protocols.phase import phase_data
from popmargin.protocols.protocol import Protocol
from popmargin.protocols.remarks import leaves_residual_out
from popmargin.statistics.one_way import OneWayData

PHASES = {"course": COURSE, "settled": SETTLED}


@dataclass(frozen=True, slots=True)
class Estimation:
    """How every row is estimated: estimator, recipe and confidence level."""

    estimator: Estimator
    random: RandomEstimator
    recipe: Recipe
    options: Mapping[str, float]
    fractions: int | None
    level: float
    seed: int

    def estimate(self, data: OneWayData) -> QuantityEstimate:
        """M, systematic and random SD with intervals and draws."""
        return estimate_quantity(
            data,
            estimator=self.estimator,
            random=self.random,
            confidence_level=self.level,
            seed=self.seed,
        )


def replay_rows(
    protocol: Protocol,
    courses: Courses,
    applied: Applied | None,
    estimation: Estimation,
    reason: str = "",
) -> list[dict[str, Any]]:
    """Rows of one protocol, phase by phase and axis by axis.

    ``applied`` is None when the protocol could not be replayed, for ``reason``.
    """
    return [
        {"protocol": protocol.text, "axis": name, "phase": phase}
        | _row(protocol, courses, applied, estimation, PHASES[phase], axis, reason)
        for phase in PHASES
        for axis, name in enumerate(TRANSLATIONS)
    ]


def _row(
    protocol: Protocol,
    courses: Courses,
    applied: Applied | None,
    estimation: Estimation,
    phase: int,
    axis: int,
    reason: str,
) -> dict[str, Any]:
    """What stands beside the protocol, axis and phase."""
    estimate = None
    if applied is not None:
        data = phase_data(applied, phase, axis, protocol.values["residual_sd_mm"])
        reason = "no logged fraction in this phase" if data is None else ""
        if data is not None:
            # The estimators take a table by size as well, which is what a residual SD gives.
            estimate = estimation.estimate(cast("OneWayData", data))
            reason = estimate.reason
    return {
        **_counts(courses, applied, phase, axis),
        "estimator": estimation.estimator,
        **_errors(estimate),
        **_margin(estimate, estimation),
        "recipe": estimation.recipe.name,
        "covers": _covers(protocol),
        **_effort(courses, applied, axis),
        "confidence_level": estimation.level,
        "reason": reason,
    }


def _counts(courses: Courses, applied: Applied | None, phase: int, axis: int) -> dict[str, int]:
    """Patients, units and fractions in the phase."""
    sizes = courses.sizes if applied is None else applied.sizes[:, phase, axis]
    return {
        "n_patients": int(np.unique(courses.patient[sizes > 0]).size),
        "n_units": int((sizes > 0).sum()),
        "n_fractions": int(sizes.sum()),
    }


def _errors(estimate: QuantityEstimate | None) -> dict[str, float | None]:
    """The keys of `popmargin.errors.population.estimate_row`, null when there is no estimate."""
    if estimate is not None:
        return estimate_row(estimate, "_mm")
    limits = ("", "_low", "_high", "_upper")
    means = {f"group_mean{limit}_mm": None for limit in limits[:3]}
    sds = {f"{name}_sd{limit}_mm": None for name in ("systematic", "random") for limit in limits}
    return means | sds | {"systematic_variance_untruncated_mm2": None}


def _margin(estimate: QuantityEstimate | None, estimation: Estimation) -> dict[str, float | None]:
    """The margin with its interval; null when an SD is not estimable."""
    keys = ("margin_mm", "margin_low_mm", "margin_high_mm", "margin_upper_mm")
    nothing: dict[str, float | None] = dict.fromkeys(keys)
    parts = None if estimate is None else estimate.components
    if estimate is None or parts is None or parts.between_sd is None or parts.within_sd is None:
        return nothing
    if estimate.draws is None:
        return nothing
    margin = margin_interval(
        estimation.recipe,
        parts.between_sd,
        parts.within_sd,
        systematic_draws_mm=estimate.draws.between_sd,
        random_draws_mm=estimate.draws.within_sd,
        level=estimation.level,
        fractions=estimation.fractions,
        options=estimation.options,
    )
    values = (margin.margin_mm, margin.low_mm, margin.high_mm, margin.upper_mm)
    return dict(zip(keys, values, strict=True))


def _effort(courses: Courses, applied: Applied | None, axis: int) -> dict[str, float | None]:
    """Images and corrections of the whole course, per patient."""
    keys = ("images_per_patient", "corrections_per_patient", "couch_corrections_per_patient")
    if applied is None:
        nothing: dict[str, float | None] = dict.fromkeys(keys)
        return nothing
    totals = (applied.images.sum(), applied.corrections[:, axis].sum(), applied.moves.sum())
    return {
        key: float(total) / courses.patient_count for key, total in zip(keys, totals, strict=True)
    }


def _covers(protocol: Protocol) -> str:
    """What is inside the margin."""
    if protocol.kind.corrects == "never":
        return "set-up error before correction only"
    if leaves_residual_out(protocol):
        return "set-up error that the protocol leaves, without what an online correction leaves"
    return "set-up error that the protocol leaves only"
