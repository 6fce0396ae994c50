"""What the answer hangs on: every record at its low and high value, and what knowing it is worth.

Assumptions: one record is moved at a time, the others stay typical; the result that moves is the
cost difference of the strategy with the smallest margin against the reference. The value of
knowing a record counts all strategies and all draws. Limits: moving one at a time misses what two
do together; a value of information holds at its willingness to pay and per patient.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from popmargin.burden.comparison import Comparison
from popmargin.burden.evaluate import Values, needed_keys, typical_values
from popmargin.burden.net_benefit import value_of_one_parameter
from popmargin.burden.prices import decision_price, focus


def sensitivity_rows(comparison: Comparison) -> list[dict[str, Any]]:
    """One row a record that the cost rests on, the widest swing first.

    Parameters
    ----------
    comparison : strategies of one group with costs and margins.

    Returns
    -------
    After the contract ``burden_sensitivity``; no row where cost or margin are not estimable.
    """
    found = focus(comparison)
    if found is None:
        return []
    pay = decision_price(comparison, found)
    benefit = comparison.benefits(comparison.drawn, comparison.values, pay)
    typical = typical_values(comparison.used_records)
    pair = replace(comparison, strategies=(comparison.strategies[0], comparison.strategies[found]))
    middle = _cost_difference(pair, typical)
    money = comparison.question.money
    rows = []
    for key in _cost_keys(comparison):
        record = comparison.used_records[key]
        low, high = (
            _cost_difference(pair, typical | {key: np.array([value])})
            for value in (record.low, record.high)
        )
        known = value_of_one_parameter(benefit, comparison.values[key])
        rows.append(
            {
                "group": comparison.group,
                "protocol": comparison.strategies[found].protocol,
                "modality": comparison.strategies[found].modality,
                "reference": comparison.strategies[0].name,
                "key": key,
                "low": record.low,
                "typical": record.typical,
                "high": record.high,
                "unit": record.unit,
                "status": record.label,
                "cost_difference": middle,
                "cost_difference_at_low": low,
                "cost_difference_at_high": high,
                "swing": abs(high - low),
                "currency": money[0] if money else None,
                "price_year": money[1] if money else None,
                "willingness_to_pay": pay,
                "effect_unit": comparison.effect_unit,
                "value_of_information": known.value,
                "value_of_information_standard_error": known.standard_error,
            }
        )
    return sorted(rows, key=lambda row: (-row["swing"], row["key"]))


def _cost_keys(comparison: Comparison) -> list[str]:
    """Records that any strategy's cost rests on and that are not known exactly."""
    keys = [
        key
        for strategy in comparison.strategies
        for key in needed_keys(
            strategy, "cost_per_course", comparison.used_records, comparison.region
        )
    ]
    records = comparison.used_records
    return [k for k in dict.fromkeys(keys) if k in records and records[k].low < records[k].high]


def _cost_difference(pair: Comparison, values: Values) -> float:
    """Cost of the second strategy over that of the first."""
    reference, other = pair.outcomes(values)["cost_per_course"][0]
    return float(other - reference)
