"""Mean, SD between and SD within groups with their intervals, as one flat answer.

Assumptions and limits: those of the analysis of variance (`popmargin.statistics.anova`) and of the
intervals that it is given here: Student t for the mean, the generalised interval for the SD
between, the jackknife for the SD within. What the data do not carry is None, with the reason.
"""

from dataclasses import dataclass

from popmargin.core.exceptions import NotEstimable
from popmargin.statistics.anova import anova_components
from popmargin.statistics.generalised_interval import generalised_draws
from popmargin.statistics.interval import Interval, interval_of
from popmargin.statistics.mean_interval import mean_interval
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.within_interval import within_interval


@dataclass(frozen=True, slots=True)
class TwoLevels:
    """Mean, SD between, SD within groups; an estimate without an interval is None.

    ``reason`` says what is missing and why; empty when all three are there.
    """

    mean: float | None
    mean_interval: Interval | None
    between_sd: float | None
    between_interval: Interval | None
    within_sd: float | None
    within_interval: Interval | None
    groups: int
    observations: int
    reason: str

    def row(self, suffix: str = "") -> dict[str, float | None]:
        """Flat columns ``group_mean``, ``systematic_sd``, ``random_sd``, each with its limits.

        >>> list(TwoLevels(None, None, None, None, None, None, 1, 1, "").row("_mm"))[:2]
        ['group_mean_mm', 'group_mean_low_mm']
        """
        parts = (
            ("group_mean", self.mean, self.mean_interval),
            ("systematic_sd", self.between_sd, self.between_interval),
            ("random_sd", self.within_sd, self.within_interval),
        )
        row: dict[str, float | None] = {}
        for name, value, interval in parts:
            row[f"{name}{suffix}"] = value
            row[f"{name}_low{suffix}"] = None if interval is None else interval.low
            row[f"{name}_high{suffix}"] = None if interval is None else interval.high
        return row


def estimate_two_levels(data: OneWayData, *, level: float = 0.95, seed: int = 1) -> TwoLevels:
    """Analysis of variance of grouped observations with intervals at ``level``.

    Parameters
    ----------
    data : the groups.
    level : of the intervals, strictly between 0 and 1.
    seed : of the generalised interval, >= 0.

    Examples
    --------
    >>> data = OneWayData.from_values([0, 2, 3, 5, -1, -3], [1, 1, 2, 2, 3, 3])
    >>> found = estimate_two_levels(data)
    >>> found.mean, round(found.within_sd, 4), found.reason
    (1.0, 1.4142, '')
    """
    parts = anova_components(data)
    reasons = list(parts.reasons)
    mean = between = within = None
    try:
        mean = mean_interval(data, parts, level)
    except NotEstimable as error:
        reasons.append(str(error))
    try:
        between = interval_of(generalised_draws(data, seed=seed).between_sd, level)
    except NotEstimable as error:
        reasons.append(str(error))
    try:
        within = within_interval(data, level)
    except NotEstimable as error:
        reasons.append(str(error))
    return TwoLevels(
        mean=None if mean is None else parts.mean,
        mean_interval=mean,
        between_sd=None if between is None else parts.between_sd,
        between_interval=between,
        within_sd=None if within is None else parts.within_sd,
        within_interval=within,
        groups=data.group_count,
        observations=data.observation_count,
        reason="; ".join(dict.fromkeys(reasons)),
    )
