"""Covariance between and within groups of several quantities at once.

S_B = (MSB matrix - S_W) / n0 and S_W = MSW matrix: the diagonal is the ANOVA estimate of each
quantity alone. S_B need not be a covariance matrix: negative eigenvalues are set to 0 in
``between_clipped``, and ``clipped`` says so; the raw matrix is kept.

Assumptions: one covariance within all groups; no normality is needed. Limits: with few groups the
clipped matrix is biased upward; use it where a covariance matrix is needed, the raw one elsewhere.

Sources: Searle SR, Casella G, McCulloch CE, Variance Components, Wiley 1992, section 11.1; Amemiya
Y, Am Stat 1985;39:112-7 (eigenvalues clipped).
"""

from dataclasses import dataclass

import numpy as np

from popmargin.statistics.components import FEW_GROUPS, NO_REPLICATES, NOT_SEPARABLE
from popmargin.statistics.size_table import FloatArray
from popmargin.statistics.vector_table import VectorTable


@dataclass(frozen=True, slots=True, eq=False)
class CovarianceComponents:
    """Mean vector and d x d covariance matrices; None where not estimable, with the reason.

    Attributes
    ----------
    mean : float64[d]
        Plain mean of the group means.
    between, within : float64[d, d] or None
        Unbiased estimates, unit squared; ``between`` may have negative eigenvalues.
    between_clipped : float64[d, d] or None
        ``between`` with its negative eigenvalues set to 0.
    clipped : bool
        Whether any eigenvalue was negative.
    reasons : tuple of str
        Why a matrix is None.
    """

    mean: FloatArray
    between: FloatArray | None
    within: FloatArray | None
    between_clipped: FloatArray | None
    clipped: bool
    reasons: tuple[str, ...] = ()


def covariance_components(table: VectorTable) -> CovarianceComponents:
    """ANOVA covariance matrices between and within groups.

    >>> table = VectorTable.from_values(
    ...     [[0, 1], [2, 1], [3, 2], [5, 4], [-1, 0], [-3, -2]], [1, 1, 2, 2, 3, 3]
    ... )
    >>> c = covariance_components(table)
    >>> c.between.round(4).tolist(), c.clipped
    ([[8.0, 5.3333], [5.3333, 3.3333]], True)
    """
    groups, observations = table.group_count, table.observation_count
    mean = table.reference + table.deviation_sums.sum(axis=0) / groups
    within = (
        table.within_products.sum(axis=0) / (observations - groups)
        if observations > groups
        else None
    )
    reasons = [] if within is not None else [NO_REPLICATES]
    if groups < 2 or within is None:
        reasons.append(FEW_GROUPS if groups < 2 else NOT_SEPARABLE)
        return CovarianceComponents(mean, None, within, None, False, tuple(reasons))
    sizes = table.sizes.astype(np.float64)
    first = np.einsum("k,ki->i", sizes, table.deviation_sums)
    products = np.einsum("k,kij->ij", sizes, table.deviation_products)
    mean_square = (products - np.outer(first, first) / observations) / (groups - 1)
    effective = (observations - float((sizes**2 * table.groups).sum()) / observations) / (
        groups - 1
    )
    between = (mean_square - within) / effective
    between = 0.5 * (between + between.T)
    values, vectors = np.linalg.eigh(between)
    # Rounding makes an exact zero slightly negative; that is no finding.
    tolerance = 1e-12 * float(np.abs(values).max(initial=0.0))
    clipped = bool((values < -tolerance).any())
    positive = between
    if clipped:
        positive = np.einsum("ik,k,jk->ij", vectors, np.maximum(values, 0.0), vectors)
    return CovarianceComponents(mean, between, within, positive, clipped)
