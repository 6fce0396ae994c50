"""Policies of planning again on the logs: triggers, schedules and a learned predictor together.

Assumptions and limits: those of the modules behind each table.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from popmargin.adaptive.own_triggers import own_triggers
from popmargin.adaptive.predictor import examples_of, judge_predictor
from popmargin.adaptive.schedules import compare_schedules
from popmargin.adaptive.triggers import of_site, replay_triggers, shipped_triggers, trigger_fits
from popmargin.anatomy.series import Series, series_of
from popmargin.core.exceptions import NotEstimable, WrongUsage
from popmargin.core.flags import Flag
from popmargin.tables.contract import find_contract

Rows = list[dict[str, Any]]


def replay_replanning(
    anatomy: pl.DataFrame,
    *,
    triggers: Sequence[str] = (),
    own: Sequence[Mapping[str, Any]] = (),
    use_shipped: bool = True,
    exclude_events: Sequence[str] = ("hydration",),
    predict_by_fraction: int = 10,
    replan_delay_fractions: int = 2,
    confidence_level: float = 0.95,
    seed: int = 1,
) -> tuple[dict[str, Rows], list[Flag]]:
    """Rows by the name of their contract, and flags.

    Parameters
    ----------
    anatomy : canonical anatomy table, defaults filled in; ``centre`` and ``site`` are used
        where they are there.
    triggers : names of shipped triggers; all where empty.
    own : the site's own triggers, as `popmargin.adaptive.own_triggers` takes them.
    use_shipped : whether shipped triggers are replayed beside them.
    exclude_events : temporary events whose days are left out.
    predict_by_fraction : fraction whose knowledge a predictor may use, >= 1.
    replan_delay_fractions : fractions from an image to the use of a new plan, >= 0.
    confidence_level, seed : of the intervals.

    Raises
    ------
    WrongUsage
        A trigger that is not shipped, or an own one that is not complete.

    Examples
    --------
    >>> rows, flags = replay_replanning(pl.DataFrame([
    ...     {"patient_id": p, "course": "1", "fraction": f, "structure": "body", "side": "",
    ...      "quantity": "weight", "unit": "kg", "value": 80.0 - f} for p in "ab" for f in (0, 5)]))
    >>> rows["trigger_replay"][0]["n_called"], rows["predictor_performance"][0]["method"]
    (2, 'none')
    """
    shipped = _chosen(triggers) if use_shipped else []
    chosen = [*shipped, *own_triggers(own, shipped)]
    found, flags = series_of(anatomy, exclude_events=exclude_events)
    sites, centres = _by_patient(anatomy, "site"), _by_patient(anatomy, "centre")
    replay, alarms, of_triggers = replay_triggers(
        found, anatomy, chosen, sites=sites, confidence_level=confidence_level
    )
    schedules = compare_schedules(
        found,
        chosen,
        sites=sites,
        delay_fractions=replan_delay_fractions,
        confidence_level=confidence_level,
    )
    rows: dict[str, Rows] = {
        "trigger_replay": replay,
        "trigger_alarms": alarms,
        "replanning_schedules": schedules,
        "predictor_performance": [],
        "predictor_calibration": [],
        "decision_curve": [],
    }
    for series in found:
        for trigger in chosen:
            mine = of_site(trigger, series, sites)
            if not trigger_fits(trigger, series) or mine.frame.is_empty():
                continue
            if trigger["change"] == "value":
                continue
            learned = _learned(
                mine, trigger, predict_by_fraction, centres or None, confidence_level, seed
            )
            for name, more in learned.items():
                rows[name] += more
    return rows, [*flags, *of_triggers, *_remarks(rows, chosen, sites)]


def _by_patient(anatomy: pl.DataFrame, column: str) -> dict[str, str]:
    """Values of a column for every patient that has one; empty where there is no such column."""
    if column not in anatomy.columns:
        return {}
    known = anatomy.select("patient_id", column).drop_nulls()
    values = pl.col(column).unique().sort().str.join("; ")
    return dict(known.group_by("patient_id").agg(values).sort("patient_id").rows())


def _remarks(
    rows: Mapping[str, Rows], chosen: Sequence[Mapping[str, Any]], sites: Mapping[str, str]
) -> list[Flag]:
    flags = []
    replayed = {row["trigger"] for row in rows["trigger_replay"]}
    bound = [t for t in chosen if t["trigger"] in replayed and t.get("site") not in (None, "any")]
    if bound and not sites:
        message = "the anatomy has no column site: triggers of every site look at every patient"
        flags.append(Flag("site_not_known", "info", message))
    too_few = {row["trigger"] for row in rows["predictor_performance"] if row["method"] == "none"}
    if too_few:
        message = f"too few data to learn who crosses later, so nothing was learnt: {len(too_few)} "
        flags.append(Flag("too_few_to_learn", "info", message + "triggers"))
    return flags


def _chosen(names: Sequence[str]) -> list[dict[str, Any]]:
    shipped = shipped_triggers()
    known = {str(trigger["trigger"]) for trigger in shipped}
    for name in names:
        if name not in known:
            raise WrongUsage(f"no trigger {name!r}; there are {', '.join(sorted(known))}")
    return [trigger for trigger in shipped if not names or trigger["trigger"] in names]


def _learned(
    series: Series,
    trigger: Mapping[str, Any],
    by_fraction: int,
    centres: dict[str, str] | None,
    level: float,
    seed: int,
) -> dict[str, Rows]:
    head = {
        "trigger": trigger["trigger"],
        "structure": series.key[0],
        "side": series.key[1],
        "quantity": series.key[2],
        "by_fraction": by_fraction,
    }
    examples = examples_of(series, trigger, by_fraction=by_fraction, centres=centres)
    try:
        found = judge_predictor(examples, confidence_level=level, seed=seed)
    except NotEstimable as error:
        nothing: dict[str, Any] = dict.fromkeys(find_contract("predictor_performance").names)
        counts = {
            "n_patients": examples.crossed.size,
            "n_events": int(examples.crossed.sum()),
            "n_left_out": examples.n_left_out,
        }
        row = {**nothing, **head, **counts, "method": "none", "reason": str(error)}
        return {"predictor_performance": [row]}
    return {
        "predictor_performance": [{**head, **row} for row in found.performance],
        "predictor_calibration": [{**head, **row} for row in found.calibration],
        "decision_curve": [{**head, **row} for row in found.decisions],
    }
