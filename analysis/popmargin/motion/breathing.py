"""One breathing trace in numbers: time-weighted SD, peak to peak, drift, gate, tracking.

Assumptions: the trace follows the tumour, or stands for it; the drift over the trace is a straight
line, and the SD of breathing is the one about that line. Intervals treat breaths as independent
repeats. Limits: a trace shorter than about ten breaths shows neither rare deep breaths nor shifts
of the baseline between days; peak to peak over a whole trace grows with its length, so the mean
over breaths is the amplitude here, and the 95 % range stands beside it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from popmargin.core.checks import share
from popmargin.core.exceptions import NotEstimable
from popmargin.motion.breaths import breath_starts, principal_signal
from popmargin.motion.gating import Gate, residual_in_gate
from popmargin.motion.trace_cleaning import CleanTrace, sample_percentiles, weighted_sums
from popmargin.motion.tracking import tracking_error_sd

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Breathing:
    """A trace in numbers; arrays have one value an axis, limits have shape (2, axes), mm.

    ``sd_mm`` about the drift line and ``total_sd_mm`` with the drift, both time-weighted;
    ``peak_to_peak_mm`` mean over breaths; ``range_95_mm`` and ``range_mm`` of the samples about
    the line; ``tracking_sd_mm`` None where the trace is too short to judge a prediction.
    """

    mean_mm: FloatArray
    sd_mm: FloatArray
    sd_limits_mm: FloatArray
    total_sd_mm: FloatArray
    peak_to_peak_mm: FloatArray
    peak_to_peak_limits_mm: FloatArray
    range_95_mm: FloatArray
    range_mm: FloatArray
    drift_mm_per_min: FloatArray
    n_breaths: int
    period_s: float
    gate: Gate
    tracking_sd_mm: FloatArray | None


def describe_breathing(
    trace: CleanTrace,
    *,
    gate_window_share: float = 0.3,
    latency_s: float = 0.2,
    confidence_level: float = 0.95,
) -> Breathing:
    """Numbers of one cleaned trace.

    Parameters
    ----------
    trace : cleaned samples.
    gate_window_share : height of the gate, share of the 95 % range, in (0, 1).
    latency_s : of tracking, seconds, > 0.
    confidence_level : of the intervals over breaths, in (0, 1).

    Raises
    ------
    NotEstimable
        Fewer than three whole breaths.

    Notes
    -----
    Checks: SD over peak to peak is 0.354 for a sinusoid and 0.364 for cos^4
    (`popmargin.margins.breathing`).

    Examples
    --------
    >>> from popmargin.motion.trace_cleaning import clean_trace
    >>> t = np.arange(12000) / 100.0
    >>> found = describe_breathing(clean_trace(t, 10.0 * np.cos(np.pi * t / 4.0) ** 4))
    >>> round(float(found.sd_mm[0] / found.peak_to_peak_mm[0]), 3), found.period_s
    (0.364, 4.0)
    """
    level = share("confidence_level", confidence_level)
    signal = principal_signal(trace)
    starts = breath_starts(trace, signal)
    n_breaths = starts.size - 1
    if n_breaths < 3:
        raise NotEstimable(f"breathing: needs at least 3 whole breaths, found {max(n_breaths, 0)}")
    weight, moved = trace.weight_s, trace.moved_mm
    total = weight.sum()
    mean = weighted_sums(weight, trace.position_mm) / total
    squares = moved * moved
    quantile = float(stdtrit(n_breaths - 1, 0.5 * (1.0 + level)))
    sd = np.sqrt(weighted_sums(weight, squares) / total)
    # About the line and along it: the two parts of least squares add up.
    since = trace.t_s - trace.t_s[0]
    middle = np.einsum("i,i->", weight, since) / total
    elapsed = np.einsum("i,i,i->", weight, since, since) / total - middle**2
    inside = slice(starts[0], starts[-1])
    bounds = starts[:-1] - starts[0]
    heights = np.maximum.reduceat(moved[inside], bounds) - np.minimum.reduceat(
        moved[inside], bounds
    )
    height = heights.mean(axis=0)
    half = quantile * heights.std(axis=0, ddof=1) / np.sqrt(n_breaths)
    # The line of the drift takes a degree of freedom beside the mean.
    about = float(stdtrit(n_breaths - 2, 0.5 * (1.0 + level)))
    spread = about * _log_sd_error(squares[inside], weight[inside], bounds)
    edges = sample_percentiles(moved, (2.5, 97.5))
    periods = np.diff(trace.t_s[starts])
    return Breathing(
        mean_mm=mean,
        sd_mm=sd,
        sd_limits_mm=sd * np.exp([-spread, spread]),
        total_sd_mm=np.sqrt(sd**2 + trace.drift_mm_per_s**2 * elapsed),
        peak_to_peak_mm=height,
        peak_to_peak_limits_mm=np.stack([np.maximum(height - half, 0.0), height + half]),
        range_95_mm=edges[1] - edges[0],
        range_mm=moved.max(axis=0) - moved.min(axis=0),
        drift_mm_per_min=60.0 * trace.drift_mm_per_s,
        n_breaths=int(n_breaths),
        # The median: a gap between two breaths must not lengthen them.
        period_s=round(float(np.median(periods)), 6),
        gate=residual_in_gate(trace, signal, window_share=gate_window_share, squares_mm2=squares),
        tracking_sd_mm=tracking_error_sd(trace, latency_s=latency_s),
    )


def _log_sd_error(squares: FloatArray, weight: FloatArray, bounds: NDArray[np.int64]) -> FloatArray:
    """Standard error of ln SD: breaths as clusters of a ratio of sums (linearised jackknife)."""
    sums = np.add.reduceat(squares * weight[:, None], bounds)
    times = np.add.reduceat(weight, bounds)
    n = bounds.size
    variance = sums.sum(axis=0) / times.sum()
    rest = sums - times[:, None] * variance
    error = np.sqrt(n / (n - 2.0) * (rest**2).sum(axis=0)) / times.sum()
    return np.asarray(np.where(variance > 0.0, 0.5 * error / np.maximum(variance, 1e-300), 0.0))
