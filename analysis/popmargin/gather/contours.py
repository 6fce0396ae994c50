"""Floor 2: volume of a structure from its contours.

Area of a slice: shoelace formula, contours inside an odd number of others are holes (even-odd
rule). Volume: areas times the slice thickness, which is the smallest distance between slices.

Assumptions: closed planar contours in axial slices that do not cross; every slice counts with the
full thickness. Limits: a structure of few slices has a volume uncertain by a slice at each end;
where slices are missing inside, nothing is filled in, and that is flagged.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from popmargin.gather.fields import BadCell

Contour = NDArray[np.float64]
_MM3_PER_CC: Final = 1000.0
_SAME_SLICE_MM: Final = 0.1
_GAP: Final = 1.5
_TOUCH_MM: Final = 0.01
_SAMPLE: Final = 64
# Bounds of one slice, far above what is drawn, so that no file can keep the machine busy.
_MAX_CONTOURS: Final = 100
_MAX_POINTS: Final = 8_000
# And of one structure: what a pair of contours costs beside its pairs of edges, and all of them.
_PAIR: Final = 1_000
_MAX_WORK: Final = 50_000_000


@dataclass(frozen=True, slots=True)
class Volume:
    """A structure's volume in cc, and whether slices are missing inside."""

    cc: float
    has_gaps: bool


