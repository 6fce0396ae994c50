"""Variance components of three nested levels by ANOVA (method of moments).

Assumptions: outer groups, groups and observations independent at their level; effects independent
of the numbers of observations. Unbiased without normality. Limits: components may be negative, and
are kept so; in unbalanced data `nested_reml_components` is more efficient.

Source: Searle SR, Casella G, McCulloch CE, Variance Components, Wiley 1992, section 5.6 (expected
mean squares of the unbalanced nested classification).
"""

import math
from dataclasses import dataclass

from popmargin.statistics.components import NO_REPLICATES
from popmargin.statistics.nested_table import NestedTable
from popmargin.statistics.size_table import FloatArray

FEW_OUTER = "variance between outer groups: needs at least 2 outer groups, found 1"
FEW_INNER = (
    "variance between groups: needs an outer group with at least 2 groups, every outer group has 1"
)
NOT_SEPARABLE_OUTER = (
    "variance between outer groups: cannot be told from the variance between groups when every "
    "outer group has 1 group"
)
NO_REPLICATES_BETWEEN = (
    "variance between groups: cannot be told from the variance within when every group has 1 "
    "observation"
)


@dataclass(frozen=True, slots=True)
class NestedComponents:
    """Mean and three variances, unit squared; None where not estimable, with the reason.

    Attributes
    ----------
    estimator : str
        Name of the method.
    mean : float
        Mean of the outer groups' means (ANOVA), or its weighted form (REML).
    outer_variance, group_variance, within_variance : float or None
        Between outer groups, between groups of an outer group, within groups; untruncated.
    reasons : tuple of str
        Why a component is None.

    >>> NestedComponents("nested_anova", 0.0, -0.1, 4.0, 9.0).outer_sd
    0.0
    """

    estimator: str
    mean: float
    outer_variance: float | None
    group_variance: float | None
    within_variance: float | None
    reasons: tuple[str, ...] = ()

    @property
    def outer_sd(self) -> float | None:
        """SD between outer groups: 0 when the variance is negative."""
        return _sd(self.outer_variance)

    @property
    def group_sd(self) -> float | None:
        """SD between groups of an outer group: 0 when the variance is negative."""
        return _sd(self.group_variance)

    @property
    def within_sd(self) -> float | None:
        """SD within groups."""
        return _sd(self.within_variance)


def nested_anova_components(table: NestedTable) -> NestedComponents:
    """ANOVA estimates: mean squares set equal to their expectations, from the inside out.

    The mean is the plain mean over outer groups of the plain mean of their groups.

    >>> table = NestedTable.from_values(
    ...     [0, 2, 3, 5, 9, 7, 14, 12], list("aabbccdd"), list("xxxxyyyy")
    ... )
    >>> c = nested_anova_components(table)
    >>> c.within_variance, c.group_variance, c.outer_variance
    (2.0, 7.5, 27.75)
    """
    outers, groups, total = table.outer_count, table.group_count, table.observation_count
    mean = nested_mean(table)
    reasons: list[str] = []
    if total == groups:
        reasons = [NO_REPLICATES, NO_REPLICATES_BETWEEN]
        reasons.append(FEW_OUTER if outers < 2 else NOT_SEPARABLE_OUTER)
        return NestedComponents("nested_anova", mean, None, None, None, tuple(reasons))
    within = table.within_total / (total - groups)
    counts = table.outer_sums(table.sizes * table.groups)
    firsts = table.outer_sums(table.sizes * table.deviation_sums)
    squared_sizes = table.outer_sums(table.sizes**2 * table.groups)
    between = None
    if groups > outers:
        squares = _total(table.sizes * table.deviation_squares) - _total(firsts**2 / counts)
        inner = total - _total(squared_sizes / counts)
        between = (max(0.0, squares) - (groups - outers) * within) / inner
    else:
        reasons.append(FEW_INNER)
    outer = None
    if outers < 2:
        reasons.append(FEW_OUTER)
    elif between is None:
        reasons.append(NOT_SEPARABLE_OUTER)
    else:
        squares = _total(firsts**2 / counts) - _total(firsts) ** 2 / total
        group_share = _total(squared_sizes / counts) - _total(squared_sizes) / total
        outer_share = total - _total(counts**2) / total
        outer = (squares - (outers - 1) * within - group_share * between) / outer_share
    return NestedComponents("nested_anova", mean, outer, between, within, tuple(reasons))


def nested_mean(table: NestedTable) -> float:
    """Plain mean over outer groups of the plain mean of their groups' means.

    >>> nested_mean(NestedTable.from_values([0, 2, 3, 5, 6], list("aabbc"), list("xxxxy")))
    4.25
    """
    means = table.outer_sums(table.deviation_sums) / table.outer_sums(table.groups)
    return table.reference + _total(means) / table.outer_count


def _total(values: FloatArray) -> float:
    """Exactly rounded sum, free of the order of the outer groups."""
    return math.fsum(values.tolist())


def _sd(variance: float | None) -> float | None:
    """Root of a variance, 0 when negative, None when not estimable."""
    return None if variance is None else math.sqrt(max(0.0, variance))
