"""Group variances spread as an inverse gamma, and the Student t they give observations.

With sigma_i^2 ~ InverseGamma(a, b), density proportional to x^(-a-1) exp(-b / x), an observation's
deviation from its group mean is Student t with 2 a degrees of freedom and scale sqrt(b / a), and
a group's sample variance over b / a is F(n - 1, 2 a).

Source: Herschtal A et al., Phys Med Biol 2012;57:2743-55 (best of five models in 365 groups).
"""

import math
from dataclasses import dataclass

from scipy.special import stdtrit

from popmargin.core.checks import non_negative, positive, share
from popmargin.core.exceptions import NotEstimable, OutOfRange


@dataclass(frozen=True, slots=True)
class InverseGamma:
    """Distribution of group variances.

    Attributes
    ----------
    shape : float
        a > 0; the mean variance exists for a > 1, its spread for a > 2.
    scale : float
        b > 0, unit squared.

    Raises `OutOfRange` outside these ranges.

    >>> spread = InverseGamma(3.0, 8.0)
    >>> spread.mean_variance, spread.marginal_sd, round(spread.observation_quantile(0.975), 6)
    (4.0, 2.0, 3.99579)
    """

    shape: float
    scale: float

    def __post_init__(self) -> None:
        """Check both parameters."""
        positive("shape", self.shape)
        positive("scale", self.scale)

    @classmethod
    def from_moments(cls, mean_variance: float, variation: float) -> "InverseGamma":
        """Inverse gamma with this mean and coefficient of variation (> 0) of the variances.

        >>> InverseGamma.from_moments(4.0, 1.0)
        InverseGamma(shape=3.0, scale=8.0)
        """
        positive("mean_variance", mean_variance)
        if float(non_negative("variation", variation)) == 0.0:
            raise OutOfRange("variation", "a number > 0: equal variances are no inverse gamma", 0)
        shape = 2.0 + variation**-2
        return cls(shape, mean_variance * (shape - 1.0))

    @property
    def mean_variance(self) -> float:
        """Mean of the group variances, b / (a - 1); `NotEstimable` for a <= 1."""
        if self.shape <= 1.0:
            raise NotEstimable(f"mean of an inverse gamma: infinite at shape {self.shape:g}")
        return self.scale / (self.shape - 1.0)

    @property
    def marginal_sd(self) -> float:
        """SD of an observation about its group mean; `NotEstimable` for a <= 1."""
        return math.sqrt(self.mean_variance)

    @property
    def t_df(self) -> float:
        """Degrees of freedom of the Student t of an observation, 2 a."""
        return 2.0 * self.shape

    @property
    def t_scale(self) -> float:
        """Scale of the Student t of an observation, sqrt(b / a)."""
        return math.sqrt(self.scale / self.shape)

    @property
    def excess_kurtosis(self) -> float:
        """Excess kurtosis of an observation, 3 / (a - 2); `NotEstimable` for a <= 2."""
        if self.shape <= 2.0:
            raise NotEstimable(f"kurtosis: infinite at inverse-gamma shape {self.shape:g}")
        return 3.0 / (self.shape - 2.0)

    def observation_quantile(self, probability: float) -> float:
        """Quantile of an observation's deviation from its group mean, in the unit of the data.

        ``probability`` in (0, 1), `OutOfRange` otherwise.

        >>> round(InverseGamma(3.0, 3.0).observation_quantile(0.975), 4)  # t with 6 df
        2.4469
        """
        return self.t_scale * float(stdtrit(self.t_df, share("probability", probability)))
