"""Restricted and full maximum likelihood of the one-way random-effects model.

Assumptions: normal group effects and normal observations, one variance within all groups. Limits:
the variance between groups is estimated at 0 or above (the boundary is compared explicitly); ML
is biased low for few groups and is here for comparison only.

How the optimum is found: `popmargin.statistics.likelihood_profile`.

Source: Searle SR, Casella G, McCulloch CE, Variance Components, Wiley 1992, sections 3.7 and 3.8.
"""

import math

import numpy as np

from popmargin.core.checks import non_negative, positive
from popmargin.statistics.components import (
    FEW_GROUPS,
    NO_REPLICATES,
    NOT_SEPARABLE,
    VarianceComponents,
)
from popmargin.statistics.likelihood_profile import Profile, best_ratio
from popmargin.statistics.one_way import Grouped
from popmargin.statistics.size_table import SizeTable


def reml_components(data: Grouped) -> VarianceComponents:
    """Restricted maximum likelihood estimate; the mean is weighted by w_i = n_i / (1 + n_i lambda).

    Parameters
    ----------
    data : OneWayData or SizeTable
        Groups, or their table by size.

    Returns
    -------
    VarianceComponents
        ``between_variance`` >= 0. Without two groups, or without a group of two observations, the
        component is None with its reason, and the mean is the plain mean of the group means. When
        nothing varies within groups the limit is returned: 0 within, the variance of the group
        means between.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> c = reml_components(OneWayData.from_values([0, 2, 3, 5, -1, -3], [1, 1, 2, 2, 3, 3]))
    >>> round(c.mean, 9), round(c.between_variance, 9), round(c.within_variance, 9)
    (1.0, 8.0, 2.0)
    """
    return _likelihood_components(data.by_size, restricted=True)


def maximum_likelihood_components(data: Grouped) -> VarianceComponents:
    """Maximum likelihood estimate, otherwise as `reml_components`.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> c = maximum_likelihood_components(
    ...     OneWayData.from_values([0, 2, 3, 5, -1, -3], [1, 1, 2, 2, 3, 3])
    ... )
    >>> round(c.between_variance, 9), round(c.within_variance, 9)
    (5.0, 2.0)
    """
    return _likelihood_components(data.by_size, restricted=False)


def log_likelihood(
    data: Grouped, between_variance: float, within_variance: float, *, restricted: bool = True
) -> float:
    """Log-likelihood at given variances, the mean at its best value.

    Parameters
    ----------
    data : OneWayData or SizeTable
        Groups, or their table by size.
    between_variance, within_variance : float
        Unit squared; >= 0 and > 0.
    restricted : bool
        The restricted likelihood (of error contrasts), or the full one.

    Raises
    ------
    OutOfRange
        A variance outside its range.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> data = OneWayData.from_values([0, 2, 3, 5, -1, -3], [1, 1, 2, 2, 3, 3])
    >>> round(log_likelihood(data, 8.0, 2.0) > log_likelihood(data, 7.9, 2.0))
    1
    """
    between = float(non_negative("between_variance", between_variance))
    within = float(positive("within_variance", within_variance))
    profile = _profile(data.by_size, restricted=restricted)
    weights = profile.sizes / (within + profile.sizes * between)
    total, first, second = np.einsum("k,jk->j", weights, profile.moments).tolist()
    observations = data.by_size.observation_count
    twice = (
        (observations - int(restricted)) * math.log(2.0 * math.pi)
        + data.by_size.within_df * math.log(within)
        + float((profile.moments[0] * np.log(within + profile.sizes * between)).sum())
        + profile.within_total / within
        + max(0.0, second - first * first / total)
    )
    return float(-0.5 * (twice + (math.log(total) if restricted else 0.0)))


def _likelihood_components(table: SizeTable, *, restricted: bool) -> VarianceComponents:
    """Estimate by either likelihood; partial answers where the model is not identified."""
    name = "reml" if restricted else "ml"
    groups, observations = table.group_count, table.observation_count
    within_df = table.within_df

    def answer(
        mean: float, between: float | None, within: float | None, *reasons: str
    ) -> VarianceComponents:
        return VarianceComponents(name, mean, between, within, groups, observations, reasons)

    if not within_df:
        return answer(
            table.mean, None, None, NO_REPLICATES, FEW_GROUPS if groups < 2 else NOT_SEPARABLE
        )
    profile = _profile(table, restricted=restricted)
    if groups < 2:
        divisor = within_df if restricted else observations
        return answer(table.mean, None, profile.within_total / divisor, FEW_GROUPS)
    if profile.within_total == 0.0:
        divisor = groups - 1 if restricted else groups
        return answer(table.mean, table.squares_of_means / divisor, 0.0)
    ratio = best_ratio(profile, table.squares_of_means / (groups - 1))
    weights = profile.sizes / (1.0 + profile.sizes * ratio)
    total, first, second = np.einsum("k,jk->j", weights, profile.moments).tolist()
    residual = profile.within_total + max(0.0, second - first * first / total)
    within = residual / profile.degrees
    return answer(table.reference + first / total, ratio * within, within)


def _profile(table: SizeTable, *, restricted: bool) -> Profile:
    """Arrays of the profile likelihood from a table by size."""
    moments = np.stack([table.groups, table.deviation_sums, table.deviation_squares])
    degrees = table.observation_count - int(restricted)
    return Profile(table.sizes.astype(np.float64), moments, table.within_total, degrees, restricted)
