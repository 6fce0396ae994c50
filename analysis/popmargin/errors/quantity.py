"""Group mean, systematic and random SD of one quantity, each with its interval.

Assumptions: one-way random effects x_ij = M + s_i + r_ij, s ~ (0, Sigma^2), r ~ (0, sigma^2),
patients independent, fractions of a patient exchangeable. The interval of Sigma assumes near
normal patient means; that of sigma (a jackknife over patients) does not assume equal sigma_i.

Limits: with fewer than about ten patients every interval is wide and rests on the normal model;
trend and autocorrelation within a course inflate Sigma and are looked at elsewhere.
"""

from dataclasses import dataclass
from typing import Literal

from popmargin.core.exceptions import NotEstimable, WrongUsage
from popmargin.statistics.anova import anova_components
from popmargin.statistics.components import VarianceComponents
from popmargin.statistics.conventional import conventional_components
from popmargin.statistics.generalised_interval import (
    GeneralisedDraws,
    conventional_draws,
    generalised_draws,
)
from popmargin.statistics.interval import Interval, interval_of
from popmargin.statistics.mean_interval import mean_interval
from popmargin.statistics.one_way import Grouped
from popmargin.statistics.reml import reml_components
from popmargin.statistics.within_interval import within_interval

Estimator = Literal["anova", "reml", "conventional"]
RandomEstimator = Literal["rms", "pooled", "mean"]


@dataclass(frozen=True, slots=True)
class QuantityEstimate:
    """Estimate of one quantity in one group; what is not estimable is ``None`` with a reason.

    ``draws`` are joint draws of (systematic SD, random SD) from which the interval of any function
    of both, such as a margin, is read.
    """

    components: VarianceComponents
    mean: Interval | None
    systematic: Interval | None
    random: Interval | None
    draws: GeneralisedDraws | None

    @property
    def group_mean(self) -> float | None:
        """M, where it has an interval."""
        return None if self.mean is None else self.components.mean

    @property
    def systematic_sd(self) -> float | None:
        """Systematic SD, where it has an interval."""
        return None if self.systematic is None else self.components.between_sd

    @property
    def random_sd(self) -> float | None:
        """Random SD, where it has an interval."""
        return None if self.random is None else self.components.within_sd

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why something is not estimable, in one sentence each."""
        reasons = list(self.components.reasons)
        parts = self.components
        for name, value, interval in (
            ("group mean", parts.mean, self.mean),
            ("systematic SD", parts.between_variance, self.systematic),
            ("random SD", parts.within_variance, self.random),
        ):
            if value is not None and interval is None:
                reasons.append(f"{name}: the data carry no interval, so no value is given")
        return tuple(reasons)

    @property
    def reason(self) -> str:
        """All reasons in one text; empty when everything is estimable."""
        return "; ".join(self.reasons)


def estimate_quantity(
    data: Grouped,
    *,
    estimator: Estimator = "anova",
    random: RandomEstimator = "rms",
    confidence_level: float = 0.95,
    seed: int = 1,
) -> QuantityEstimate:
    """M, systematic and random SD with intervals.

    Parameters
    ----------
    data : size, mean and sum of squares of each unit, or their table by size.
    estimator : ``anova`` (default) and ``reml`` correct the spread of patient means for the random
        error in them; ``conventional`` does not, and its interval is for that larger quantity.
    random : average of the patient SDs, for ``conventional`` only.
    confidence_level : level of the intervals, strictly between 0 and 1.  seed : of the draws.

    Examples
    --------
    >>> from popmargin.statistics.one_way import OneWayData
    >>> data = OneWayData.from_values([1, 3, 2, 4, 6, 8, 10, 10, 12], list("aabbbcccc"))
    >>> round(estimate_quantity(data).components.between_sd, 4)
    4.1925
    """
    components = _components(data, estimator, random)
    draws = _draws(data, estimator, seed)
    return QuantityEstimate(
        components=components,
        mean=_mean(data, components, confidence_level),
        systematic=None if draws is None else interval_of(draws.between_sd, confidence_level),
        random=_random(data, estimator, random, confidence_level),
        draws=draws,
    )


def _components(data: Grouped, estimator: Estimator, random: RandomEstimator) -> VarianceComponents:
    if estimator == "conventional":
        return conventional_components(data, random)
    if estimator == "anova":
        return anova_components(data)
    if estimator == "reml":
        return reml_components(data)
    raise WrongUsage(f"no estimator {estimator!r}; there are anova, reml, conventional")


def _draws(data: Grouped, estimator: Estimator, seed: int) -> GeneralisedDraws | None:
    make = conventional_draws if estimator == "conventional" else generalised_draws
    try:
        return make(data, seed=seed)
    except NotEstimable:
        return None


def _mean(data: Grouped, components: VarianceComponents, level: float) -> Interval | None:
    try:
        return mean_interval(data, components, level)
    except NotEstimable:
        return None


def _random(
    data: Grouped, estimator: Estimator, random: RandomEstimator, level: float
) -> Interval | None:
    try:
        return within_interval(data, level, random if estimator == "conventional" else "pooled")
    except NotEstimable:
        return None
