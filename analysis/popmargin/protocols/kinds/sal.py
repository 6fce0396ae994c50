"""Shrinking action level (SAL): correct when the mean exceeds a level that shrinks with images.

While a track is on, each fraction is imaged; the mean of the errors since the last correction is
compared with alpha / sqrt(n). Above it, the correction is made and counting starts again; after
``max_images`` images without a correction the track is off for good. Tracks are the three axes,
or the one 3-D vector. Independent tracks and the final stop are choices of ours.

Limits: what is published about alpha and the number of images holds for one random SD.

Source: Bel A, van Herk M, Bartelink H, Lebesque JV, Radiother Oncol 1993;29:253-60.
"""

from math import sqrt
from typing import Final

import numpy as np

from popmargin.protocols.parameter import ACTION_LEVEL, Parameter
from popmargin.protocols.protocol import Left, ProtocolKind, Seen


def shrinking_rule(seen: Seen, left: Left) -> tuple[int, int]:
    """Act on the mean since the last correction; see `popmargin.protocols.protocol.Rule`."""
    x, y, settled, settings = seen.x, left.y, left.settled, seen.settings
    alpha, most, vector = settings[0], int(settings[1]), settings[2] > 0.0
    n = x.shape[0]
    state = np.zeros((3, 3))  # one piece of memory a course, not three
    count, total, correction = state[0], state[1], state[2]
    settled[:] = n + 1
    images, moves = 0, 0
    for j in range(n):
        on = False
        moved = 0
        length = 0.0
        for a in range(3):
            y[j, a] = x[j, a] - correction[a]
            if settled[a] > n:
                on = True
                count[a] += 1.0
                total[a] += y[j, a]
                length += (total[a] / count[a]) * (total[a] / count[a])
        if not on:
            for late in range(j + 1, n):  # nothing is looked at any more
                for a in range(3):
                    y[late, a] = x[late, a] - correction[a]
            break
        images += 1
        for a in range(3):
            if settled[a] <= n:
                continue
            mean = total[a] / count[a]
            if (sqrt(length) if vector else abs(mean)) > alpha / sqrt(count[a]):
                correction[a] += mean
                count[a] = total[a] = 0.0
                left.corrections[a] += 1
                moved = 1
            elif count[a] >= most:
                settled[a] = j + 1
        moves += moved
    return images, moves


SAL: Final = ProtocolKind(
    name="sal",
    description="correct when the mean since the last correction exceeds alpha / sqrt(images)",
    source="Bel et al. 1993, Radiother Oncol 29:253; independent tracks and final stop ours",
    rule=shrinking_rule,
    settings=lambda values: (
        values["alpha_mm"],
        float(values["max_images"]),
        float(values["rule"] == "vector"),
    ),
    own_parameters=(
        Parameter("alpha_mm", "number", 9.0, "initial action level (mm); 9 is an assumption"),
        Parameter(
            "max_images",
            "whole",
            2,
            "images without a correction after which a track is off; 2 is an assumption",
            low=1,
        ),
        ACTION_LEVEL[1],
    ),
    linear=False,
)
