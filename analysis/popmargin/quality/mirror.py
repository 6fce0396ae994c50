"""Counts near zero against counts near zero's mirror image.

Errors of a patient scatter about the patient's own mean. Where they scatter symmetrically, rows are
as frequent near zero as near the point that lies as far on the other side of the mean. A log that
holds corrected positions has more rows near zero, one that leaves out small shifts has fewer.

Each patient gives one difference of counts; under symmetry its sign is a toss of a coin, whatever
the patient's scatter, trend or autocorrelation. The sum of the differences over the root of their
squares is referred to the normal distribution, which is conservative (its tail is that of sums of
fair signs; Efron B, J Am Stat Assoc 1969;64:1278-302). A patient whose centre is not clearly off
zero says nothing, and is left out: there the mirror is where chance put it. Limits: where that
holds for all (M and Sigma small against the radius, or against the random error over the root of
the fractions) the fault cannot be seen; nor is it looked for within the grid of rounded values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from popmargin.quality.rounding import grid_of
from popmargin.quality.rows import BoolArray, FloatArray, PositionRows

# The centres come from the rows that are counted, which moves up to a half per cent of the rows: in
# very long tables chance cannot explain it, so less than this says nothing.
LEAST_SHARE: Final = 0.01
# Centres closer to zero than so many standard errors say nothing about its mirror image.
_CLEARLY_OFF: Final = 2.0
# Values on a grid that lie on the edge itself are outside on both sides, whatever the last digit.
_TIE_MM: Final = 1e-9


@dataclass(frozen=True, slots=True)
class MirrorCount:
    """Rows near zero and near its mirror image, each without those near both.

    Attributes
    ----------
    near, mirrored : bool[N].
    score : > 0 where there are more rows near zero, in standard errors over patients.
    distance : float64[N], distance from zero in mm; NaN where an axis was not measured.
    axes, radius, box : what was looked at.
    """

    near: BoolArray
    mirrored: BoolArray
    score: float
    distance: FloatArray
    axes: tuple[int, ...]
    radius: float
    box: bool = False

    @property
    def excess(self) -> int:
        """Rows near zero less rows near its mirror image."""
        return int(self.near.sum()) - int(self.mirrored.sum())


def mirror_count(
    rows: PositionRows,
    axes: tuple[int, ...],
    radius: float,
    *,
    box: bool = False,
    left_out: BoolArray | None = None,
    centres: FloatArray | None = None,
) -> MirrorCount:
    """Counts within ``radius`` mm of zero and of its mirror image, over the given axes together.

    ``box`` asks for every axis within the radius in place of the length of the vector;
    ``left_out`` are rows that another fault explains; ``centres`` float64[units, 3] stand for the
    units' pseudomedians, and all units count.

    >>> rows = PositionRows.of([0] * 4, [1, 2, 3, 4], [[0, 0, 0]] + [[x, 0, 0] for x in (4, 5, 6)])
    >>> mirror_count(rows, (0,), 1.0).excess
    1
    """
    values = rows.values[:, axes]
    telling = np.ones(rows.count, dtype=np.bool_)
    if centres is None:
        centres, errors = rows.centres
        off, chance = ((part[:, axes] ** 2).sum(axis=1) for part in (centres, errors))
        telling = (off >= _CLEARLY_OFF**2 * chance)[rows.unit]
    centre = centres[rows.unit][:, axes]
    distance, opposite = (_size(part, box) for part in (values, values - 2.0 * centre))
    near, mirrored = distance < radius - _TIE_MM, opposite < radius - _TIE_MM
    both = near & mirrored
    near, mirrored = near & ~both & telling, mirrored & ~both & telling
    if left_out is not None:
        near, mirrored = near & ~left_out, mirrored & ~left_out
    difference = rows.sums(near.astype(np.float64) - mirrored)
    spread = float(np.sqrt((difference**2).sum()))
    score = float(difference.sum()) / spread if spread else 0.0
    return MirrorCount(near, mirrored, score, distance, axes, radius, box)


def radii_beyond_grid(rows: PositionRows, radii_mm: Sequence[float]) -> list[float]:
    """Radii (mm) that are wider than the grid that the values of the coarsest axis stand on.

    >>> rows = PositionRows.of([0] * 30, range(30), [[5 * (i % 5), i, i / 7] for i in range(30)])
    >>> radii_beyond_grid(rows, (1.0, 3.0, 6.0))
    [6.0]
    """
    coarsest = max((grid_of(rows.values[:, a]) for a in np.flatnonzero(rows.measured)), default=0.0)
    return [radius for radius in radii_mm if radius > coarsest]


def _size(values: FloatArray, box: bool) -> FloatArray:
    """Largest axis or length of each row; NaN where an axis was not measured."""
    return np.asarray(np.abs(values).max(axis=1) if box else np.sqrt((values**2).sum(axis=1)))


def one_sided_probability(score: float, looks: int) -> float:
    """Probability of a score at least as large by chance, for the best of several looks.

    >>> round(one_sided_probability(1.6449, 1), 3)
    0.05
    """
    from scipy.special import ndtr

    return min(1.0, looks * float(ndtr(-score)))
