"""What a rule on filling leaves and costs, with intervals over patients.

Assumptions: patients are independent; each brings his own fractions. The interval is a jackknife
over patients with Student's t, of the root mean square on the log scale; where no fraction (or
every one) is postponed, patients stand for trials of an exact proportion. Limits: the plans of a
library and the slopes of others are taken as given; with few patients the intervals are wide.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from popmargin.statistics.proportion import exact_proportion

FloatArray = NDArray[np.float64]
Sums = NDArray[np.float64]
_NAMES: Final = ("rms{}_mm", "rms_saved{}_mm", "postponed_share{}", "saved_per_postponed{}_mm")


def rule_yield(
    codes: NDArray[np.int64],
    before: FloatArray,
    left: FloatArray,
    kept: NDArray[np.bool_],
    *,
    level: float = 0.95,
) -> dict[str, Any]:
    """Columns of contract ``filling_rules`` of one rule.

    Parameters
    ----------
    codes : shape (n,), the patient of each fraction, 0, 1, 2 ...
    before, left : shape (n,), displacement in mm without and with the rule.
    kept : shape (n,), fractions that are treated on their day.
    level : of the intervals, in (0, 1).

    Returns
    -------
    dict
        ``rms_mm`` of the treated fractions, ``rms_saved_mm``, ``postponed_share`` and
        ``saved_per_postponed_mm`` with limits; None where nothing is treated or postponed, or
        where one patient alone would give no limits.

    Examples
    --------
    >>> found = rule_yield(np.array([0, 0, 1, 1]), np.array([3.0, 1.0, 1.0, 3.0]),
    ...     np.array([3.0, 1.0, 1.0, 3.0]), np.array([False, True, True, False]))
    >>> found["rms_mm"], found["postponed_share"]
    (1.0, 0.5)
    """
    # One row a patient: treated, squares left, fractions, squares before.
    weights = (kept * 1.0, kept * left**2, np.ones(left.size), before**2)
    sums = np.stack([np.bincount(codes, w).astype(np.float64) for w in weights], axis=1)
    patients = sums.shape[0]
    row: dict[str, Any] = {}
    for name, of in zip(_NAMES, (_log_rms, _saved, _postponed, _per_postponed), strict=True):
        value, low, high = _with_limits(sums, of, level)
        if of is _log_rms:
            value, low, high = (None if v is None else math.exp(v) for v in (value, low, high))
        elif of is _postponed and value in (0.0, 1.0):
            share = exact_proportion(round(float(value)) * patients, patients, level=level)
            low, high = share.low, share.high
        elif of is _postponed and low is not None and high is not None:
            low, high = max(0.0, low), min(1.0, high)
        for end, number in (("", value), ("_low", low), ("_high", high)):
            row[name.format(end)] = number
    return row


def _log_rms(sums: Sums) -> float | None:
    treated, squares = sums[:, 0].sum(), sums[:, 1].sum()
    return 0.5 * math.log(squares / treated) if treated > 0 and squares > 0 else None


def _saved(sums: Sums) -> float | None:
    rms = _log_rms(sums)
    return None if rms is None else math.sqrt(sums[:, 3].sum() / sums[:, 2].sum()) - math.exp(rms)


def _postponed(sums: Sums) -> float:
    return float(1.0 - sums[:, 0].sum() / sums[:, 2].sum())


def _per_postponed(sums: Sums) -> float | None:
    saved, share = _saved(sums), _postponed(sums)
    return saved / share if saved is not None and share > 0.0 else None


def _with_limits(
    sums: Sums, of: Callable[[Sums], float | None], level: float
) -> tuple[float | None, float | None, float | None]:
    value, n = of(sums), sums.shape[0]
    if value is None or n < 2:
        return None, None, None
    without = [of(np.delete(sums, place, axis=0)) for place in range(n)]
    known: Sequence[float] = [v for v in without if v is not None]
    if len(known) < n:
        return None, None, None
    error = math.sqrt((n - 1) ** 2 / n * float(np.var(known, ddof=1)))
    half = float(stdtrit(n - 1, 0.5 * (1.0 + level))) * error
    return value, value - half, value + half
