"""The table of the trade-off: one row a strategy, with intervals, frontier and what it rests on.

Assumptions: differences are against the first strategy. Limits: intervals carry the uncertainty of
the records and of the margins, not that of the model; an interval from n draws has a Monte Carlo
error of its own, given for the cost.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from popmargin.burden.column_values import limits_of, named, number_or_none
from popmargin.burden.comparison import Comparison
from popmargin.burden.cost_columns import cost_columns
from popmargin.burden.defaults import check_modality
from popmargin.burden.dose_columns import dose_columns
from popmargin.burden.evaluate import OUTCOMES, needed_keys
from popmargin.burden.frontier import dominating_option, pareto_frontier
from popmargin.burden.machine_time import MACHINE_KEYS, machine_time
from popmargin.burden.record import status_of
from popmargin.burden.response_columns import response_columns
from popmargin.burden.staff_columns import staff_columns
from popmargin.burden.strategies import NO_MODALITY, Strategy
from popmargin.core.axes import TRANSLATIONS

PLANES: Final = {
    "frontier_images": "images_per_course",
    "frontier_minutes": "minutes_per_course",
    "frontier_cost": "cost_per_course",
    "frontier_dose": "imaging_dose_mgy",
}
"""Frontiers of the margin against one burden each."""
_EXPLAINED: Final = (
    "minutes_per_course",
    "cost_per_course",
    "imaging_dose_mgy",
    "effective_dose_msv",
)
_INTERVALS: Final = tuple(name for name in OUTCOMES if name != "images_per_course")


def burden_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row a strategy, after the contract ``burden``.

    Parameters
    ----------
    comparison : strategies of one group with their outcomes.

    Returns
    -------
    Every outcome of `OUTCOMES` with ``_low`` and ``_high`` before its unit, what is derived from
    it, ``on_frontier`` (of the question's criteria), ``dominated_by``, the frontiers of `PLANES`,
    ``status`` and ``rests_on`` (keys of unvalidated defaults behind the criteria); ``None`` where
    not estimable, with the reason.
    """
    question = comparison.question
    criteria = question.criteria
    table = np.column_stack([comparison.typical[name] for name in criteria])
    beaten_by = dominating_option(table)
    frontier = pareto_frontier(table)
    planes = {
        name: pareto_frontier(
            np.column_stack([comparison.typical["margin_mm"], comparison.typical[outcome]])
        )
        for name, outcome in PLANES.items()
    }
    rows = []
    for place, strategy in enumerate(comparison.strategies):
        behind = [
            *comparison.records_behind(place),
            *(comparison.used_records[key] for key in MACHINE_KEYS),
        ]
        compared = all(np.isfinite(table[place]))
        rows.append(
            {
                "group": comparison.group,
                "protocol": strategy.protocol,
                "modality": strategy.modality,
                "surrogate": strategy.surrogate,
                "sees": what_it_sees(strategy.modality),
                "fractions": question.fractions,
                **_axes(strategy),
                **_outcomes(comparison, place),
                **machine_time(comparison, place),
                **cost_columns(comparison, place),
                **dose_columns(comparison, place),
                **response_columns(comparison, place),
                **staff_columns(comparison, place),
                "on_frontier": bool(frontier[place]) if compared else None,
                "dominated_by": comparison.strategies[beaten_by[place]].name
                if beaten_by[place] >= 0
                else None,
                "criteria": ", ".join(criteria),
                **{name: bool(mask[place]) for name, mask in planes.items()},
                "covers": strategy.covers,
                "status": status_of(behind),
                "rests_on": ", ".join(comparison.rests_on(place, criteria)),
                "draws": question.draws,
                "confidence_level": question.level,
                "reason": _reason(comparison, place),
            }
        )
    return rows


def what_it_sees(modality: str) -> str | None:
    """What a modality shows, ``None`` without imaging.

    >>> what_it_sees("kv_planar")
    'bone; markers/clips'
    """
    return None if modality == NO_MODALITY else check_modality(modality).sees


def _axes(strategy: Strategy) -> dict[str, float | None]:
    margins: Sequence[float | None] = strategy.margin_mm or (None, None, None)
    return {f"margin_{axis}_mm": m for axis, m in zip(TRANSLATIONS, margins, strict=True)}


def _outcomes(comparison: Comparison, place: int) -> dict[str, Any]:
    found: dict[str, Any] = {"images_per_course": comparison.strategies[place].images}
    for name in _INTERVALS:
        found[name] = number_or_none(comparison.typical[name][place])
        low, high = limits_of(comparison.drawn[name][:, place], comparison.question.level)
        found[named(name, "_low")], found[named(name, "_high")] = low, high
    return found


def _reason(comparison: Comparison, place: int) -> str | None:
    """Why something of the row is empty."""
    strategy = comparison.strategies[place]
    reasons = [strategy.reason] if strategy.reason else []
    for outcome in _EXPLAINED:
        keys = needed_keys(strategy, outcome, comparison.used_records, comparison.region)
        missing = [key for key in keys if key not in comparison.used_records]
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            reasons.append(f"{outcome} not estimable: state {missing[0]}{more}")
    return "; ".join(reasons) or None
