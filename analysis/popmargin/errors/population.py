"""Population errors of every group and axis: M, systematic and random SD with intervals.

Assumptions and limits: those of `popmargin.errors.quantity`; every group and axis is estimated on
its own. What is estimated is the error of the rows that were selected: shifts logged before
correction give the set-up component without image guidance and nothing else.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from popmargin.core.axes import AXES, ROTATIONS, TRANSLATIONS, axis_unit
from popmargin.core.flags import Flag
from popmargin.errors.quantity import (
    Estimator,
    QuantityEstimate,
    RandomEstimator,
    estimate_quantity,
)
from popmargin.errors.remarks import group_remarks
from popmargin.errors.units import UnitSums, axis_summary
from popmargin.statistics.one_way import Grouped, OneWayData

# More take no less time, and more memory.
_THREADS: Final = 2


@dataclass(frozen=True, slots=True)
class AxisData:
    """The units of one group on one axis, and who they are."""

    group: str
    columns: Mapping[str, str | None]
    axis: str
    n_patients: int
    data: Grouped


@dataclass(frozen=True, slots=True)
class AxisEstimate:
    """One group, one axis, one estimator: the estimate and what it rests on."""

    source: AxisData
    estimator: Estimator
    estimate: QuantityEstimate
    confidence_level: float

    @property
    def group(self) -> str:
        """Label of the group."""
        return self.source.group

    @property
    def axis(self) -> str:
        """The patient axis."""
        return self.source.axis

    def row(self) -> dict[str, Any]:
        """Flat row with the keys of the contract, units in the names."""
        unit = axis_unit(self.axis)
        return {
            **self.source.columns,
            "group": self.group,
            "axis": self.axis,
            "n_patients": self.source.n_patients,
            "n_units": self.source.data.group_count,
            "n_fractions": self.source.data.observation_count,
            "estimator": self.estimator,
            **estimate_row(self.estimate, f"_{unit}"),
            "confidence_level": self.confidence_level,
            "reason": self.estimate.reason or None,
        }


def estimate_row(estimate: QuantityEstimate, suffix: str) -> dict[str, float | None]:
    """Keys ``group_mean``, ``systematic_sd``, ``random_sd`` and their limits, with ``suffix``.

    ``suffix`` is ``_mm``, ``_deg`` or empty for a quantity that carries its unit in a column.
    """
    row: dict[str, float | None] = {}
    for name, value, limits in (
        ("group_mean", estimate.group_mean, estimate.mean),
        ("systematic_sd", estimate.systematic_sd, estimate.systematic),
        ("random_sd", estimate.random_sd, estimate.random),
    ):
        row[f"{name}{suffix}"] = value
        row[f"{name}_low{suffix}"] = limits.low if limits else None
        row[f"{name}_high{suffix}"] = limits.high if limits else None
        if name != "group_mean":
            row[f"{name}_upper{suffix}"] = limits.upper if limits else None
    squared = f"{suffix}2" if suffix else ""
    row[f"systematic_variance_untruncated{squared}"] = estimate.components.between_variance
    return row


def axis_data(units: UnitSums) -> list[AxisData]:
    """Units by group and axis, straight from their sums; unmeasured axes are left out."""
    cells = [
        (axis, members, units.group_by)
        for members in _by_group(units.frame, units.group_by)
        for axis in units.axes
    ]
    with ThreadPoolExecutor(_THREADS) as threads:
        found = threads.map(_measured, cells)
    return [item for item in found if item is not None]


def _measured(cell: tuple[str, pl.DataFrame, Sequence[str]]) -> AxisData | None:
    axis, members, group_by = cell
    there = members[f"{axis}_n"] > 0
    measured = members if there.all() else members.filter(there)
    if measured.is_empty():
        return None
    return _axis_data(axis, measured, measured.select(axis_summary(axis)), group_by)


def axis_data_of_table(summaries: pl.DataFrame, group_by: Sequence[str] = ()) -> list[AxisData]:
    """Units by group and axis from a table of contract ``unit_summaries``."""
    found = []
    for members in _by_group(summaries, group_by):
        for axis in AXES:
            measured = members.filter(pl.col("axis") == axis)
            if measured.height:
                numbers = measured.select("n_fractions", "mean", "sum_of_squares")
                found.append(_axis_data(axis, measured, numbers, group_by))
    return found


def _by_group(units: pl.DataFrame, group_by: Sequence[str]) -> list[pl.DataFrame]:
    """The units of each group, sorted by label.

    The values of the group columns tell groups apart, not the label: two could read the same.
    """
    if not group_by:
        return [units]
    parts = units.partition_by(list(group_by), as_dict=True)
    return [part for _, part in sorted(parts.items(), key=lambda item: _order(*item))]


def _order(values: tuple[object, ...], members: pl.DataFrame) -> tuple[str, ...]:
    return (str(members["group"][0]), *(str(value) for value in values))


def _axis_data(
    axis: str, members: pl.DataFrame, numbers: pl.DataFrame, group_by: Sequence[str]
) -> AxisData:
    columns = {name: members[name][0] for name in group_by}
    data = OneWayData.from_summaries(*(column.to_numpy() for column in numbers))
    # Without courses and plans every unit is a patient, and none need be counted.
    several = {"course", "plan"} & set(members.columns)
    patients = members["patient_id"].n_unique() if several else members.height
    return AxisData(str(members["group"][0]), columns, axis, patients, data)


def estimate_population_errors(
    groups: Sequence[AxisData],
    *,
    estimators: Sequence[Estimator] = ("anova",),
    random: RandomEstimator = "rms",
    confidence_level: float = 0.95,
    seed: int = 1,
) -> tuple[list[AxisEstimate], list[Flag]]:
    """Estimates of every group, axis and estimator, and what their reader must know.

    Parameters
    ----------
    groups : from `axis_data` or `axis_data_of_table`, sorted by group.
    estimators, random, confidence_level, seed : as in `popmargin.errors.quantity`.

    Returns
    -------
    Estimates in the order group, axis, estimator; flags, which speak of the first estimator.
    """
    found = [
        AxisEstimate(
            item,
            estimator,
            estimate_quantity(
                item.data,
                estimator=estimator,
                random=random,
                confidence_level=confidence_level,
                seed=seed,
            ),
            confidence_level,
        )
        for item in groups
        for estimator in estimators
    ]
    flags: list[Flag] = []
    for group in dict.fromkeys(item.group for item in groups):
        first = [e for e in found if e.group == group and e.estimator == estimators[0]]
        flags += group_remarks(group, first)
    return found, flags


def errors_table(estimates: Sequence[AxisEstimate], *, rotations: bool = False) -> pl.DataFrame:
    """Contract ``population_errors`` (mm) or, with ``rotations``, ``rotation_errors`` (degrees)."""
    wanted = ROTATIONS if rotations else TRANSLATIONS
    rows = [estimate.row() for estimate in estimates if estimate.axis in wanted]
    return pl.DataFrame(rows, infer_schema_length=None)
