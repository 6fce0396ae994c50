"""Policies of planning again on the logs: triggers, schedules and a learned predictor together.

Assumptions and limits: those of the modules behind each table.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl

from popmargin.adaptive.predictor import examples_of, judge_predictor
from popmargin.adaptive.schedules import compare_schedules
from popmargin.adaptive.triggers import replay_triggers, shipped_triggers, trigger_fits
from popmargin.anatomy.series import Series, series_of
from popmargin.core.exceptions import NotEstimable, WrongUsage
from popmargin.core.flags import Flag
from popmargin.tables.contract import find_contract

Rows = list[dict[str, Any]]


def replay_replanning(
    anatomy: pl.DataFrame,
    *,
    triggers: Sequence[str] = (),
    exclude_events: Sequence[str] = ("hydration",),
    predict_by_fraction: int = 10,
    replan_delay_fractions: int = 2,
    confidence_level: float = 0.95,
    seed: int = 1,
) -> tuple[dict[str, Rows], list[Flag]]:
    """Rows by the name of their contract, and flags.

    Parameters
    ----------
    anatomy : canonical anatomy table, defaults filled in; ``centre`` is used where it is there.
    triggers : names of shipped triggers; all where empty.
    exclude_events : temporary events whose days are left out.
    predict_by_fraction : fraction whose knowledge a predictor may use, >= 1.
    replan_delay_fractions : fractions from an image to the use of a new plan, >= 0.
    confidence_level, seed : of the intervals.

    Raises
    ------
    WrongUsage
        A trigger that is not shipped.

    Examples
    --------
    >>> rows, flags = replay_replanning(pl.DataFrame([
    ...     {"patient_id": p, "course": "1", "fraction": f, "structure": "body", "side": "",
    ...      "quantity": "weight", "unit": "kg", "value": 80.0 - f} for p in "ab" for f in (0, 5)]))
    >>> rows["trigger_replay"][0]["n_called"], rows["predictor_performance"][0]["method"]
    (2, 'none')
    """
    chosen = _chosen(triggers)
    found, flags = series_of(anatomy, exclude_events=exclude_events)
    replay, alarms, of_triggers = replay_triggers(
        found, anatomy, chosen, confidence_level=confidence_level
    )
    schedules = compare_schedules(
        found, chosen, delay_fractions=replan_delay_fractions, confidence_level=confidence_level
    )
    centres = (
        dict(anatomy.select("patient_id", "centre").drop_nulls().unique().sort("patient_id").rows())
        if "centre" in anatomy.columns
        else None
    )
    learned = [
        row
        for series in found
        for trigger in chosen
        if trigger_fits(trigger, series) and trigger["change"] != "value"
        for row in _learned(series, trigger, predict_by_fraction, centres, seed)
    ]
    rows = {
        "trigger_replay": replay,
        "trigger_alarms": alarms,
        "replanning_schedules": schedules,
        "predictor_performance": learned,
    }
    return rows, [*flags, *of_triggers]


def _chosen(names: Sequence[str]) -> list[dict[str, Any]]:
    shipped = shipped_triggers()
    known = {str(trigger["trigger"]) for trigger in shipped}
    for name in names:
        if name not in known:
            raise WrongUsage(f"no trigger {name!r}; there are {', '.join(sorted(known))}")
    return [trigger for trigger in shipped if not names or trigger["trigger"] in names]


def _learned(
    series: Series,
    trigger: dict[str, Any],
    by_fraction: int,
    centres: dict[str, str] | None,
    seed: int,
) -> Rows:
    head = {
        "trigger": trigger["trigger"],
        "structure": series.key[0],
        "side": series.key[1],
        "quantity": series.key[2],
        "by_fraction": by_fraction,
    }
    examples = examples_of(series, trigger, by_fraction=by_fraction, centres=centres)
    try:
        return [{**head, **row} for row in judge_predictor(examples, seed=seed)]
    except NotEstimable as error:
        nothing: dict[str, Any] = dict.fromkeys(find_contract("predictor_performance").names)
        counts = {
            "n_patients": examples.crossed.size,
            "n_events": int(examples.crossed.sum()),
            "n_left_out": examples.n_left_out,
        }
        return [{**nothing, **head, **counts, "method": "none", "reason": str(error)}]
