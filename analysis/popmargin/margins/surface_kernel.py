"""Compiled minimum dose over the points of any CTV surface after a course of shifts.

Everything compiled here stands in this one file, because the compiler's cache notices a change
only in the file of the function that it keeps. Read `popmargin.margins.coverage_surface` for what
is computed; nothing else should call this.
"""

import math
from typing import Final

import numba
import numpy as np
from numpy.typing import NDArray

from popmargin.margins.minimum_dose_kernel import compiled, compiled_parallel

Vector = NDArray[np.float64]

_UNKNOWN: Final = 2.0  # above any dose
_BLOCK: Final = 16  # patients


@compiled
def grid_distance(
    x: float, y: float, z: float, grid: Vector, origin: Vector, spacing: Vector
) -> float:
    """Signed distance by trilinear interpolation; beyond the grid the way to it is added."""
    fx = (x - origin[0]) / spacing[0]
    fy = (y - origin[1]) / spacing[1]
    fz = (z - origin[2]) / spacing[2]
    gx = min(max(fx, 0.0), grid.shape[0] - 1.000001)
    gy = min(max(fy, 0.0), grid.shape[1] - 1.000001)
    gz = min(max(fz, 0.0), grid.shape[2] - 1.000001)
    i, j, k = int(gx), int(gy), int(gz)
    u, v, w = gx - i, gy - j, gz - k
    near = (1.0 - w) * grid[i, j, k] + w * grid[i, j, k + 1]
    up = (1.0 - w) * grid[i, j + 1, k] + w * grid[i, j + 1, k + 1]
    right = (1.0 - w) * grid[i + 1, j, k] + w * grid[i + 1, j, k + 1]
    far = (1.0 - w) * grid[i + 1, j + 1, k] + w * grid[i + 1, j + 1, k + 1]
    inside = (1.0 - u) * ((1.0 - v) * near + v * up) + u * ((1.0 - v) * right + v * far)
    ax, ay, az = (fx - gx) * spacing[0], (fy - gy) * spacing[1], (fz - gz) * spacing[2]
    return float(inside + math.sqrt(ax * ax + ay * ay + az * az))


@compiled
def point_dose(
    point: Vector,
    shifts: Vector,
    weights: Vector,
    table: Vector,
    start: float,
    per_mm: float,
    grid: Vector,
    origin: Vector,
    spacing: Vector,
) -> float:
    """Dose of one surface point over all shifts; an empty grid means distance from the centre."""
    total = 0.0
    radial = grid.size == 0
    last = table.size - 2 + 0.999999999999
    for j in range(shifts.shape[0]):
        x, y, z = point[0] + shifts[j, 0], point[1] + shifts[j, 1], point[2] + shifts[j, 2]
        if radial:
            depth = math.sqrt(x * x + y * y + z * z)
        else:
            depth = grid_distance(x, y, z, grid, origin, spacing)
        place = min(max((depth - start) * per_mm, 0.0), last)
        i = int(place)
        total += weights[j] * (table[i] - (place - i) * (table[i] - table[i + 1]))
    return total


@compiled
def least_dose(
    points: Vector,
    neighbours: NDArray[np.int64],
    first: int,
    descents: int,
    shifts: Vector,
    weights: Vector,
    table: Vector,
    start: float,
    per_mm: float,
    grid: Vector,
    origin: Vector,
    spacing: Vector,
) -> float:
    """Least dose over the points: all of the ``first`` ones, then downhill among neighbours.

    Each descent starts from the lowest of the first points whose neighbourhood is not yet known.
    """
    doses = np.full(points.shape[0], _UNKNOWN)
    for i in range(first):
        doses[i] = point_dose(
            points[i], shifts, weights, table, start, per_mm, grid, origin, spacing
        )
    best = doses.min()
    order = np.argsort(doses[:first])
    known = np.zeros(points.shape[0], dtype=np.bool_)
    left = descents
    for place in range(first):
        here = order[place]
        if left == 0:
            break
        if known[here]:
            continue
        left -= 1
        while not known[here]:
            known[here] = True
            lowest = here
            for neighbour in neighbours[here]:
                if doses[neighbour] == _UNKNOWN:
                    doses[neighbour] = point_dose(
                        points[neighbour],
                        shifts,
                        weights,
                        table,
                        start,
                        per_mm,
                        grid,
                        origin,
                        spacing,
                    )
                if doses[neighbour] < doses[lowest]:
                    lowest = neighbour
            here = lowest
        best = min(best, doses[here])
    return float(best)


@compiled_parallel
def least_doses(
    points: Vector,
    neighbours: NDArray[np.int64],
    first: int,
    descents: int,
    shifts: Vector,
    weights: Vector,
    starts: NDArray[np.int64],
    table: Vector,
    start: float,
    per_mm: float,
    grid: Vector,
    origin: Vector,
    spacing: Vector,
) -> Vector:
    """`least_dose` of every patient, with the rows ``starts[p]:starts[p + 1]``."""
    patients = starts.size - 1
    doses = np.empty(patients)
    for block in numba.prange((patients + _BLOCK - 1) // _BLOCK):
        for p in range(block * _BLOCK, min((block + 1) * _BLOCK, patients)):
            rows = slice(starts[p], starts[p + 1])
            doses[p] = least_dose(
                points,
                neighbours,
                first,
                descents,
                shifts[rows],
                weights[rows],
                table,
                start,
                per_mm,
                grid,
                origin,
                spacing,
            )
    return doses
