"""What trials and cohorts found when they compared margins, image guidance or protocols.

Assumptions: ratios are as printed, inverted where the source prints them for the arm without
guidance. Where a source prints two risks with intervals the
odds ratio and its standard error come from them, where it prints a p-value alone from that
p-value. Below 1 the experimental arm (more imaging, or the smaller margin) has fewer events.

Limits: most comparisons are not randomised, and then era, technique and selection go with the arm.
Rows are pooled only where endpoint, contrast and design match; two studies hardly say how much
they vary. Recalled rows say so and are never pooled.
"""

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from popmargin.core.resources import csv_rows, resource_path
from popmargin.statistics.pooling import pool_random_effects

Row = dict[str, Any]
_NUMBERS: Final = (
    "ratio", "ratio_low", "ratio_high", "risk_control", "risk_control_low", "risk_control_high",
    "risk_experimental", "risk_experimental_low", "risk_experimental_high", "p_value",
)  # fmt: skip
_Z: Final = 1.959963984540054


@cache
def published_rows() -> tuple[Mapping[str, Any], ...]:
    """Rows of ``reference/margin_outcome_trials.csv``; empty cells are None.

    >>> published_rows()[1]["ratio"], published_rows()[1]["status"]
    (0.71, 'seen')
    """
    return tuple(
        {
            name: (float(cell) if cell else None) if name in _NUMBERS else cell or None
            for name, cell in row.items()
        }
        for row in csv_rows(resource_path("reference", "margin_outcome_trials.csv"))
    )


def describe_evidence(sites: Sequence[str] = ()) -> list[Row]:
    """One row a published comparison with its ratio and interval, then the pooled ones.

    Parameters
    ----------
    sites : words to look for in the site; all rows where empty.

    Returns
    -------
    Contract ``trial_evidence``.

    Examples
    --------
    >>> rows = describe_evidence(["prostate"])
    >>> [row["study"] for row in rows if row["kind"] == "pooled"][:1]
    ['pooled, 2 studies']
    """
    chosen = [
        row
        for row in published_rows()
        if not sites or any(site.casefold() in (row["site"] or "").casefold() for site in sites)
    ]
    rows = [_described(row) for row in chosen]
    return rows + _pooled(rows)


def odds_ratio_of_risks(row: Mapping[str, Any]) -> tuple[float, float] | None:
    """Log odds ratio and standard error from two printed risks, None where they do not tell.

    >>> found = odds_ratio_of_risks({"risk_control": 0.434, "risk_control_low": 0.321,
    ...     "risk_control_high": 0.553, "risk_experimental": 0.244, "risk_experimental_low": 0.154,
    ...     "risk_experimental_high": 0.354, "p_value": 0.01})
    >>> round(math.exp(found[0]), 2)
    0.42
    """
    risks = [row["risk_control"], row["risk_experimental"]]
    if any(risk is None or not 0.0 < risk < 1.0 for risk in risks):
        return None
    value = _logit(risks[1]) - _logit(risks[0])
    limits = [
        (row[f"{arm}_low"], row[f"{arm}_high"]) for arm in ("risk_control", "risk_experimental")
    ]
    if all(limit is not None and 0.0 < limit < 1.0 for pair in limits for limit in pair):
        parts = [(_logit(high) - _logit(low)) / (2.0 * _Z) for low, high in limits]
        return value, math.hypot(*parts)
    error = _error_of_p(value, row["p_value"])
    return None if error is None else (value, error)


