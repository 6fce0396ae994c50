"""Gross errors and sentinels: values that the tail of all others does not reach.

Deviations from the patient's median, in robust SDs of the axis, are judged in two ways. Against the
tail of the others: that of Student's t with the degrees of freedom that the ratio of the 95 %
quantile to the median of the deviations' sizes asks for (plus its standard error, towards heavier
tails); a value is gross where fewer than the stated probability of such values is expected in the
whole table. And by a gap: k rows that begin rho times farther out than the next one happen with
probability rho^(-3k) where tails are as heavy as those of t with 3 degrees of freedom (Renyi A,
Acta Math Acad Sci Hung 1953;4:191-231). So heavy tails and patients with unequal random errors
raise nothing. Values are listed, never dropped.

Limits: more than a tenth of the rows wrong hides in the tail; a patient wrong throughout is seen as
a patient far from all others only.
"""

import math

import numpy as np

from popmargin.quality.finding import Finding, enough
from popmargin.quality.rows import BoolArray, FloatArray, PositionRows, smooth_quantile
from popmargin.quality.thresholds import Thresholds

_DEGREES = np.array([1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 24.0, 100.0])
# ASSUME less than this is a position that a couch can be sent to without a look.
_SMALLEST_MM = 10.0
# A patient's median this many robust SDs from the others' is no patient like them.
_FAR_PATIENT = 8.0
_FEWEST_ROWS_OF_UNIT = 3
_MOST_ROWS = 0.1
_HEAVIEST_TAIL = 3.0
_SMALLEST_GAP = 2.0


def find_gross_errors(rows: PositionRows, limits: Thresholds) -> Finding | None:
    """Values far beyond the tail of the others, and patients far from all others.

    >>> find_gross_errors(PositionRows.of([0], [1], [[0.0, 0.0, 0.0]]), Thresholds())
    """
    if not enough(rows, limits):
        return None
    expected = _chance(rows)
    gross = expected < limits.warn_probability
    far = _far_patients(rows)
    suspects = (gross | far).any(axis=1)
    if not suspects.any():
        return None
    blocks = bool((expected < limits.block_probability).any())
    largest = float(np.nanmax(np.abs(rows.values[suspects])))
    message = (
        f"{int(suspects.sum())} rows hold values beyond the tail of all others (up to "
        f"{largest:g} mm{_sentinels(rows, gross | far)}): look each up, correct it or declare it "
        "not measured; nothing was dropped"
    )
    severity = "block" if blocks else "warn"
    return Finding("gross_errors", severity, message, suspects, rows.kept(~suspects))  # type: ignore[arg-type]


def _chance(rows: PositionRows) -> FloatArray:
    """How probable values as far out are by chance, float64[N, 3]; inf where there is no sign."""
    z = np.full(rows.values.shape, np.nan)
    judged = rows.sizes[rows.unit] >= _FEWEST_ROWS_OF_UNIT
    for axis in np.flatnonzero(rows.scales > 0.0):
        z[judged, axis] = np.abs(rows.deviations[judged, axis]) / rows.scales[axis]
    found = np.full(z.shape, np.inf)
    there = np.isfinite(z)
    if not there.any():
        return found
    found[there] = _expected_beyond(z[there])
    largest = np.where(there, z, 0.0).max(axis=1)
    beyond, chance = _beyond_gap(largest)
    apart = there & (z >= beyond)
    found[apart] = np.minimum(found[apart], chance)
    found[np.abs(np.nan_to_num(rows.deviations)) < _SMALLEST_MM] = np.inf
    return found


def _expected_beyond(z: FloatArray) -> FloatArray:
    """How many values as far out all should hold, by the tail that the bulk asks for."""
    from scipy.special import stdtr, stdtrit

    middle, tail = (smooth_quantile(z, share) for share in (0.5, 0.95))
    if middle == 0.0:
        return np.full(z.shape, np.inf)
    # Standard error of the ratio of the two quantiles of a normal sample.
    ratio = tail / middle * (1.0 + 1.5 / math.sqrt(z.size))
    ratios = stdtrit(_DEGREES, 0.975) / stdtrit(_DEGREES, 0.75)
    degrees = 1.0 / np.interp(-ratio, -ratios, 1.0 / _DEGREES)
    in_t = z / middle * float(stdtrit(degrees, 0.75))
    return np.asarray(2.0 * z.size * stdtr(degrees, -in_t))


def _beyond_gap(largest: FloatArray) -> tuple[float, float]:
    """Smallest value beyond the least probable gap, and that gap's probability."""
    ordered = np.sort(largest[largest > 0.0])[::-1]
    most = int(_MOST_ROWS * ordered.size)
    if most < 1:
        return math.inf, 1.0
    ratios = ordered[:most] / ordered[1 : most + 1]
    k = np.arange(1, most + 1)
    # Weights 1 / k (k + 1) over all k add up to one: the price of looking at every k.
    logs = np.log(k * (k + 1.0)) - _HEAVIEST_TAIL * k * np.log(ratios)
    # Between the steps of rounded values there are small gaps all along.
    logs[ratios <= _SMALLEST_GAP] = 0.0
    best = int(logs.argmin())
    return float(ordered[best]), float(np.exp(min(0.0, logs[best])))


def _far_patients(rows: PositionRows) -> BoolArray:
    """Values of patients whose median lies far from those of all others, bool[N, 3]."""
    found = np.zeros(rows.values.shape, dtype=np.bool_)
    for axis in np.flatnonzero(rows.measured):
        medians = rows.medians[:, axis]
        away = np.abs(medians - np.nanmedian(medians))
        spread = 1.4826 * float(np.nanmedian(away))
        far = (away > _FAR_PATIENT * spread) & (away >= _SMALLEST_MM) & (spread > 0.0)
        found[:, axis] = far[rows.unit]
    return found


def _sentinels(rows: PositionRows, gross: BoolArray) -> str:
    """Values that occur several times among the gross ones look like codes."""
    values, counts = np.unique(rows.values[gross], return_counts=True)
    codes = [f"{value:g}" for value in values[counts > 1][:3]]
    return f"; {', '.join(codes)} more than once, as a code would be" if codes else ""
