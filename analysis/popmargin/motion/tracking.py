"""A beam that follows the tumour after a latency: what its prediction misses.

Assumptions: the system knows the position exactly, but only as it was ``latency_s`` ago, and
predicts the present one by a linear autoregression on positions of the last second or so. The
regression is learnt on the first half of the trace and judged on the second: it has never seen
what it predicts. Limits: real systems relearn as they go and add errors of the correlation between
surrogate and tumour; those are not in here.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from popmargin.core.checks import positive
from popmargin.motion.trace_cleaning import CleanTrace

FloatArray = NDArray[np.float64]
_LAGS: Final = 6
_LAG_S: Final = 0.2
_ROWS: Final = 4000


def tracking_error_sd(trace: CleanTrace, *, latency_s: float) -> FloatArray | None:
    """SD in mm of the prediction error on each axis; None where the trace is too short.

    Parameters
    ----------
    trace : cleaned samples.
    latency_s : seconds between a position and the beam's answer to it, > 0.

    Examples
    --------
    A sinusoid is predicted almost exactly.

    >>> from popmargin.motion.trace_cleaning import clean_trace
    >>> t = np.arange(1200) / 20.0
    >>> trace = clean_trace(t, 10.0 * np.sin(2 * np.pi * t / 4.0))
    >>> bool(tracking_error_sd(trace, latency_s=0.2)[0] < 0.05)
    True
    """
    positive("latency_s", latency_s)
    memory = latency_s + _LAGS * _LAG_S
    start, stop = trace.t_s[0] + memory, trace.t_s[-1]
    if stop - start < 10.0 * memory:
        return None
    # Evenly spread moments of each half are enough: neighbours tell the same.
    learning = np.linspace(start, 0.5 * (start + stop) - latency_s, _ROWS)
    judging = np.linspace(0.5 * (start + stop) + memory, stop, _ROWS)
    lags = latency_s + _LAG_S * np.arange(_LAGS, dtype=np.float64)
    found = []
    for axis in range(trace.position_mm.shape[1]):
        position = trace.position_mm[:, axis]
        known, truth = _table(trace.t_s, position, learning, lags)
        centre = truth.mean()
        # A touch of ridge keeps the regression defined for positions that do not move.
        gram = (known - centre).T @ (known - centre) + 1e-6 * _ROWS * np.eye(_LAGS)
        weights = np.linalg.solve(gram, (known - centre).T @ (truth - centre))
        known, truth = _table(trace.t_s, position, judging, lags)
        error = truth - centre - (known - centre) @ weights
        found.append(float(error.std()))
    return np.asarray(found)


def _table(
    t_s: FloatArray, position: FloatArray, moments: FloatArray, lags: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Positions at the lags before each moment, and at the moment itself."""
    known = np.interp(moments[:, None] - lags[None, :], t_s, position)
    return known, np.interp(moments, t_s, position)
