"""Observations in groups in outer groups, reduced to one row per outer group and group size.

Assumptions: three nested levels, y = M + o_c + s_i + r_ij; groups belong to one outer group each.
Rows are put in an order that depends on the numbers alone, and sums are exactly rounded, so neither
the order nor the names of rows, groups or outer groups change a result.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from popmargin.core.exceptions import OutOfRange
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.size_table import (
    FloatArray,
    IntArray,
    SizeTable,
    rows_by_size,
    sums_by_row,
)


@dataclass(frozen=True, slots=True, eq=False)
class NestedTable:
    """R rows, one per outer group and distinct group size; rows of an outer group are adjacent.

    Attributes
    ----------
    starts : int64[C]
        First row of each outer group.
    sizes, groups : int64[R]
        Observations per group, and number of groups of that size in that outer group.
    deviation_sums, deviation_squares : float64[R]
        Sums of (group mean - ``reference``) and of its square.
    within_total : float
        Sum of squares within groups.
    reference : float
        Value near the centre that the deviations are taken from.
    """

    starts: IntArray
    sizes: IntArray
    groups: IntArray
    deviation_sums: FloatArray
    deviation_squares: FloatArray
    within_total: float
    reference: float

    @classmethod
    def from_values(
        cls, values: ArrayLike, group_labels: ArrayLike, outer_labels: ArrayLike
    ) -> "NestedTable":
        """From single observations [N]; groups of one label in two outer groups are two groups.

        Raises `OutOfRange` for no observation, unequal lengths or a value that is not finite.

        >>> table = NestedTable.from_values([1, 3, 2, 4, 8, 6], list("aabbaa"), list("xxxxyy"))
        >>> table.outer_count, table.group_count, table.within_total
        (2, 3, 6.0)
        """
        names, outers = np.asarray(group_labels), np.asarray(outer_labels)
        if names.ndim != 1 or outers.shape != names.shape:
            raise OutOfRange("outer_labels", "one label per observation", outers.shape)
        inner = np.unique(names, return_inverse=True)[1]
        outer_names, outer = np.unique(outers, return_inverse=True)
        codes = inner * outer_names.size + outer
        data = OneWayData.from_values(values, codes)
        return cls.from_summaries(data, np.unique(codes) % max(1, outer_names.size))

    @classmethod
    def from_summaries(cls, data: OneWayData, outer: ArrayLike) -> "NestedTable":
        """From groups and the label of the outer group of each [P].

        Raises `OutOfRange` when the labels are not one per group.

        >>> data = OneWayData.from_summaries([2, 2, 2], [2.0, 3.0, 7.0], [2.0, 2.0, 2.0])
        >>> NestedTable.from_summaries(data, ["x", "x", "y"]).starts.tolist()
        [0, 1]
        """
        labels = np.asarray(outer)
        if labels.shape != data.sizes.shape:
            raise OutOfRange("outer", f"{data.sizes.size} labels, one per group", labels.shape)
        codes = _canonical_codes(data, np.unique(labels, return_inverse=True)[1])
        # One key per outer group and size, the outer group first.
        span = int(data.sizes.max()) + 1
        deviations = data.means - data.by_size.reference
        columns = [np.ones(codes.size), deviations, deviations * deviations]
        keys, slices, ordered = rows_by_size(codes * span + data.sizes, columns)
        counts, first, second = sums_by_row(ordered, slices)
        row_outer = keys // span
        starts = np.flatnonzero(np.r_[True, row_outer[1:] != row_outer[:-1]])
        return cls(
            starts,
            keys % span,
            counts.astype(np.int64),
            first,
            second,
            data.by_size.within_total,
            data.by_size.reference,
        )

    @classmethod
    def from_tables(cls, tables: Sequence[SizeTable]) -> "NestedTable":
        """From the table by size of each outer group, at least one; their order changes nothing.

        Raises `OutOfRange` for no table.

        >>> one = OneWayData.from_summaries([2, 2], [2.0, 3.0], [2.0, 2.0]).by_size
        >>> other = OneWayData.from_summaries([2], [7.0], [2.0]).by_size
        >>> table = NestedTable.from_tables([one, other])
        >>> table.outer_count, table.group_count, table.within_total
        (2, 3, 6.0)
        """
        if not tables:
            raise OutOfRange("tables", "at least one table by size", 0)
        # An order that depends on the numbers alone.
        ordered = sorted(
            tables, key=lambda t: (t.group_count, t.observation_count, t.mean, t.within_total)
        )
        count = sum(table.group_count for table in ordered)
        reference = math.fsum(table.mean * table.group_count for table in ordered) / count
        first, second = [], []
        for table in ordered:
            shift = table.reference - reference
            first.append(table.deviation_sums + shift * table.groups)
            second.append(
                table.deviation_squares
                + 2.0 * shift * table.deviation_sums
                + shift * shift * table.groups
            )
        rows = np.cumsum([0, *(table.sizes.size for table in ordered[:-1])])
        return cls(
            rows,
            np.concatenate([table.sizes for table in ordered]),
            np.concatenate([table.groups for table in ordered]),
            np.concatenate(first),
            np.maximum(np.concatenate(second), 0.0),
            math.fsum(value for table in ordered for value in table.within_squares.tolist()),
            reference,
        )

    @property
    def balanced(self) -> bool:
        """Whether every group has one size and every outer group the same number of groups."""
        one_size = bool((self.sizes == self.sizes[0]).all())
        return one_size and len(set(self.outer_sums(self.groups).tolist())) == 1

    @property
    def outer_count(self) -> int:
        """Number of outer groups C."""
        return self.starts.size

    @property
    def group_count(self) -> int:
        """Number of groups G."""
        return int(self.groups.sum())

    @property
    def observation_count(self) -> int:
        """Number of observations N."""
        return int((self.sizes * self.groups).sum())

    def outer_sums(self, rows: FloatArray | IntArray) -> FloatArray:
        """Sum of a column [R] over the rows of each outer group, float64[C].

        >>> table = NestedTable.from_values([1, 3, 2, 4, 8, 6], list("aabbaa"), list("xxxxyy"))
        >>> table.outer_sums(table.groups).tolist()
        [1.0, 2.0]
        """
        return np.add.reduceat(np.asarray(rows, dtype=np.float64), self.starts)


def _canonical_codes(data: OneWayData, codes: IntArray) -> IntArray:
    """Renumber outer groups by their content: number of groups, of observations, mean, squares."""
    count = int(codes.max()) + 1
    order = np.lexsort((data.sums_of_squares, data.sizes, data.means, codes))
    starts = np.searchsorted(codes[order], np.arange(count))
    keys = [
        np.add.reduceat(column[order], starts)
        for column in (data.means**2, data.means, data.sizes.astype(np.float64))
    ]
    rank = np.empty(count, dtype=np.int64)
    rank[np.lexsort((*keys, np.bincount(codes)))] = np.arange(count)
    return np.asarray(rank[codes], dtype=np.int64)
