"""At which willingness to pay a choice is shown, and at which knowing more is judged.

Limits: nobody has measured what a millimetre of margin is worth; the range shown is chosen so that
the choice changes within it.
"""

from typing import Final

import numpy as np

from popmargin.burden.comparison import Comparison
from popmargin.burden.evaluate import typical_values
from popmargin.burden.net_benefit import value_of_perfect_information
from popmargin.burden.threshold import price_per_effect

_STEPS: Final = 21
_BEYOND: Final = 3.0


def focus(comparison: Comparison) -> int | None:
    """Place of the cheapest strategy among those with the smallest margin, beside the reference.

    ``None`` where no strategy but the reference has a cost and a margin.
    """
    places = [place for place in comparison.comparable if place != 0]
    margin, cost = (comparison.typical[name] for name in ("margin_mm", "cost_per_course"))
    return min(places, key=lambda place: (margin[place], cost[place]), default=None)


def price_range(comparison: Comparison, place: int) -> list[float]:
    """Willingness to pay to show: the study's own, or from 0 to beyond the price that pays.

    Parameters: a comparison and the place of the strategy in `focus`. Money per unit of effect,
    ascending; 0 alone where that strategy has no price.
    """
    stated = comparison.question.willingness_to_pay
    if stated:
        return sorted(stated)
    typical = {name: value[None] for name, value in comparison.typical.items()}
    values = typical_values(comparison.used_records)
    effect, cost = comparison.effects_and_costs(typical, values)
    price = price_per_effect(float(cost[0, place]), float(effect[0, place])) or 0.0
    return [float(pay) for pay in np.linspace(0.0, _BEYOND * price, _STEPS)] if price > 0 else [0.0]


def decision_price(comparison: Comparison, place: int) -> float:
    """Willingness to pay at which knowing more is judged: the first that the study states.

    Without one, that of `price_range` at which knowing everything would be worth most: there the
    choice is least sure.
    """
    stated = comparison.question.willingness_to_pay
    if stated:
        return stated[0]
    return max(
        price_range(comparison, place),
        key=lambda pay: (
            value_of_perfect_information(
                comparison.benefits(comparison.drawn, comparison.values, pay)
            ).value
        ),
    )
