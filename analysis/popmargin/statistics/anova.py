"""ANOVA (method of moments) estimates of one-way variance components.

Assumptions: one-way random effects, group effects independent of group sizes. Unbiased for both
variances without any normality. Limits: the variance between groups may come out negative, which
is kept; in unbalanced data it is less efficient than REML.

Source: Searle SR, Casella G, McCulloch CE, Variance Components, Wiley 1992, section 3.6.
"""

from popmargin.statistics.components import (
    FEW_GROUPS,
    NO_REPLICATES,
    NOT_SEPARABLE,
    VarianceComponents,
)
from popmargin.statistics.one_way import Grouped


def anova_mean_squares(data: Grouped) -> tuple[float | None, float | None, float | None]:
    """Mean squares between and within groups and the effective group size n0.

    Each is None where its degrees of freedom are zero. The mean square between groups is about
    the mean of all observations; n0 = (N - sum n_i^2 / N) / (P - 1).

    >>> from popmargin.statistics.one_way import OneWayData
    >>> anova_mean_squares(OneWayData.from_values([0, 2, 3, 5, -1, -3], [1, 1, 2, 2, 3, 3]))
    (18.0, 2.0, 2.0)
    """
    totals = data.by_size.totals
    groups, observations = totals.groups, totals.observations
    within = totals.within_total / totals.within_df if totals.within_df else None
    if groups < 2:
        return None, within, None
    first = totals.sized_deviations
    between = max(0.0, totals.sized_squares - first * first / observations) / (groups - 1)
    effective = (observations - totals.squared_sizes / observations) / (groups - 1)
    return between, within, effective


def anova_components(data: Grouped) -> VarianceComponents:
    """ANOVA estimate: (MSB - MSW) / n0 between, MSW within, plain mean of the group means.

    Parameters
    ----------
    data : OneWayData or SizeTable
        Groups, or their table by size.

    Returns
    -------
    VarianceComponents
        ``between_variance`` untruncated; None with the reason where there are fewer than two
        groups or no group has two observations.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> c = anova_components(OneWayData.from_values([0, 2, 3, 5, -1, -3], [1, 1, 2, 2, 3, 3]))
    >>> c.mean, c.between_variance, c.within_variance
    (1.0, 8.0, 2.0)
    """
    totals = data.by_size.totals
    between, within, effective = anova_mean_squares(data)
    reasons = []
    variance = None
    if within is None:
        reasons.append(NO_REPLICATES)
    if between is None or effective is None:
        reasons.append(FEW_GROUPS)
    elif within is None:
        reasons.append(NOT_SEPARABLE)
    else:
        variance = (between - within) / effective
    return VarianceComponents(
        "anova",
        totals.mean,
        variance,
        within,
        totals.groups,
        totals.observations,
        tuple(reasons),
    )