def _described(row: Mapping[str, Any]) -> Row:
    names = ("study", "design", "n", "site", "arms", "endpoint", "effect", "endpoint_class",
             "status", "source", "note")  # fmt: skip
    found: Row = {name: row[name] for name in names}
    found |= {"kind": "study", "measure": None, "ratio": None, "ratio_low": None,
              "ratio_high": None, "risk_control": row["risk_control"],
              "risk_experimental": row["risk_experimental"], "reason": None}  # fmt: skip
    if row["measure"] == "hazard ratio":
        found |= {"measure": "hazard ratio", "ratio": row["ratio"]}
        found |= {"ratio_low": row["ratio_low"], "ratio_high": row["ratio_high"]}
        if row["ratio_low"] is None:
            error = _error_of_p(math.log(row["ratio"]), row["p_value"])
            found |= _limits(math.log(row["ratio"]), error)
            found["reason"] = "interval from the printed p-value" if error else "no interval"
    elif row["measure"] == "hazard ratio, inverted":
        found |= {"measure": "hazard ratio", "ratio": 1.0 / row["ratio"]}
        found |= {"ratio_low": 1.0 / row["ratio_high"], "ratio_high": 1.0 / row["ratio_low"]}
        found["reason"] = "printed for the arm without guidance, inverted here"
    elif row["measure"] == "risk factor":
        found["reason"] = "a risk factor, no comparison of arms"
    elif row["measure"] == "risks":
        odds = odds_ratio_of_risks(row)
        if odds is None:
            found["reason"] = "no ratio: a risk of 0, or nothing to take an interval from"
        else:
            found |= {"measure": "odds ratio", "ratio": math.exp(odds[0]), **_limits(*odds)}
            found["reason"] = "odds ratio from the printed risks"
    else:
        found["reason"] = "no effect in numbers"
    return found


def _pooled(rows: Sequence[Row]) -> list[Row]:
    """Random-effects means of rows with one endpoint class, seen, with an interval."""
    classes: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        known = row["status"] == "seen" and row["ratio_low"] is not None
        if known and row["endpoint_class"]:
            classes.setdefault((row["endpoint_class"], row["measure"]), []).append(row)
    found = []
    for (name, measure), members in classes.items():
        if len(members) < 2:
            continue
        values = [math.log(row["ratio"]) for row in members]
        errors = [
            (math.log(row["ratio_high"]) - math.log(row["ratio_low"])) / (2.0 * _Z)
            for row in members
        ]
        pooled = pool_random_effects(values, errors)
        found.append(
            {
                **dict.fromkeys(rows[0]),
                "kind": "pooled",
                "study": f"pooled, {pooled.studies} studies",
                "design": "random effects, Hartung-Knapp interval",
                "endpoint": name,
                "endpoint_class": name,
                "measure": measure,
                "ratio": math.exp(pooled.value),
                "ratio_low": math.exp(pooled.low),
                "ratio_high": math.exp(pooled.high),
                "status": "computed from the rows of this class",
                "reason": f"between-study SD of the log ratio {pooled.between_sd:.2f}; scales of "
                "toxicity may differ between the studies",
            }
        )
    return found


def effect_prior(endpoint_class: str, *, sceptical_ratio: float = 0.5) -> tuple[float, float, str]:
    """Mean and SD of the log ratio to expect in a new trial, and where they come from.

    Parameters
    ----------
    endpoint_class : of the evidence table.
    sceptical_ratio : ratio that a sceptic gives a chance of 2.5 % to be beaten, inside (0, 1).

    Returns
    -------
    The pooled mean with the SD of a new study where a class was pooled; otherwise no effect with
    an SD that leaves 2.5 % below ``sceptical_ratio``.

    Examples
    --------
    >>> effect_prior("nothing published")[0]
    0.0
    """
    for row in describe_evidence():
        if row["kind"] == "pooled" and row["endpoint_class"] == endpoint_class:
            mean = math.log(row["ratio"])
            spread = (math.log(row["ratio_high"]) - mean) / _Z
            return mean, spread, f"{row['study']} of {endpoint_class}"
    return 0.0, -math.log(sceptical_ratio) / _Z, "sceptical: no effect expected, none published"


def _limits(value: float, error: float | None) -> dict[str, float | None]:
    if error is None:
        return {"ratio_low": None, "ratio_high": None}
    return {
        "ratio_low": math.exp(value - _Z * error),
        "ratio_high": math.exp(value + _Z * error),
    }


def _error_of_p(value: float, p_value: float | None) -> float | None:
    """Standard error that a two-sided p-value implies."""
    from statistics import NormalDist

    if p_value is None or value == 0.0:
        return None
    return abs(value) / NormalDist().inv_cdf(1.0 - p_value / 2.0)


def _logit(risk: float) -> float:
    return math.log(risk / (1.0 - risk))
