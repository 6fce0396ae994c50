"""The intercept of a logistic model that returns the observed share.

Assumption: the linear parts are finite. Limit: shares of 0 or 1 have no finite intercept.
"""

import numpy as np
from numpy.typing import NDArray

from popmargin.core.checks import share

_STEPS = 200


def intercept_of_share(level: NDArray[np.float64], mean: float) -> float:
    """Intercept at which the mean of the logistic probabilities is ``mean``.

    Parameters
    ----------
    level : (n,) linear parts without intercept, finite.
    mean : inside (0, 1).

    Raises
    ------
    OutOfRange
        For a mean that is not inside (0, 1).

    Examples
    --------
    >>> round(intercept_of_share(np.zeros(3), 0.5), 9)
    0.0
    """
    share("mean", mean)
    logit = float(np.log(mean / (1.0 - mean)))
    low, high = logit - float(level.max()), logit - float(level.min())
    for _ in range(_STEPS):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if float((0.5 * (1.0 + np.tanh(0.5 * (middle + level)))).mean()) < mean:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
