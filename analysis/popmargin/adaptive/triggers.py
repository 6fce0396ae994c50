"""Triggers as data, replayed on logged anatomy: who would have been called, when, how often.

A trigger names structure, quantity, the change from planning that counts (per cent or in the unit)
and a traffic-light level: red stops the fraction, orange acts before the next one, yellow is noted
(levels of Kwint 2014, PMID 25467051). Every crossing is an alarm; the first one calls the patient.

Assumptions: the planning value is that of fraction 0, or the first value where there is none (such
patients are counted). Limits: a single value can cross by noise, the more often the more often one
looks: the column ``noise_alarms`` counts patients whose alarm did not stand at the next look. What
was missed is known only where the log holds what was done (rows ``event`` of structure ``replan``).
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from popmargin.anatomy.series import EVENT, Series
from popmargin.core.exceptions import WrongUsage
from popmargin.core.flags import Flag
from popmargin.core.resources import resource_path
from popmargin.statistics.proportion import exact_proportion

Trigger = Mapping[str, Any]
REPLAN: Final = "replan"
CHANGES: Final = ("percent", "absolute", "value")
DIRECTIONS: Final = ("loss", "gain", "either")
LEVELS: Final = ("red", "orange", "yellow")


def shipped_triggers() -> list[dict[str, Any]]:
    """The triggers of ``reference/adaptive_triggers.csv``, with source and status of each.

    >>> shipped_triggers()[0]["threshold"]
    4.49
    """
    path = resource_path("reference", "adaptive_triggers.csv")
    return pl.read_csv(path, schema_overrides={"threshold": pl.Float64}).to_dicts()


def replay_triggers(
    found: Sequence[Series],
    anatomy: pl.DataFrame,
    triggers: Sequence[Trigger],
    *,
    sites: Mapping[str, str] = MappingProxyType({}),
    confidence_level: float = 0.95,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[Flag]]:
    """Rows of contracts ``trigger_replay`` and ``trigger_alarms``, and flags.

    Parameters
    ----------
    found : of `popmargin.anatomy.series.series_of` (days of temporary events are left out).
    anatomy : the table itself, for its ``replan`` events.
    triggers : as `shipped_triggers`; those that fit no series are left out.
    sites : site of each patient where known; a trigger looks at the patients of its site.
    confidence_level : of the shares of patients.

    Returns
    -------
    replay : one row a trigger and series: patients, looks, alarms, workload, share called with
        interval, and where re-plans are logged how many of them were called before and not.
    alarms : one row a patient called: first fraction and value there.

    Examples
    --------
    >>> from popmargin.anatomy.series import series_of
    >>> table = pl.DataFrame([
    ...     {"patient_id": p, "course": "1", "fraction": f, "structure": "body", "side": "",
    ...      "quantity": "weight", "unit": "kg", "value": 80 - w * f}
    ...     for p, w in (("a", 0.1), ("b", 0.4)) for f in (0, 5, 10, 15)])
    >>> replay, alarms, flags = replay_triggers(series_of(table)[0], table, shipped_triggers())
    >>> [(a["trigger"], a["patient_id"], a["fraction"]) for a in alarms]
    [('npc_weight_loss', 'b', 10)]
    """
    replans = anatomy.filter((pl.col("quantity") == EVENT) & (pl.col("structure") == REPLAN))
    replanned = dict(
        replans.group_by("patient_id").agg(pl.col("fraction").min()).sort("patient_id").iter_rows()
    )
    replay: list[dict[str, Any]] = []
    alarms: list[dict[str, Any]] = []
    flags: list[Flag] = []
    for series in found:
        for trigger in triggers:
            if not trigger_fits(trigger, series):
                continue
            mine = of_site(trigger, series, sites)
            if mine.frame.is_empty():
                continue
            changes = changes_from_planning(mine, str(trigger["change"]))
            row, called = _one(changes, trigger, replanned, confidence_level)
            head = {
                "trigger": trigger["trigger"],
                "structure": series.key[0],
                "side": series.key[1],
                "quantity": series.key[2],
            }
            about = {key: trigger[key] for key in ("threshold", "level", "action", "source")}
            about |= {"threshold_unit": trigger["unit"], "trigger_status": trigger["status"]}
            replay.append({**head, **about, **row, "confidence_level": confidence_level})
            alarms += [{**head, "level": trigger["level"], **one} for one in called]
    if any("not validated" in row["trigger_status"] for row in replay):
        words = "some triggers are recalled or assumed, not validated (column trigger_status)"
        flags.append(Flag("parameters_not_validated", "warn", words))
    return replay, alarms, flags


def changes_from_planning(series: Series, change: str) -> pl.DataFrame:
    """``patient_id``, ``fraction``, ``change`` of fractions after planning.

    ``change``: ``percent`` or ``absolute`` from planning, or the ``value`` itself. Raises
    `WrongUsage` for another word.
    """
    if change not in CHANGES:
        raise WrongUsage(f"change: expected one of {', '.join(CHANGES)}, found {change!r}")
    key = ["patient_id", "course"]
    planned = series.frame.group_by(key).agg(pl.col("value").sort_by("fraction").first().alias("p"))
    joined = series.frame.join(planned, on=key).sort(*key, "fraction")
    # The first value is the reference and no look of its own.
    looks = joined.filter(pl.col("fraction") > pl.col("fraction").min().over(key))
    if change == "value":
        return joined.select(*key, "fraction", pl.col("value").alias("change"))
    difference = pl.col("value") - pl.col("p")
    if change == "percent":
        looks = looks.filter(pl.col("p") > 0)
        difference = 100.0 * difference / pl.col("p")
    return looks.select(*key, "fraction", difference.round(9).alias("change"))


def crosses(direction: str, threshold: float) -> pl.Expr:
    """Whether ``change`` is beyond the threshold: a ``loss``, a ``gain`` or ``either``.

    >>> pl.DataFrame({"change": [-5.0, 5.0]}).select(crosses("loss", 4.0))["crossed"].to_list()
    [True, False]
    """
    beyond = {
        "loss": pl.col("change") < -threshold,
        "gain": pl.col("change") > threshold,
        "either": pl.col("change").abs() > threshold,
    }
    if direction not in beyond:
        raise WrongUsage(f"direction: expected loss, gain or either, found {direction!r}")
    return beyond[direction].alias("crossed")


def trigger_fits(trigger: Trigger, series: Series) -> bool:
    """Whether a trigger is meant for a series: quantity, structure and unit."""
    structure, _, quantity, unit = series.key
    wanted = trigger["structure"]
    same_unit = trigger["change"] == "percent" or trigger["unit"] == unit
    return quantity == trigger["quantity"] and same_unit and wanted in (None, "", structure)


def of_site(trigger: Trigger, series: Series, sites: Mapping[str, str]) -> Series:
    """The series of the patients whose site the trigger is meant for.

    ``sites`` holds what is known: a patient without a site stays, and so does everybody for a
    trigger of site ``any``. A site fits when its name holds that of the trigger, in any case.
    """
    wanted = str(trigger.get("site") or "any").casefold()
    others = [p for p, site in sites.items() if wanted not in site.casefold()]
    if wanted == "any" or not others:
        return series
    frame = series.frame.filter(~pl.col("patient_id").is_in(others))
    return Series(series.key, frame, series.n_excluded)


def _one(
    changes: pl.DataFrame, trigger: Trigger, replanned: Mapping[str, int], level: float
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    judged = changes.with_columns(crosses(trigger["direction"], float(trigger["threshold"])))
    patients = judged["patient_id"].unique().sort().to_list()
    crossed = judged.filter("crossed")
    first = crossed.group_by("patient_id").agg(
        pl.col("fraction").min(), pl.col("change").sort_by("fraction").first()
    )
    called = {row["patient_id"]: row for row in first.sort("patient_id").iter_rows(named=True)}
    after = judged.join(first.select("patient_id", at="fraction"), on="patient_id").filter(
        pl.col("fraction") > pl.col("at")
    )
    next_look = after.group_by("patient_id").agg(pl.col("crossed").sort_by("fraction").first())
    there = [patient for patient in patients if patient in replanned]
    in_time = [p for p in there if p in called and called[p]["fraction"] <= replanned[p]]
    n = len(patients)
    row: dict[str, Any] = {
        "n_patients": n,
        "n_looks": judged.height,
        "n_alarms": crossed.height,
        "n_called": len(called),
        "noise_alarms": next_look.filter(~pl.col("crossed")).height,
        "alarms_per_patient": crossed.height / n if n else None,
        "median_first_fraction": first["fraction"].median(),
        "n_replanned": len(there),
        "n_replanned_called": len(in_time) if there else None,
        "n_missed": len(there) - len(in_time) if there else None,
        "reason": None if n else "no patient has a value after planning",
    }
    share = exact_proportion(len(called), n, level=level) if n else None
    row |= {
        "called_share": share and share.value,
        "called_share_low": share and share.low,
        "called_share_high": share and share.high,
    }
    return row, [
        {"patient_id": p, "fraction": one["fraction"], "change": one["change"]}
        for p, one in called.items()
    ]
