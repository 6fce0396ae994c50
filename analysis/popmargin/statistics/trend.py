"""Linear trend over the course of a group: on average, and in any group.

The pooled slope is sum Sxy / sum Sxx over groups, with a standard error from the spread of the
groups' own contributions and Student t with k - 1 degrees of freedom (k groups that have a slope),
so groups may differ in slope and in variance. An F test asks whether any group has a slope, and
the SD of the slopes between groups is estimated by moments.

Assumptions: groups independent; near normal observations for the F test. Limits: a trend that bends
is seen only in its linear part; a trend raises the SD within groups, and where slopes differ it
adds to what is read as SD between groups. Serial dependence also raises F.

Sources: Liang KY, Zeger SL, Biometrika 1986;73:13-22 (standard error by groups); Searle SR,
Casella G, McCulloch CE, Variance Components, Wiley 1992 (moments).
"""

import math
from dataclasses import dataclass

from scipy.special import fdtrc, stdtr, stdtrit

from popmargin.core.checks import share
from popmargin.core.exceptions import NotEstimable
from popmargin.statistics.interval import Interval
from popmargin.statistics.ordered_groups import OrderedGroups


@dataclass(frozen=True, slots=True)
class LinearTrend:
    """Slopes over position, in the unit of the data per unit of position.

    Attributes
    ----------
    slope : float
        Pooled over groups.
    slope_interval : Interval
        Its interval.
    p_value : float
        Two-sided, of no pooled slope.
    any_slope_p_value : float or None
        Of no slope in any group; None without degrees of freedom left about the lines.
    slope_sd : float or None
        SD of the slope between groups, 0 when its variance is negative; None as above.
    detrended_within_sd : float or None
        SD within groups about each group's own line; None as above.
    groups : int
        Groups with at least two positions.
    """

    slope: float
    slope_interval: Interval
    p_value: float
    any_slope_p_value: float | None
    slope_sd: float | None
    detrended_within_sd: float | None
    groups: int


def linear_trend(groups: OrderedGroups, level: float = 0.95) -> LinearTrend:
    """Fit a line to every group over its positions and pool the slopes.

    Parameters
    ----------
    groups : OrderedGroups
        At least two groups with two observations or more.
    level : float
        Confidence level in (0, 1).

    Raises
    ------
    NotEstimable
        Fewer than two groups with two observations.

    >>> groups = OrderedGroups.from_values(
    ...     [0, 1, 2.1, 5, 6.1, 7], list("aaabbb"), [1, 2, 3, 1, 2, 3]
    ... )
    >>> t = linear_trend(groups)
    >>> round(t.slope, 3), t.any_slope_p_value < 0.01
    (1.025, True)
    """
    level = share("level", level)
    x, t = groups.deviations(groups.values), groups.deviations(groups.positions)
    several = groups.sizes > 1
    sxx, sxy, syy = (groups.group_sums(product)[several] for product in (t * t, t * x, x * x))
    count = int(several.sum())
    if count < 2:
        raise NotEstimable(f"trend: needs 2 groups with 2 observations, found {count}")
    total = math.fsum(sxx.tolist())
    slope = math.fsum(sxy.tolist()) / total
    scores = sxy - slope * sxx
    error = math.sqrt(count / (count - 1) * math.fsum((scores * scores).tolist())) / total
    two_sided, one_sided = stdtrit(count - 1, [0.5 * (1.0 + level), level]).tolist()
    interval = Interval(
        slope - two_sided * error,
        slope + two_sided * error,
        slope + one_sided * error,
        level,
        slope,
    )
    p_value = 2.0 * float(stdtr(count - 1, -abs(slope) / error)) if error else float(slope == 0.0)
    explained = math.fsum((sxy * sxy / sxx).tolist())
    left_df = int(groups.sizes[several].sum()) - 2 * count
    residual = max(0.0, math.fsum(syy.tolist()) - explained)
    if left_df < 1:
        return LinearTrend(slope, interval, p_value, None, None, None, count)
    variance = residual / left_df
    # Between slopes: E sum Sxx (b - pooled)^2 = (k - 1) s2 + tau2 (sum Sxx - sum Sxx^2 / sum Sxx).
    spread = explained - slope * slope * total - (count - 1) * variance
    slope_variance = spread / (total - math.fsum((sxx * sxx).tolist()) / total)
    if variance > 0.0:
        any_slope = float(fdtrc(count, left_df, explained / count / variance))
    else:
        any_slope = float(explained == 0.0)
    return LinearTrend(
        slope,
        interval,
        p_value,
        any_slope,
        math.sqrt(max(0.0, slope_variance)),
        math.sqrt(variance),
        count,
    )
