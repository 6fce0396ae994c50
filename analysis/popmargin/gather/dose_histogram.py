"""Floor 2: dose-volume histogram of a structure from its contours and a dose grid.

A slice is a fine raster of points in its plane and in planes above and below it within the slice
thickness; a point is inside by the even-odd rule of `contours`. The dose of a point is trilinear
between the grid's voxel centres.

Assumptions: those of `contours` (every slice counts with the full thickness), and a dose that is
linear between voxels. Limits: a structure thinner than the voxels of the dose has a histogram as
coarse as they are; a structure that leaves the grid has none, because its dose is not known there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from popmargin.gather.contours import Contour, by_slice, slice_thickness, structure_volume
from popmargin.gather.fields import BadCell

FloatArray = NDArray[np.float64]
BIN_GY: Final = 0.1
_MM3_PER_CC: Final = 1000.0
# Points 1 mm apart where the structure is of usual size, more for small and fewer for large ones.
_STEP_MM: Final = 1.0
_FEWEST_POINTS: Final = 40_000
_MOST_POINTS: Final = 4_000_000
# Planes this close, because a dose that falls off along the slices is seen by them alone.
_PLANE_MM: Final = 0.25
_MOST_PLANES: Final = 12
_ROUNDING: Final = 1e-6
_GOLDEN: Final = 0.6180339887498949


@dataclass(frozen=True, slots=True, eq=False)
class DoseGrid:
    """Dose at voxel centres.

    Attributes
    ----------
    dose : (slices, rows, columns) stored values;  scaling : Gy of one, > 0.
    x_mm, y_mm, z_mm : centres along columns, rows and slices, each increasing, mm (LPS).
    """

    dose: NDArray[Any]
    scaling: float
    x_mm: FloatArray
    y_mm: FloatArray
    z_mm: FloatArray

    def at(self, x: FloatArray, y: FloatArray, z: float) -> FloatArray:
        """Dose of points of one plane, Gy, trilinear; half a voxel beyond a centre it is constant.

        Raises `BadCell` ``outside_dose`` for points further out.
        """
        planes, rises = _between(self.z_mm, np.array([z]))
        rows, downs = _between(self.y_mm, y)
        columns, overs = _between(self.x_mm, x)
        found = np.zeros(x.shape)
        for plane, up in ((planes[0], 1.0 - rises[0]), (planes[0] + 1, rises[0])):
            if up == 0.0:
                continue
            for row, down in ((rows, 1.0 - downs), (rows + 1, downs)):
                for column, over in ((columns, 1.0 - overs), (columns + 1, overs)):
                    found += up * down * over * self.dose[plane, row, column]
        return np.asarray(found * self.scaling)


def dose_histogram(
    contours: Sequence[Contour], grid: DoseGrid, thickness_mm: float | None = None
) -> tuple[FloatArray, FloatArray]:
    """Cumulative histogram of a structure.

    Parameters
    ----------
    contours : closed contours, shape (n, 3) each, in mm (LPS).
    grid : the dose.
    thickness_mm : of a structure on one slice; not used otherwise.

    Returns
    -------
    Doses from 0 in steps of 0.1 Gy, and the share of the volume at each dose or above; doses
    between two of equal share are left out.

    Raises
    ------
    BadCell
        As `popmargin.gather.contours.structure_volume`, or ``outside_dose``.

    Examples
    --------
    >>> square = np.array([[0.0, 0.0, 0.0], [10, 0, 0], [10, 10, 0], [0, 10, 0]])
    >>> axis = np.array([-5.0, 5.0, 15.0])
    >>> even = DoseGrid(np.full((3, 3, 3), 20), 0.1, axis, axis, axis)
    >>> dose, share = dose_histogram([square, square + [0, 0, 5]], even)
    >>> dose.round(1).tolist(), share.tolist()
    ([0.0, 2.0, 2.1], [1.0, 1.0, 0.0])
    """
    volume = structure_volume(contours, thickness_mm)
    slices = by_slice(contours)
    thickness = slice_thickness(slices, thickness_mm)
    planes = min(max(math.ceil(thickness / _PLANE_MM), 1), _MOST_PLANES)
    area = volume.cc * _MM3_PER_CC / thickness * planes
    step = max(min(_STEP_MM, math.sqrt(area / _FEWEST_POINTS)), math.sqrt(area / _MOST_POINTS))
    counts = np.zeros(1)
    for place, (height, flat) in enumerate(slices.items()):
        for plane in range(planes):
            # Shifted from plane to plane, so that no gradient runs along the raster.
            turn = place * planes + plane
            x, y = points_inside(flat, step, shift=turn * _GOLDEN % 1.0)
            level = (plane + 0.5) / planes - 0.5
            dose = grid.at(x, y, height + level * thickness)
            here = np.bincount(np.floor(dose / BIN_GY + _ROUNDING).astype(np.int64))
            longer, shorter = (here, counts) if here.size > counts.size else (counts, here)
            counts = longer.astype(np.float64)
            counts[: shorter.size] += shorter
    if counts.sum() == 0.0:
        raise BadCell("no_contours", "")
    above = np.append(counts[::-1].cumsum()[::-1], 0.0)
    share = above / above[0]
    flat_run = np.zeros(share.size, dtype=np.bool_)
    flat_run[1:-1] = (share[1:-1] == share[:-2]) & (share[1:-1] == share[2:])
    dose_gy = np.asarray(BIN_GY * np.flatnonzero(~flat_run))
    return dose_gy, np.asarray(share[~flat_run], dtype=np.float64)


def points_inside(
    contours: Sequence[Contour], step: float, *, shift: float = 0.5
) -> tuple[FloatArray, FloatArray]:
    """Points of a raster that lie inside an odd number of contours, shape (n, 2) each, mm.

    Parameters: contours of one slice; distance of rows and of points in a row, mm; ``shift`` of
    the first row, 0 to 1 of the step. Each row is shifted against the one before.

    >>> square = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]])
    >>> points_inside([square, square / 2 + 1], 1.0)[0].size
    12
    """
    low = np.min([contour.min(axis=0) for contour in contours], axis=0)
    high = np.max([contour.max(axis=0) for contour in contours], axis=0)
    wide, tall = (max(math.ceil(size / step), 1) for size in high - low)
    begin = low[0] + step * (np.arange(1, tall + 1) * _GOLDEN % 1.0)
    y = low[1] + step * (np.arange(tall) + shift)
    # Each crossing of a row turns inside to outside for every point after it.
    turns = np.zeros((tall, wide + 1), dtype=np.int64)
    for contour in contours:
        start, end = contour, np.roll(contour, -1, axis=0)
        rows, edges = np.nonzero((start[:, 1] > y[:, None]) != (end[:, 1] > y[:, None]))
        (x0, y0), (x1, y1) = start[edges].T, end[edges].T
        crossing = x0 + (y[rows] - y0) * (x1 - x0) / (y1 - y0)
        after = np.clip(np.floor((crossing - begin[rows]) / step).astype(np.int64) + 1, 0, wide)
        np.add.at(turns, (rows, after), 1)
    rows, columns = np.nonzero(turns[:, :-1].cumsum(axis=1) % 2)
    return begin[rows] + step * columns, y[rows]


def _between(centres: FloatArray, places: FloatArray) -> tuple[NDArray[np.int64], FloatArray]:
    """Index of the centre at or below each place, and how far it is towards the next, 0 to 1."""
    edges = 0.5 * (centres[1] - centres[0]), 0.5 * (centres[-1] - centres[-2])
    inside = (places >= centres[0] - edges[0] - _ROUNDING) & (
        places <= centres[-1] + edges[1] + _ROUNDING
    )
    if not inside.all():
        raise BadCell("outside_dose", "")
    index = np.clip(np.searchsorted(centres, places, side="right") - 1, 0, centres.size - 2)
    part = (places - centres[index]) / (centres[index + 1] - centres[index])
    return index, np.clip(part, 0.0, 1.0)
