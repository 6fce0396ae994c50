"""Watching a short series for a change: a rule that learns its baseline, and the best possible.

The rule: at every new value, the largest standardised difference between the mean after and the
mean before any possible moment of change (generalised likelihood ratio, baseline unknown), against
a threshold that chance exceeds in a stated share of whole courses. Where courses rise or fall at
rates of their own (normal, of known SD ``rate_sd``), each course's rate is allowed for as far as
its values tell it from the common one: a step is what is left beside it. A second rule watches the
rate itself: how far the slope so far lies from what chance and the spread of rates explain. The
best possible: a CUSUM that knows the baseline, the size and the shape of the change, at the same
share of false alarms (Moustakides, Ann Stat 1986;14:1379-87: no rule is faster for a step in normal
values).

Assumptions: independent normal values of known SD; thresholds come from simulation in a fixed
stream. Limits: autocorrelated values raise more false alarms than stated; a change within the first
two values is not seen, having no baseline.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from popmargin.core.checks import non_negative, positive, share, whole
from popmargin.core.random_streams import random_stream

FloatArray = NDArray[np.float64]
Shape = Literal["step", "trend"]
COURSES: Final = 10_000
_BASELINE: Final = 2


@dataclass(frozen=True, slots=True)
class Delay:
    """How soon a rule sees a change.

    ``detected``: share of courses, with its standard error; ``delay``: mean number of values from
    the change to the alarm among them (None if none), with its standard error; ``false_alarms``:
    share of unchanged courses that raised one.
    """

    detected: float
    detected_error: float
    delay: float | None
    delay_error: float | None
    false_alarms: float


def likelihood_ratio_path(
    values: FloatArray, *, x: FloatArray | None = None, rate_sd: float = 0.0
) -> FloatArray:
    """Statistic of a step after each value, shape as ``values`` (courses, n), which have SD 1.

    ``x`` (n,) are the moments, 0, 1, 2 ... where None; ``rate_sd`` >= 0 the SD of the courses' own
    rates about the common one (which is taken out), per unit of ``x``.

    >>> likelihood_ratio_path(np.array([[0.0, 0.0, 0.0, 3.0]])).round(2).tolist()
    [[0.0, 0.0, 0.0, 2.6]]
    """
    courses, n = values.shape
    moments = _moments(n, x)
    # Zeros before the first value: sums up to place k stand at index k.
    sum_y = np.concatenate([np.zeros((courses, 1)), np.cumsum(values, axis=1)], axis=1)
    sum_x = np.concatenate([[0.0], np.cumsum(moments)])
    sxx, sxy = _products(values, moments)
    shrink = rate_sd**2 / (1.0 + rate_sd**2 * sxx)
    best = np.zeros((courses, n))
    for k in range(_BASELINE, n):
        j = np.arange(k + 1, n + 1, dtype=np.float64)
        part = (j - k) / j
        stepped = sum_y[:, k + 1 :] - sum_y[:, k : k + 1] - part * sum_y[:, k + 1 :]
        size = k * part
        if rate_sd > 0.0:
            along = sum_x[k + 1 :] - sum_x[k] - part * sum_x[k + 1 :]
            stepped = stepped - shrink[k:] * along * sxy[:, k:]
            size = size - shrink[k:] * along**2
        np.maximum(best[:, k:], np.abs(stepped) / np.sqrt(size), out=best[:, k:])
    return best


def rate_path(
    values: FloatArray, *, x: FloatArray | None = None, rate_sd: float = 0.0
) -> FloatArray:
    """Statistic of an unusual rate after each value, as `likelihood_ratio_path`; 0 before three.

    >>> rate_path(np.array([[0.0, 1.0, 2.0, 3.0]])).round(2).tolist()
    [[0.0, 0.0, 1.41, 2.24]]
    """
    n = values.shape[1]
    sxx, sxy = _products(values, _moments(n, x))
    spread = np.sqrt(sxx * (1.0 + rate_sd**2 * sxx))
    found = np.abs(sxy) / np.where(spread > 0.0, spread, np.inf)
    found[:, :_BASELINE] = 0.0
    return np.asarray(found)


def _moments(n: int, x: FloatArray | None) -> FloatArray:
    return np.arange(n, dtype=np.float64) if x is None else np.asarray(x - x[0], dtype=np.float64)


def _products(values: FloatArray, x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sums of squares of x and of products with the values about their means, after each value."""
    count = np.arange(1, x.size + 1, dtype=np.float64)
    sum_x = np.cumsum(x)
    sxx = np.cumsum(x * x) - sum_x**2 / count
    sxy = np.cumsum(values * x, axis=1) - sum_x * np.cumsum(values, axis=1) / count
    return np.maximum(sxx, 0.0), sxy


def known_change_path(values: FloatArray, size: float, shape: Shape) -> FloatArray:
    """Log likelihood ratio CUSUM of a change of known size and shape, either sign.

    ``size`` in SDs: of the step, or of the trend per value.

    >>> known_change_path(np.array([[0.0, 2.0]]), 2.0, "step").tolist()
    [[0.0, 2.0]]
    """
    courses, n = values.shape
    best = np.zeros((courses, n))
    for sign in (1.0, -1.0):
        if shape == "step":
            running = np.zeros(courses)
            for j in range(n):
                running = np.maximum(running, 0.0) + sign * size * values[:, j] - size**2 / 2.0
                np.maximum(best[:, j], running, out=best[:, j])
        else:
            for start in range(n):
                mean = sign * size * np.arange(1, n - start + 1)
                path = np.cumsum(mean * values[:, start:] - mean**2 / 2.0, axis=1)
                np.maximum(best[:, start:], path, out=best[:, start:])
    return best


