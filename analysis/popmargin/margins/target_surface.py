"""A CTV of any shape from its contours: points of its surface, and the field of a margin round it.

Between the contours of two slices the surface is where their distances, taken linearly, are zero
(shape-based interpolation); it ends half a slice beyond the first and the last contour. A margin
adds an ellipsoid of its three lengths to the shape. The field's isodose of the wanted level lies on
the surface of the result, and its dose falls with the distance from there (straight edge).

Assumes axial contours that do not cross, an ideally conformal plan, and that the level set on a
grid of half a penumbra is fine enough. Limits: details below the grid are lost; the field of a
plan is rounder than the shape in hollows and at corners.

Source of the interpolation: Raya SP, Udupa JK, IEEE Trans Med Imaging 1990;9:32-42.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from popmargin.core.exceptions import OutOfRange
from popmargin.margins.coverage_surface import DistanceGrid
from popmargin.margins.minimum_dose import three_margins

Points = NDArray[np.float64]
_SAME_SLICE_MM: Final = 0.1
# What the dose edge can tell apart (half of the penumbra in water).
GRID_MM: Final = 1.6
_MOST_VOXELS: Final = 8_000_000
_LEAST_POINTS: Final = 20


@dataclass(frozen=True, slots=True, eq=False)
class TargetSurface:
    """Surface of a CTV.

    Attributes
    ----------
    points_mm : ndarray, shape (points, 3)
        Points about ``grid_mm`` apart, relative to the centre of the volume, axes lr, si, ap.
    grid : DistanceGrid
        Level set of the shape: negative inside, zero on the surface.
    volume_cc : float
        Volume inside.
    """

    points_mm: Points
    grid: DistanceGrid
    volume_cc: float

    def field(self, margin_mm: ArrayLike, reach_mm: float) -> DistanceGrid:
        """Signed distance in mm from the surface of the CTV with a margin, on a grid.

        Parameters: margin in mm, >= 0: one number, or three (lr, si, ap); ``reach_mm``, how far
        beyond the CTV distances are wanted. Raises `OutOfRange` for a negative margin.
        """
        margins = three_margins(margin_mm)
        spacing = np.asarray(self.grid.spacing_mm, dtype=np.float64)
        points = _zero_points(_finer(self.grid))
        if np.all(margins == margins[0]):
            level = _distance_grid(points, self.grid, spacing, reach_mm)
            return DistanceGrid(level.distance_mm - margins[0], level.origin_mm, level.spacing_mm)
        # Lengths relative to the margins make the ellipsoid a ball of the mean margin.
        ratio = np.maximum(margins, 0.1) / margins.mean()
        origin = np.asarray(self.grid.origin_mm, dtype=np.float64)
        scaled = DistanceGrid(
            self.grid.distance_mm, origin / ratio, np.asarray(self.grid.spacing_mm) / ratio
        )
        wide = margins.mean() + 3.0 * float((spacing / ratio).max())
        wider = _distance_grid(points / ratio, scaled, spacing / ratio, wide)
        edge = DistanceGrid(
            wider.distance_mm - margins.mean(), np.asarray(wider.origin_mm) * ratio, spacing
        )
        beyond = max(reach_mm - float(margins.max()), 0.0) + 2.0 * float(spacing.max())
        return _distance_grid(_zero_points(_finer(edge)), edge, spacing, beyond)


def target_surface(contours: Sequence[Points], *, grid_mm: float = GRID_MM) -> TargetSurface:
    """The surface of a CTV from its closed contours.

    Parameters
    ----------
    contours : sequence of array_like, shape (n, 3)
        Closed axial contours in mm on two slices or more: lr (+ left), si (+ superior),
        ap (+ anterior); one inside another is a hole (even-odd rule).
    grid_mm : float
        Spacing of points and grid in mm.

    Raises
    ------
    OutOfRange
        For contours that are not axial or on fewer than two slices, a CTV that is too small or too
        large for the grid.

    Examples
    --------
    >>> turn = np.linspace(0.0, 2.0 * np.pi, 90, endpoint=False)
    >>> slices = [np.column_stack([20 * np.cos(turn), np.full(90, z), 20 * np.sin(turn)])
    ...     for z in np.arange(0.0, 41.0, 3.0)]
    >>> cylinder = target_surface(slices)
    >>> abs(cylinder.volume_cc / (np.pi * 20**2 * 42 / 1000) - 1.0) < 0.03
    True
    """
    slices = _by_slice(contours)
    heights = np.array(sorted(slices))
    if heights.size < 2:
        raise OutOfRange("contours", "closed contours on two slices or more", heights.size)
    plane = np.concatenate([points for loops in slices.values() for points in loops])
    half = 0.5 * float(np.diff(heights).min())
    low = np.array([plane[:, 0].min(), heights[0] - half, plane[:, 1].min()]) - 3.0 * grid_mm
    high = np.array([plane[:, 0].max(), heights[-1] + half, plane[:, 1].max()]) + 3.0 * grid_mm
    shape = np.ceil((high - low) / grid_mm).astype(int) + 1
    if np.prod(shape) > _MOST_VOXELS:
        raise OutOfRange("contours", "a CTV that fits a grid of 8 million values", shape.tolist())
    x, y, z = (low[i] + grid_mm * np.arange(shape[i]) for i in range(3))
    places = np.stack(np.meshgrid(x, z, indexing="ij"), axis=-1).reshape(-1, 2)
    planes = np.array([_distance_in_plane(places, slices[height]) for height in heights])
    level = np.empty(tuple(shape))
    for index, height in enumerate(y):
        within = float(np.clip(height, heights[0], heights[-1]))
        above = min(int(np.searchsorted(heights, within, side="right")), heights.size - 1)
        part = (within - heights[above - 1]) / (heights[above] - heights[above - 1])
        between = (1.0 - part) * planes[above - 1] + part * planes[above]
        beyond = max(heights[0] - half - height, height - heights[-1] - half)
        level[:, index, :] = np.maximum(between, beyond).reshape(shape[0], shape[2])
    return _centred(DistanceGrid(level, low, np.full(3, grid_mm)))


def _centred(grid: DistanceGrid) -> TargetSurface:
    """The surface with the centre of the volume as origin."""
    spacing = np.asarray(grid.spacing_mm, dtype=np.float64)
    # The share of each voxel that lies inside, from its level at the centre.
    inside = np.clip(0.5 - grid.distance_mm / spacing[0], 0.0, 1.0)
    if inside.sum() < _LEAST_POINTS:
        raise OutOfRange("contours", "a CTV of several grid steps", f"{inside.sum():.0f} voxels")
    volume = float(inside.sum() * np.prod(spacing))
    places = [np.arange(count) for count in inside.shape]
    centre = np.array(
        [
            float((inside.sum(axis=tuple({0, 1, 2} - {axis})) * places[axis]).sum())
            for axis in range(3)
        ]
    ) / float(inside.sum())
    moved = DistanceGrid(grid.distance_mm, -centre * spacing, spacing)
    return TargetSurface(_thinned(_zero_points(moved), spacing[0]), moved, volume / 1000.0)


def _by_slice(contours: Sequence[Points]) -> dict[float, list[Points]]:
    """In-plane contours, shape (n, 2), by their height."""
    slices: dict[float, list[Points]] = {}
    for contour in contours:
        points = np.asarray(contour, dtype=np.float64)
        if points.ndim != 2 or points.shape[1] != 3 or not np.all(np.isfinite(points)):
            raise OutOfRange("contours", "finite points of three axes", points.shape)
        if len(points) < 3:
            continue  # a point or a line encloses nothing
        if np.ptp(points[:, 1]) > _SAME_SLICE_MM:
            raise OutOfRange("contours", "axial contours", "one that is not")
        height = float(points[0, 1])
        near = (known for known in slices if abs(known - height) <= _SAME_SLICE_MM)
        slices.setdefault(next(near, height), []).append(points[:, [0, 2]])
    return slices


def _distance_in_plane(places: Points, loops: Sequence[Points]) -> NDArray[np.float64]:
    """Signed distance of places, shape (n, 2), from the contours of a slice; negative inside."""
    nearest = np.full(len(places), np.inf)
    odd = np.zeros(len(places), dtype=np.bool_)
    for loop in loops:
        for start, end in zip(loop, np.roll(loop, -1, axis=0), strict=True):
            along, away = end - start, places - start
            length = max(float(along @ along), 1e-18)
            part = np.clip(away @ along / length, 0.0, 1.0)
            gap = away - part[:, np.newaxis] * along
            nearest = np.minimum(nearest, np.einsum("ij,ij->i", gap, gap))
            crosses = (start[1] > places[:, 1]) != (end[1] > places[:, 1])
            side = along[0] * away[:, 1] - along[1] * away[:, 0]
            odd ^= crosses & ((side > 0.0) == (along[1] > 0.0))
    return np.asarray(np.where(odd, -1.0, 1.0) * np.sqrt(nearest))


def _zero_points(grid: DistanceGrid) -> Points:
    """Where the level is zero on the lines between neighbours of the grid, shape (n, 3)."""
    origin = np.asarray(grid.origin_mm, dtype=np.float64)
    spacing = np.asarray(grid.spacing_mm, dtype=np.float64)
    level = grid.distance_mm
    found = []
    for axis in range(3):
        here = np.take(level, np.arange(level.shape[axis] - 1), axis=axis)
        there = np.take(level, np.arange(1, level.shape[axis]), axis=axis)
        index = np.nonzero((here < 0.0) != (there < 0.0))
        place = np.column_stack(index).astype(np.float64)
        place[:, axis] += here[index] / (here[index] - there[index])
        found.append(origin + place * spacing)
    return np.concatenate(found)


def _finer(grid: DistanceGrid) -> DistanceGrid:
    """The same level on half the spacing, where it is linear: more points, nearer to each other."""
    level = grid.distance_mm
    for axis in range(3):
        count = level.shape[axis]
        ends = np.take(level, np.arange(count - 1), axis), np.take(level, np.arange(1, count), axis)
        finer = np.empty([2 * n - 1 if i == axis else n for i, n in enumerate(level.shape)])
        slices = [slice(None)] * 3
        for start, part in ((0, level), (1, 0.5 * (ends[0] + ends[1]))):
            slices[axis] = slice(start, None, 2)
            finer[tuple(slices)] = part
        level = finer
    return DistanceGrid(level, grid.origin_mm, 0.5 * np.asarray(grid.spacing_mm))


def _thinned(points: Points, apart_mm: float) -> Points:
    """One point a cube of that side: the one nearest to the middle of its points."""
    cells = np.floor(points / apart_mm).astype(np.int64)
    _, cell, counts = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    cell = cell.ravel()
    sums = np.column_stack([np.bincount(cell, points[:, i]) for i in range(3)])
    means = sums / counts[:, np.newaxis]
    order = np.lexsort((np.linalg.norm(points - means[cell], axis=1), cell))
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return np.asarray(points[order[first]])


def _distance_grid(
    points: Points, shape: DistanceGrid, spacing: NDArray[np.float64], reach_mm: float
) -> DistanceGrid:
    """Distance from the points, negative where the shape's level is, ``reach_mm`` beyond them."""
    from scipy.ndimage import map_coordinates
    from scipy.spatial import cKDTree

    low, high = points.min(axis=0) - reach_mm, points.max(axis=0) + reach_mm
    counts = np.ceil((high - low) / spacing).astype(int) + 1
    axes = [low[i] + spacing[i] * np.arange(counts[i]) for i in range(3)]
    places = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    # Farther away than this the dose is that of the end of its profile.
    farthest = 1.05 * reach_mm
    away, _ = cKDTree(points).query(places, distance_upper_bound=farthest, workers=2)
    away = np.minimum(away, farthest)
    at = (places - np.asarray(shape.origin_mm)) / np.asarray(shape.spacing_mm)
    level = map_coordinates(shape.distance_mm, at.T, order=1, mode="nearest")
    signed = np.where(level < 0.0, -away, away)
    return DistanceGrid(signed.reshape(tuple(counts)), low, spacing)


def surface_of_table(contours: pl.DataFrame) -> TargetSurface:
    """The surface of contours in a table with ``contour``, ``lr_mm``, ``si_mm`` and ``ap_mm``.

    Errors raised are those of `target_surface`.
    """
    parts = contours.partition_by("contour", maintain_order=True)
    return target_surface([part.select("lr_mm", "si_mm", "ap_mm").to_numpy() for part in parts])
