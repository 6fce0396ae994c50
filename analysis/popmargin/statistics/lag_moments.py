r"""Lag products within groups, and what they are expected to be under serial dependence.

The deviations of a group's n observations from its mean (or from its own line over the positions)
are e = Q x with Q a projection. When the observations correlate by phi^l at lag l, R = (phi^l),

.. math:: E[e'Ae] = \sigma^2 tr(QAQR), \quad E[e'e] = \sigma^2 tr(QR), \quad
          Var(\bar x) = \sigma^2\, 1'R1 / n^2

with A half of the matrix that joins successive observations. Each is a polynomial in phi whose
coefficients follow from the lags alone; groups with the same positions share them.

Assumptions: stationary AR(1) within groups. The step is the most common distance between
successive positions; a lag is a distance in whole steps, at least 1, and only observations one
step apart count as successive.

Source: Durbin J, Watson GS, Biometrika 1950;37:409-28 (moments of quadratic forms).
"""

from dataclasses import dataclass

import numpy as np

from popmargin.statistics.ordered_groups import OrderedGroups
from popmargin.statistics.size_table import FloatArray, IntArray


@dataclass(frozen=True, slots=True, eq=False)
class LagMoments:
    """Sums of every group, and their expectations as functions of phi.

    Attributes
    ----------
    products, squares : float64[P]
        e'Ae and e'e of each group, unit squared.
    pairs : int
        Pairs of successive observations.
    ratio_variances : float64[P]
        Variance of e'Ae / e'e of each group when its observations are independent and normal: by
        Basu's theorem it does not depend on e'e.
    """

    products: FloatArray
    squares: FloatArray
    pairs: int
    ratio_variances: FloatArray
    _pattern: IntArray
    _product: FloatArray
    _square: FloatArray
    _mean: FloatArray

    def expected_products(self, phi: float) -> FloatArray:
        """E[e'Ae] / sigma^2 of each group, float64[P]."""
        return self._evaluate(self._product, phi)

    def expected_squares(self, phi: float) -> FloatArray:
        """E[e'e] / sigma^2 of each group, float64[P], >= 0."""
        return np.maximum(self._evaluate(self._square, phi), 0.0)

    def mean_inflation(self, phi: float) -> FloatArray:
        """Var(mean) / sigma^2 of each group, float64[P]: 1 / n when phi is 0."""
        return self._evaluate(self._mean, phi)

    def _evaluate(self, coefficients: FloatArray, phi: float) -> FloatArray:
        powers = phi ** np.arange(coefficients.shape[1], dtype=np.float64)
        # Row sums, not a matrix product: their rounding does not depend on the order of the rows.
        return np.asarray((coefficients * powers).sum(axis=1)[self._pattern])


def lag_moments(groups: OrderedGroups, *, detrended: bool = False) -> LagMoments:
    """Lag products of groups about their means or, with ``detrended``, about their own lines.

    >>> groups = OrderedGroups.from_values([1, 3, 2, 6], [1] * 4, [1, 2, 3, 4])
    >>> moments = lag_moments(groups)  # deviations -2, 0, -1, 3
    >>> moments.products.tolist(), moments.squares.tolist()
    ([-3.0], [14.0])
    >>> moments.expected_products(0.0).tolist(), moments.mean_inflation(0.0).tolist()
    ([-0.75], [0.25])
    """
    step = _common_step(groups)
    residuals = groups.deviations(groups.values)
    places = groups.deviations(groups.positions)
    if detrended:
        spread = groups.group_sums(places * places)
        slopes = groups.group_sums(places * residuals) / np.where(spread > 0.0, spread, 1.0)
        residuals = residuals - np.repeat(slopes, groups.sizes) * places
        residuals[np.repeat(groups.sizes <= 2, groups.sizes)] = 0.0
    same = np.ones(residuals.size, dtype=bool)
    same[groups.starts] = False
    joined = np.r_[False, same[1:] & (np.round(np.diff(groups.positions) / step) <= 1.0)]
    previous = np.r_[0.0, residuals[:-1]]
    seen: dict[bytes, int] = {}
    pattern = np.empty(groups.sizes.size, dtype=np.int64)
    found: list[FloatArray] = []
    variances: list[float] = []
    for group, (start, size) in enumerate(
        zip(groups.starts.tolist(), groups.sizes.tolist(), strict=True)
    ):
        positions = groups.positions[start : start + size] - groups.positions[start]
        key = positions.tobytes()
        if key not in seen:
            seen[key] = len(found)
            coefficients, variance = _expectations(positions, step, detrended)
            found.append(coefficients)
            variances.append(variance)
        pattern[group] = seen[key]
    longest = max(part.shape[1] for part in found)
    padded = np.zeros((len(found), 3, longest))
    for row, part in zip(padded, found, strict=True):
        row[:, : part.shape[1]] = part
    return LagMoments(
        groups.group_sums(np.where(joined, residuals * previous, 0.0)),
        groups.group_sums(residuals * residuals),
        int(joined.sum()),
        np.array(variances)[pattern],
        pattern,
        *(padded[:, place, :] for place in range(3)),
    )


def _common_step(groups: OrderedGroups) -> float:
    """Most common distance between successive positions of a group; 1 where there is none."""
    distances = np.diff(groups.positions)
    inside = np.ones(distances.size, dtype=bool)
    inside[groups.starts[1:] - 1] = False
    values, counts = np.unique(distances[inside], return_counts=True)
    return float(values[counts.argmax()]) if values.size else 1.0


def _expectations(positions: FloatArray, step: float, detrended: bool) -> tuple[FloatArray, float]:
    """Coefficients by lag of the three expectations, float64[3, lags]; variance of the ratio."""
    n = positions.size
    distance = np.abs(positions[:, None] - positions[None, :]) / step
    lags = np.maximum(np.round(distance).astype(np.int64), 1)
    np.fill_diagonal(lags, 0)
    residual = np.eye(n) - 1.0 / n
    centred = positions - positions.mean()
    spread = float(centred @ centred)
    if detrended and n <= 2:
        residual = np.zeros((n, n))
    elif detrended and spread > 0.0:
        residual -= np.outer(centred, centred) / spread
    neighbours = np.zeros((n, n))
    for place in np.flatnonzero(np.round(np.diff(positions) / step) <= 1.0):
        neighbours[place, place + 1] = neighbours[place + 1, place] = 0.5
    product = residual @ neighbours @ residual
    df = float(np.trace(residual))
    centred_square = float((product * product).sum()) - float(np.trace(product)) ** 2 / max(df, 1.0)
    variance = 2.0 * max(0.0, centred_square) / max(df * (df + 2.0), 1.0)
    flat = lags.ravel()
    matrices = (product, residual, np.full((n, n), 1.0 / n**2))
    return np.array([np.bincount(flat, weights=m.ravel()) for m in matrices]), variance
