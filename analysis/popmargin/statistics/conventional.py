"""The conventional estimates: SD of the group means, and the RMS of the group SDs.

Assumptions: none beyond groups of interest being a sample. Limits: the SD of the group means also
holds the variance within groups divided by the group size: its expected square is
Sigma^2 + sigma^2 / n_h with n_h the harmonic mean of the sizes, so it overstates the SD between
groups when groups are small (`finite_size_ratio`). Intervals of this estimator are intervals of
that larger quantity.

Source: van Herk M, Semin Radiat Oncol 2004;14:52-64 (definitions); Matsuo Y et al., Med Phys
2016;43:5195-5203 (bias at small group size).
"""

import math
from typing import Literal, get_args

from popmargin.core.checks import non_negative, positive
from popmargin.core.exceptions import NotEstimable, WrongUsage
from popmargin.statistics.components import FEW_GROUPS, NO_REPLICATES, VarianceComponents
from popmargin.statistics.group_totals import GroupTotals
from popmargin.statistics.one_way import Grouped

Within = Literal["rms", "pooled", "mean"]


def conventional_components(data: Grouped, within: Within = "rms") -> VarianceComponents:
    """Variance of the group means (divisor P - 1) and one of three averages of the group SDs.

    Parameters
    ----------
    data : OneWayData or SizeTable
        Groups, or their table by size.
    within : {"rms", "pooled", "mean"}
        ``rms``: root mean square of the group SDs, each group alike; ``pooled``: by degrees of
        freedom (the ANOVA within SD); ``mean``: arithmetic mean of the group SDs, biased low (6 %
        for groups of 5). Groups of one observation have no SD and do not enter.

    Raises
    ------
    WrongUsage
        An unknown ``within``.
    NotEstimable
        ``mean`` from a table that does not hold the sums of group SDs.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> data = OneWayData.from_values([0, 2, 3, 5, -1, -3], [1, 1, 2, 2, 3, 3])
    >>> c = conventional_components(data)
    >>> c.between_sd, round(c.within_sd, 6)
    (3.0, 1.414214)
    """
    if within not in get_args(Within):
        raise WrongUsage(f"within: expected one of {', '.join(get_args(Within))}, found {within!r}")
    totals = data.by_size.totals
    groups = totals.groups
    variance = totals.squares_of_means / (groups - 1) if groups > 1 else None
    spread = _within_variance(totals, within)
    reasons = [NO_REPLICATES] if spread is None else []
    if variance is None:
        reasons.append(FEW_GROUPS)
    return VarianceComponents(
        f"conventional_{within}",
        totals.mean,
        variance,
        spread,
        groups,
        totals.observations,
        tuple(reasons),
    )


def finite_size_ratio(between_sd: float, within_sd: float, harmonic_size: float) -> float:
    """Root mean square of the conventional SD between groups over the true one, >= 1.

    ``between_sd`` > 0 and ``within_sd`` >= 0 in one unit, ``harmonic_size`` >= 1 observations.
    Raises `OutOfRange` outside these ranges. Source: E[var(m_i)] = Sigma^2 + sigma^2 / n_h.

    >>> round(finite_size_ratio(1.0, 2.0, 5), 6)
    1.341641
    """
    sd = float(positive("between_sd", between_sd))
    spread = float(non_negative("within_sd", within_sd))
    size = float(positive("harmonic_size", harmonic_size))
    return math.sqrt(1.0 + (spread / sd) ** 2 / size)


def _within_variance(totals: GroupTotals, within: Within) -> float | None:
    """Square of the wanted average of the group SDs; None without a group of two."""
    if not totals.within_df:
        return None
    if within == "pooled":
        return totals.within_total / totals.within_df
    if within == "rms":
        return totals.within_variances / totals.replicated_groups
    if totals.within_sds is None:
        raise NotEstimable("mean of the group SDs: the table by size does not hold their sums")
    return (totals.within_sds / totals.replicated_groups) ** 2
