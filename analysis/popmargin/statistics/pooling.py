r"""Random-effects pooling of few estimates, with an interval that admits how few they are.

Assumptions: the estimates are of one quantity that varies between studies about a mean; each has a
known standard error. Limits: the variance between two or three studies is hardly known; the
interval of Hartung and Knapp says so by its width, and no pooled value replaces its studies.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from popmargin.core.checks import positive, share
from popmargin.core.exceptions import NotEstimable, OutOfRange


@dataclass(frozen=True, slots=True)
class PooledMean:
    """Mean over studies with its interval; ``prediction`` limits are those of a new study."""

    value: float
    low: float
    high: float
    standard_error: float
    between_sd: float
    prediction_low: float | None
    prediction_high: float | None
    studies: int


def pool_random_effects(
    estimates: ArrayLike, standard_errors: ArrayLike, *, level: float = 0.95
) -> PooledMean:
    """Mean over studies: DerSimonian-Laird weights, Hartung-Knapp interval.

    Parameters
    ----------
    estimates, standard_errors : (k,) on a scale where normal errors make sense (log ratios).
    level : inside (0, 1).

    Returns
    -------
    The interval is never narrower than that of the fixed mean; prediction limits need three
    studies.

    Raises
    ------
    NotEstimable
        With one study.
    OutOfRange
        For standard errors not above 0, or shapes that differ.

    Notes
    -----
    DerSimonian R and Laird N, Control Clin Trials 1986;7:177; Hartung J and Knapp G, Stat Med
    2001;20:3875; Higgins JPT et al., J R Stat Soc A 2009;172:137 for prediction (all recalled).

    Examples
    --------
    >>> pooled = pool_random_effects([-0.3, -0.5, -0.1], [0.2, 0.2, 0.2])
    >>> round(pooled.value, 3), pooled.between_sd
    (-0.3, 0.0)
    """
    from scipy.special import stdtrit

    values = np.asarray(estimates, dtype=np.float64)
    errors = positive("standard_errors", standard_errors)
    if values.shape != errors.shape or values.ndim != 1 or not np.isfinite(values).all():
        raise OutOfRange("estimates", "as many finite estimates as standard errors", values.shape)
    count = values.size
    if count < 2:
        raise NotEstimable("one study: nothing to pool")
    fixed = 1.0 / errors**2
    mean = float(fixed @ values / fixed.sum())
    excess = float(fixed @ (values - mean) ** 2) - (count - 1)
    scale = float(fixed.sum() - (fixed @ fixed) / fixed.sum())
    between = max(excess / scale, 0.0)
    weights = 1.0 / (errors**2 + between)
    centre = float(weights @ values / weights.sum())
    spread = float(weights @ (values - centre) ** 2) / (count - 1)
    # Never below 1: three studies that agree by chance do not make a sharper mean.
    error = math.sqrt(max(spread, 1.0) / float(weights.sum()))
    upper = 0.5 + 0.5 * share("level", level)
    wide = float(stdtrit(count - 1, upper)) * error
    low = high = None
    if count > 2:
        reach = float(stdtrit(count - 2, upper)) * math.sqrt(between + error**2)
        low, high = centre - reach, centre + reach
    return PooledMean(
        centre, centre - wide, centre + wide, error, math.sqrt(between), low, high, count
    )