@lru_cache(maxsize=256)
def alarm_threshold(n: int, false_alarms: float, *, rate_sd: float = 0.0, seed: int = 1) -> float:
    """Threshold of a step that chance exceeds in a share ``false_alarms`` of courses of ``n``.

    ``rate_sd`` >= 0 as in `likelihood_ratio_path`, per value. Raises `OutOfRange` for fewer than 3
    values or a share outside (0, 1).

    >>> 2.5 < alarm_threshold(35, 0.05) < alarm_threshold(35, 0.01) < 5.0
    True
    """
    path = likelihood_ratio_path(_calm(n, false_alarms, rate_sd, seed), rate_sd=rate_sd)
    return float(np.quantile(path.max(axis=1), 1.0 - false_alarms))


@lru_cache(maxsize=256)
def rate_threshold(n: int, false_alarms: float, *, rate_sd: float = 0.0, seed: int = 1) -> float:
    """Threshold of an unusual rate, as `alarm_threshold`.

    >>> 2.0 < rate_threshold(35, 0.05) < rate_threshold(35, 0.01) < 5.0
    True
    """
    path = rate_path(_calm(n, false_alarms, rate_sd, seed), rate_sd=rate_sd)
    return float(np.quantile(path.max(axis=1), 1.0 - false_alarms))


def _calm(n: int, false_alarms: float, rate_sd: float, seed: int) -> FloatArray:
    """Unchanged courses, each with a rate of its own."""
    whole("n", n, at_least=_BASELINE + 1)
    share("false_alarms", false_alarms)
    non_negative("rate_sd", rate_sd)
    rng = random_stream(seed, "alarm_threshold", n)
    calm = rng.standard_normal((COURSES, n))
    return np.asarray(calm + _own_rates(rng, COURSES, n, rate_sd))


def _own_rates(rng: np.random.Generator, courses: int, n: int, rate_sd: float) -> FloatArray:
    if rate_sd <= 0.0:
        return np.zeros((1, 1))
    return np.asarray(rate_sd * rng.standard_normal((courses, 1)) * np.arange(n))


def detection_delay(
    n: int,
    change_at: int,
    size: float,
    *,
    shape: Shape = "step",
    known: bool = False,
    false_alarms: float = 0.05,
    rate_sd: float = 0.0,
    courses: int = 4000,
    seed: int = 1,
) -> Delay:
    """Delay of the rule (or with ``known`` of the best possible) for one change.

    Parameters
    ----------
    n : values of a course, >= 3.  change_at : first changed value, from 1.
    size : SDs: of the step, or of the trend per value; > 0.
    false_alarms : share of unchanged courses that may raise an alarm, in (0, 1).
    rate_sd : SD of the courses' own rates, SDs per value, >= 0; for the rule only.
    courses, seed : of the simulation.

    Examples
    --------
    >>> rule = detection_delay(35, 11, 2.0)
    >>> best = detection_delay(35, 11, 2.0, known=True)
    >>> best.delay < rule.delay < 6.0, round(rule.detected) == 1
    (True, True)
    """
    whole("change_at", change_at)
    positive("size", size)
    share("false_alarms", false_alarms)
    rng = random_stream(seed, "detection_delay", n)
    noise = rng.standard_normal((courses, n))
    noise = noise + _own_rates(rng, courses, n, rate_sd)
    after = np.arange(1, n + 1) - change_at + 1.0
    changed = np.where(after > 0, 1.0 if shape == "step" else after, 0.0)
    if known:
        calm = random_stream(seed, "detection_threshold", n).standard_normal((COURSES, n))
        threshold = float(
            np.quantile(known_change_path(calm, size, shape).max(axis=1), 1.0 - false_alarms)
        )
        path = known_change_path(noise + size * changed, size, shape)
        wrong = known_change_path(noise, size, shape).max(axis=1) > threshold
    else:
        threshold = alarm_threshold(n, false_alarms, rate_sd=rate_sd, seed=seed)
        path = likelihood_ratio_path(noise + size * changed, rate_sd=rate_sd)
        wrong = likelihood_ratio_path(noise, rate_sd=rate_sd).max(axis=1) > threshold
    alarms = path > threshold
    early = alarms[:, : change_at - 1].any(axis=1)
    late = alarms[:, change_at - 1 :]
    seen = late.any(axis=1) & ~early
    delays = late.argmax(axis=1)[seen] + 1.0
    rate = float(seen.sum() / max(1, int((~early).sum())))
    several = delays.size > 1
    return Delay(
        detected=rate,
        detected_error=math.sqrt(rate * (1.0 - rate) / courses),
        delay=float(delays.mean()) if delays.size else None,
        delay_error=float(delays.std(ddof=1) / math.sqrt(delays.size)) if several else None,
        false_alarms=float(wrong.mean()),
    )
