"""Groups reduced to one row per distinct group size: all that most estimators need.

Groups of one size are exchangeable in a one-way random-effects model, so ANOVA, (restricted)
likelihood and the generalised interval depend on the data through the rows of this table alone
and cost O(distinct sizes), however many groups there are. Tables of several sources pool exactly
by adding their rows.

Limits: sums are exactly rounded (`math.fsum`) over groups and taken in order of size over rows,
so no result depends on the order of the groups, to the last bit.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.exceptions import OutOfRange
from popmargin.statistics.exact_sum import exact_sum
from popmargin.statistics.group_totals import GroupTotals

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_Number = TypeVar("_Number", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class SizeTable:
    """Sums over the groups of each distinct size; K rows in ascending order of size.

    Attributes
    ----------
    sizes : int64[K]
        Observations per group, >= 1, distinct, ascending.
    groups : int64[K]
        Number of groups of that size, >= 1.
    deviation_sums, deviation_squares : float64[K]
        Sum and sum of squares of (group mean - ``reference``), in the unit of the data and its
        square.
    within_squares : float64[K]
        Sum of the within-group sums of squares about the group means, >= 0.
    within_sd_sums : float64[K] or None
        Sum of the group SDs (divisor size - 1; 0 for size 1); None when it was not passed on.
    squared_within_squares : float64[K] or None
        Sum over groups of the square of the group's sum of squares, which tells how unequal the
        groups are (needed by `within_interval` alone); None when it was not passed on.
    reference : float
        Value near the centre that the deviations are taken from.
    exact_totals : GroupTotals or None
        The true totals where rows stand for groups of neighbouring sizes; None where every row
        holds groups of its own size, from which the totals follow.
    """

    sizes: IntArray
    groups: IntArray
    deviation_sums: FloatArray
    deviation_squares: FloatArray
    within_squares: FloatArray
    within_sd_sums: FloatArray | None
    squared_within_squares: FloatArray | None
    reference: float
    exact_totals: GroupTotals | None = None

    @classmethod
    def from_moments(
        cls,
        sizes: ArrayLike,
        groups: ArrayLike,
        mean_sums: ArrayLike,
        mean_squares: ArrayLike,
        within_squares: ArrayLike,
        within_sd_sums: ArrayLike | None = None,
        squared_within_squares: ArrayLike | None = None,
    ) -> "SizeTable":
        """Pool rows of moments, one or more per distinct size, from one source or several.

        Parameters
        ----------
        sizes, groups : int[R]
            Group size and number of groups of each row, both >= 1; sizes may repeat.
        mean_sums, mean_squares : float[R]
            Sum of the group means of the row and sum of their squares.
        within_squares : float[R]
            Sum of the within-group sums of squares, >= 0.
        within_sd_sums, squared_within_squares : float[R], optional
            Sum of the group SDs; sum of the squared group sums of squares.

        Raises
        ------
        OutOfRange
            A size or count below 1, a negative square, a value that is not finite, unequal
            lengths, or no row at all.

        >>> t = SizeTable.from_moments([2, 2], [1, 2], [1.0, 3.0], [1.0, 17.0], [2.0, 4.0])
        >>> int(t.group_count), round(t.mean, 12), t.within_total
        (3, 1.333333333333, 6.0)
        """
        n = whole_array("sizes", sizes)
        p = whole_array("groups", groups)
        m1 = finite_array("mean_sums", mean_sums, n.size)
        m2 = finite_array("mean_squares", mean_squares, n.size, minimum=0.0)
        ss = finite_array("within_squares", within_squares, n.size, minimum=0.0)
        if p.size != n.size:
            raise OutOfRange("groups", f"{n.size} values, one per row", p.size)
        optional = {
            name: finite_array(name, values, n.size, minimum=0.0)
            for name, values in (
                ("within_sd_sums", within_sd_sums),
                ("squared_within_squares", squared_within_squares),
            )
            if values is not None
        }
        centre = math.fsum(m1.tolist()) / int(p.sum())
        d1 = m1 - centre * p
        # A sum of squares about a nearby value cannot be negative; rounding can make it so.
        d2 = np.maximum(m2 - 2.0 * centre * m1 + centre * centre * p, d1 * d1 / p)
        columns = [p.astype(np.float64), d1, d2, ss, *optional.values()]
        distinct, slices, ordered = rows_by_size(n, columns)
        counts, *sums = sums_by_row(ordered, slices)
        extra = dict(zip(optional, sums[3:], strict=True))
        return cls(
            distinct,
            counts.astype(np.int64),
            sums[0],
            sums[1],
            sums[2],
            within_sd_sums=extra.get("within_sd_sums"),
            squared_within_squares=extra.get("squared_within_squares"),
            reference=centre,
        )

    @property
    def by_size(self) -> "SizeTable":
        """The table itself, so that estimators take groups and tables alike."""
        return self

    @property
    def totals(self) -> GroupTotals:
        """Totals over all groups, sums exactly rounded."""
        return self.exact_totals or _totals(self)

    @property
    def group_count(self) -> int:
        """Number of groups P."""
        return int(self.groups.sum())

    @property
    def observation_count(self) -> int:
        """Number of observations N."""
        return int((self.sizes * self.groups).sum())

    @property
    def within_df(self) -> int:
        """Degrees of freedom within groups, N - P."""
        return self.observation_count - self.group_count

    @property
    def within_total(self) -> float:
        """Sum of squares within groups, over all groups."""
        return math.fsum(self.within_squares.tolist())

    @property
    def harmonic_size(self) -> float:
        """Harmonic mean of the group sizes."""
        return self.totals.harmonic_size

    @property
    def mean(self) -> float:
        """Plain mean of the group means."""
        return self.totals.mean

    @property
    def squares_of_means(self) -> float:
        """Sum of squared deviations of the group means from their plain mean, >= 0."""
        return self.totals.squares_of_means


def _totals(table: SizeTable) -> GroupTotals:
    """Totals of a table whose rows each hold groups of one size."""
    several = table.sizes > 1
    sds = table.within_sd_sums

    def total(values: FloatArray) -> float:
        return math.fsum(values.tolist())

    return GroupTotals(
        groups=table.group_count,
        observations=table.observation_count,
        squared_sizes=int((table.groups * table.sizes * table.sizes).sum()),
        replicated_groups=int(table.groups[several].sum()),
        inverse_sizes=total(table.groups / table.sizes),
        deviations=total(table.deviation_sums),
        squared_deviations=total(table.deviation_squares),
        sized_deviations=total(table.sizes * table.deviation_sums),
        sized_squares=total(table.sizes * table.deviation_squares),
        within_total=table.within_total,
        within_variances=total(table.within_squares[several] / (table.sizes[several] - 1)),
        within_sds=None if sds is None else total(sds[several]),
        reference=table.reference,
    )


def rows_by_size(
    sizes: IntArray, columns: Sequence[FloatArray]
) -> tuple[IntArray, list[slice], list[FloatArray]]:
    """Distinct sizes, the slice of each in size order, and the columns in that order.

    >>> distinct, slices, columns = rows_by_size(np.array([3, 1, 3]), [np.array([5.0, 6.0, 7.0])])
    >>> distinct.tolist(), [columns[0][part].tolist() for part in slices]
    ([1, 3], [[6.0], [5.0, 7.0]])
    """
    if sizes.size and (sizes[0] == sizes).all():
        return sizes[:1].copy(), [slice(0, sizes.size)], list(columns)
    order = np.argsort(sizes, kind="stable")
    ordered = sizes[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    stops = np.r_[starts[1:], sizes.size]
    slices = [slice(a, b) for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]
    return ordered[starts], slices, [column[order] for column in columns]


def sums_by_row(columns: Sequence[FloatArray], slices: Sequence[slice]) -> list[FloatArray]:
    """Exactly rounded sum of each column over each slice: free of the order within a slice.

    >>> sums_by_row([np.array([1e16, 1.0, -1e16])], [slice(0, 3)])[0].tolist()
    [1.0]
    """
    return [np.array([exact_sum(column[part]) for part in slices]) for column in columns]


def finite_array(
    name: str, values: ArrayLike, length: int, *, minimum: float | None = None
) -> FloatArray:
    """``values`` as an own 1-D float array of ``length`` finite numbers; `OutOfRange` otherwise.

    >>> finite_array("means", [1, 2], 2).tolist()
    [1.0, 2.0]
    """
    array = _own(np.asarray(values, dtype=np.float64))
    if array.shape != (length,):
        raise OutOfRange(name, f"a one-dimensional array of {length} numbers", array.shape)
    if not np.isfinite(array).all():
        raise OutOfRange(name, "finite numbers", array[~np.isfinite(array)][0])
    if minimum is not None and (array < minimum).any():
        raise OutOfRange(name, f"numbers >= {minimum:g}", array.min())
    return array


def whole_array(name: str, values: ArrayLike) -> IntArray:
    """``values`` as an own 1-D array of whole numbers >= 1; `OutOfRange` otherwise.

    >>> whole_array("sizes", [1.0, 2.0]).tolist()
    [1, 2]
    """
    array = np.asarray(values)
    if array.ndim != 1 or array.size == 0:
        raise OutOfRange(name, "a one-dimensional array with at least one value", array.shape)
    whole = _own(array.astype(np.int64, copy=False))
    if (whole != array).any() or (whole < 1).any():
        raise OutOfRange(name, "whole numbers >= 1", array[(whole != array) | (whole < 1)][0])
    return whole


def _own(array: NDArray[_Number]) -> NDArray[_Number]:
    """``array``, copied where somebody could write to its memory."""
    writable, below = array.flags.writeable, array.base
    while isinstance(below, np.ndarray) and not writable:
        writable, below = below.flags.writeable, below.base
    return array.copy() if writable else array
