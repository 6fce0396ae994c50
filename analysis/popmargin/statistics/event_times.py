r"""Time to an event: Kaplan-Meier, and cumulative incidence where another event may come first.

Assumptions: censoring unrelated to the event; independent subjects. With a competing event the
share with the event is `cumulative_incidence`; one minus Kaplan-Meier overstates it.

Limits: pointwise intervals; at late times, with few at risk, they are wide and their level drops.
"""

from dataclasses import dataclass
from itertools import chain, count
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import share
from popmargin.core.exceptions import NotEstimable, OutOfRange

FloatArray = NDArray[np.float64]
CENSORED: Final = 0
EVENT: Final = 1
COMPETING: Final = 2
_STEPS_MONTHS: Final = (1, 2, 3, 6, 12, 24, 36, 60, 120)
_MOST_STEPS: Final = 6


@dataclass(frozen=True, slots=True, eq=False)
class EventCurve:
    """A step function of time: value from each time on, pointwise limits, numbers at risk before.

    Limits are NaN where the curve has none (value 0 or 1): callers show no interval there.
    """

    times: FloatArray
    value: FloatArray
    low: FloatArray
    high: FloatArray
    at_risk: NDArray[np.int64]

    def at(self, time: float) -> tuple[float, float | None, float | None]:
        """Value and limits at a time; before the first event the curve has its first value."""
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        low, high = float(self.low[place]), float(self.high[place])
        there = np.isfinite(low) and np.isfinite(high)
        return float(self.value[place]), low if there else None, high if there else None


def kaplan_meier(time: ArrayLike, event: ArrayLike, *, level: float = 0.95) -> EventCurve:
    """Share without the event over time, with log-log limits.

    Parameters
    ----------
    time : (n,) finite, >= 0, any unit.
    event : (n,) 0 censored, 1 event; a 2 (competing) counts as censored here.
    level : of the pointwise limits, inside (0, 1).

    Raises
    ------
    OutOfRange
        For a negative time, another event code, or shapes that differ.
    NotEstimable
        Without subjects.

    Notes
    -----
    Kaplan EL and Meier P, J Am Stat Assoc 1958;53:457; variance of Greenwood; limits on the scale
    of log(-log S) (Kalbfleisch and Prentice). Agrees with statsmodels.

    Examples
    --------
    >>> curve = kaplan_meier([1, 2, 3, 4], [1, 0, 1, 0])
    >>> curve.times.tolist(), curve.value.tolist()
    ([0.0, 1.0, 3.0], [1.0, 0.75, 0.375])
    """
    times, codes = check_event_times(time, event)
    moments, at_risk, counts = _table(times, codes, (EVENT,))
    deaths = counts[0]
    survival = np.cumprod(1.0 - deaths / at_risk)
    left = at_risk - deaths
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(np.where(left > 0, deaths / (at_risk * left), np.nan))
    low, high = _log_log(survival, np.sqrt(variance) * survival, level)
    return _curve(moments, survival, (low, high), at_risk, start=1.0)


def cumulative_incidence(time: ArrayLike, event: ArrayLike, *, level: float = 0.95) -> EventCurve:
    """Share with the event over time while a competing event may come first (Aalen-Johansen).

    Parameters
    ----------
    time, level : as in `kaplan_meier`.
    event : (n,) 0 censored, 1 event, 2 competing event.

    Raises
    ------
    OutOfRange, NotEstimable
        As `kaplan_meier`.

    Notes
    -----
    Aalen O and Johansen S, Scand J Stat 1978;5:141 (recalled); variance by the delta method as in
    Marubini and Valsecchi 1995 (recalled); limits on the scale of log(-log(1 - F)).

    Examples
    --------
    >>> curve = cumulative_incidence([1, 2, 3, 4], [1, 2, 1, 0])
    >>> curve.times.tolist(), curve.value.tolist()
    ([0.0, 1.0, 3.0], [0.0, 0.25, 0.5])
    """
    times, codes = check_event_times(time, event)
    moments, at_risk, counts = _table(times, codes, (EVENT, COMPETING))
    own, every = counts[0], counts.sum(axis=0)
    before = np.concatenate([[1.0], np.cumprod(1.0 - every / at_risk)[:-1]])
    value = np.cumsum(before * own / at_risk)
    standard_error = np.sqrt(np.maximum(_aalen_variance(value, before, at_risk, own, every), 0.0))
    low, high = _log_log(1.0 - value, standard_error, level)
    kept = own > 0
    return _curve(
        moments[kept], value[kept], (1.0 - high[kept], 1.0 - low[kept]), at_risk[kept], start=0.0
    )


