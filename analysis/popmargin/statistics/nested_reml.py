"""Restricted maximum likelihood of three nested levels.

Assumptions: normal effects at every level, one variance within all groups. Limits: variances are
estimated at 0 or above.

With variances in units of the within variance, lambda between groups and kappa between outer
groups: w_i = n_i / (1 + n_i lambda), W_c = sum w_i over an outer group and m_c its weighted mean.
The outer level is then a one-way profile with "sizes" W_c, so kappa and the within variance are
profiled out by `best_ratio`. What is left is one curve in lambda, whose slope is exact (the
profiled parameters are at their optimum): a grid finds each local optimum, bisection on the slope
in ln(lambda + offset) refines it, and lambda = 0 is compared.

Source: Searle SR, Casella G, McCulloch CE, Variance Components, Wiley 1992, sections 6.6 and 8.3.
"""

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from popmargin.statistics.likelihood_profile import Profile, best_ratio, criterion
from popmargin.statistics.nested import NestedComponents, nested_anova_components
from popmargin.statistics.nested_table import NestedTable
from popmargin.statistics.size_table import IntArray

_GRID_POINTS = 40
_MOST_STEPS = 80
_RELATIVE_STEP = 1e-13


class _Point(NamedTuple):
    """The likelihood at one lambda, outer variance and within variance profiled out."""

    value: float
    slope: float
    outer_ratio: float
    within_variance: float
    mean: float


def nested_reml_components(table: NestedTable) -> NestedComponents:
    """REML estimate of the three variances; the mean is weighted accordingly.

    Parameters
    ----------
    table : NestedTable
        At least two outer groups, one of them with two groups, and replicates, for all three
        components; otherwise the ANOVA answer is returned under its own name, with its reasons.

    >>> table = NestedTable.from_values(
    ...     [0, 2, 3, 5, 9, 7, 14, 12], list("aabbccdd"), list("xxxxyyyy")
    ... )
    >>> c = nested_reml_components(table)
    >>> round(c.within_variance, 6), round(c.group_variance, 6), round(c.outer_variance, 6)
    (2.0, 7.5, 27.75)
    """
    simple = nested_anova_components(table)
    if simple.reasons or table.within_total == 0.0:
        return simple
    spread = float(table.deviation_squares.sum())
    degrees = table.observation_count - 1
    offset = 1.0 / float(table.sizes.max())
    # As in the one-way profile: beyond this the slope in lambda is positive.
    inner_df = table.group_count - table.outer_count
    largest = 2.0 * (degrees * spread / (inner_df * table.within_total) + 1.0)
    grid = np.exp(np.linspace(math.log(offset), math.log(largest + offset), _GRID_POINTS)) - offset
    grid[0] = 0.0
    points = [_point(table, ratio) for ratio in grid.tolist()]
    optima = [] if points[0].slope < 0.0 else [0.0]
    for left, (point, after) in enumerate(pairwise(points)):
        if point.slope < 0.0 <= after.slope:
            optima.append(_refine(table, float(grid[left]), float(grid[left + 1]), offset))
    ratio = min(optima or [largest], key=lambda at: _point(table, at).value)
    best = _point(table, ratio)
    return NestedComponents(
        "nested_reml",
        best.mean,
        best.outer_ratio * best.within_variance,
        ratio * best.within_variance,
        best.within_variance,
    )


def _point(table: NestedTable, ratio: float) -> _Point:
    """Profile out the outer and the within variance at one lambda."""
    w = table.sizes / (1.0 + table.sizes * ratio)
    precision = table.outer_sums(w * table.groups)
    means = table.outer_sums(w * table.deviation_sums) / precision
    inner = table.outer_sums(w * table.deviation_squares) - means * means * precision
    residual = table.within_total + max(0.0, float(inner.sum()))
    moments = np.stack([np.ones(means.size), means, means * means])
    profile = Profile(precision, moments, residual, table.observation_count - 1, restricted=True)
    kappa = best_ratio(profile, float(means.var(ddof=1)))
    determinant = float((table.groups * np.log1p(table.sizes * ratio)).sum())
    v = precision / (1.0 + precision * kappa)
    total = float(v.sum())
    mean = float((v * means).sum()) / total
    residual += float((v * (means - mean) ** 2).sum())
    # V^-1 (y - mu) for a group: its deviation from the outer group's predicted mean, times w.
    predicted = np.repeat(mean + kappa * v * (means - mean), _rows(table))
    leaning = table.deviation_squares - predicted * (
        2.0 * table.deviation_sums - predicted * table.groups
    )
    squared = table.outer_sums(w * w * table.groups)
    shrunk = squared / (1.0 + precision * kappa)
    slope = (
        float((precision - kappa * shrunk).sum())
        - float((shrunk / (1.0 + precision * kappa)).sum()) / total
        - profile.degrees * float((w * w * leaning).sum()) / residual
    )
    return _Point(
        criterion(profile, kappa) + determinant,
        slope,
        kappa,
        residual / profile.degrees,
        table.reference + mean,
    )


def _rows(table: NestedTable) -> IntArray:
    """Number of rows of each outer group."""
    return np.asarray(np.diff(np.r_[table.starts, table.sizes.size]), dtype=np.int64)


def _refine(table: NestedTable, low: float, high: float, offset: float) -> float:
    """Root of the slope by bisection in ln(lambda + offset)."""
    for _ in range(_MOST_STEPS):
        middle = math.sqrt((low + offset) * (high + offset)) - offset
        if high - low <= _RELATIVE_STEP * (low + offset):
            break
        low, high = (middle, high) if _point(table, middle).slope < 0.0 else (low, middle)
    return 0.5 * (low + high)