def polygon_area(contour: Contour) -> float:
    """Signed area of a closed polygon, shape (n, 2), by the shoelace formula.

    >>> polygon_area(np.array([[0.0, 0.0], [2.0, 0.0], [2.0, 1.0], [0.0, 1.0]]))
    2.0
    """
    # From the first vertex, so that far-away coordinates cost no digits.
    x, y = (contour - contour[0]).T
    return float(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def slice_area(contours: Sequence[Contour]) -> float:
    """Area of all contours of one slice, shape (n, 2) each, by the even-odd rule.

    Raises `BadCell`: ``contours_cross`` when two cross by more than 0.01 mm; ``too_large``.

    >>> square = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]])
    >>> slice_area([square, square / 2 + 1])
    12.0
    """
    return _measure(contours)[0]


def structure_volume(contours: Sequence[Contour], thickness_mm: float | None = None) -> Volume:
    """Volume of a structure.

    Parameters
    ----------
    contours : closed contours, shape (n, 3) each, in mm.
    thickness_mm : of a structure on one slice; not used otherwise.

    Raises
    ------
    BadCell
        ``no_contours``, ``not_axial``, ``contours_cross``, or ``one_slice`` without thickness.

    Examples
    --------
    >>> square = np.array([[0.0, 0.0, 0.0], [10, 0, 0], [10, 10, 0], [0, 10, 0]])
    >>> structure_volume([square, square + [0, 0, 5]]).cc
    1.0
    """
    slices = by_slice(contours)
    thickness = slice_thickness(slices, thickness_mm)
    heights = sorted(slices)
    gaps = [above - below for below, above in pairwise(heights)]
    area, work = 0.0, 0
    for height in heights:
        in_slice, done = _measure(slices[height])
        area, work = area + in_slice, work + done
        if work > _MAX_WORK:
            raise BadCell("too_large", "")
    has_gaps = any(gap > _GAP * thickness for gap in gaps)
    return Volume(area * thickness / _MM3_PER_CC, has_gaps)


def slice_thickness(slices: Mapping[float, object], thickness_mm: float | None = None) -> float:
    """Smallest distance between slices, mm; of one slice what is stated.

    Raises `BadCell`: ``no_contours``, or ``one_slice`` without a stated thickness.

    >>> slice_thickness({0.0: [], 3.0: [], 9.0: []})
    3.0
    """
    if not slices:
        raise BadCell("no_contours", "")
    gaps = [above - below for below, above in pairwise(sorted(slices))]
    thickness = min(gaps) if gaps else thickness_mm
    if thickness is None:
        raise BadCell("one_slice", "")
    return thickness


def by_slice(contours: Sequence[Contour]) -> dict[float, list[Contour]]:
    """Height of a slice in mm -> its contours, shape (n, 2) each.

    Raises `BadCell` ``not_axial`` for a contour that does not lie in an axial slice.

    >>> list(by_slice([np.array([[0.0, 0, 3], [1, 0, 3], [1, 1, 3]])]))
    [3.0]
    """
    slices: dict[float, list[Contour]] = defaultdict(list)
    for contour in contours:
        if len(contour) < 3:
            continue  # a point or a line encloses nothing
        if np.ptp(contour[:, 2]) > _SAME_SLICE_MM:
            raise BadCell("not_axial", "")
        height = float(contour[0, 2])
        near = (known for known in slices if abs(known - height) <= _SAME_SLICE_MM)
        slices[next(near, height)].append(contour[:, :2])
    return slices


def _measure(contours: Sequence[Contour]) -> tuple[float, int]:
    """Area of a slice, and how much work it was, in pairs of edges."""
    if len(contours) > _MAX_CONTOURS or sum(map(len, contours)) > _MAX_POINTS:
        raise BadCell("too_large", "")
    low = np.array([contour.min(axis=0) for contour in contours])
    high = np.array([contour.max(axis=0) for contour in contours])
    meet = np.all((low[:, None] <= high[None]) & (low[None] <= high[:, None]), axis=2)
    depth = [0] * len(contours)
    work = 0
    for one, other in zip(*np.nonzero(np.triu(meet, 1)), strict=True):
        a, b = contours[one], contours[other]
        common = np.maximum(low[one], low[other]), np.minimum(high[one], high[other])
        work += _cross(_edges(a, *common), _edges(b, *common))
        depth[one] += _lies_inside(a, b)
        depth[other] += _lies_inside(b, a)
    signs = [-1.0 if deep % 2 else 1.0 for deep in depth]
    areas = (abs(polygon_area(contour)) for contour in contours)
    return sum(sign * area for sign, area in zip(signs, areas, strict=True)), work


def _edges(contour: Contour, low: Contour, high: Contour) -> tuple[Contour, Contour]:
    """Starts and ends of the edges that reach into a box: only those can cross there."""
    start, end = contour, np.roll(contour, -1, axis=0)
    near = (np.maximum(start, end) >= low) & (np.minimum(start, end) <= high)
    inside = np.all(near, axis=1)
    return start[inside], end[inside]


def _cross(one: tuple[Contour, Contour], other: tuple[Contour, Contour]) -> int:
    """Pairs of edges compared. Raises `BadCell` when an edge of one passes through the other's."""
    (a, b), (c, d) = one, other
    # Distances of the ends of each edge from the lines of the other contour's edges; contours
    # that share a border touch within the rounding of their coordinates and do not cross.
    sides = [_distance(c, d, a), _distance(c, d, b), _distance(a, b, c).T, _distance(a, b, d).T]
    apart = (sides[0] * sides[1] < 0) & (sides[2] * sides[3] < 0)
    deep = np.minimum.reduce([np.abs(side) for side in sides]) > _TOUCH_MM
    if np.any(apart & deep):
        raise BadCell("contours_cross", "")
    return _PAIR + len(a) * len(c)


def _distance(start: Contour, end: Contour, points: Contour) -> NDArray[np.float64]:
    """Signed distance of each point (row) from the line through each edge (column)."""
    along = end - start
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-12)
    x = points[:, :1] - start[:, 0]
    y = points[:, 1:] - start[:, 1]
    return np.asarray((along[:, 0] * y - along[:, 1] * x) / length)


def _lies_inside(contour: Contour, other: Contour) -> bool:
    """Whether a contour that does not cross another lies inside it."""
    # Vertices on a shared border fall on either side by rounding: the majority knows.
    few = contour[:: max(1, len(contour) // _SAMPLE)]
    return bool(_contains(other, few).mean() > 0.5)


def _contains(polygon: Contour, points: Contour) -> NDArray[np.bool_]:
    """Which points lie inside, by counting the edges to the right of each."""
    x, y = points[:, :1], points[:, 1:]
    x0, y0 = polygon[:, 0], polygon[:, 1]
    x1, y1 = np.roll(x0, -1), np.roll(y0, -1)
    spans = (y0 > y) != (y1 > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        crossing = x0 + (y - y0) * (x1 - x0) / (y1 - y0)
    return np.asarray(np.sum(spans & (x < crossing), axis=1) % 2 == 1)
