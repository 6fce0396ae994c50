"""Plain loops that say the same as the vectorised looks of the quality flags."""

import math


def mirror_difference(rows, axes, radius, *, box=False):
    """Rows near zero less rows near its mirror image, those near both left out, of each unit."""
    differences = {}
    for unit in sorted(set(rows.unit.tolist())):
        own = [i for i in range(rows.count) if rows.unit[i] == unit]
        centre = [_median([rows.values[i][axis] for i in own]) for axis in axes]
        total = 0
        for i in own:
            here = [rows.values[i][axis] for axis in axes]
            there = [x - 2 * c for x, c in zip(here, centre, strict=True)]
            near, mirrored = (_size(part, box) < radius for part in (here, there))
            total += int(near and not mirrored) - int(mirrored and not near)
        differences[unit] = total
    return differences


def score(differences):
    """Sum of the differences over the root of their squares."""
    spread = math.sqrt(sum(d * d for d in differences.values()))
    return sum(differences.values()) / spread if spread else 0.0


def _size(values, box):
    return max(map(abs, values)) if box else math.sqrt(sum(x * x for x in values))


def _median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else 0.5 * (ordered[middle - 1] + ordered[middle])
