"""What precision a balanced design gives, before any data are there.

Assumptions: P groups of n observations, normal effects and observations, one variance within
groups, ANOVA estimates; standard errors of SDs by the delta method, so they are rough where the
SD between groups is small against its own standard error.

Source: Searle SR, Casella G, McCulloch CE, Variance Components, Wiley 1992, section 3.5: the mean
squares are independent, Var(MSB) = 2 (n S^2 + s^2)^2 / (P - 1), Var(MSW) = 2 s^4 / (P (n - 1)).
"""

import math
from dataclasses import dataclass

from scipy.special import fdtr, ndtri

from popmargin.core.checks import non_negative, positive, share, whole


@dataclass(frozen=True, slots=True)
class BalancedDesign:
    """A design and the truth it is to measure.

    Attributes
    ----------
    groups, size : int
        Number of groups P >= 2 and observations per group n >= 2.
    between_sd, within_sd : float
        True SDs in one unit, > 0 and >= 0.

    Raises `OutOfRange` outside these ranges.

    >>> design = BalancedDesign(20, 5, 2.0, 2.0)
    >>> round(design.between_sd_error, 6), round(design.within_sd_error, 6)
    (0.390614, 0.158114)
    """

    groups: int
    size: int
    between_sd: float
    within_sd: float

    def __post_init__(self) -> None:
        """Check the four numbers."""
        whole("groups", self.groups, at_least=2)
        whole("size", self.size, at_least=2)
        positive("between_sd", self.between_sd)
        non_negative("within_sd", self.within_sd)

    @property
    def between_variance_error(self) -> float:
        """Standard error of the ANOVA variance between groups, unit squared."""
        noise = self.within_sd**2 / self.size
        first = 2.0 * (self.between_sd**2 + noise) ** 2 / (self.groups - 1)
        return math.sqrt(first + 2.0 * noise**2 / (self.groups * (self.size - 1)))

    @property
    def between_sd_error(self) -> float:
        """Standard error of the SD between groups."""
        return self.between_variance_error / (2.0 * self.between_sd)

    @property
    def within_sd_error(self) -> float:
        """Standard error of the SD within groups."""
        return self.within_sd / math.sqrt(2.0 * self.groups * (self.size - 1))

    @property
    def variance_covariance(self) -> float:
        """Covariance of the two variance estimates, <= 0, unit to the fourth."""
        return -2.0 * self.within_sd**4 / (self.size * self.groups * (self.size - 1))

    def combination_error(self, between_factor: float, within_factor: float) -> float:
        """Standard error of a * between SD + b * within SD.

        >>> round(BalancedDesign(20, 5, 2.0, 2.0).combination_error(2.5, 0.7), 6)
        0.973842
        """
        a, b = between_factor, within_factor
        covariance = (
            self.variance_covariance / (4.0 * self.between_sd * self.within_sd)
            if self.within_sd
            else 0.0
        )
        return math.sqrt(
            (a * self.between_sd_error) ** 2
            + (b * self.within_sd_error) ** 2
            + 2.0 * a * b * covariance
        )

    @property
    def truncation_probability(self) -> float:
        """Probability that the estimate of the variance between groups is 0 or negative.

        >>> round(BalancedDesign(10, 3, 1.0, 2.0).truncation_probability, 6)
        0.195452
        """
        if self.within_sd == 0.0:
            return 0.0
        ratio = 1.0 / (1.0 + self.size * (self.between_sd / self.within_sd) ** 2)
        return float(fdtr(self.groups - 1, self.groups * (self.size - 1), ratio))


def groups_for_precision(
    between_sd: float,
    within_sd: float,
    size: int,
    *,
    relative_half_width: float,
    level: float = 0.95,
) -> int:
    """Smallest number of groups that gives the SD between groups to a relative half-width.

    Parameters
    ----------
    between_sd, within_sd : float
        True SDs in one unit, > 0 and >= 0.
    size : int
        Observations per group, >= 2.
    relative_half_width : float
        In (0, 1): 0.2 means +-20 %.
    level : float
        Confidence level in (0, 1).

    Raises
    ------
    OutOfRange
        An argument outside its range.

    >>> groups_for_precision(2.0, 0.0, 10, relative_half_width=0.2)
    50
    >>> groups_for_precision(2.0, 0.0, 10, relative_half_width=0.1)
    194
    """
    target = share("relative_half_width", relative_half_width) / float(
        ndtri(0.5 * (1.0 + share("level", level)))
    )

    def enough(groups: int) -> bool:
        design = BalancedDesign(groups, size, between_sd, within_sd)
        return design.between_sd_error <= target * between_sd

    high = 2
    while not enough(high):
        high *= 2
    low = max(2, high // 2)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return high
