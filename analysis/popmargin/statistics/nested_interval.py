"""Generalised intervals of the three SDs of a nested model, and of any function of them.

Each draw takes W0 ~ chi2(C - 1), W1 ~ chi2(G - C), W2 ~ chi2(N - G) and inverts three pivots from
the inside out: s2 = SSW / W2; the variance between groups S2 is the root of
sum_c sum_i w_i (m_i - m_c)^2 = W1 with w_i = 1 / (S2 + s2 / n_i) and m_c the weighted mean; the
variance between outer groups T2 is the root of sum_c v_c (m_c - mu)^2 = W0 with
v_c = 1 / (T2 + 1 / W_c), W_c = sum w_i. Each is 0 where there is no root.

Assumptions: normal effects at every level, one variance within all groups. Limits: with few outer
groups the interval of their SD is very wide, and rightly so.

Source: the two-level construction of `popmargin.statistics.generalised_interval`, applied to the
outer means given the inner draws (Weerahandi S, Exact Statistical Methods for Data Analysis,
Springer 1995; Burdick RK, Graybill FA, Confidence Intervals on Variance Components, Dekker 1992,
chapter 5 for the designs).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from popmargin.core.checks import share
from popmargin.core.exceptions import NotEstimable
from popmargin.statistics.interval import Interval
from popmargin.statistics.nested import nested_anova_components, nested_mean
from popmargin.statistics.nested_table import NestedTable
from popmargin.statistics.pivot_root import pivot_root
from popmargin.statistics.point_set import FIBONACCI_DRAWS, chi_square_points
from popmargin.statistics.size_table import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class NestedDraws:
    """Joint draws of the three SDs, in the unit of the data, >= 0; element d is one draw.

    Attributes
    ----------
    outer_sd, group_sd, within_sd : float64[D]
        Between outer groups, between groups of an outer group, within groups.
    """

    outer_sd: FloatArray
    group_sd: FloatArray
    within_sd: FloatArray


def nested_draws(table: NestedTable, *, seed: int = 1, draws: int = FIBONACCI_DRAWS) -> NestedDraws:
    """Draws of the three SDs; take `interval_of` any function of them.

    Parameters
    ----------
    table : NestedTable
        At least two outer groups, one of them with two groups, and replicates.
    seed, draws : int
        Shift of the point set (>= 0) and number of draws (>= 2).

    Raises
    ------
    NotEstimable
        When a component is not estimable, with the reasons.

    >>> table = NestedTable.from_values(
    ...     [0, 2, 3, 5, 9, 7, 14, 12], list("aabbccdd"), list("xxxxyyyy")
    ... )
    >>> d = nested_draws(table)
    >>> round(float(np.median(d.within_sd)), 2), bool((d.outer_sd >= 0).all())
    (1.54, True)
    """
    reasons = nested_anova_components(table).reasons
    if reasons:
        raise NotEstimable("; ".join(reasons))
    outers, groups = table.outer_count, table.group_count
    w0, w1, w2 = (
        chi_square_points(df, coordinate, 3, seed, draws)
        for coordinate, df in enumerate(
            (outers - 1, groups - outers, table.observation_count - groups)
        )
    )
    within = table.within_total / w2
    between = _group_draws(table, within, w1)
    outer = _outer_draws(table, within, between, w0)
    return NestedDraws(np.sqrt(outer), np.sqrt(between), np.sqrt(within))


def nested_mean_interval(table: NestedTable, level: float = 0.95) -> Interval:
    """Student t interval of the plain mean of the outer groups' means, C - 1 degrees of freedom.

    Raises `NotEstimable` with one outer group, `OutOfRange` for a level outside (0, 1).

    >>> i = nested_mean_interval(NestedTable.from_values([0, 2, 5], list("abc"), list("xxy")))
    >>> round(i.low, 2), round(i.high, 2)
    (-22.41, 28.41)
    """
    level = share("level", level)
    count = table.outer_count
    if count < 2:
        raise NotEstimable("interval of the mean: needs at least 2 outer groups, found 1")
    means = table.outer_sums(table.deviation_sums) / table.outer_sums(table.groups)
    centre = math.fsum(means.tolist()) / count
    squares = math.fsum(((means - centre) ** 2).tolist())
    error = math.sqrt(squares / (count * (count - 1)))
    two_sided, one_sided = stdtrit(count - 1, [0.5 * (1.0 + level), level]).tolist()
    mean = nested_mean(table)
    return Interval(
        mean - two_sided * error, mean + two_sided * error, mean + one_sided * error, level, mean
    )


def _group_draws(table: NestedTable, within: FloatArray, pivot: FloatArray) -> FloatArray:
    """Root S2 of the spread of group means about their outer group's mean, for every draw."""
    plain = table.outer_sums(table.deviation_squares) - table.outer_sums(
        table.deviation_sums
    ) ** 2 / table.outer_sums(table.groups)
    spread = max(0.0, float(plain.sum()))
    if table.within_total == 0.0:
        return spread / pivot
    noise_share = float((table.groups / table.sizes).sum()) / table.group_count
    between = np.zeros(within.size)
    above = np.flatnonzero(_inner_squares(table, between, within)[0] > pivot)
    if above.size:
        noise, target = within[above], pivot[above]
        between[above] = pivot_root(
            lambda root: _inner_squares(table, root, noise),
            target,
            np.maximum(spread / target - noise * noise_share, 0.0),
            noise * noise_share,
        )
    return between


