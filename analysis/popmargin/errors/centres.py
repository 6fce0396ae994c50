"""Three levels: how much centres differ, patients of one centre, and fractions of one patient.

Balanced data are estimated by nested ANOVA, others by REML; intervals are generalised.
Assumptions: centres are a sample of centres like these, patients of a centre are exchangeable, one
systematic and one random SD in all centres. Limits: with few centres the interval of the SD between
centres is very wide, which is the truth about it; a margin for one centre needs its own mean.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import NotEstimable
from popmargin.errors.centre_rows import centre_data_of_rows
from popmargin.errors.pooled_packets import CentreData
from popmargin.statistics.interval import Interval, interval_of
from popmargin.statistics.nested import NestedComponents, nested_anova_components
from popmargin.statistics.nested_interval import nested_draws, nested_mean_interval
from popmargin.statistics.nested_reml import nested_reml_components
from popmargin.statistics.nested_table import NestedTable


def estimate_centre_errors(
    selected: pl.DataFrame,
    *,
    group_by: Sequence[str] = (),
    confidence_level: float = 0.95,
    seed: int = 1,
) -> list[dict[str, Any]]:
    """Rows of contract ``centre_errors`` (and the group columns).

    Parameters
    ----------
    selected : one row per unit and fraction with ``group``, unit key, translations in mm and, if
        stated, ``centre``; from `popmargin.errors.select.select_images`.
    group_by : group columns to carry along.
    confidence_level : level of the intervals, strictly between 0 and 1.  seed : of their draws.

    Returns
    -------
    One row per group and axis whose patients come from at least two stated centres; what is not
    estimable is null with the reason.
    """
    data = centre_data_of_rows(selected, group_by=group_by)
    return pooled_centre_errors(data, confidence_level=confidence_level, seed=seed)


def pooled_centre_errors(
    data: Sequence[CentreData], *, confidence_level: float = 0.95, seed: int = 1
) -> list[dict[str, Any]]:
    """The same rows from units by centre, for translations of two centres or more.

    Parameters
    ----------
    data : from `popmargin.errors.pooled_packets.pool_packets` or `centre_data_of_rows`.
    confidence_level, seed : as in `estimate_centre_errors`.

    >>> pooled_centre_errors([])
    []
    """
    rows = []
    for item in data:
        pooled = item.pooled
        if pooled.axis in TRANSLATIONS and len(item.centres) > 1:
            table = NestedTable.from_tables([one.data.by_size for one in item.centres.values()])
            base = {**pooled.columns, "group": pooled.group}
            counts = (len(item.centres), pooled.n_patients)
            rows.append(_centre_row(base, pooled.axis, counts, table, confidence_level, seed))
    return rows


_Found = tuple[NestedComponents, Interval, tuple[Interval, Interval, Interval]]


def _centre_row(
    base: dict[str, Any],
    axis: str,
    counts: tuple[int, int],
    table: NestedTable,
    level: float,
    seed: int,
) -> dict[str, Any]:
    """The row of a table of centres; ``counts`` are centres and patients."""
    found = _estimate(table, level, seed)
    return {
        **base,
        "axis": axis,
        "n_centres": counts[0],
        "n_patients": counts[1],
        "n_units": table.group_count,
        "n_fractions": table.observation_count,
        **_numbers(found if isinstance(found, tuple) else None),
        "confidence_level": level,
        "reason": found if isinstance(found, str) else None,
    }


def _estimate(table: NestedTable, level: float, seed: int) -> _Found | str:
    """Components and intervals of mean and three SDs, or the reason why there are none."""
    components = (nested_anova_components if table.balanced else nested_reml_components)(table)
    try:
        draws = nested_draws(table, seed=seed)
        limits = [
            interval_of(values, level)
            for values in (draws.outer_sd, draws.group_sd, draws.within_sd)
        ]
        mean = nested_mean_interval(table, level)
    except NotEstimable as error:
        return str(error)
    return components, mean, (limits[0], limits[1], limits[2])


def _numbers(found: _Found | None) -> dict[str, float | None]:
    names = ("centre_sd", "systematic_sd", "random_sd")
    if found is None:
        means = dict.fromkeys(("group_mean_mm", "group_mean_low_mm", "group_mean_high_mm"))
        return means | {
            f"{name}{part}_mm": None for name in names for part in ("", "_low", "_high", "_upper")
        }
    components, mean, limits = found
    numbers: dict[str, float | None] = {
        "group_mean_mm": components.mean,
        "group_mean_low_mm": mean.low,
        "group_mean_high_mm": mean.high,
    }
    values = (components.outer_sd, components.group_sd, components.within_sd)
    for name, value, limit in zip(names, values, limits, strict=True):
        numbers |= {
            f"{name}_mm": value,
            f"{name}_low_mm": limit.low,
            f"{name}_high_mm": limit.high,
            f"{name}_upper_mm": limit.upper,
        }
    return numbers
