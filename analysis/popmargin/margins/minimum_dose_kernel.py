"""Compiled search for the minimum dose on a CTV surface after a course of shifts.

Everything compiled stands in this one file, because the compiler's cache notices a change only in
the file of the function that it keeps. Read `popmargin.margins.minimum_dose` for what is computed;
nothing else should call this.

The field is described by one table of dose against depth in linear steps, and by its margins: with
equal ones depth is the distance from the centre; with unequal ones the distance from the ellipsoid
of the margins.
"""

import math
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
_Function = TypeVar("_Function", bound=Callable[..., Any])

_ITERATIONS: Final = 60
# From 1e-9 beside a pole each step goes half as far again: most points need fewer than ten.
_NEWTON_STEPS: Final = 120
_CLOSE: Final = 1e-8  # squared angle: the dose is stationary, so its error is of this order too
_LONGEST: Final = 0.5  # step along the sphere in radians
_SHORTENED: Final = 0.3
_BLOCK: Final = 64  # patients


def compiled(function: _Function) -> _Function:
    """Compile on first call and keep the machine code beside this file."""
    return cast(_Function, numba.njit(cache=True, error_model="numpy")(function))


def compiled_parallel(function: _Function) -> _Function:
    """`compiled`, with ``prange`` loops over the threads."""
    return cast(_Function, numba.njit(cache=True, error_model="numpy", parallel=True)(function))


@compiled
def ellipsoid_distance(
    x: float, y: float, z: float, semi: Vector
) -> tuple[float, float, float, float]:
    """Signed distance of a point from an ellipsoid (negative inside) and its outward normal.

    Newton's iteration on the secular equation ``sum (a x / (t + a^2))^2 = 1`` from the left of
    its largest root, where it is convex and falls, so that it never overshoots.
    """
    a, b, c = max(semi[0], 1e-6), max(semi[1], 1e-6), max(semi[2], 1e-6)
    smallest = min(a, min(b, c))
    # A point exactly on a plane of symmetry is moved off it by nothing that matters.
    ax, ay, az = a * max(abs(x), 1e-9), b * max(abs(y), 1e-9), c * max(abs(z), 1e-9)
    t = max(ax - a * a, max(ay - b * b, az - c * c))
    for _ in range(_NEWTON_STEPS):
        p, q, s = ax / (t + a * a), ay / (t + b * b), az / (t + c * c)
        excess = p * p + q * q + s * s - 1.0
        slope = -2.0 * (p * p / (t + a * a) + q * q / (t + b * b) + s * s / (t + c * c))
        step = excess / slope
        t -= step
        # Not by the step: beside a pole it is short although the root is far.
        if excess <= 1e-6:
            break
    nx, ny, nz = x / (t + a * a), y / (t + b * b), z / (t + c * c)
    length = math.sqrt(nx * nx + ny * ny + nz * nz)
    if length == 0.0:
        return -smallest, 0.0, 0.0, 0.0
    return t * length, nx / length, ny / length, nz / length


@compiled
def look_up(depth: float, table: Vector, start: float, per_mm: float) -> tuple[float, float]:
    """Dose at a depth, and how much it falls over one step of the table there."""
    place = min(max((depth - start) * per_mm, 0.0), table.size - 2 + 0.999999999999)
    i = int(place)
    fall = table[i] - table[i + 1]
    return table[i] - (place - i) * fall, fall


@compiled
def surface_dose(
    u: Vector,
    radius: float,
    shifts: Vector,
    weights: Vector,
    margins: Vector,
    table: Vector,
    start: float,
    per_mm: float,
    pull: Vector,
) -> float:
    """Dose at the surface point ``radius * u`` over all shifts; ``pull`` is set to the way down.

    ``pull`` is the sum of the field's outward normals, weighted by the fall of the dose: the
    steepest descent, up to a factor that is the same everywhere.
    """
    equal = margins[0] == margins[1] and margins[1] == margins[2]
    mean_margin = (margins[0] + margins[1] + margins[2]) / 3.0
    total = 0.0
    pull[:] = 0.0
    for j in range(shifts.shape[0]):
        x = radius * u[0] + shifts[j, 0]
        y = radius * u[1] + shifts[j, 1]
        z = radius * u[2] + shifts[j, 2]
        if equal:
            depth = math.sqrt(x * x + y * y + z * z)
            inverse = 1.0 / max(depth, 1e-9)
            nx, ny, nz = x * inverse, y * inverse, z * inverse
        else:
            depth, nx, ny, nz = ellipsoid_distance(x, y, z, margins)
            depth += mean_margin
        dose, fall = look_up(depth, table, start, per_mm)
        total += weights[j] * dose
        fall *= weights[j]
        pull[0] += fall * nx
        pull[1] += fall * ny
        pull[2] += fall * nz
    return total


