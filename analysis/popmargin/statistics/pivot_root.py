"""Root of a weighted sum of squares in a variance, for many draws at once."""

from collections.abc import Callable

import numpy as np

from popmargin.core.exceptions import NotEstimable
from popmargin.statistics.size_table import FloatArray

_MOST_STEPS = 60
_RELATIVE_STEP = 1e-11


def pivot_root(
    evaluate: Callable[[FloatArray], tuple[FloatArray, FloatArray]],
    pivot: FloatArray,
    start: FloatArray,
    scale: FloatArray,
) -> FloatArray:
    """Solve f(x) = ``pivot`` for x >= 0, where f(x) = sum w_i (m_i - mu_w)^2, w_i = 1 / (x + c_i).

    Parameters
    ----------
    evaluate : function
        f and -f' at an array of x, element by element.
    pivot : float64[D]
        Right-hand sides, 0 < pivot < f(0).
    start : float64[D]
        Any starting values >= 0.
    scale : float64[D]
        Size of the c_i, against which the step is judged.

    In the eigenvectors of the error contrasts f is a sum of y_j^2 / (x + g_j), so 1 / f is a
    weighted harmonic mean of the x + g_j: increasing and concave. Newton steps on 1 / f therefore
    land left of the root from anywhere and climb to it without overshooting: no bracket is needed.

    >>> pivot_root(
    ...     lambda x: (6 / (x + 1), 6 / (x + 1) ** 2), *(np.array([v]) for v in (2.0, 0.0, 1.0))
    ... ).tolist()
    [2.0]
    """
    root = start
    for _ in range(_MOST_STEPS):
        value, slope = evaluate(root)
        step = value * (value - pivot) / (pivot * slope)
        following = np.maximum(root + step, 0.0)
        done = bool((np.abs(following - root) <= _RELATIVE_STEP * (root + scale)).all())
        root = following
        if done:
            return root
    # Not reached while f has the form above.
    raise NotEstimable("variance between groups: the root of its pivot was not found")
