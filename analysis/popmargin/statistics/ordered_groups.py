"""Observations of groups in the order they were made."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from popmargin.core.exceptions import OutOfRange
from popmargin.statistics.size_table import FloatArray, IntArray, finite_array


@dataclass(frozen=True, slots=True, eq=False)
class OrderedGroups:
    """Observations sorted by group and position.

    Attributes
    ----------
    values, positions : float64[N]
        Observation and its place in the group's course.
    starts, sizes : int64[P]
        First observation of each group, and their number.
    """

    values: FloatArray
    positions: FloatArray
    starts: IntArray
    sizes: IntArray

    @classmethod
    def from_values(
        cls, values: ArrayLike, labels: ArrayLike, positions: ArrayLike
    ) -> "OrderedGroups":
        """From observations [N] in any order, their group and their position in it.

        Raises `OutOfRange` for no observation, unequal lengths, a value that is not finite, or two
        observations of one group at one position.

        >>> groups = OrderedGroups.from_values([5, 1, 2], ["a", "b", "a"], [2, 1, 1])
        >>> groups.values.tolist(), groups.sizes.tolist()
        ([2.0, 5.0, 1.0], [2, 1])
        """
        names = np.asarray(labels)
        if names.ndim != 1 or names.size == 0:
            raise OutOfRange("labels", "one label per observation, at least one", names.shape)
        x = finite_array("values", values, names.size)
        t = finite_array("positions", positions, names.size)
        codes = np.unique(names, return_inverse=True)[1]
        order = np.lexsort((t, codes))
        x, t, codes = x[order], t[order], codes[order]
        fresh = np.r_[True, codes[1:] != codes[:-1]]
        repeated = np.flatnonzero(~fresh[1:] & (t[1:] == t[:-1]))
        if repeated.size:
            # The label stays out of the message: it may name a person.
            found = f"position {t[repeated[0]]:g} twice in one group"
            raise OutOfRange("positions", "each position once in a group", found)
        starts = np.flatnonzero(fresh)
        return cls(x, t, starts, np.diff(np.r_[starts, x.size]))

    def deviations(self, column: FloatArray) -> FloatArray:
        """A column [N] minus its group mean; exactly 0 where a group is constant.

        >>> groups = OrderedGroups.from_values([5, 1, 2], ["a", "b", "a"], [2, 1, 1])
        >>> groups.deviations(groups.values).tolist()
        [-1.5, 1.5, 0.0]
        """
        first = column - np.repeat(column[self.starts], self.sizes)
        means = np.add.reduceat(first, self.starts) / self.sizes
        return np.asarray(first - np.repeat(means, self.sizes), dtype=np.float64)

    def group_sums(self, column: FloatArray) -> FloatArray:
        """Sum of a column [N] over each group, float64[P].

        >>> groups = OrderedGroups.from_values([5, 1, 2], ["a", "b", "a"], [2, 1, 1])
        >>> groups.group_sums(groups.values).tolist()
        [7.0, 1.0]
        """
        return np.add.reduceat(column, self.starts)
