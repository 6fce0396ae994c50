"""Grouped observations of one quantity, reduced to size, mean and sum of squares of each group.

Assumptions: one-way random effects, x_ij = M + s_i + r_ij; groups are exchangeable and so are the
observations within a group. Limits: the order of the observations within a group is not kept;
trend and autocorrelation are looked at elsewhere.

Sums are taken in a canonical order or exactly rounded, so that neither the order of the rows nor
the order or the names of the groups changes any derived number, to the last bit.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from popmargin.core.exceptions import OutOfRange
from popmargin.statistics.exact_sum import exact_sums
from popmargin.statistics.size_table import (
    FloatArray,
    IntArray,
    SizeTable,
    finite_array,
    rows_by_size,
    whole_array,
)


@dataclass(frozen=True, slots=True, eq=False)
class OneWayData:
    """P groups: size, mean and within-group sum of squares of each.

    Attributes
    ----------
    sizes : int64[P]
        Observations per group, >= 1.
    means : float64[P]
        Group means, in the unit of the data.
    sums_of_squares : float64[P]
        Sums of squares about the group's own mean, >= 0; 0 for a group of one observation.
    by_size : SizeTable
        The groups reduced to one row per distinct size.

    Raises `OutOfRange` for an empty group, a negative sum of squares, a value that is not finite,
    unequal lengths, no group at all, or a sum of squares in a group of one observation.

    >>> data = OneWayData.from_values([1, 3, 2, 4, 6], ["a", "a", "b", "b", "b"])
    >>> data.sizes.tolist(), data.means.tolist(), data.sums_of_squares.tolist()
    ([2, 3], [2.0, 4.0], [2.0, 8.0])
    """

    sizes: IntArray
    means: FloatArray
    sums_of_squares: FloatArray
    by_size: SizeTable = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the arrays, own them read-only and build the table by size."""
        sizes = whole_array("sizes", self.sizes)
        means = finite_array("means", self.means, sizes.size)
        squares = finite_array("sums_of_squares", self.sums_of_squares, sizes.size, minimum=0.0)
        if squares[sizes == 1].any():
            raise OutOfRange(
                "sums_of_squares", "0 in a group of one observation", squares[sizes == 1].max()
            )
        for array in (sizes, means, squares):
            array.setflags(write=False)
        object.__setattr__(self, "sizes", sizes)
        object.__setattr__(self, "means", means)
        object.__setattr__(self, "sums_of_squares", squares)
        object.__setattr__(self, "by_size", _size_table(sizes, means, squares))

    @classmethod
    def from_summaries(
        cls, sizes: ArrayLike, means: ArrayLike, sums_of_squares: ArrayLike
    ) -> "OneWayData":
        """Groups from their summaries; arrays are copied unless nobody can write to them.

        >>> OneWayData.from_summaries([2, 3], [2.0, 4.0], [2.0, 8.0]).group_count
        2
        """
        return cls(np.asarray(sizes), np.asarray(means), np.asarray(sums_of_squares))

    @classmethod
    def from_values(cls, values: ArrayLike, labels: ArrayLike) -> "OneWayData":
        """Groups from single observations; groups come in the sorted order of their labels.

        Parameters
        ----------
        values : float[N]
            Observations, finite.
        labels : [N]
            What group each observation belongs to (text or numbers).

        Raises
        ------
        OutOfRange
            No observation, unequal lengths, or a value that is not finite.

        >>> OneWayData.from_values([6, 1, 2], ["b", "a", "b"]).means.tolist()
        [1.0, 4.0]
        """
        names = np.asarray(labels)
        if names.ndim != 1 or names.size == 0:
            raise OutOfRange("labels", "one label per observation, at least one", names.shape)
        x = finite_array("values", values, names.size)
        codes = np.unique(names, return_inverse=True)[1]
        # Canonical order: by group, then by value, so the row order cannot reach the sums.
        order = np.lexsort((x, codes))
        x, codes = x[order], codes[order]
        starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
        sizes = np.diff(np.r_[starts, x.size])
        smallest = x[starts]
        # Deviations from the group's smallest value: constants give exactly zero variance.
        deviations = x - np.repeat(smallest, sizes)
        shift = np.add.reduceat(deviations, starts) / sizes
        deviations -= np.repeat(shift, sizes)
        rest = np.add.reduceat(deviations, starts)
        squares = np.add.reduceat(deviations * deviations, starts) - rest * rest / sizes
        return cls(sizes, smallest + (shift + rest / sizes), np.maximum(squares, 0.0))

    @property
    def group_count(self) -> int:
        """Number of groups P."""
        return self.by_size.group_count

    @property
    def observation_count(self) -> int:
        """Number of observations N."""
        return self.by_size.observation_count


Grouped = OneWayData | SizeTable
"""What the estimators take: groups, or a table by size in which no single group is left."""


def _size_table(sizes: IntArray, means: FloatArray, squares: FloatArray) -> SizeTable:
    """Reduce groups to one row per distinct size."""
    # From the smallest mean first: identical means give exactly zero deviations.
    smallest = float(means.min())
    whole = slice(0, sizes.size)
    centre = exact_sums(whole, lambda rows: [means[rows] - smallest])[0] / sizes.size
    distinct, slices, (means, squares) = rows_by_size(sizes, [means, squares])
    sums = []
    for size, part in zip(distinct.tolist(), slices, strict=True):
        df = max(size - 1, 1)

        def columns(rows: slice, df: int = df) -> list[FloatArray]:
            deviations, within = means[rows] - smallest - centre, squares[rows]
            return [deviations, deviations**2, within, np.sqrt(within / df), within**2]

        sums.append(exact_sums(part, columns))
    counts = np.array([part.stop - part.start for part in slices], dtype=np.int64)
    first, second, total, sd, fourth = np.array(sums).T.copy()
    return SizeTable(distinct, counts, first, second, total, sd, fourth, smallest + centre)
