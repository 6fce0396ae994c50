"""Population statistics of anatomy: the same two levels as positions, for any measured quantity.

Assumptions and limits: those of `popmargin.errors.quantity`; a quantity that drifts over the
course (a gland that shrinks) is no stationary series, and then the SD within patients holds the
drift as well. What a patient measured twice at a fraction gave is averaged.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl

from popmargin.core.flags import Flag
from popmargin.errors.population import estimate_row
from popmargin.errors.quantity import Estimator, RandomEstimator, estimate_quantity
from popmargin.statistics.one_way import OneWayData

_SERIES = ("structure", "side", "quantity", "unit")
_UNIT = ("patient_id", "course")


def estimate_anatomy_errors(
    anatomy: pl.DataFrame,
    *,
    relative_to_planning: bool = False,
    estimators: Sequence[Estimator] = ("anova",),
    random: RandomEstimator = "rms",
    confidence_level: float = 0.95,
    seed: int = 1,
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Rows of contract ``anatomy_errors`` and flags, one row per series and estimator.

    Parameters
    ----------
    anatomy : canonical anatomy table (contract ``anatomy``, defaults filled in).
    relative_to_planning : take fraction minus planning (fraction 0); patients without a planning
        value are left out with a flag. Otherwise fraction 0 is left out, being no fraction.
    estimators, random, confidence_level, seed : as in `popmargin.errors.quantity`.
    """
    rows: list[dict[str, Any]] = []
    flags: list[Flag] = []
    for key, series in sorted(anatomy.partition_by(_SERIES, as_dict=True).items()):
        name = " ".join(str(part) for part in key[:3] if part)
        values = series.group_by(*_UNIT, "fraction").agg(pl.col("value").sort().mean())
        fractions = values.filter(pl.col("fraction") > 0)
        if relative_to_planning:
            planning = values.filter(pl.col("fraction") == 0).select(*_UNIT, planned="value")
            joined = fractions.join(planning, on=_UNIT, how="left")
            flags += _without_planning(name, joined)
            fractions = joined.drop_nulls("planned").with_columns(
                (pl.col("value") - pl.col("planned")).round(9).alias("value")
            )
        if fractions.is_empty():
            message = f"{name}: no fraction to estimate from: not estimable"
            flags.append(Flag("not_estimable", "warn", message))
            continue
        labels = fractions.select(pl.struct(_UNIT).rank("dense")).to_series()
        data = OneWayData.from_values(fractions["value"].to_numpy(), labels.to_numpy())
        for estimator in estimators:
            estimate = estimate_quantity(
                data,
                estimator=estimator,
                random=random,
                confidence_level=confidence_level,
                seed=seed,
            )
            flags += [
                Flag("not_estimable", "warn", f"{name}: {reason}") for reason in estimate.reasons
            ]
            rows.append(
                {
                    **dict(zip(_SERIES, key, strict=True)),
                    "reference": "relative to planning" if relative_to_planning else "absolute",
                    "n_patients": fractions["patient_id"].n_unique(),
                    "n_units": data.group_count,
                    "n_fractions": data.observation_count,
                    "estimator": estimator,
                    **estimate_row(estimate, ""),
                    "confidence_level": confidence_level,
                    "reason": estimate.reason or None,
                }
            )
    return rows, flags


def _without_planning(name: str, joined: pl.DataFrame) -> list[Flag]:
    patients = joined.filter(pl.col("planned").is_null())["patient_id"].n_unique()
    if patients == 0:
        return []
    message = f"{name}: {patients} patients have no planning value (fraction 0) and are left out"
    return [Flag("no_planning_value", "warn", message, patients=patients)]
