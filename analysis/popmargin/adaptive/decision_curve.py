"""Calibration and decision curve of a predictor, with intervals over patients.

Calibration: patients in parts of equal number by their predicted risk; the share that crossed in
each, with its exact interval. Decision curve (Vickers and Elkin, Med Decis Making 2006;26:565-74):
net benefit of calling who is at or above a threshold risk, against calling everybody, nobody, and
those whom the simple rule calls, whatever the threshold.

Assumptions: patients are independent; the net benefit is a mean over patients, with a t interval.
Limits: the threshold risk is the reader's own judgement of how many needless calls one missed
patient is worth; intervals do not know that the predictor was learnt from the same patients.
"""

import math
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from popmargin.statistics.proportion import exact_proportion

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
THRESHOLDS: Final = tuple(round(0.05 * k, 2) for k in range(1, 15))
_PARTS: Final = 5


def calibration_rows(
    risk: FloatArray, crossed: BoolArray, *, level: float = 0.95
) -> list[dict[str, Any]]:
    """Predicted and observed share in five parts of equal number by predicted risk.

    Parameters
    ----------
    risk, crossed : shape (n,), n >= 5.
    level : of the intervals.

    Examples
    --------
    >>> rows = calibration_rows(np.linspace(0, 1, 20), np.arange(20) >= 10)
    >>> [row["observed"] for row in rows]
    [0.0, 0.0, 0.5, 1.0, 1.0]
    """
    order = np.argsort(risk, kind="stable")
    rows = []
    for place, part in enumerate(np.array_split(order, _PARTS), start=1):
        share = exact_proportion(int(crossed[part].sum()), part.size, level=level)
        rows.append(
            {
                "part": place,
                "n_patients": int(part.size),
                "predicted": float(risk[part].mean()),
                "observed": share.value,
                "observed_low": share.low,
                "observed_high": share.high,
            }
        )
    return rows


def decision_rows(
    risk: FloatArray, called_simply: BoolArray, crossed: BoolArray, *, level: float = 0.95
) -> list[dict[str, Any]]:
    """Net benefit of every way of calling at threshold risks of 5 to 70 %.

    Parameters
    ----------
    risk, called_simply, crossed : shape (n,): predicted risk, who the simple rule calls, truth.
    level : of the intervals.

    Examples
    --------
    >>> truth = np.array([True, False, False, True])
    >>> rows = decision_rows(np.array([0.9, 0.1, 0.1, 0.9]), truth, truth)
    >>> {r["method"]: round(r["net_benefit"], 3) for r in rows if r["threshold"] == 0.5}
    {'learned': 0.5, 'simple rule': 0.5, 'everybody': 0.0, 'nobody': 0.0}
    """
    rows = []
    for threshold in THRESHOLDS:
        odds = threshold / (1.0 - threshold)
        calls = {
            "learned": risk >= threshold,
            "simple rule": called_simply,
            "everybody": np.ones(crossed.size, dtype=np.bool_),
            "nobody": np.zeros(crossed.size, dtype=np.bool_),
        }
        for method, called in calls.items():
            gain = (called & crossed) - odds * (called & ~crossed)
            mean = float(gain.mean())
            half = _half(gain, level)
            rows.append(
                {
                    "threshold": threshold,
                    "method": method,
                    "called_share": float(called.mean()),
                    "net_benefit": mean,
                    "net_benefit_low": mean - half,
                    "net_benefit_high": mean + half,
                }
            )
    return rows


def _half(gain: FloatArray, level: float) -> float:
    error = float(gain.std(ddof=1)) / math.sqrt(gain.size)
    return float(stdtrit(gain.size - 1, 0.5 * (1.0 + level))) * error
