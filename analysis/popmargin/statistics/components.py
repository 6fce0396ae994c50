"""The answer of every estimator of one-way variance components."""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VarianceComponents:
    """Mean, variance between groups and variance within groups; None where not estimable.

    Attributes
    ----------
    estimator : str
        Name of the method.
    mean : float
        Overall mean, in the unit of the data.
    between_variance : float or None
        Variance between groups, unit squared, untruncated: an unbiased estimate may be negative.
    within_variance : float or None
        Variance within groups, unit squared, >= 0.
    groups, observations : int
        Numbers P and N that the estimate rests on.
    reasons : tuple of str
        Why a component is None; empty when both are there.

    >>> c = VarianceComponents("anova", 0.0, -0.2, 4.0, 5, 20)
    >>> c.between_variance, c.between_sd, c.within_sd
    (-0.2, 0.0, 2.0)
    """

    estimator: str
    mean: float
    between_variance: float | None
    within_variance: float | None
    groups: int
    observations: int
    reasons: tuple[str, ...] = ()

    @property
    def between_sd(self) -> float | None:
        """SD between groups: 0 when the variance is negative, None when not estimable."""
        return None if self.between_variance is None else math.sqrt(max(0.0, self.between_variance))

    @property
    def within_sd(self) -> float | None:
        """SD within groups, None when not estimable."""
        return None if self.within_variance is None else math.sqrt(self.within_variance)


FEW_GROUPS = "variance between groups: needs at least 2 groups, found 1"
NO_REPLICATES = (
    "variance within groups: needs a group with at least 2 observations, every group has 1"
)
NOT_SEPARABLE = (
    "variance between groups: cannot be told from the variance within when every group has "
    "1 observation"
)
