"""COVER: NAL, then the correction is checked and, when it failed twice alike, repaired.

After the NAL correction each fraction is imaged and fails where an axis exceeds ``limit_sd``
random SDs. A check without a failure stops; two failures in a row on one axis with one sign add
their mean to that axis' correction and the run of failures starts again; at most four checks in
all. What happens after a failure is a choice of ours, and the random SD is that of the other
patients, the only one that would have been known.

Source: de Boer HCJ, Heijmen BJM, Med Phys 2002;29:1998-2012.
"""

from math import sqrt
from typing import Final

import numpy as np

from popmargin.protocols.parameter import LEARNING_IMAGES
from popmargin.protocols.protocol import Left, ProtocolKind, Seen

LIMIT_SD: Final = 3.0
MOST_CHECKS: Final = 4


def verified_rule(seen: Seen, left: Left) -> tuple[int, int]:
    """Learn, correct, then check up to four times; see `popmargin.protocols.protocol.Rule`."""
    x, y, settings = seen.x, left.y, seen.settings
    needed, limit_sd, most = int(settings[0]), settings[1], int(settings[2])
    n = x.shape[0]
    left.settled[:] = needed
    state = np.zeros((2, 3))  # one piece of memory a course, not two
    # Error at the check before, 0 where it did not fail.
    correction, failed_before = state[0], state[1]
    moves = 0
    if n >= needed:
        for j in range(needed):
            for a in range(3):
                correction[a] += x[j, a]
        correction /= needed
        left.corrections[:] = 1
        moves = 1
    checks, checking = 0, True
    for j in range(min(n, needed)):
        for a in range(3):
            y[j, a] = x[j, a]
    for j in range(needed, n):
        for a in range(3):
            y[j, a] = x[j, a] - correction[a]
        if not checking:
            continue
        fails, moved = False, 0
        checks += 1
        for a in range(3):
            failure = 0.0
            if abs(y[j, a]) > limit_sd * sqrt(seen.others[2, a]):
                failure = y[j, a]
                fails = True
            if failure * failed_before[a] > 0.0:
                correction[a] += (failure + failed_before[a]) / 2.0
                left.corrections[a] += 1
                moved = 1
                failure = 0.0
            failed_before[a] = failure
        moves += moved
        checking = fails and checks < most
    return min(n, needed) + checks, moves


COVER: Final = ProtocolKind(
    name="cover",
    description="NAL, then checks of the correction, repaired after two equal failures in a row",
    source="de Boer & Heijmen 2002, Med Phys 29:1998; what follows a failure ours",
    rule=verified_rule,
    settings=lambda values: (float(values["images"]), LIMIT_SD, float(MOST_CHECKS)),
    own_parameters=(LEARNING_IMAGES,),
    learns_from="images",
    uses_others=True,
    linear=False,
)
