"""A trace as it comes from a camera or a beacon, made fit for statistics: sentinels, gaps, drift.

Assumptions: time in seconds, strictly increasing; positions in mm. A sample is a sentinel, not a
position, when a vendor's code for "lost" stands in it (999 or more) or when it is exactly zero on
every axis while zero lies far outside everything else that was measured: one such sample can
inflate an SD of 1 mm to 8 mm. Exact zeros within the range of the other samples are positions.

Limits: a marker that freezes at its last position cannot be told from a breath hold. Between two
samples further apart than ``gap_s`` nothing is known and nothing is counted.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import positive
from popmargin.core.exceptions import RefusedInput

FloatArray = NDArray[np.float64]
# AlignRT writes 999 and more for a patient that was not found; no trace moves a metre.
LOST_MM: Final = 999.0
# ASSUME an interval of five usual ones is a gap: cameras drop single frames, not more.
GAP_INTERVALS: Final = 5.0
# ASSUME a camera may misprint single times; more than 1 % is two traces in one.
MOST_BACKWARDS: Final = 0.01
_ENOUGH: Final = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class CleanTrace:
    """Samples that count: ``t_s`` (n,), ``position_mm`` (n, axes), ``weight_s`` (n,).

    ``weight_s`` is the time that a sample stands for (half of each neighbouring interval, nothing
    across a gap), so that dense stretches do not count more than sparse ones. ``n_sentinels``,
    ``n_missing`` and ``n_backwards`` (time not after the sample before) samples were left out;
    ``gap_s`` seconds are not observed; ``moved_mm`` (n, axes) are the positions about
    their straight line of least squares and ``drift_mm_per_s`` is its slope.
    """

    t_s: FloatArray
    position_mm: FloatArray
    weight_s: FloatArray
    n_sentinels: int
    n_missing: int
    n_backwards: int
    gap_s: float
    moved_mm: FloatArray
    drift_mm_per_s: FloatArray


def clean_trace(
    t_s: ArrayLike, position_mm: ArrayLike, *, gap_s: float | None = None
) -> CleanTrace:
    """Remove sentinels and missing samples; weigh the rest by time; fit its drift.

    Parameters
    ----------
    t_s : shape (n,), seconds, strictly increasing.
    position_mm : shape (n,) or (n, axes), mm; NaN = not measured.
    gap_s : longest interval that two neighbouring samples may bridge, > 0; five usual intervals
        where None.

    Raises
    ------
    RefusedInput
        More than 1 % of the times repeat or run backwards, shapes that do not fit, or fewer than
        10 samples are left.

    Examples
    --------
    >>> t = np.arange(100) / 10.0
    >>> x = 50.0 + np.sin(t)
    >>> x[40] = 0.0
    >>> trace = clean_trace(t, x)
    >>> trace.n_sentinels, trace.t_s.size
    (1, 99)
    """
    time = np.asarray(t_s, dtype=np.float64)
    position = np.asarray(position_mm, dtype=np.float64)
    position = position[:, None] if position.ndim == 1 else position
    # One axis after the other in memory: everything here runs along the samples of an axis.
    position = np.asfortranarray(position)
    _check_shape(time, position)
    there = np.logical_and.reduce(np.isfinite(position.T))
    n_missing = int(position.shape[0] - np.count_nonzero(there))
    lost = _sentinels(position, there)
    kept = there & ~lost
    if np.count_nonzero(kept) < 10:
        found = f"{np.count_nonzero(kept)} of {time.size}"
        raise RefusedInput("trace", "at least 10 measured samples", found, "leave the trace out")
    if not kept.all():
        time, position = time[kept], position.T[:, kept].T
    # After the sentinels: a sample that was lost often has no time either.
    forward = _forward(time)
    n_backwards = int(time.size - np.count_nonzero(forward))
    if n_backwards:
        time, position = time[forward], position[forward]
    weight, missed = _weights(time, gap_s)
    moved, slope = _about_line(time, position, weight)
    return CleanTrace(
        t_s=time,
        position_mm=position,
        weight_s=weight,
        n_sentinels=int(np.count_nonzero(lost)),
        n_missing=n_missing,
        n_backwards=n_backwards,
        gap_s=missed,
        moved_mm=moved,
        drift_mm_per_s=slope,
    )


def weighted_sums(weight: FloatArray, values: FloatArray) -> FloatArray:
    """Sum of weight times value along the samples of each column, shape (axes,).

    Not by BLAS: its threads wait for each other where several jobs share the processors.

    >>> weighted_sums(np.array([1.0, 2.0]), np.array([[1.0, 0.0], [3.0, 5.0]])).tolist()
    [7.0, 10.0]
    """
    return np.array([np.einsum("i,i->", weight, column) for column in values.T])


def enough_samples(n: int) -> slice:
    """Every k-th of ``n`` samples, at most 100,000: they tell a percentile or a direction as well.

    >>> enough_samples(1_000), enough_samples(1_000_000)
    (slice(None, None, 1), slice(None, None, 10))
    """
    return slice(None, None, max(1, -(-n // _ENOUGH)))


def sample_percentiles(values: FloatArray, percents: tuple[float, float]) -> FloatArray:
    """Percentiles along the samples; of more than 100,000 every k-th is enough.

    >>> sample_percentiles(np.arange(101.0), (5.0, 95.0)).tolist()
    [5.0, 95.0]
    """
    return np.asarray(np.percentile(values[enough_samples(values.shape[0])], percents, axis=0))


def _check_shape(time: FloatArray, position: FloatArray) -> None:
    if time.ndim != 1 or position.ndim != 2 or position.shape[0] != time.size or time.size < 2:
        found = f"{time.shape} times and {position.shape} positions"
        raise RefusedInput("trace", "one time and one position a sample", found, "check the table")


def _forward(time: FloatArray) -> NDArray[np.bool_]:
    """Samples later than all before them; refused when more than a few single ones are not."""
    if bool((np.diff(time) > 0.0).all()):
        return np.ones(time.size, dtype=np.bool_)
    latest = np.maximum.accumulate(time)
    forward = np.concatenate([[True], time[1:] > latest[:-1]])
    wrong = np.flatnonzero(~forward)
    if wrong.size > MOST_BACKWARDS * time.size:
        place = int(wrong[0])
        found = f"{wrong.size} of {time.size} that repeat or run backwards, first {time[place]} s"
        remedy = "give each trace its own patient and fraction, and each sample its own time"
        raise RefusedInput("trace, t_s", "times that increase", found, remedy)
    return np.asarray(forward)


def _sentinels(position: FloatArray, there: NDArray[np.bool_]) -> NDArray[np.bool_]:
    lost = np.zeros(there.size, dtype=np.bool_)
    for column in position.T:
        if not (float(column.min()) > -LOST_MM and float(column.max()) < LOST_MM):
            lost |= there & (np.abs(column) >= LOST_MM)
    zero = there & np.logical_and.reduce(position.T == 0.0)
    rest = there & ~lost & ~zero
    if not zero.any() or not rest.any():
        return np.asarray(lost)
    low, high = sample_percentiles(position[rest], (0.5, 99.5))
    spread = high - low
    # Half the range beyond the range: zero of a trace about its own centre stays a position.
    outside = ((low - 0.5 * spread > 0.0) | (high + 0.5 * spread < 0.0)).any()
    return np.asarray(lost | zero if outside else lost)


def _weights(time: FloatArray, gap_s: float | None) -> tuple[FloatArray, float]:
    steps = np.diff(time)
    longest = (
        GAP_INTERVALS * float(np.median(steps))
        if gap_s is None
        else float(positive("gap_s", gap_s))
    )
    gaps = steps > longest
    half = 0.5 * np.where(gaps, 0.0, steps)
    weight = np.zeros(time.size)
    weight[:-1] += half
    weight[1:] += half
    return weight, float(steps[gaps].sum())


def _about_line(
    time: FloatArray, position: FloatArray, weight: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Positions about the weighted least-squares line of each axis, and its slope."""
    total = weight.sum()
    centred = time - np.einsum("i,i->", weight, time) / total
    moved = np.empty_like(position, order="F")
    weighted = weight * centred
    means = weighted_sums(weight, position) / total
    slopes = weighted_sums(weighted, position) / np.einsum("i,i->", weighted, centred)
    # Axis by axis and in place: each is contiguous, and a long trace asks for no more memory.
    for axis in range(position.shape[1]):
        about = moved[:, axis]
        np.subtract(position[:, axis], means[axis], out=about)
        about -= slopes[axis] * centred
    return moved, slopes
