"""Groups of several quantities measured together, reduced to one row per distinct group size.

The vector form of `popmargin.statistics.size_table`: sums of the vectors of group means, of their
products, and of the within-group products. Observations with a missing quantity do not belong in.

Limits: as there; sums are exactly rounded or in a canonical order, so the order of rows and groups
changes nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from popmargin.core.exceptions import OutOfRange
from popmargin.statistics.size_table import (
    FloatArray,
    IntArray,
    rows_by_size,
    sums_by_row,
    whole_array,
)


@dataclass(frozen=True, slots=True, eq=False)
class VectorTable:
    """Sums over the groups of each distinct size; K rows ascending in size, d quantities.

    Attributes
    ----------
    sizes, groups : int64[K]
        Observations per group and number of groups of that size, >= 1.
    deviation_sums : float64[K, d]
        Sum of (group mean - ``reference``).
    deviation_products : float64[K, d, d]
        Sum of outer products of (group mean - ``reference``).
    within_products : float64[K, d, d]
        Sum of the within-group sums of squares and products about the group means.
    reference : float64[d]
        Vector near the centre that the deviations are taken from.
    """

    sizes: IntArray
    groups: IntArray
    deviation_sums: FloatArray
    deviation_products: FloatArray
    within_products: FloatArray
    reference: FloatArray

    @classmethod
    def from_values(cls, values: ArrayLike, labels: ArrayLike) -> "VectorTable":
        """From single observations: ``values`` float[N, d], finite, and their group ``labels`` [N].

        Raises `OutOfRange` for no observation, unequal lengths or a value that is not finite.

        >>> table = VectorTable.from_values([[0, 1], [2, 1], [3, 2], [5, 4]], ["a", "a", "b", "b"])
        >>> table.within_products.tolist()
        [[[4.0, 2.0], [2.0, 2.0]]]
        """
        names = np.asarray(labels)
        if names.ndim != 1 or names.size == 0:
            raise OutOfRange("labels", "one label per observation, at least one", names.shape)
        x = np.array(values, dtype=np.float64)
        if x.ndim != 2 or x.shape[0] != names.size or not np.isfinite(x).all():
            raise OutOfRange("values", f"{names.size} rows of finite numbers", x.shape)
        codes = np.unique(names, return_inverse=True)[1]
        # Canonical order: by group, then by the values from the first column on.
        order = np.lexsort((*x.T[::-1], codes))
        x, codes = x[order], codes[order]
        starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
        sizes = np.diff(np.r_[starts, codes.size])
        first = x[starts]
        deviations = x - np.repeat(first, sizes, axis=0)
        means = np.add.reduceat(deviations, starts) / sizes[:, None]
        deviations -= np.repeat(means, sizes, axis=0)
        products = np.add.reduceat(deviations[:, :, None] * deviations[:, None, :], starts)
        return cls.from_summaries(sizes, first + means, products)

    @classmethod
    def from_summaries(
        cls, sizes: ArrayLike, means: ArrayLike, within_products: ArrayLike
    ) -> "VectorTable":
        """From groups: ``sizes`` int[P], ``means`` float[P, d], ``within_products`` float[P, d, d].

        Raises `OutOfRange` for sizes below 1, unequal lengths or values that are not finite.

        >>> table = VectorTable.from_summaries([1, 1], [[0, 1], [2, 5]], np.zeros((2, 2, 2)))
        >>> table.reference.tolist(), table.deviation_products[0].tolist()
        ([1.0, 3.0], [[2.0, 4.0], [4.0, 8.0]])
        """
        n = whole_array("sizes", sizes)
        m = np.array(means, dtype=np.float64)
        ssp = np.array(within_products, dtype=np.float64)
        if m.ndim != 2 or m.shape[0] != n.size or not np.isfinite(m).all():
            raise OutOfRange("means", f"{n.size} rows of finite numbers", m.shape)
        if ssp.shape != (*m.shape, m.shape[1]) or not np.isfinite(ssp).all():
            raise OutOfRange("within_products", "one finite d x d matrix per group", ssp.shape)
        smallest = m.min(axis=0)
        deviations = m - smallest
        centre = np.array(sums_by_row(list(deviations.T), [slice(None)]))[:, 0] / n.size
        deviations -= centre
        return cls._reduced(
            n,
            np.ones(n.size),
            deviations,
            deviations[:, :, None] * deviations[:, None, :],
            ssp,
            smallest + centre,
        )

    @classmethod
    def from_moments(
        cls,
        sizes: ArrayLike,
        groups: ArrayLike,
        mean_sums: ArrayLike,
        mean_products: ArrayLike,
        within_products: ArrayLike,
    ) -> "VectorTable":
        """Pool rows of moments, one or more per distinct size, of one source or several.

        Parameters
        ----------
        sizes, groups : int[R]
            Group size and number of groups of each row, >= 1; sizes may repeat.
        mean_sums : float[R, d]
            Sum of the vectors of group means.
        mean_products, within_products : float[R, d, d]
            Sum of outer products of the group means; of the within-group products.

        Raises
        ------
        OutOfRange
            Sizes or counts below 1, or unequal shapes.

        >>> m = np.array([[0.0, 1.0], [2.0, 5.0]])
        >>> table = VectorTable.from_moments(
        ...     [1, 1], [1, 1], m, m[:, :, None] * m[:, None, :], np.zeros((2, 2, 2))
        ... )
        >>> table.deviation_products[0].tolist()
        [[2.0, 4.0], [4.0, 8.0]]
        """
        n = whole_array("sizes", sizes)
        p = whole_array("groups", groups).astype(np.float64)
        m1 = np.array(mean_sums, dtype=np.float64)
        m2 = np.array(mean_products, dtype=np.float64)
        ssp = np.array(within_products, dtype=np.float64)
        if p.size != n.size or m1.ndim != 2 or m1.shape[0] != n.size:
            raise OutOfRange("mean_sums", f"{n.size} rows, one per size", m1.shape)
        if m2.shape != (*m1.shape, m1.shape[1]) or ssp.shape != m2.shape:
            raise OutOfRange("mean_products", "one d x d matrix per row", m2.shape)
        centre = np.array(sums_by_row(list(m1.T), [slice(None)]))[:, 0] / p.sum()
        shift = m1[:, :, None] * centre
        m2 += p[:, None, None] * np.outer(centre, centre) - shift - shift.transpose(0, 2, 1)
        return cls._reduced(n, p, m1 - p[:, None] * centre, m2, ssp, centre)

    @classmethod
    def _reduced(
        cls,
        sizes: IntArray,
        counts: FloatArray,
        first: FloatArray,
        second: FloatArray,
        within: FloatArray,
        reference: FloatArray,
    ) -> "VectorTable":
        """Add up the rows of each distinct size."""
        d = reference.size
        flat = np.concatenate(
            [counts[:, None], first, second.reshape(-1, d * d), within.reshape(-1, d * d)], axis=1
        )
        distinct, slices, columns = rows_by_size(sizes, list(flat.T))
        sums = np.array(sums_by_row(columns, slices)).T
        return cls(
            distinct,
            sums[:, 0].astype(np.int64),
            sums[:, 1 : 1 + d],
            sums[:, 1 + d : 1 + d + d * d].reshape(-1, d, d),
            sums[:, 1 + d + d * d :].reshape(-1, d, d),
            reference,
        )

    @property
    def group_count(self) -> int:
        """Number of groups P."""
        return int(self.groups.sum())

    @property
    def observation_count(self) -> int:
        """Number of observations N."""
        return int((self.sizes * self.groups).sum())
