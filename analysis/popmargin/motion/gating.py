"""Beam on only while the signal is near the end of expiration: duty cycle and what still moves.

Assumptions: an amplitude gate on the principal signal, its window a share of the 95 % range from
the dwelling side up, no latency of the gate. Limits: the gate is set on the same trace that it is
judged by; a surrogate outside the body follows the tumour imperfectly, which is not in here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from popmargin.core.checks import share
from popmargin.motion.trace_cleaning import (
    CleanTrace,
    enough_samples,
    sample_percentiles,
    weighted_sums,
)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """``duty_cycle`` (share of the time), SD and 95 % range in mm on each axis while open."""

    duty_cycle: float
    residual_sd_mm: FloatArray
    residual_range_mm: FloatArray


def residual_in_gate(
    trace: CleanTrace,
    signal: FloatArray,
    *,
    window_share: float,
    squares_mm2: FloatArray | None = None,
) -> Gate:
    """What a gate leaves of a trace whose drift is followed.

    Parameters
    ----------
    trace : cleaned samples.
    signal : principal signal, low at the end of expiration, shape (n,).
    window_share : height of the gate as a share of the signal's 95 % range, in (0, 1).
    squares_mm2 : squares of ``trace.moved_mm`` where they are known already.

    Examples
    --------
    >>> from popmargin.motion.breaths import principal_signal
    >>> from popmargin.motion.trace_cleaning import clean_trace
    >>> t = np.arange(2000) / 20.0
    >>> trace = clean_trace(t, 10.0 * np.cos(np.pi * t / 4.0) ** 4)
    >>> gate = residual_in_gate(trace, principal_signal(trace), window_share=0.3)
    >>> round(gate.duty_cycle, 2), round(float(gate.residual_sd_mm[0]), 2)
    (0.54, 0.89)
    """
    share("window_share", window_share)
    squares = trace.moved_mm**2 if squares_mm2 is None else squares_mm2
    low, high = sample_percentiles(signal, (2.5, 97.5))
    opened = signal <= low + window_share * (high - low)
    weight = trace.weight_s * opened
    total = weight.sum()
    # Masked by the weight, not cut out: a long trace is not copied.
    mean = weighted_sums(weight, trace.moved_mm) / total
    mean_squares = weighted_sums(weight, squares) / total
    some = enough_samples(signal.size)
    limits = sample_percentiles(trace.moved_mm[some][opened[some]], (2.5, 97.5))
    return Gate(
        duty_cycle=float(total / trace.weight_s.sum()),
        residual_sd_mm=np.sqrt(np.maximum(mean_squares - mean * mean, 0.0)),
        residual_range_mm=limits[1] - limits[0],
    )
