"""Signs turned in one source: group means of two sources that mirror each other about zero.

Two sources with the same mean m apart from the sign differ by 2 m. An axis is named where the means
of two sources differ beyond chance and their sum does not (Welch's t on the patient means), all
axes together or one by one. Limits: with M near zero a turned sign changes nothing on average and
cannot be seen, and two real populations can mirror each other: only the phantom test of each source
proves a sign. So this never blocks unless chance is out of the question.
"""

from itertools import combinations

import numpy as np

from popmargin.core.flags import Severity
from popmargin.quality.finding import Finding, enough
from popmargin.quality.rows import FloatArray, PositionRows
from popmargin.quality.thresholds import Thresholds

_FEWEST_UNITS_OF_SOURCE = 5
# The sum of two mirrored means is 0 within this many standard errors.
_MIRRORED = 2.5
# Means less apart than this share of the patients' SD move Sigma by less than 2 %.
_LEAST_DIFFERENCE = 0.4


def find_sign_flips(rows: PositionRows, limits: Thresholds) -> Finding | None:
    """Pairs of sources whose means are mirror images.

    >>> find_sign_flips(PositionRows.of([0], [1], [[0.0, 0.0, 0.0]]), Thresholds())
    """
    if not enough(rows, limits):
        return None
    source = np.zeros(rows.sizes.size, dtype=np.int64)
    source[rows.unit] = rows.source
    names, counts = np.unique(source[rows.sizes > 0], return_counts=True)
    large = names[counts >= _FEWEST_UNITS_OF_SOURCE]
    if large.size < 2:
        return None
    pairs = list(combinations(large.tolist(), 2))
    looks = len(pairs) * (1 + int(rows.measured.sum()))
    best: tuple[float, tuple[int, int], tuple[int, ...]] = (1.0, (0, 0), ())
    for first, second in pairs:
        for probability, axes in _mirrored(
            rows.medians[source == first], rows.medians[source == second]
        ):
            best = min(best, (probability, (first, second), axes))
    probability, (first, second), axes = best
    if looks * probability >= limits.warn_probability or not axes:
        return None
    # The smaller of the two sources is the one shown turned; the numbers cannot say which is wrong.
    turned = min((first, second), key=lambda name: int((source == name).sum()))
    suspects = rows.source == turned
    values = rows.values.copy()
    for axis in axes:
        values[suspects, axis] *= -1.0
    repaired = PositionRows.of(rows.unit, rows.fraction, values, patient=rows.patient)
    where = ", ".join(("lr", "si", "ap")[axis] for axis in axes)
    message = (
        f"the means of {rows.source_names[first]} and {rows.source_names[second]} mirror each "
        f"other about zero on {where}: one of them may count the other way; prove the signs of "
        "both with a phantom moved by known amounts"
    )
    severity: Severity = "block" if looks * probability < limits.block_probability else "warn"
    return Finding("sign_flip_by_source", severity, message, suspects, repaired)


def _mirrored(first: FloatArray, second: FloatArray) -> list[tuple[float, tuple[int, ...]]]:
    """Probability by chance and axes: all mirrored axes together, then each alone."""
    from scipy.special import chdtrc

    scores = []
    for axis in range(first.shape[1]):
        a, b = (part[np.isfinite(part[:, axis]), axis] for part in (first, second))
        if min(a.size, b.size) < _FEWEST_UNITS_OF_SOURCE:
            continue
        error = float(np.sqrt(a.var(ddof=1) / a.size + b.var(ddof=1) / b.size))
        if error == 0.0:
            continue
        apart, together = (a.mean() - b.mean()) / error, (a.mean() + b.mean()) / error
        spread = float(np.sqrt(0.5 * (a.var(ddof=1) + b.var(ddof=1))))
        if abs(together) <= _MIRRORED and abs(a.mean() - b.mean()) >= _LEAST_DIFFERENCE * spread:
            scores.append((axis, _normal_score(float(apart), a.size + b.size - 2)))
    single: list[tuple[float, tuple[int, ...]]] = [
        (float(chdtrc(1, score**2)), (axis,)) for axis, score in scores
    ]
    if len(scores) < 2:
        return single
    total = sum(score**2 for _, score in scores)
    return [(float(chdtrc(len(scores), total)), tuple(axis for axis, _ in scores)), *single]


def _normal_score(t: float, df: int) -> float:
    """Size of a normal deviate as unlikely as t."""
    from scipy.special import ndtri, stdtr

    return abs(float(ndtri(max(float(stdtr(df, -abs(t))), 1e-300))))
