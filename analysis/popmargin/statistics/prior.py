"""A prior of an SD from the values that other studies found.

The logarithms of K values are a sample of studies; the next study is expected at their mean m as a
Student t with K - 1 degrees of freedom and scale s sqrt(1 + 1/K), s their SD: the prediction
interval of the next value. The sampling error of the values is left in s, so for the true SD of
the next study the prior is wider than need be. Where the SD tau between studies is stated rather
than estimated, the prior is normal with variance tau^2 + 1 / sum w, w = 1 / (tau^2 + v), v =
1 / (2 (P - 1)) the sampling variance of ln SD from P groups. Heavy tails of the t let data that
disagree win.

Assumptions: the studies are exchangeable with the one at hand, which no number can show; normal
ln SD between studies. Limits: fewer than three studies cannot show how far they differ: tau has to
be stated. In v an SD is taken to be seen without other error, which makes v a little small.

Sources: Higgins JPT, Thompson SG, Spiegelhalter DJ, J R Stat Soc A 2009;172:137-59 (the next
study); Student (prediction of one more value).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from popmargin.core.checks import positive
from popmargin.core.exceptions import NotEstimable, OutOfRange
from popmargin.statistics.size_table import FloatArray

FEWEST_STUDIES = 3
_NO_SPREAD = 1e-9
_WIDEST_SCALE = 5.0


@dataclass(frozen=True, slots=True)
class LogPrior:
    """Prior of the logarithm of an SD.

    Attributes
    ----------
    mean, scale : float
        Of ln SD, 0 < ``scale`` <= 5: a wider prior says nothing.
    df : int or None
        Degrees of freedom of Student t; None = normal.
    studies : int
        Values that it rests on.
    """

    mean: float
    scale: float
    df: int | None
    studies: int

    def __post_init__(self) -> None:
        """Check mean and scale."""
        if not math.isfinite(self.mean) or not 0.0 < self.scale <= _WIDEST_SCALE:
            expected = f"a finite mean and a scale in (0, {_WIDEST_SCALE:g}]"
            raise OutOfRange("prior of ln SD", expected, (self.mean, self.scale))

    @property
    def effective_groups(self) -> float:
        """Number of groups, fully observed, whose own SD would be known as well: 1 + 1/(2 scale^2).

        >>> LogPrior(0.0, 0.25, None, 4).effective_groups
        9.0
        """
        return 1.0 + 0.5 / self.scale**2

    def log_density(self, log_sd: FloatArray) -> FloatArray:
        """Log density of ln SD, up to a constant."""
        deviate = ((log_sd - self.mean) / self.scale) ** 2
        if self.df is None:
            return np.asarray(-0.5 * deviate)
        return np.asarray(-0.5 * (self.df + 1) * np.log1p(deviate / self.df))

    def quantiles(self, probabilities: FloatArray) -> FloatArray:
        """SDs, not their logarithms, that are not exceeded with these probabilities.

        >>> LogPrior(0.0, 0.25, None, 4).quantiles(np.array([0.5])).tolist()
        [1.0]
        """
        from scipy.special import ndtri, stdtrit

        deviates = ndtri(probabilities) if self.df is None else stdtrit(self.df, probabilities)
        return np.asarray(np.exp(self.mean + self.scale * deviates))

    def no_heavier_than(self, groups: float) -> "LogPrior":
        """The prior widened until it weighs at most ``groups`` > 1 groups.

        >>> round(LogPrior(0.0, 0.1, None, 4).no_heavier_than(9.0).effective_groups, 9)
        9.0
        """
        if not groups > 1.0:
            raise OutOfRange("groups", "a number > 1", groups)
        widest = max(self.scale, math.sqrt(0.5 / (groups - 1.0)))
        return LogPrior(self.mean, widest, self.df, self.studies)


def log_prior(
    values: Sequence[float],
    groups: Sequence[int | None] | None = None,
    *,
    between_scale: float | None = None,
) -> LogPrior:
    """Prior of the next study's SD from those of others.

    Parameters
    ----------
    values : float[K]
        Published SDs, > 0, one an independent study.
    groups : int[K], optional
        Number of groups behind each, >= 2, None where it is not known; used with
        ``between_scale`` only.
    between_scale : float, optional
        SD tau of ln SD between studies, > 0, stated rather than estimated.

    Raises
    ------
    NotEstimable
        No value, or fewer than three without a stated ``between_scale``.
    OutOfRange
        A value that is not positive and finite, or unequal lengths.

    >>> prior = log_prior([1.0, 2.0, 4.0])  # SD ln 2, times sqrt(4 / 3)
    >>> round(math.exp(prior.mean), 9), round(prior.scale / math.log(2.0), 4), prior.df
    (2.0, 1.1547, 2)
    """
    logs = np.log(positive("values", list(values)))
    if logs.size == 0 or (between_scale is None and logs.size < FEWEST_STUDIES):
        raise NotEstimable(
            f"prior: needs {FEWEST_STUDIES} studies to see how far they differ, found {logs.size}; "
            "with at least one, state between_scale"
        )
    if between_scale is None:
        mean, spread = math.fsum(logs) / logs.size, float(logs.std(ddof=1))
        if spread < _NO_SPREAD:
            raise NotEstimable("prior: the studies agree exactly; state between_scale")
        return LogPrior(mean, spread * math.sqrt(1.0 + 1.0 / logs.size), logs.size - 1, logs.size)
    tau = float(positive("between_scale", between_scale))
    counts = [None] * logs.size if groups is None else list(groups)
    if len(counts) != logs.size or any(count is not None and count < 2 for count in counts):
        raise OutOfRange("groups", f"{logs.size} numbers >= 2 or None, one a value", groups)
    errors = np.array([0.0 if count is None else 0.5 / (count - 1) for count in counts])
    weights = 1.0 / (tau * tau + errors)
    total = math.fsum(weights)
    scale = math.sqrt(tau * tau + 1.0 / total)
    return LogPrior(math.fsum(weights * logs) / total, scale, None, logs.size)
