"""Watching a short series for a change: a rule that learns its baseline, and the best possible.

The rule: at every new value, the largest standardised difference between the mean after and the
mean before any possible moment of change (generalised likelihood ratio, baseline unknown), against
a threshold that chance exceeds in a stated share of whole courses. The best possible: a CUSUM that
knows the baseline, the size and the shape of the change, at the same share of false alarms
(Moustakides, Ann Stat 1986;14:1379-87: no rule is faster for a step in normal values).

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

from popmargin.core.checks import positive, share, whole
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


def likelihood_ratio_path(values: FloatArray) -> FloatArray:
    """Statistic after each value, shape as ``values`` (courses, n), which have SD 1.

    >>> likelihood_ratio_path(np.array([[0.0, 0.0, 0.0, 3.0]])).round(2).tolist()
    [[0.0, 0.0, 0.0, 2.6]]
    """
    courses, n = values.shape
    sums = np.concatenate([np.zeros((courses, 1)), np.cumsum(values, axis=1)], axis=1)
    best = np.zeros((courses, n))
    for k in range(_BASELINE, n):
        j = np.arange(k + 1, n + 1, dtype=np.float64)
        later = (sums[:, k + 1 :] - sums[:, k : k + 1]) / (j - k)
        z = np.abs(later - sums[:, k : k + 1] / k) * np.sqrt(k * (j - k) / j)
        np.maximum(best[:, k:], z, out=best[:, k:])
    return best


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


@lru_cache(maxsize=64)
def alarm_threshold(n: int, false_alarms: float, *, seed: int = 1) -> float:
    """Threshold that chance exceeds in a share ``false_alarms`` of courses of ``n`` values.

    Raises `OutOfRange` for fewer than 3 values or a share outside (0, 1).

    >>> 2.5 < alarm_threshold(35, 0.05) < alarm_threshold(35, 0.01) < 5.0
    True
    """
    whole("n", n, at_least=_BASELINE + 1)
    share("false_alarms", false_alarms)
    calm = random_stream(seed, "alarm_threshold", n).standard_normal((COURSES, n))
    return float(np.quantile(likelihood_ratio_path(calm).max(axis=1), 1.0 - false_alarms))


def detection_delay(
    n: int,
    change_at: int,
    size: float,
    *,
    shape: Shape = "step",
    known: bool = False,
    false_alarms: float = 0.05,
    courses: int = 4000,
    seed: int = 1,
) -> Delay:
    """Delay of the rule (or with ``known`` of the best possible) for one change.

    Parameters
    ----------
    n : values of a course, >= 3.  change_at : first changed value, from 1.
    size : SDs: of the step, or of the trend per value; > 0.
    false_alarms : share of unchanged courses that may raise an alarm, in (0, 1).
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
    noise = random_stream(seed, "detection_delay", n).standard_normal((courses, n))
    calm = random_stream(seed, "detection_threshold", n).standard_normal((COURSES, n))
    after = np.arange(1, n + 1) - change_at + 1.0
    changed = np.where(after > 0, 1.0 if shape == "step" else after, 0.0)
    if known:
        threshold = float(
            np.quantile(known_change_path(calm, size, shape).max(axis=1), 1.0 - false_alarms)
        )
        path = known_change_path(noise + size * changed, size, shape)
        wrong = known_change_path(noise, size, shape).max(axis=1) > threshold
    else:
        threshold = alarm_threshold(n, false_alarms, seed=seed)
        path = likelihood_ratio_path(noise + size * changed)
        wrong = likelihood_ratio_path(noise).max(axis=1) > threshold
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
