"""What each strategy costs more than the reference, and what would pay for it."""

from typing import Any

import numpy as np

from popmargin.burden.column_values import limits_of, number_or_none
from popmargin.burden.comparison import Comparison
from popmargin.burden.threshold import price_per_effect, toxicity_reduction_needed
from popmargin.burden.threshold_rows import stated_worth


def cost_columns(comparison: Comparison, place: int) -> dict[str, Any]:
    """Columns on cost and savings of one strategy against the first.

    Parameters
    ----------
    comparison : strategies of one group; place : of the strategy.

    Returns
    -------
    ``currency`` and ``price_year``, ``cost_monte_carlo_error`` (of the mean over the draws),
    ``margin_saved_mm`` and ``cost_difference`` with limits, ``cost_per_mm_saved``, and where
    toxicity is stated ``toxicity_change_percent`` (points) and
    ``toxicity_reduction_needed_percent`` (the threshold); ``None`` where not estimable.
    """
    question = comparison.question
    costs, margins = (comparison.typical[name] for name in ("cost_per_course", "margin_mm"))
    difference = number_or_none(costs[place] - costs[0])
    saved = number_or_none(margins[0] - margins[place])
    drawn_costs, drawn_margins = (
        comparison.drawn[name] for name in ("cost_per_course", "margin_mm")
    )
    cost_low, cost_high = limits_of(drawn_costs[:, place] - drawn_costs[:, 0], question.level)
    saved_low, saved_high = limits_of(drawn_margins[:, 0] - drawn_margins[:, place], question.level)
    spread = drawn_costs[:, place].std(ddof=1) / np.sqrt(question.draws)
    price = None
    if difference is not None and saved is not None:
        price = price_per_effect(difference, saved)
    currency, year = question.money if question.money and np.isfinite(costs[place]) else (None,) * 2
    return {
        "currency": currency,
        "price_year": year,
        "cost_monte_carlo_error": number_or_none(spread),
        "margin_saved_mm": saved,
        "margin_saved_low_mm": saved_low,
        "margin_saved_high_mm": saved_high,
        "cost_difference": difference,
        "cost_difference_low": cost_low,
        "cost_difference_high": cost_high,
        "cost_per_mm_saved": price,
        "toxicity_change_percent": _toxicity_change(comparison, saved),
        "toxicity_reduction_needed_percent": _toxicity_needed(comparison, difference),
    }


def _toxicity_change(comparison: Comparison, saved_mm: float | None) -> float | None:
    """Points of the share of patients with an event, where the site states what a mm does."""
    record = comparison.used_records.get("toxicity.probability_per_mm")
    return None if record is None or saved_mm is None else -100.0 * saved_mm * record.typical


def _toxicity_needed(comparison: Comparison, difference: float | None) -> float | None:
    """Points by which that share would have to fall to pay for the difference."""
    worth = stated_worth(comparison)
    if worth is None or difference is None:
        return None
    needed = toxicity_reduction_needed(difference, worth)
    return None if needed is None else 100.0 * needed
