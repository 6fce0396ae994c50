"""Breaths of a trace: where they start, along the direction in which it moves most.

Assumptions: breathing is the largest periodic motion; a breath starts where the signal rises
through its own moving mean. Limits: ripples smaller than a fifth of the usual excursion start no
breath; a patient who holds the breath has none, and quantities per breath are then not estimable.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from popmargin.motion.trace_cleaning import CleanTrace, enough_samples, sample_percentiles

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
# ASSUME 15 s hold three to six breaths: long against one, short against a shift of the baseline.
BASELINE_S: Final = 15.0
_RIPPLE: Final = 0.2
_STILL: Final = 0.02


def principal_signal(trace: CleanTrace) -> FloatArray:
    """Position along the direction of largest variance about the drift line, mm, shape (n,).

    The sign is chosen so that the side on which the trace dwells (end of expiration) is low.

    >>> from popmargin.motion.trace_cleaning import clean_trace
    >>> t = np.arange(600) / 10.0
    >>> wave = 10.0 * np.sin(np.pi * t / 4.0) ** 4
    >>> signal = principal_signal(clean_trace(t, np.column_stack([0 * t, wave, 0 * t])))
    >>> bool(np.median(signal) < signal.mean())
    True
    """
    moved = trace.moved_mm
    some = enough_samples(moved.shape[0])
    few, weight = moved[some], trace.weight_s[some]
    direction = np.ones(1)
    if moved.shape[1] > 1:
        direction = np.linalg.eigh((few * weight[:, None]).T @ few)[1][:, -1]
    # Time spent far out on one side makes the third moment positive on that side.
    along = few @ direction
    centred = along - weight @ along / weight.sum()
    third = float((weight * centred) @ (centred * centred))
    direction = -direction if third < 0.0 else direction
    signal = moved[:, 0] * direction[0]
    for column, part in zip(moved.T[1:], direction[1:], strict=True):
        signal += part * column
    return np.asarray(signal)


def moving_mean(t_s: FloatArray, values: FloatArray, window_s: float = BASELINE_S) -> FloatArray:
    """Mean of the samples within half a window on either side of each sample.

    >>> moving_mean(np.array([0.0, 1.0, 2.0]), np.array([0.0, 3.0, 6.0]), 2.0).tolist()
    [1.5, 3.0, 4.5]
    """
    sums = np.concatenate([[0.0], np.cumsum(values)])
    # A mean over a window changes little within a fiftieth of it: between such moments it is
    # a straight line. The last sample is always one of them.
    usual = float(t_s[-1] - t_s[0]) / max(1, t_s.size - 1)
    stride = max(1, int(_STILL * window_s / usual)) if usual > 0.0 else 1
    places = np.append(np.arange(0, t_s.size - 1, stride), t_s.size - 1)
    moments = t_s[places]
    first = np.searchsorted(t_s, moments - 0.5 * window_s - 1e-9)
    last = np.searchsorted(t_s, moments + 0.5 * window_s + 1e-9)
    means = (sums[last] - sums[first]) / (last - first)
    return np.asarray(means if stride == 1 else np.interp(t_s, moments, means))


def breath_starts(trace: CleanTrace, signal: FloatArray) -> IntArray:
    """Samples at which a breath starts; consecutive ones bound a whole breath.

    >>> from popmargin.motion.trace_cleaning import clean_trace
    >>> t = np.arange(600) / 10.0
    >>> trace = clean_trace(t, np.sin(2 * np.pi * t / 5.0))
    >>> starts = trace.t_s[breath_starts(trace, principal_signal(trace))]
    >>> starts.size, round(float(np.median(np.diff(starts))), 1)
    (12, 5.0)
    """
    about = signal - moving_mean(trace.t_s, signal)
    low, high = sample_percentiles(about, (5.0, 95.0))
    ripple = _RIPPLE * 0.5 * float(high - low)
    if ripple <= 0.0:
        return np.empty(0, dtype=np.int64)
    state = np.zeros(about.size, dtype=np.int8)
    state[about > ripple] = 1
    state[about < -ripple] = -1
    decided = np.flatnonzero(state)
    held = state[decided]
    rising = np.flatnonzero((held[1:] == 1) & (held[:-1] == -1)) + 1
    return np.asarray(decided[rising], dtype=np.int64)
