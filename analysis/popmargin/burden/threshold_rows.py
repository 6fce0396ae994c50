"""The toxicity reduction that would pay for an option, by what an avoided event is worth.

Assumptions: the extra cost of an option is paid for by events of toxicity that it avoids, each
worth its cost and, where stated, its loss of quality of life. Nobody has measured that worth for a
clinic's own patients, so that by default a range of round amounts is shown; a site that states
``toxicity.cost_per_event`` gets its own. Limits: a threshold says what would have to be true.
"""

from typing import Any, Final

from popmargin.burden.column_values import limits_of, number_or_none
from popmargin.burden.comparison import Comparison, event_discount
from popmargin.burden.evaluate import typical_values
from popmargin.burden.record import NOT_VALIDATED, status_of
from popmargin.burden.threshold import toxicity_reduction_needed, worth_of_event

SHOWN_WORTHS: Final = (1_000.0, 2_000.0, 5_000.0, 10_000.0, 20_000.0, 50_000.0)
"""Round amounts, no estimate of what an event costs."""
_TOXICITY: Final = ("cost_per_event", "qaly_loss_per_event", "years_to_event")


def stated_worth(comparison: Comparison) -> float | None:
    """What the site's records make of an avoided event today; ``None`` where it states nothing."""
    records = comparison.used_records
    event = records.get("toxicity.cost_per_event")
    if event is None:
        return None
    loss = records.get("toxicity.qaly_loss_per_event")
    pay = comparison.question.willingness_to_pay
    worth = worth_of_event(
        event.typical,
        qaly_loss_per_event=loss.typical if loss else 0.0,
        willingness_to_pay=pay[0] if pay else 0.0,
    )
    return worth * float(event_discount(typical_values(records))[0]) or None


def threshold_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row an option that costs more than the reference, and worth of an avoided event.

    Parameters
    ----------
    comparison : strategies of one group.

    Returns
    -------
    After the contract ``burden_thresholds``; no row where costs are not estimable. A reduction of
    more than every patient is empty: at that worth nothing pays.
    """
    stated = stated_worth(comparison)
    worths = SHOWN_WORTHS if stated is None else (stated,)
    typical = comparison.typical["cost_per_course"]
    drawn = comparison.drawn["cost_per_course"]
    rows = []
    for place, strategy in enumerate(comparison.strategies):
        difference = number_or_none(typical[place] - typical[0])
        if difference is None or difference <= 0:
            continue
        low, high = limits_of(drawn[:, place] - drawn[:, 0], comparison.question.level)
        for worth in worths:
            limits = [None if cost is None else _percent(cost, worth) for cost in (low, high)]
            rows.append(
                {
                    "group": comparison.group,
                    "protocol": strategy.protocol,
                    "modality": strategy.modality,
                    "reference": comparison.strategies[0].name,
                    "cost_difference": difference,
                    "currency": comparison.question.money and comparison.question.money[0],
                    "price_year": comparison.question.money and comparison.question.money[1],
                    "worth_of_event": worth,
                    "worth_stated": "no" if stated is None else "yes",
                    "reduction_needed_percent": _percent(difference, worth),
                    "reduction_needed_low_percent": limits[0],
                    "reduction_needed_high_percent": limits[1],
                    "status": _status(comparison, place, stated),
                }
            )
    return rows


def _percent(cost: float, worth: float) -> float | None:
    needed = toxicity_reduction_needed(cost, worth)
    return None if needed is None else 100.0 * needed


def _status(comparison: Comparison, place: int, stated: float | None) -> str:
    """Status of the weakest input: a shown worth is nobody's statement."""
    if stated is None:
        return NOT_VALIDATED
    toxicity = [
        comparison.used_records[f"toxicity.{name}"]
        for name in _TOXICITY
        if f"toxicity.{name}" in comparison.used_records
    ]
    return status_of([*comparison.records_behind(place, ("cost_per_course",)), *toxicity])
