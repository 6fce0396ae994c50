"""Points and limits of control charts on patients in their order, without dates.

Assumptions, limits and sources: `popmargin.errors.control_chart`.
"""

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from popmargin.statistics.anova import anova_components
from popmargin.statistics.one_way import OneWayData

Quantity = Literal["group_mean", "systematic_sd", "random_sd"]

EWMA_WEIGHT: Final = 0.2
EWMA_LIMIT: Final = 2.962
_FEWEST_OBSERVATIONS, _FEWEST_UNITS = 3, 3


@dataclass(frozen=True, slots=True)
class ControlPoint:
    """One point of a chart: units ``start`` up to ``stop`` in their order, value and limits."""

    chart: Literal["window", "ewma"]
    quantity: Quantity
    start: int
    stop: int
    value: float
    centre: float
    lower: float
    upper: float

    @property
    def outside(self) -> bool:
        """Whether the value lies outside its limits."""
        return not self.lower <= self.value <= self.upper


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the first units say.

    Attributes
    ----------
    units : number of units.
    mean, variance : mean and variance of the unit means; ``variance`` > 0.
    between, within : ANOVA variances, >= 0 (between cut off at 0).
    log_spread : the units' log variances; None where too few have one.
    mean_noise : mean over units of between + within / n.
    """

    units: int
    mean: float
    variance: float
    between: float
    within: float
    log_spread: "LogSpread | None"
    mean_noise: float

    def inflation(self, data: OneWayData) -> float:
        """Variance that unit means of these sizes have over that of the baseline's."""
        noise = float(np.mean(self.between + self.within / data.sizes))
        return noise / self.mean_noise if self.mean_noise else 1.0


def part_of(data: OneWayData, start: int, stop: int) -> OneWayData:
    """Units ``start`` up to ``stop`` of ordered data."""
    return OneWayData.from_summaries(
        data.sizes[start:stop], data.means[start:stop], data.sums_of_squares[start:stop]
    )


def baseline_of(data: OneWayData) -> Baseline | None:
    """Baseline from its units; None where their means do not vary.

    >>> baseline_of(OneWayData.from_summaries([2] * 3, [0.0, 1.0, 2.0], [1.0] * 3)).variance
    1.0
    """
    table, parts = data.by_size, anova_components(data)
    variance = table.squares_of_means / (table.group_count - 1)
    if variance <= 0.0:
        return None
    within = parts.within_variance or 0.0
    between = max(0.0, parts.between_variance or 0.0)
    return Baseline(
        units=table.group_count,
        mean=table.mean,
        variance=variance,
        between=between,
        within=within,
        log_spread=log_spread_of(data),
        mean_noise=between + within / table.harmonic_size,
    )


@dataclass(frozen=True, slots=True)
class LogSpread:
    """Log variances within units, brought to one number of observations.

    Attributes
    ----------
    units : units with at least three observations that are not all equal.
    mean, variance : of the log variances, free of the bias of few observations.
    noise : mean over units of the variance that a log variance has by chance.
    """

    units: int
    mean: float
    variance: float
    noise: float


def log_spread_of(data: OneWayData) -> LogSpread | None:
    """Log variances of the units; None with fewer than three to look at.

    A log variance of a degrees of freedom has mean bias digamma(a/2) - ln(a/2) and chance variance
    trigamma(a/2) (Bartlett MS, Kendall DG, J R Stat Soc Suppl 1946;8:128-38).

    >>> round(log_spread_of(OneWayData.from_summaries([9] * 3, [0.0] * 3, [8.0] * 3)).mean, 2)
    0.13
    """
    from scipy.special import digamma, polygamma

    several = (data.sizes >= _FEWEST_OBSERVATIONS) & (data.sums_of_squares > 0.0)
    if several.sum() < _FEWEST_UNITS:
        return None
    half = 0.5 * (data.sizes[several] - 1)
    logs = np.log(data.sums_of_squares[several] / (2.0 * half)) - digamma(half) + np.log(half)
    noise = float(np.mean(polygamma(1, half)))
    return LogSpread(int(several.sum()), float(logs.mean()), float(logs.var(ddof=1)), noise)


def window_points(
    data: OneWayData, start: int, stop: int, baseline: Baseline, false_alarm: float
) -> list[ControlPoint]:
    """Mean, SD of the means and typical SD within of units ``start`` up to ``stop``.

    At least two units. Limits are prediction limits: they hold the uncertainty of the baseline.
    The SD within is the geometric mean of the units' own, whose spread over the baseline's units
    gives its limits; it is left out where too few units have one.
    """
    from scipy.special import stdtrit

    window = part_of(data, start, stop)
    count, mean = stop - start, baseline.mean
    inflation = baseline.inflation(window)
    error = math.sqrt(baseline.variance * (inflation / count + 1.0 / baseline.units))
    half = float(stdtrit(baseline.units - 1, 1.0 - 0.5 * false_alarm)) * error
    found = window.by_size
    points = [
        ControlPoint(
            "window", "group_mean", start, stop, found.mean, mean, mean - half, mean + half
        )
    ]
    sd = math.sqrt(found.squares_of_means / (count - 1))
    centre = math.sqrt(baseline.variance * inflation)
    low, high = _sd_factors(count - 1, baseline.units - 1, false_alarm)
    points.append(
        ControlPoint(
            "window", "systematic_sd", start, stop, sd, centre, centre * low, centre * high
        )
    )
    logs, known = log_spread_of(window), baseline.log_spread
    if logs is not None and known is not None and known.variance > 0.0:
        # Fewer observations a unit make its log variance noisier than the baseline's were.
        own = known.variance + max(0.0, logs.noise - known.noise)
        error = math.sqrt(own / logs.units + known.variance / known.units)
        half = float(stdtrit(known.units - 1, 1.0 - 0.5 * false_alarm)) * error
        sds = [math.exp(0.5 * (known.mean + sign * half)) for sign in (0.0, -1.0, 1.0)]
        value = math.exp(0.5 * logs.mean)
        points.append(ControlPoint("window", "random_sd", start, stop, value, *sds))
    return points


def _sd_factors(df: float, baseline_df: float, false_alarm: float) -> tuple[float, float]:
    """Limits of the ratio of two SDs: roots of F quantiles."""
    from scipy.special import fdtri

    low, high = (
        float(fdtri(df, baseline_df, p)) for p in (0.5 * false_alarm, 1 - 0.5 * false_alarm)
    )
    return math.sqrt(low), math.sqrt(high)


def ewma_points(data: OneWayData, baseline: Baseline) -> list[ControlPoint]:
    """Moving average of the unit means after the baseline, one point a unit.

    Each deviation is brought to the variance of a baseline unit; the limits hold the uncertainty
    of the baseline's mean.
    """
    points = []
    average, left = 0.0, 1.0
    for place in range(baseline.units, data.group_count):
        unit = part_of(data, place, place + 1)
        deviation = (float(unit.means[0]) - baseline.mean) / math.sqrt(baseline.inflation(unit))
        average += EWMA_WEIGHT * (deviation - average)
        left *= 1.0 - EWMA_WEIGHT
        spread = EWMA_WEIGHT / (2.0 - EWMA_WEIGHT) * (1.0 - left * left)
        variance = baseline.variance * (spread + (1.0 - left) ** 2 / baseline.units)
        half = EWMA_LIMIT * math.sqrt(variance)
        mean = baseline.mean
        points.append(
            ControlPoint(
                "ewma",
                "group_mean",
                place,
                place + 1,
                mean + average,
                mean,
                mean - half,
                mean + half,
            )
        )
    return points
