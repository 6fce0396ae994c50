"""Pareto frontier by its definition, in plain loops."""

import math


def frontier(options):
    """Which options no other is at least as good as everywhere and better somewhere."""
    known = [all(math.isfinite(value) for value in option) for option in options]
    found = []
    for i, mine in enumerate(options):
        beaten = any(
            known[j]
            and all(a <= b for a, b in zip(theirs, mine, strict=True))
            and any(a < b for a, b in zip(theirs, mine, strict=True))
            for j, theirs in enumerate(options)
            if j != i
        )
        found.append(known[i] and not beaten)
    return found
