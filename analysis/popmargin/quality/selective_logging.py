"""Shifts logged because of their size: only those above a threshold, or none of the small ones.

Two signs: fewer rows near zero than near its mirror image (`popmargin.quality.mirror`), on one axis
or on all together; and fractions missing more often in patients whose mean lies near zero (rank
correlation of Spearman). Leaving out small shifts raises the margin by up to 40 %. A schedule fixed
beforehand (weekly images, the first fractions only) raises neither sign. Limits: as of the mirror;
where everybody's mean is near zero only the number of missing fractions can tell.
"""

import math

import numpy as np

from popmargin.quality.finding import Finding, enough, severity_of
from popmargin.quality.mirror import (
    LEAST_SHARE,
    MirrorCount,
    mirror_count,
    one_sided_probability,
    radii_beyond_grid,
)
from popmargin.quality.rows import BoolArray, FloatArray, PositionRows
from popmargin.quality.thresholds import Thresholds

# Action levels in use are 1 to 5 mm.
_RADII_MM = (1.0, 2.0, 3.0, 5.0)
# With this much of a sign of its own the hole is what the message speaks of.
_SHORTEST = 4
_HOLE_SHOWN = 0.05
# A hole on one axis is looked for on the others with this score.
_HOLE_BESIDE = -2.0


def find_selective_logging(rows: PositionRows, limits: Thresholds) -> Finding | None:
    """A hole around zero, or gaps in the courses of patients near zero.

    >>> find_selective_logging(PositionRows.of([0], [1], [[0.0, 0.0, 0.0]]), Thresholds())
    """
    axes = tuple(np.flatnonzero(rows.measured).tolist())
    if not enough(rows, limits) or not axes:
        return None
    single = [((axis,), False) for axis in axes]
    together = [(axes, False), (axes, True)] if len(axes) > 1 else []
    radii = radii_beyond_grid(rows, _RADII_MM)
    looks = [
        mirror_count(rows, chosen, radius, box=box)
        for chosen, box in (*together, *single)
        for radius in radii
    ]
    if not looks:
        return None
    best = min(looks, key=lambda look: look.score)
    material = -best.excess >= LEAST_SHARE * rows.count
    by_hole = one_sided_probability(-best.score, len(looks)) if material else 1.0
    by_gaps, gaps = _gaps_against_size(rows)
    # The two signs are independent where nothing is wrong.
    probability = min(1.0, 3.0 * min(by_hole, by_gaps, _fisher([by_hole, by_gaps])))
    if probability >= limits.warn_probability:
        return None
    if by_hole < _HOLE_SHOWN:
        share = max(gaps, -best.excess / rows.count)
        where = "one axis" if len(best.axes) == 1 else "all axes together"
        words = f"the rows have a hole within {best.radius:g} mm of zero on {where}"
        holes = [best] + [
            look
            for look in looks
            if len(look.axes) == len(best.axes) == 1
            and look.axes != best.axes
            and look.radius == best.radius
            and look.score < _HOLE_BESIDE
            and look.excess < 0
        ]
        # Units that say nothing about whether there is a hole have one too.
        holes = [
            mirror_count(rows, look.axes, look.radius, box=look.box, centres=rows.centres[0])
            for look in holes
        ]
        suspects = np.any([look.mirrored for look in holes], axis=0)
        repaired = rows
        for look in holes:
            repaired = _refilled(repaired, rows, look)
    else:
        share = gaps
        words = "fractions are missing more often the nearer a patient's mean is to zero"
        suspects, repaired = _with_gaps(rows), None
    severity = severity_of(probability, share, limits)
    if severity is None:
        return None
    message = (
        f"{words}: it seems that small shifts were not logged ({share:.0%} of the rows are "
        "missing), which raises the margin; log every image, also those that call for no shift"
    )
    return Finding("selective_logging", severity, message, suspects, repaired)


