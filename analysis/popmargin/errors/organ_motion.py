"""Set-up error and organ motion apart, from bone and soft-tissue matches of the same fraction.

The bone match is the set-up error; the soft-tissue (or marker) match less the bone match is the
motion of the target against the bones. Per axis, at both levels: SDs with intervals, their
covariance and correlation. var(target) = var(set-up) + var(motion) + 2 covariance, so a correction
on bone leaves the motion, and one on soft tissue also what bones and lymph nodes then miss.

Assumptions: one fraction's two matches are of one image, or so near in time that nothing moved;
those of `popmargin.statistics.covariance` and `popmargin.statistics.correlation`. Limits: the error
of both matches is inside the motion, and an error of the bone match alone makes the covariance too
negative by its variance; only fractions with both matches count.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl

from popmargin.core.axes import TRANSLATIONS, axis_column
from popmargin.core.exceptions import NotEstimable, RefusedInput
from popmargin.core.flags import Flag
from popmargin.errors.population import estimate_row
from popmargin.errors.quantity import Estimator, QuantityEstimate, estimate_quantity
from popmargin.errors.select import group_label, row_key, select_images
from popmargin.statistics.correlation import (
    Correlation,
    between_correlations,
    within_correlations,
)
from popmargin.statistics.covariance import covariance_components
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.size_table import FloatArray
from popmargin.statistics.vector_table import VectorTable


def estimate_organ_motion(
    shifts: pl.LazyFrame | pl.DataFrame,
    *,
    setup: str = "bone",
    target: str = "soft_tissue",
    timing: str = "before_correction",
    group_by: Sequence[str] = (),
    estimator: Estimator = "anova",
    confidence_level: float = 0.95,
    seed: int = 1,
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Rows of contract ``organ_motion`` (and the group columns), and flags.

    Parameters
    ----------
    shifts : canonical shifts in mm with ``surrogate``.
    setup, target : surrogate of the bones, and that of the target (``soft_tissue``, ``marker``).
    timing : of both matches.  group_by : columns whose values make the groups.
    estimator : of both errors' M, systematic and random SD; covariances are of the ANOVA kind.
    confidence_level : level of the intervals, strictly between 0 and 1.  seed : of their draws.

    Returns
    -------
    Two rows (systematic, random) a group and axis.

    Raises
    ------
    RefusedInput
        When no fraction has both matches.

    Examples
    --------
    >>> shifts = pl.DataFrame({
    ...     "patient_id": list("aabbaabb"), "fraction": [1, 2] * 4,
    ...     "surrogate": ["bone"] * 4 + ["soft_tissue"] * 4,
    ...     "ap_mm": [1.0, 2.0, 4.0, 6.0, 2.0, 3.5, 4.0, 7.0],
    ... })
    >>> rows, _ = estimate_organ_motion(shifts)
    >>> rows[1]["level"], round(rows[1]["covariance_mm2"], 3)  # (0.5 * 1 + 1 * 2) / 2 / 2
    ('random', 0.625)
    """
    pairs, flags = matched_pairs(
        shifts.lazy(), setup=setup, target=target, timing=timing, group_by=group_by
    )
    rows: list[dict[str, Any]] = []
    settings = {"estimator": estimator, "confidence_level": confidence_level, "seed": seed}
    for (group,), members in sorted(pairs.partition_by("group", as_dict=True).items()):
        base = {name: members[name][0] for name in group_by} | {"group": group}
        for axis in TRANSLATIONS:
            measured = measured_along(axis, members)
            if measured.is_empty():
                continue
            values, labels = setup_and_motion(axis, measured)
            counts = {
                "axis": axis,
                "n_patients": measured["patient_id"].n_unique(),
                "n_units": int(np.unique(labels).size),
                "n_fractions": measured.height,
            }
            rows += [{**base, **counts, **row} for row in _axis_rows(values, labels, settings)]
    return rows, flags


def measured_along(axis: str, pairs: pl.DataFrame) -> pl.DataFrame:
    """The rows of `matched_pairs` whose both matches have an axis; none where nobody has it."""
    column = axis_column(axis)
    if column not in pairs.columns:
        return pairs.clear()
    return pairs.drop_nulls([column, f"{column}_target"])


