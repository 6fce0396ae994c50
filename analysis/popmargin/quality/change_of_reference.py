"""A new reference within a course: a step in the positions that a drift does not explain.

A new plan or isocentre starts a new systematic error; where ``plan`` does not say so the step
counts as random error and moves the patient's mean. For each unit the best step over all axes is
held against a straight line (difference of likelihood ratios with Bartlett's correction, divided by
what autocorrelation, pooled over the units, does to a mean). The sum over the units is referred to
the distribution that random fractions give (its first three moments, simulated once for each length
of course), so that many small steps tell as well as few large ones; a drift favours the line. And
units with a step beyond doubt are counted against one in a hundred.

Limits: steps within the first or last three fractions are not seen; a patient who gained or lost
something suddenly looks the same as a new reference; single steps below two sigma are not seen.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from popmargin.core.random_streams import random_stream
from popmargin.quality.finding import Finding, enough
from popmargin.quality.rows import FloatArray, PositionRows
from popmargin.quality.thresholds import Thresholds

_FEWEST_ROWS_A_SIDE = 3
_FEWEST_ROWS = 8
# A step beyond doubt beats the line by this much of the likelihood ratio.
_BETTER_THAN_LINE = 6.0
# ASSUME one unit in a hundred may show a step that nobody made (an infection, a full bladder).
_BY_CHANCE = 0.01
_SIMULATED = 4000
# Units beyond this share of those without a step are named.
_NAMED = 0.95


@dataclass(frozen=True, slots=True)
class _Steps:
    """Best step of each unit of one size: place, gain over no step and over a line."""

    units: np.ndarray
    place: np.ndarray
    statistic: FloatArray
    over_line: FloatArray
    lag_products: float
    squares: float
    size: int

    @property
    def looks(self) -> int:
        """Places that were looked at."""
        return self.size - 2 * _FEWEST_ROWS_A_SIDE + 1


def find_change_of_reference(rows: PositionRows, limits: Thresholds) -> Finding | None:
    """Units whose positions step within the course.

    >>> find_change_of_reference(PositionRows.of([0], [1], [[0.0, 0.0, 0.0]]), Thresholds())
    """
    from scipy.special import bdtrc

    axes = np.flatnonzero(rows.measured)
    if not enough(rows, limits) or not axes.size:
        return None
    # A second image of a fraction is no further evidence.
    first = rows.first_images()
    whole = first.kept(np.asarray(np.isfinite(first.values[:, axes]).all(axis=1)))
    found = _steps_by_size(whole, _uncorrelated(whole, axes))
    judged = sum(steps.units.size for steps in found)
    if judged < limits.fewest_units:
        return None
    dependence = sum(s.lag_products for s in found) / max(sum(s.squares for s in found), 1e-300)
    inflation = (1.0 + dependence) / (1.0 - dependence) if 0.0 < dependence < 0.95 else 1.0
    place, clear = _named(found, axes.size, inflation, whole.sizes.size, limits)
    by_sum = _probability(found, axes.size, inflation)
    by_count = float(bdtrc(clear - 1, judged, _BY_CHANCE)) if clear > 1 else 1.0
    probability = 2.0 * min(by_sum, by_count)
    count = int((place >= 0).sum())
    beyond = max(count / judged - (1.0 - _NAMED), clear / judged)
    if probability >= limits.warn_probability or count < 2 or beyond < limits.material_share:
        return None
    repaired = PositionRows.of(
        whole.unit * 2 + _from_place(whole, place),
        whole.fraction,
        whole.values,
        patient=whole.patient,
    )
    message = (
        f"the positions of about {count} of {judged} units step within the course ({clear} of them "
        "beyond doubt): a new plan or isocentre is a new reference; declare it as plan (or as the "
        "second patient under the id)"
    )
    blocks = probability < limits.block_probability and clear >= limits.step_share * judged
    severity = "block" if blocks else "warn"
    suspects = np.isin(rows.unit, np.flatnonzero(place >= 0))
    return Finding("change_of_reference", severity, message, suspects, repaired)  # type: ignore[arg-type]


def _probability(found: list[_Steps], axes: int, inflation: float) -> float:
    """Chance of gains over a line that sum up as these do."""
    from scipy.special import gammaincc, ndtr

    excess = variance = third = 0.0
    for steps in found:
        mean, second, skew, _ = _without_step(steps.size, axes)
        excess += float((steps.over_line / inflation).sum()) - steps.units.size * mean
        variance += steps.units.size * second
        third += steps.units.size * skew
    if third <= 0.0:
        return float(ndtr(-excess / np.sqrt(variance)))
    # A gamma distribution with these three moments.
    shape, scale = 4.0 * variance**3 / third**2, 0.5 * third / variance
    return float(gammaincc(shape, max(0.0, shape + excess / scale)))


def _named(
    found: list[_Steps], axes: int, inflation: float, units: int, limits: Thresholds
) -> tuple[np.ndarray, int]:
    """Place of the step of each unit that seems to have one, else -1, and how many are certain."""
    from scipy.special import chdtrc

    place = np.full(units, -1, dtype=np.int64)
    clear = 0
    for steps in found:
        over_line = steps.over_line / inflation
        chance = steps.looks * chdtrc(axes, steps.statistic / inflation)
        certain = (over_line > _BETTER_THAN_LINE) & (chance < limits.warn_probability)
        clear += int(certain.sum())
        likely = certain | (over_line > _without_step(steps.size, axes)[3])
        place[steps.units[likely]] = steps.place[likely]
    return place, clear


@cache
def _without_step(size: int, axes: int) -> tuple[float, float, float, float]:
    """Mean, second and third central moment and upper quantile of gains over a line by chance."""
    noise = random_stream(1, "step", size, axes).standard_normal((_SIMULATED, size, axes))
    gains = _best_steps(np.arange(_SIMULATED), noise).over_line
    centred = gains - gains.mean()
    moments = (float((centred**power).mean()) for power in (2, 3))
    second, third = moments
    return float(gains.mean()), second, third, float(np.quantile(gains, _NAMED))


def _uncorrelated(rows: PositionRows, axes: np.ndarray) -> FloatArray:
    """Values in axes turned and scaled so that their scatter within units is uncorrelated."""
    values = rows.values[:, axes]
    deviations = values - np.column_stack(
        [(rows.sums(x) / np.maximum(rows.sizes, 1))[rows.unit] for x in values.T]
    )
    sizes, directions = np.linalg.eigh(deviations.T @ deviations)
    return np.asarray(values @ directions / np.sqrt(np.maximum(sizes, 1e-12 * max(sizes[-1], 1.0))))


def _steps_by_size(rows: PositionRows, values: FloatArray) -> list[_Steps]:
    """Best step of every unit with enough rows, units of one size at a time."""
    found = []
    for size in np.unique(rows.sizes[rows.sizes >= _FEWEST_ROWS]):
        units = np.flatnonzero(rows.sizes == size)
        chosen = np.isin(rows.unit, units)
        stack = values[chosen].reshape(units.size, int(size), values.shape[1])
        found.append(_best_steps(units, stack))
    return found


def _best_steps(units: np.ndarray, stack: FloatArray) -> _Steps:
    """Statistics of units of n rows on d axes, stack float64[units, n, d]."""
    _, n, _ = stack.shape
    centred = stack - stack.mean(axis=1, keepdims=True)
    total = (centred**2).sum(axis=1)
    tiny = 1e-300 + 1e-9 * total
    cuts = np.arange(_FEWEST_ROWS_A_SIDE, n - _FEWEST_ROWS_A_SIDE + 1)
    sums = np.cumsum(centred, axis=1)[:, cuts - 1]
    gain = sums**2 * (n / (cuts * (n - cuts)))[None, :, None]
    left = np.maximum(total[:, None] - gain, tiny[:, None])
    steps = np.log(np.maximum(total, tiny)[:, None] / left).sum(axis=2)
    best = steps.argmax(axis=1)
    rows = np.arange(units.size)
    time = np.arange(n) - 0.5 * (n - 1)
    slope = np.einsum("unk,n->uk", centred, time)
    line_left = np.maximum(total - slope**2 / (time @ time), tiny)
    line = np.log(np.maximum(total, tiny) / line_left).sum(axis=1)
    statistic = (n - 2.5) * steps[rows, best]
    # What is left after the step tells how much neighbours resemble each other.
    cut = cuts[best]
    after = np.arange(n)[None, :, None] >= cut[:, None, None]
    low = sums[rows, best][:, None] / cut[:, None, None]
    high = -sums[rows, best][:, None] / (n - cut)[:, None, None]
    rest = (centred - np.where(after, high, low)) / np.sqrt(np.maximum(total, tiny))[:, None]
    products = float((rest[:, 1:] * rest[:, :-1]).sum())
    squares = float((rest**2).sum())
    # Two means taken off make neighbours look less alike, by about two in n.
    products += 2.0 / n * squares
    return _Steps(units, cut, statistic, statistic - (n - 2.5) * line, products, squares, n)


def _from_place(rows: PositionRows, place: np.ndarray) -> np.ndarray:
    """1 for rows of a unit from its step on, else 0."""
    starts = np.cumsum(rows.sizes) - rows.sizes
    order = np.arange(rows.count) - starts[rows.unit]
    step = place[rows.unit]
    return ((step >= 0) & (order >= step)).astype(np.int64)
