"""Covariance of the errors between axes, between patients and within patients.

Assumptions and limits: those of `popmargin.statistics.covariance` and
`popmargin.statistics.correlation`. Only fractions measured on all three translations count. The
diagonal is the ANOVA estimate of each axis over those fractions.
"""

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from popmargin.core.axes import TRANSLATIONS, axis_column
from popmargin.core.exceptions import NotEstimable
from popmargin.core.flags import Flag
from popmargin.errors.select import UNIT_KEY
from popmargin.statistics.correlation import (
    Correlation,
    between_correlations,
    within_correlations,
)
from popmargin.statistics.covariance import CovarianceComponents, covariance_components
from popmargin.statistics.vector_table import VectorTable


def estimate_axis_correlations(
    selected: pl.DataFrame,
    *,
    group_by: Sequence[str] = (),
    confidence_level: float = 0.95,
    seed: int = 1,
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Rows of contract ``axis_correlations`` (and the group columns), and flags.

    Parameters
    ----------
    selected : one row per unit and fraction with ``group``, unit key, ``lr_mm``, ``si_mm``,
        ``ap_mm``, from `popmargin.errors.select.select_images`.
    group_by : group columns to carry along.
    confidence_level : level of the intervals, strictly between 0 and 1.  seed : of their draws.

    Returns
    -------
    Six rows a group and level: three variances and three covariances with their correlation.
    Groups without a fraction measured on all three axes have none, which a flag says.
    """
    rows: list[dict[str, Any]] = []
    flags: list[Flag] = []
    columns = [axis_column(axis) for axis in TRANSLATIONS]
    parts = selected.drop_nulls(columns).partition_by("group", as_dict=True)
    for group in sorted(selected["group"].unique().to_list()):
        members = parts.get((group,))
        if members is None:
            message = f"group {group}: no fraction is measured on all three axes: no correlations"
            flags.append(Flag("axes_not_measured_together", "info", message))
            continue
        keys = [name for name in UNIT_KEY if name in members.columns]
        labels = members.select(pl.struct(keys).rank("dense")).to_series().to_numpy()
        table = VectorTable.from_values(members.select(columns).to_numpy(), labels)
        parts_of_group = covariance_components(table)
        if parts_of_group.clipped:
            message = (
                f"group {group}: the systematic covariance has a negative eigenvalue; where a "
                "covariance matrix is needed it is set to 0"
            )
            flags.append(Flag("systematic_covariance_clipped", "info", message))
        base = {name: members[name][0] for name in group_by} | {"group": group}
        rows += _rows(base, table, parts_of_group, confidence_level, seed)
    return rows, flags


def _rows(
    base: dict[str, Any],
    table: VectorTable,
    parts: CovarianceComponents,
    level: float,
    seed: int,
) -> list[dict[str, Any]]:
    rows = []
    estimators: tuple[tuple[str, Any, Callable[..., tuple[Correlation, ...]]], ...] = (
        ("systematic", parts.between_clipped, between_correlations),
        ("random", parts.within, within_correlations),
    )
    for name, matrix, correlate in estimators:
        try:
            found = {(c.row, c.column): c for c in correlate(table, level, seed=seed)}
            reason = None
        except NotEstimable as error:
            found, reason = {}, str(error)
        for i, first in enumerate(TRANSLATIONS):
            for j, second in list(enumerate(TRANSLATIONS))[i:]:
                pair = found.get((i, j))
                rows.append(
                    {
                        **base,
                        "level": name,
                        "axis_1": first,
                        "axis_2": second,
                        "covariance_mm2": None if matrix is None else float(matrix[i, j]),
                        "correlation": pair.value if pair else None,
                        "correlation_low": pair.interval.low if pair else None,
                        "correlation_high": pair.interval.high if pair else None,
                        "confidence_level": level,
                        "reason": reason if i != j or matrix is None else None,
                    }
                )
    return rows