def round_months(last_months: float) -> list[float]:
    """Round months from 0 to the end of follow-up, at most seven: where numbers at risk are told.

    The step is a month, a quarter, a year and the like. ``last_months``: finite, >= 0.

    Raises `OutOfRange` otherwise.

    >>> round_months(61.0)
    [0.0, 12.0, 24.0, 36.0, 48.0, 60.0]
    """
    if not 0.0 <= last_months < np.inf:
        raise OutOfRange("last_months", "a finite number >= 0", last_months)
    steps = chain(_STEPS_MONTHS, count(240, 120))
    step = next(months for months in steps if last_months // months <= _MOST_STEPS)
    return [float(step * place) for place in range(int(last_months // step) + 1)]


def check_event_times(time: ArrayLike, event: ArrayLike) -> tuple[FloatArray, NDArray[np.int64]]:
    """Times and codes as arrays; refused when impossible.

    Raises
    ------
    OutOfRange
        For a negative or non-finite time, a code other than 0, 1, 2, or shapes that differ.
    NotEstimable
        Without subjects.

    Examples
    --------
    >>> check_event_times([1.0], [1])[1].tolist()
    [1]
    """
    times = np.asarray(time, dtype=np.float64)
    codes = np.asarray(event)
    if times.ndim != 1 or times.shape != codes.shape:
        raise OutOfRange("event", f"one code for each of the times {times.shape}", codes.shape)
    if not times.size:
        raise NotEstimable("no subject")
    if not np.isfinite(times).all() or (times < 0).any():
        raise OutOfRange("time", "finite numbers >= 0", float(np.min(times)))
    if not np.isin(codes, (CENSORED, EVENT, COMPETING)).all():
        raise OutOfRange("event", "0 censored, 1 event or 2 competing event", np.unique(codes))
    return times, codes.astype(np.int64)


def _table(
    times: FloatArray, codes: NDArray[np.int64], wanted: tuple[int, ...]
) -> tuple[FloatArray, NDArray[np.int64], NDArray[np.int64]]:
    """Times with one of the wanted events, numbers at risk, and events of each kind (K, T)."""
    moments = np.unique(times[np.isin(codes, wanted)])
    ordered = np.sort(times)
    at_risk = times.size - np.searchsorted(ordered, moments, side="left")
    counts = np.stack(
        [
            np.bincount(np.searchsorted(moments, times[codes == code]), minlength=moments.size)
            for code in wanted
        ]
    )
    return moments, at_risk, counts


def _aalen_variance(
    value: FloatArray,
    before: FloatArray,
    at_risk: NDArray[np.int64],
    own: NDArray[np.int64],
    every: NDArray[np.int64],
) -> FloatArray:
    """Delta-method variance of the cumulative incidence at each time."""
    n, d1, d = at_risk.astype(float), own.astype(float), every.astype(float)
    safe = np.where(n > d, n - d, 1.0)
    first = np.where(n > d, d / (n * safe), 0.0)
    second = before**2 * (n - d1) / n * d1 / n**2
    third = before * d1 / n**2
    a, b, c = np.cumsum(first), np.cumsum(value * first), np.cumsum(value**2 * first)
    e, f = np.cumsum(third), np.cumsum(value * third)
    # sum over earlier times of (F - F_j)^2 first_j + second_j - 2 (F - F_j) third_j
    return np.asarray(value**2 * a - 2 * value * b + c + np.cumsum(second) - 2 * (value * e - f))


def _log_log(
    survival: FloatArray, standard_error: FloatArray, level: float
) -> tuple[FloatArray, FloatArray]:
    from scipy.special import ndtri

    quantile = float(ndtri(0.5 + 0.5 * share("level", level)))
    inside = (survival > 0.0) & (survival < 1.0)
    s = np.where(inside, survival, 0.5)
    width = quantile * standard_error / (s * np.abs(np.log(s)))
    low, high = (np.where(inside, s ** np.exp(sign * width), np.nan) for sign in (1.0, -1.0))
    return low, high


def _curve(
    moments: FloatArray,
    value: FloatArray,
    limits: tuple[FloatArray, FloatArray],
    at_risk: NDArray[np.int64],
    *,
    start: float,
) -> EventCurve:
    none = np.array([np.nan])
    return EventCurve(
        np.concatenate([[0.0], moments]),
        np.concatenate([[start], value]),
        np.concatenate([none, limits[0]]),
        np.concatenate([none, limits[1]]),
        np.concatenate([at_risk[:1], at_risk]).astype(np.int64),
    )
