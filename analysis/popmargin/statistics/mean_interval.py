"""Interval of the overall mean: Student t with P - 1 degrees of freedom.

Assumptions: near normal group means; groups independent. The SE comes from the spread of the group
means themselves, so it holds however the variance splits into between and within. For the weighted
mean of (restricted) maximum likelihood the SE is sqrt(sum w (m - mu)^2 / ((P - 1) sum w)), which
equals the plain one in balanced data and, unlike sqrt(1 / sum w), stays right when the variance
between groups is estimated as 0.

Source: Hartung J, Knapp G, Stat Med 2001;20:3875-89 (weighted mean); Student for the plain mean.
"""

import math

import numpy as np
from scipy.special import stdtrit

from popmargin.core.checks import share
from popmargin.core.exceptions import NotEstimable
from popmargin.statistics.components import VarianceComponents
from popmargin.statistics.interval import Interval
from popmargin.statistics.one_way import Grouped


def mean_interval(data: Grouped, components: VarianceComponents, level: float = 0.95) -> Interval:
    """Student t interval of ``components.mean``, plain or weighted as its estimator is.

    Parameters
    ----------
    data : OneWayData or SizeTable
        Groups, or their table by size.
    components : VarianceComponents
        The estimate from the same data; ``reml`` and ``ml`` give a weighted mean.
    level : float
        Confidence level in (0, 1).

    Returns
    -------
    Interval
        In the unit of the data; width 0 when the group means are all equal.

    Raises
    ------
    NotEstimable
        Fewer than two groups.
    OutOfRange
        A level outside (0, 1).

    >>> from popmargin.statistics.anova import anova_components
    >>> from popmargin.statistics.one_way import OneWayData
    >>> data = OneWayData.from_values([0, 2, 3, 5, -1, -3], [1, 1, 2, 2, 3, 3])
    >>> i = mean_interval(data, anova_components(data))  # 1 -+ 4.3027 * 3 / sqrt(3)
    >>> round(i.low, 4), round(i.high, 4)
    (-6.4524, 8.4524)
    """
    level = share("level", level)
    table = data.by_size
    groups = table.group_count
    if groups < 2:
        raise NotEstimable("interval of the mean: needs at least 2 groups, found 1")
    between, within = components.between_variance, components.within_variance
    if components.estimator in ("reml", "ml") and between is not None and within:
        weights = table.sizes / (within + table.sizes * between)
    else:
        weights = np.ones(table.sizes.size)
    total = math.fsum((weights * table.groups).tolist())
    first = math.fsum((weights * table.deviation_sums).tolist())
    second = math.fsum((weights * table.deviation_squares).tolist())
    squares = max(0.0, second - first * first / total)
    error = math.sqrt(squares / ((groups - 1) * total))
    two_sided, one_sided = stdtrit(groups - 1, [0.5 * (1.0 + level), level]).tolist()
    mean = components.mean
    return Interval(
        mean - two_sided * error,
        mean + two_sided * error,
        mean + one_sided * error,
        level,
        mean,
    )
