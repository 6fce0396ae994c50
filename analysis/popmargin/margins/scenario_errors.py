"""Covariances that scenarios are made from: SDs of a cohort, with the correlations of its axes.

Assumptions and limits: those of `popmargin.errors.population` and `popmargin.errors.correlations`.
The SDs are those of the estimator asked for, or their one-sided upper limits, which hold the
uncertainty of a small cohort axis by axis; correlations are taken as they are estimated. A
covariance that is no covariance matrix had its negative eigenvalues set to 0 (flagged where it is
estimated).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import OutOfRange
from popmargin.core.flags import Flag
from popmargin.core.random_streams import random_stream
from popmargin.errors.population import AxisEstimate
from popmargin.margins.scenarios import covariance_matrix, sampled_courses, worst_case_shifts
from popmargin.statistics.size_table import FloatArray

Limit = Literal["estimate", "upper"]


@dataclass(frozen=True, slots=True, eq=False)
class ScenarioErrors:
    """Group mean and both covariances (mm, mm^2; lr, si, ap) of one group, or why there are none.

    ``group_mean_mm`` is float[3], ``systematic_mm2`` and ``random_mm2`` are float[3, 3].
    """

    group: str
    columns: Mapping[str, str | None]
    group_mean_mm: tuple[float, ...]
    systematic_mm2: FloatArray
    random_mm2: FloatArray
    reason: str = ""


def scenario_errors(
    estimates: Sequence[AxisEstimate],
    correlations: Sequence[Mapping[str, Any]],
    *,
    limit: Limit = "estimate",
) -> list[ScenarioErrors]:
    """Covariances of every group.

    Parameters
    ----------
    estimates : population errors of one estimator.
    correlations : rows of `popmargin.errors.correlations.estimate_axis_correlations`; groups
        without rows have independent axes.
    limit : ``estimate`` for the SDs as estimated, ``upper`` for their one-sided upper limits.

    Returns
    -------
    One a group; with ``reason`` and zeros where an axis has no mean or SD.
    """
    found = []
    for group in dict.fromkeys(item.group for item in estimates):
        axes = {item.axis: item for item in estimates if item.group == group}
        columns = next(iter(axes.values())).source.columns
        values = [_values(axes[axis], limit) if axis in axes else None for axis in TRANSLATIONS]
        there = [value for value in values if value is not None]
        if len(there) < len(TRANSLATIONS):
            missing = [a for a, v in zip(TRANSLATIONS, values, strict=True) if v is None]
            reason = (
                f"scenarios: mean and both SDs are needed on all three axes, not on {missing[0]}"
            )
            nothing = np.zeros((3, 3))
            found.append(ScenarioErrors(group, columns, (0.0,) * 3, nothing, nothing, reason))
            continue
        means, systematic, random = (tuple(part) for part in zip(*there, strict=True))
        found.append(
            ScenarioErrors(
                group,
                columns,
                means,
                covariance_matrix(
                    systematic, correlation_matrix(correlations, group, "systematic")
                ),
                covariance_matrix(random, correlation_matrix(correlations, group, "random")),
            )
        )
    return found


def scenario_rows(
    groups: Sequence[ScenarioErrors],
    *,
    population: float = 0.90,
    points: int = 7,
    range_percent: float | None = None,
    courses: int = 0,
    fractions: int | None = None,
    with_group_mean: bool = False,
    seed: int = 1,
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Scenario shifts of every group, and why a group has none.

    Parameters
    ----------
    groups : from `scenario_errors`.
    population, points, range_percent : as in `popmargin.margins.scenarios.worst_case_shifts`.
    courses : courses to draw, >= 0.
    fractions : length of a drawn course, >= 1; needed with ``courses``.
    with_group_mean : centre on the group mean in place of 0, which takes it as corrected.
    seed : of the drawn courses.

    Returns
    -------
    Rows of contract ``scenario_shifts`` (and the group columns); flags.

    Raises
    ------
    OutOfRange
        For a value out of range, or courses without their number of fractions.

    Examples
    --------
    >>> scenario_rows([])
    ([], [])
    """
    rows: list[dict[str, Any]] = []
    flags: list[Flag] = []
    if courses and fractions is None:
        raise OutOfRange("fractions", "the fractions of a course that is drawn", fractions)
    for item in groups:
        if item.reason:
            flags.append(Flag("not_estimable", "warn", f"group {item.group}: {item.reason}"))
            continue
        mean = item.group_mean_mm if with_group_mean else (0.0, 0.0, 0.0)
        found = worst_case_shifts(
            item.systematic_mm2,
            population=population,
            points=points,
            group_mean_mm=mean,
            range_percent=range_percent,
        )
        if courses and fractions is not None:
            found += sampled_courses(
                item.systematic_mm2,
                item.random_mm2,
                fractions=fractions,
                courses=courses,
                rng=random_stream(seed, "scenarios", item.group),
                group_mean_mm=mean,
            )
        rows += [{**item.columns, "group": item.group, **row} for row in found]
    return rows, flags


def _values(item: AxisEstimate, limit: Limit) -> tuple[float, float, float] | None:
    """Mean, systematic and random SD; None where one of them is not estimable."""
    found = item.estimate
    if found.group_mean is None or found.systematic is None or found.random is None:
        return None
    if limit == "upper":
        return found.group_mean, found.systematic.upper, found.random.upper
    return found.group_mean, found.systematic_sd or 0.0, found.random_sd or 0.0


def correlation_matrix(
    rows: Sequence[Mapping[str, Any]], group: str, level: str
) -> FloatArray | None:
    """Correlations between lr, si and ap from the covariances of a group, shape (3, 3).

    Parameters: rows of `popmargin.errors.correlations.estimate_axis_correlations`, label of the
    group, ``systematic`` or ``random``. ``None`` where they are not estimable.

    >>> correlation_matrix([], "lung", "random") is None
    True
    """
    matrix = np.zeros((3, 3))
    mine = [row for row in rows if row["group"] == group and row["level"] == level]
    if not mine or any(row["covariance_mm2"] is None for row in mine):
        return None
    for row in mine:
        i, j = TRANSLATIONS.index(row["axis_1"]), TRANSLATIONS.index(row["axis_2"])
        matrix[i, j] = matrix[j, i] = row["covariance_mm2"]
    sds = np.sqrt(np.maximum(np.diag(matrix), 0.0))
    scale = np.where(sds > 0.0, sds, 1.0)
    found = np.clip(matrix / scale[:, None] / scale[None, :], -1.0, 1.0)
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)