@compiled
def direction_doses(
    directions: Vector,
    radius: float,
    shifts: Vector,
    weights: Vector,
    margins: Vector,
    table: Vector,
    start: float,
    per_mm: float,
) -> Vector:
    """Dose at the surface point of every direction, without the way down: where to descend from.

    With unequal margins the distance from the ellipsoid is taken along the ray from the centre,
    which is near enough to choose directions by.
    """
    doses = np.zeros(directions.shape[0])
    mean_margin = (margins[0] + margins[1] + margins[2]) / 3.0
    equal = margins[0] == margins[1] and margins[1] == margins[2]
    a, b, c = 1.0 / max(margins[0], 1e-6), 1.0 / max(margins[1], 1e-6), 1.0 / max(margins[2], 1e-6)
    for i in range(directions.shape[0]):
        cx, cy, cz = radius * directions[i, 0], radius * directions[i, 1], radius * directions[i, 2]
        for j in range(shifts.shape[0]):
            x, y, z = cx + shifts[j, 0], cy + shifts[j, 1], cz + shifts[j, 2]
            depth = math.sqrt(x * x + y * y + z * z)
            if not equal:
                scaled = math.sqrt((a * x) ** 2 + (b * y) ** 2 + (c * z) ** 2)
                depth += mean_margin - depth / max(scaled, 1e-9)
            doses[i] += weights[j] * look_up(depth, table, start, per_mm)[0]
    return doses


@compiled
def dot(a: Vector, b: Vector) -> float:
    """Scalar product of two vectors of three, without a temporary array."""
    return float(a[0] * b[0] + a[1] * b[1] + a[2] * b[2])


@compiled
def descend(
    u: Vector,
    radius: float,
    shifts: Vector,
    weights: Vector,
    margins: Vector,
    table: Vector,
    start: float,
    per_mm: float,
) -> float:
    """Least dose that is reached downhill from ``u``, which is moved to where it is.

    Steepest descent on the sphere with the step length of Barzilai and Borwein (1988), which
    estimates the curvature from the last step; a step that climbs is shortened and taken again.
    """
    pull, trial, slope = np.empty(3), u.copy(), np.zeros(3)
    best, step = np.inf, 0.0
    for iteration in range(_ITERATIONS):
        dose = surface_dose(trial, radius, shifts, weights, margins, table, start, per_mm, pull)
        if dose < best:
            best = dose
            outward = dot(pull, trial)
            moved = bend = steep = 0.0
            for k in range(3):
                tangent = pull[k] - outward * trial[k]
                moved += (trial[k] - u[k]) ** 2
                bend += (trial[k] - u[k]) * (slope[k] - tangent)
                steep += tangent * tangent
                u[k], slope[k] = trial[k], tangent
            if iteration == 0:
                step = 1.0 / max(outward, 1e-12)
            else:
                step = moved / bend if bend > 0.0 else 2.0 * step
            step = min(step, _LONGEST / max(math.sqrt(steep), 1e-300))
        else:
            step *= _SHORTENED
        for k in range(3):
            trial[k] = u[k] + step * slope[k]
        length = math.sqrt(dot(trial, trial))
        moved = 0.0
        for k in range(3):
            trial[k] /= length
            moved += (trial[k] - u[k]) ** 2
        if moved < _CLOSE:
            break
    return best


@compiled
def minimum_dose(
    radius: float,
    shifts: Vector,
    weights: Vector,
    margins: Vector,
    table: Vector,
    start: float,
    per_mm: float,
    directions: Vector,
    descents: int,
) -> float:
    """Least dose on the sphere: downhill from the mean shift and from the best directions.

    After each descent the directions within 60 degrees of its start and its end are left out, so
    that the next one looks elsewhere.
    """
    u = np.zeros(3)
    doses = direction_doses(directions, radius, shifts, weights, margins, table, start, per_mm)
    for j in range(shifts.shape[0]):
        for k in range(3):
            u[k] += weights[j] * shifts[j, k]
    length = math.sqrt(dot(u, u))
    best = np.inf
    if length > 0.0:
        u /= length
        best = min(best, descend(u, radius, shifts, weights, margins, table, start, per_mm))
    for _ in range(descents):
        first = int(np.argmin(doses))
        if doses[first] == np.inf:
            break
        u[:] = directions[first]
        best = min(best, descend(u, radius, shifts, weights, margins, table, start, per_mm))
        for i in range(directions.shape[0]):
            near_start = dot(directions[i], directions[first])
            if near_start > 0.5 or dot(directions[i], u) > 0.5:
                doses[i] = np.inf
    return float(best)


@compiled
def minimum_doses_of_few(
    radius: float,
    shifts: Vector,
    weights: Vector,
    starts: NDArray[np.int64],
    chosen: NDArray[np.int64],
    margins: Vector,
    table: Vector,
    start: float,
    per_mm: float,
    directions: Vector,
    descents: int,
) -> Vector:
    """`minimum_dose` of the chosen patients, each with the rows ``starts[p]:starts[p + 1]``."""
    doses = np.empty(chosen.size)
    for i in range(chosen.size):
        rows = slice(starts[chosen[i]], starts[chosen[i] + 1])
        doses[i] = minimum_dose(
            radius,
            shifts[rows],
            weights[rows],
            margins,
            table,
            start,
            per_mm,
            directions,
            descents,
        )
    return doses


@compiled_parallel
def minimum_doses(
    radius: float,
    shifts: Vector,
    weights: Vector,
    starts: NDArray[np.int64],
    chosen: NDArray[np.int64],
    margins: Vector,
    table: Vector,
    start: float,
    per_mm: float,
    directions: Vector,
    descents: int,
) -> Vector:
    """`minimum_doses_of_few` in blocks over the threads."""
    doses = np.empty(chosen.size)
    for block in numba.prange((chosen.size + _BLOCK - 1) // _BLOCK):
        part = slice(block * _BLOCK, (block + 1) * _BLOCK)
        doses[part] = minimum_doses_of_few(
            radius,
            shifts,
            weights,
            starts,
            chosen[part],
            margins,
            table,
            start,
            per_mm,
            directions,
            descents,
        )
    return doses
