"""Observed outcomes: one endpoint of every patient, joined to covariates; incidence and curves.

Assumptions: a row with event 1 says that the patient had the endpoint at that grade at that time;
event 0 is the end of observation, 2 an event after which the endpoint cannot happen. Times of one
endpoint have one origin.

Limits: the crude share of patients with an event ignores unequal follow-up, the curves do not;
what nobody recorded did not happen here. Shares and curves describe; they compare nothing.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from popmargin.core.exceptions import NotEstimable, RefusedInput
from popmargin.statistics.event_times import (
    COMPETING,
    EVENT,
    cumulative_incidence,
    kaplan_meier,
    round_months,
)
from popmargin.statistics.proportion import exact_proportion

Row = dict[str, Any]
CURVE_POINTS: Final = 25


def endpoint_cohort(
    outcomes: pl.DataFrame, endpoint: str, *, grade_at_least: int | None = None
) -> pl.DataFrame:
    """One row a patient: the first event of the endpoint, or how observation ended.

    Parameters
    ----------
    outcomes : contract ``outcomes``.
    endpoint : its name.
    grade_at_least : events of lower grade do not count; None: every event counts.

    Returns
    -------
    ``patient_id``, ``event`` (0, 1, 2), ``time_months``, ``time_origin``; sorted by patient. An
    event and a competing event at one time count as the event.

    Raises
    ------
    RefusedInput
        For a negative time (an outcome before its origin), an event code out of range, several
        origins, a row that stands twice, or an event without the grade that is asked for.
    NotEstimable
        When the table has no row of the endpoint.

    Examples
    --------
    >>> table = pl.DataFrame({"patient_id": ["a", "a", "b"], "endpoint": ["gi"] * 3,
    ...     "grade": [1, 2, None], "event": [1, 1, 0], "time_months": [3.0, 9.0, 24.0],
    ...     "time_origin": ["start"] * 3})
    >>> endpoint_cohort(table, "gi", grade_at_least=2).rows()[0]
    ('a', 1, 9.0, 'start')
    """
    rows = outcomes.filter(pl.col("endpoint") == endpoint)
    where = f"outcomes, endpoint {endpoint}"
    if rows.is_empty():
        raise NotEstimable(f"no row of endpoint {endpoint}")
    _check(rows, where)
    if grade_at_least is not None:
        lacking = rows.filter((pl.col("event") == EVENT) & pl.col("grade").is_null())
        if lacking.height:
            raise RefusedInput(
                where,
                "a grade for every event",
                f"{lacking.height} events without one",
                "fill in the grades, or ask for events of any grade",
            )
        low = (pl.col("event") == EVENT) & (pl.col("grade") < grade_at_least)
        # A milder event is no event, but the patient was under observation until then.
        rows = rows.with_columns(pl.when(low).then(0).otherwise(pl.col("event")).alias("event"))
    order = pl.col("event").replace_strict({1: 0, 2: 1, 0: 2}, return_dtype=pl.Int64)
    # The earliest event; of several ends of observation the last.
    key = pl.when(pl.col("event") == 0).then(-pl.col("time_months")).otherwise("time_months")
    happened = (pl.col("event") == 0).cast(pl.Int64)
    return (
        rows.with_columns(order.alias("_kind"), key.alias("_time"), happened.alias("_late"))
        .sort("patient_id", "_late", "_time", "_kind")
        .unique("patient_id", keep="first", maintain_order=True)
        .select("patient_id", pl.col("event").cast(pl.Int64), "time_months", "time_origin")
    )


def _check(rows: pl.DataFrame, where: str) -> None:
    negative = rows.filter(pl.col("time_months") < 0)
    if negative.height:
        raise RefusedInput(
            where,
            "times >= 0 from their origin",
            f"{negative.height} below 0: an outcome before treatment",
            "correct the times or their origin; what was there before is no outcome",
        )
    if not rows["event"].is_in([0, 1, 2]).all():
        raise RefusedInput(where, "event 0, 1 or 2", "another code", "see the contract outcomes")
    origins = rows["time_origin"].unique().sort().to_list()
    if len(origins) > 1:
        raise RefusedInput(
            where, "times of one origin", ", ".join(map(str, origins)), "recompute the times"
        )
    repeated = rows.select("patient_id", "grade", "event", "time_months").is_duplicated()
    ends = rows.filter(pl.col("event") == 0).group_by("patient_id", "grade").len()
    ends = ends.filter(pl.col("len") > 1)
    if repeated.any() or ends.height:
        count = int(repeated.sum()) or ends.height
        raise RefusedInput(
            where,
            "every patient once per grade, and one end of observation",
            f"{count} rows of duplicate patients",
            "remove the duplicates, or make the ids of different patients differ",
        )


def estimate_incidence(outcomes: pl.DataFrame, *, confidence_level: float = 0.95) -> list[Row]:
    """Share of patients with each endpoint, at any grade and at each grade or above.

    Parameters
    ----------
    outcomes : contract ``outcomes``.
    confidence_level : of the exact intervals, inside (0, 1).

    Returns
    -------
    Contract ``outcome_incidence``: one row an endpoint and grade limit (None = any grade).

    Raises
    ------
    RefusedInput
        As `endpoint_cohort`.

    Examples
    --------
    >>> table = pl.DataFrame({"patient_id": ["a", "b"], "endpoint": ["gi"] * 2, "grade": [2, None],
    ...     "event": [1, 0], "time_months": [3.0, 24.0], "time_origin": ["start"] * 2})
    >>> [(row["grade_at_least"], row["n_events"]) for row in estimate_incidence(table)]
    [(None, 1), (1, 1), (2, 1)]
    """
    rows: list[Row] = []
    for endpoint in sorted(outcomes["endpoint"].unique().to_list()):
        graded = outcomes.filter(pl.col("endpoint") == endpoint, pl.col("event") == EVENT)["grade"]
        highest = int(graded.max() or 0) if not graded.has_nulls() else 0  # type: ignore[arg-type]
        for grade in (None, *range(1, highest + 1)):
            cohort = endpoint_cohort(outcomes, endpoint, grade_at_least=grade)
            events = int((cohort["event"] == EVENT).sum())
            found = exact_proportion(events, cohort.height, level=confidence_level)
            rows.append(
                {
                    "endpoint": endpoint,
                    "grade_at_least": grade,
                    "n_patients": cohort.height,
                    "n_events": events,
                    "n_competing": int((cohort["event"] == COMPETING).sum()),
                    "share": found.value,
                    "share_low": found.low,
                    "share_high": found.high,
                    "median_time_months": cohort["time_months"].median(),
                    "time_origin": cohort["time_origin"][0],
                }
            )
    return rows


def estimate_outcome_curves(
    outcomes: pl.DataFrame,
    groups: pl.DataFrame,
    by: str,
    endpoints: Sequence[str],
    *,
    confidence_level: float = 0.95,
) -> list[Row]:
    """Cumulative incidence (with competing events) and event-free share over time, by group.

    Parameters
    ----------
    outcomes : contract ``outcomes``.
    groups : ``patient_id`` and the column ``by``; patients without a group are left out.
    by : column whose values make the curves.
    endpoints : names; confidence_level : of the pointwise limits, inside (0, 1).

    Returns
    -------
    Contract ``outcome_curves``: a row at the times of events (at most 25, spread over them), at
    round months, where numbers at risk are told, and at the end of the group's observation.

    Raises
    ------
    RefusedInput, NotEstimable
        As `endpoint_cohort`.

    Examples
    --------
    >>> table = pl.DataFrame({"patient_id": ["a", "b"], "endpoint": ["gi"] * 2, "grade": [2, None],
    ...     "event": [1, 0], "time_months": [3.0, 24.0], "time_origin": ["start"] * 2})
    >>> people = pl.DataFrame({"patient_id": ["a", "b"], "igrt_protocol": ["daily", "daily"]})
    >>> estimate_outcome_curves(table, people, "igrt_protocol", ["gi"])[-1]["incidence"]
    0.5
    """
    rows: list[Row] = []
    for endpoint in endpoints:
        cohort = endpoint_cohort(outcomes, endpoint).join(
            groups.select("patient_id", pl.col(by).cast(pl.String).alias("group")),
            on="patient_id",
            maintain_order="left",
        ).drop_nulls("group")  # fmt: skip
        told = np.array(round_months(max(cohort["time_months"], default=0.0)))
        for (group,), members in sorted(cohort.partition_by("group", as_dict=True).items()):
            time, event = members["time_months"].to_numpy(), members["event"].to_numpy()
            curves = (
                cumulative_incidence(time, event, level=confidence_level),
                kaplan_meier(time, event, level=confidence_level),
            )
            moments = curves[0].times
            if moments.size > CURVE_POINTS:
                moments = np.unique(np.quantile(moments, np.linspace(0, 1, CURVE_POINTS),
                                                method="nearest"))  # fmt: skip
            moments = np.unique([*moments, *told[told < time.max()], time.max()])
            for moment in moments.tolist():
                value, low, high = curves[0].at(moment)
                free, free_low, free_high = curves[1].at(moment)
                rows.append(
                    {
                        "endpoint": endpoint, "by": by, "group": str(group),
                        "time_months": moment, "at_risk": int((time >= moment).sum()),
                        "incidence": value, "incidence_low": low, "incidence_high": high,
                        "event_free": free, "event_free_low": free_low,
                        "event_free_high": free_high,
                        "time_origin": members["time_origin"][0],
                    }
                )  # fmt: skip
    return rows
