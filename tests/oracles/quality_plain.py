"""Plain loops that say the same as the vectorised looks of the quality flags."""

import math
from itertools import combinations


def mirror_difference(rows, axes, radius, *, box=False):
    """Rows near zero less rows near its mirror image, those near both left out, of each unit.

    Units whose pseudomedian is closer to zero than two standard errors count nothing.
    """
    differences = {}
    for unit in sorted(set(rows.unit.tolist())):
        own = [i for i in range(rows.count) if rows.unit[i] == unit]
        columns = [[float(rows.values[i][axis]) for i in own] for axis in axes]
        centre = [_median([(a + b) / 2 for a, b in combinations(x, 2)]) for x in columns]
        errors = [_standard_error(x, c) for x, c in zip(columns, centre, strict=True)]
        total = 0
        if math.hypot(*centre) < 2 * math.hypot(*errors):
            differences[unit] = 0
            continue
        for i in own:
            here = [rows.values[i][axis] for axis in axes]
            there = [x - 2 * c for x, c in zip(here, centre, strict=True)]
            near, mirrored = (_size(part, box) < radius - 1e-9 for part in (here, there))
            total += int(near and not mirrored) - int(mirrored and not near)
        differences[unit] = total
    return differences


def score(differences):
    """Sum of the differences over the root of their squares."""
    spread = math.sqrt(sum(d * d for d in differences.values()))
    return sum(differences.values()) / spread if spread else 0.0


def _size(values, box):
    return max(map(abs, values)) if box else math.sqrt(sum(x * x for x in values))


def _standard_error(values, centre):
    away = sum(abs(x - centre) for x in values) / (len(values) - 1)
    return math.sqrt(math.pi / 2) * away * math.sqrt((len(values) - 1) / len(values) ** 2)


def _median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else 0.5 * (ordered[middle - 1] + ordered[middle])