def setup_and_motion(axis: str, pairs: pl.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Set-up error and organ motion along an axis in mm, shape (rows, 2), and the rows' units."""
    keys = [name for name in row_key(pairs.columns, ()) if name in pairs.columns]
    labels = pairs.select(pl.struct(keys).rank("dense")).to_series().to_numpy()
    bones = pairs[axis_column(axis)].to_numpy()
    moved = pairs[f"{axis_column(axis)}_target"].to_numpy() - bones
    return np.column_stack([bones, moved]), labels


def matched_pairs(
    frame: pl.LazyFrame, *, setup: str, target: str, timing: str, group_by: Sequence[str]
) -> tuple[pl.DataFrame, list[Flag]]:
    """One row a unit and fraction that has both matches, with ``group``, and flags.

    Columns of the target match end in ``_target``. Parameters and errors raised are those of
    `estimate_organ_motion`.
    """
    matches = [
        select_images(frame, timing=timing, surrogate=name, group_by=group_by, carry=()).collect()
        for name in (setup, target)
    ]
    names = matches[0].columns
    key = [*row_key(names, group_by), "fraction"]
    axes = [column for axis in TRANSLATIONS if (column := axis_column(axis)) in names]
    both = matches[0].join(
        matches[1].select(*key, *axes), on=key, how="inner", nulls_equal=True, suffix="_target"
    )
    if both.is_empty():
        found = f"{matches[0].height} of {setup}, {matches[1].height} of {target}, none of both"
        remedy = "declare surrogate for both sources, with the same patient ids and fractions"
        raise RefusedInput("shifts", f"fractions matched on {setup} and {target}", found, remedy)
    lacking = sum(match.height - both.height for match in matches)
    flags = []
    if lacking:
        message = (
            f"organ motion: {both.height} fractions have both matches, {lacking} only one of "
            f"{setup} and {target}"
        )
        flags.append(Flag("fractions_without_both_matches", "info", message))
    return both.with_columns(group_label(group_by)).sort(*key), flags


def _axis_rows(
    values: FloatArray, labels: FloatArray, settings: dict[str, Any]
) -> list[dict[str, Any]]:
    """The systematic and the random row of one axis; values float64[N, 2] set-up and motion."""
    parts = [estimate_quantity(OneWayData.from_values(x, labels), **settings) for x in values.T]
    table = VectorTable.from_values(values, labels)
    components = covariance_components(table)
    level, seed = settings["confidence_level"], settings["seed"]
    levels: tuple[tuple[str, str, Any, Callable[..., tuple[Correlation, ...]]], ...] = (
        ("systematic", "systematic_sd", components.between, between_correlations),
        ("random", "random_sd", components.within, within_correlations),
    )
    rows = []
    for name, key, matrix, correlate in levels:
        reasons = [part.reason for part in parts if part.reason]
        pair: Correlation | None = None
        try:
            (pair,) = correlate(table, level, seed=seed)
        except NotEstimable as error:
            reasons.append(str(error))
        rows.append(
            {
                "level": name,
                **_sds("setup", parts[0], key),
                **_sds("motion", parts[1], key),
                "covariance_mm2": None if matrix is None else float(matrix[0, 1]),
                "correlation": pair.value if pair else None,
                "correlation_low": pair.interval.low if pair else None,
                "correlation_high": pair.interval.high if pair else None,
                "confidence_level": level,
                "reason": "; ".join(dict.fromkeys(reasons)) or None,
            }
        )
    return rows


def _sds(name: str, part: QuantityEstimate, key: str) -> dict[str, float | None]:
    """M and the SD of one level with their limits, under the name of the error."""
    row = estimate_row(part, "_mm")
    ends = ("", "_low", "_high")
    found = {f"{name}_mean{end}_mm": row[f"group_mean{end}_mm"] for end in ends}
    return found | {f"{name}_sd{end}_mm": row[f"{key}{end}_mm"] for end in ends}
