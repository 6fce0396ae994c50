"""Which strategy is the best buy, and how surely, at every willingness to pay.

Assumptions: the effect is the millimetres of margin saved against the reference, or QALYs where
the site states what a millimetre does to toxicity. Limits: a millimetre is not an outcome; the
curve says how sure the choice is under the stated beliefs, not that they are right.
"""

from typing import Any

from popmargin.burden.comparison import Comparison
from popmargin.burden.net_benefit import probability_best, value_of_perfect_information
from popmargin.burden.prices import focus, price_range


def acceptability_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row a willingness to pay and strategy.

    Parameters
    ----------
    comparison : strategies of one group with costs and margins.

    Returns
    -------
    After the contract ``burden_acceptability``: probability of the highest net benefit with its
    Monte Carlo standard error, and the value of perfect information; no row where cost or margin
    are not estimable.
    """
    found = focus(comparison)
    if found is None:
        return []
    rows = []
    for pay in price_range(comparison, found):
        benefit = comparison.benefits(comparison.drawn, comparison.values, pay)
        perfect = value_of_perfect_information(benefit)
        mean = benefit.mean(axis=0)
        for column, (place, best) in enumerate(
            zip(comparison.comparable, probability_best(benefit), strict=True)
        ):
            rows.append(
                {
                    "group": comparison.group,
                    "willingness_to_pay": pay,
                    "effect_unit": comparison.effect_unit,
                    "protocol": comparison.strategies[place].protocol,
                    "modality": comparison.strategies[place].modality,
                    "probability_best": best.value,
                    "probability_standard_error": best.standard_error,
                    "mean_net_benefit": float(mean[column]),
                    "value_of_perfect_information": perfect.value,
                    "value_standard_error": perfect.standard_error,
                    "currency": (comparison.question.money or (None, None))[0],
                    "price_year": (comparison.question.money or (None, None))[1],
                    "draws": comparison.question.draws,
                }
            )
    return rows