def missing_of_units(rows: PositionRows) -> tuple[FloatArray, FloatArray]:
    """Fractions present and fractions up to the last one, of each unit, float64[units] each.

    >>> missing_of_units(PositionRows.of([0, 0], [1, 4], [[0, 0, 0], [0, 0, 0]]))
    (array([2.]), array([4.]))
    """
    last = np.zeros(rows.sizes.size)
    np.maximum.at(last, rows.unit, rows.fraction.astype(np.float64))
    return _present(rows, np.ones(rows.count, dtype=np.bool_)), last


def _present(rows: PositionRows, there: BoolArray) -> FloatArray:
    """Fractions of each unit among the chosen rows."""
    key = (rows.unit * (int(rows.fraction.max()) + 1) + rows.fraction)[there]
    first = np.unique(key, return_index=True)[1]
    units = rows.unit[there][first]
    return np.bincount(units, minlength=rows.sizes.size).astype(np.float64)


def _gaps_against_size(rows: PositionRows) -> tuple[float, float]:
    """Probability that gaps fall on small means by chance, and the share of missing fractions.

    Whole fractions against the length of the mean, and empty cells of each axis that has some.
    """
    _, last = missing_of_units(rows)
    several = np.asarray(last >= _SHORTEST)
    axes = np.flatnonzero(rows.measured)
    whole = np.asarray(np.isfinite(rows.values[:, axes]).any(axis=1))
    looks = [(whole, np.sqrt((rows.medians[:, axes] ** 2).sum(axis=1)))]
    for axis in axes:
        there = np.isfinite(rows.values[:, axis])
        if there.sum() < whole.sum():
            looks.append((there, np.abs(rows.medians[:, axis])))
    found = []
    shares = []
    for there, size in looks:
        missing = 1.0 - _present(rows, there) / np.maximum(last, 1.0)
        shares.append(float((missing * last).sum() / max(1.0, last.sum())))
        judged = several & np.isfinite(size)
        found.append(_falls_with(missing[judged], size[judged]))
    # Fisher's method over what was looked at, and the best of it.
    joined = _fisher(found)
    return min(1.0, 2.0 * min(joined, len(found) * min(found))), max(shares)


def _falls_with(missing: FloatArray, size: FloatArray) -> float:
    """Probability by chance of so negative a rank correlation (t approximation)."""
    from scipy.special import stdtr

    units = missing.size
    if units < 5 or np.unique(missing).size < 2 or np.unique(size).size < 2:
        return 1.0
    correlation = float(np.corrcoef(_ranks(missing), _ranks(size))[0, 1])
    correlation = min(max(correlation, -1.0 + 1e-9), 1.0 - 1e-9)
    statistic = correlation * math.sqrt((units - 2) / (1.0 - correlation**2))
    return float(stdtr(units - 2, statistic))


def _fisher(probabilities: list[float]) -> float:
    """Probability of the product of independent probabilities."""
    from scipy.special import chdtrc

    logs = sum(math.log(max(probability, 1e-300)) for probability in probabilities)
    return float(chdtrc(2 * len(probabilities), -2.0 * logs))


def _ranks(values: FloatArray) -> FloatArray:
    """Ranks, those of equal values averaged."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - 0.5 * (counts - 1))[inverse])


def _with_gaps(rows: PositionRows) -> BoolArray:
    present, last = missing_of_units(rows)
    return np.asarray((present < last)[rows.unit])


def _refilled(to: PositionRows, rows: PositionRows, look: MirrorCount) -> PositionRows:
    """Rows and as many mirror images of those opposite the hole of ``rows`` as it lacks."""
    lacking = max(0, -look.excess)
    opposite = np.flatnonzero(look.mirrored)
    # Every so many of those opposite, spread evenly over them.
    chosen = opposite[np.linspace(0, opposite.size - 1, lacking).astype(np.int64)]
    added = rows.kept(chosen)
    values = np.full_like(added.values, np.nan)
    for axis in look.axes:
        values[:, axis] = 2.0 * rows.centres[0][added.unit, axis] - added.values[:, axis]
    return PositionRows.of(
        np.concatenate([to.unit, added.unit]),
        np.concatenate([to.fraction, to.fraction.max() + 1 + np.arange(lacking)]),
        np.concatenate([to.values, values]),
        patient=np.concatenate([to.patient, added.patient]),
    )