def _inner_squares(
    table: NestedTable, between: FloatArray, within: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Sum over outer groups of sum w (m - m_c)^2, and minus its derivative in S2."""
    value, slope = np.zeros((2, between.size))
    for total, first, second, total2, first2, second2 in _outer_moments(table, between, within):
        mean = first / total
        value += second - mean * first
        slope += second2 - mean * (2.0 * first2 - mean * total2)
    return value, slope


def _outer_moments(table: NestedTable, between: FloatArray, within: FloatArray) -> list[FloatArray]:
    """Per outer group [6, D]: sums of w and of w^2 times 1, m and m^2."""
    found = []
    stops = [*table.starts[1:].tolist(), table.sizes.size]
    for start, stop in zip(table.starts.tolist(), stops, strict=True):
        sums = np.zeros((6, between.size))
        for row in range(start, stop):
            weight = 1.0 / (between + within / int(table.sizes[row]))
            squared = weight * weight
            moments = (
                int(table.groups[row]),
                float(table.deviation_sums[row]),
                float(table.deviation_squares[row]),
            )
            for position, moment in enumerate(moments):
                sums[position] += moment * weight
                sums[position + 3] += moment * squared
        found.append(sums)
    return found


def _outer_draws(
    table: NestedTable, within: FloatArray, between: FloatArray, pivot: FloatArray
) -> FloatArray:
    """Root T2 of the spread of the outer groups' weighted means, for every draw."""
    if table.within_total == 0.0 and not between.any():
        means = table.outer_sums(table.deviation_sums) / table.outer_sums(table.groups)
        return float(means.var()) * means.size / pivot
    moments = _outer_moments(table, between, within)
    variances = np.array([1.0 / part[0] for part in moments])
    means = np.array([part[1] / part[0] for part in moments])
    outer = np.zeros(pivot.size)
    above = np.flatnonzero(_outer_squares(means, variances, outer)[0] > pivot)
    if above.size:
        noise, centres, target = variances[:, above], means[:, above], pivot[above]
        scale = noise.mean(axis=0)
        spread = centres.var(axis=0) * table.outer_count
        outer[above] = pivot_root(
            lambda root: _outer_squares(centres, noise, root),
            target,
            np.maximum(spread / target - scale, 0.0),
            scale,
        )
    return outer


def _outer_squares(
    means: FloatArray, variances: FloatArray, outer: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Sum of v (m_c - mu)^2 over outer groups [C, D], and minus its derivative in T2."""
    v = 1.0 / (outer + variances)
    deviations = means - (v * means).sum(axis=0) / v.sum(axis=0)
    squares = v * deviations * deviations
    return squares.sum(axis=0), (v * squares).sum(axis=0)
