"""Kalman filter: every fraction is imaged, the offline correction follows a drifting mean.

The systematic error is taken for a random walk of ``process_sd_mm`` per fraction number; the
estimate starts at 0 with the systematic variance of the other patients and weighs each image by
their random variance. It starts at 0, not at the group mean M of the other patients: early in a
course the correction is therefore drawn towards 0 (no correction), and M is learnt like the rest
of a patient's error, whereas `nal_shrunk` is drawn towards M. Limits: one drift for all patients
and axes; normal errors.

Source: Kalman RE, J Basic Eng 1960;82:35-45, scalar random-walk state; its use here is ours.
"""

from typing import Final

from popmargin.protocols.parameter import Parameter
from popmargin.protocols.protocol import Left, ProtocolKind, Seen


def filter_rule(seen: Seen, left: Left) -> tuple[int, int]:
    """Follow each axis by a filter that starts at 0; see `popmargin.protocols.protocol.Rule`."""
    x, y, fraction = seen.x, left.y, seen.fraction
    drift = seen.settings[0] * seen.settings[0]
    n = x.shape[0]
    # The three axes go side by side: their divisions need not wait for each other.
    noise_0, noise_1, noise_2 = seen.others[2, 0], seen.others[2, 1], seen.others[2, 2]
    known_0 = max(seen.others[1, 0], 0.0)
    known_1 = max(seen.others[1, 1], 0.0)
    known_2 = max(seen.others[1, 2], 0.0)
    estimate_0, estimate_1, estimate_2 = 0.0, 0.0, 0.0
    for j in range(n):
        y[j, 0] = x[j, 0] - estimate_0
        y[j, 1] = x[j, 1] - estimate_1
        y[j, 2] = x[j, 2] - estimate_2
        gain_0 = known_0 / (known_0 + noise_0) if known_0 > 0.0 else 0.0
        gain_1 = known_1 / (known_1 + noise_1) if known_1 > 0.0 else 0.0
        gain_2 = known_2 / (known_2 + noise_2) if known_2 > 0.0 else 0.0
        estimate_0 += gain_0 * y[j, 0]
        estimate_1 += gain_1 * y[j, 1]
        estimate_2 += gain_2 * y[j, 2]
        wander = drift * (fraction[j + 1] - fraction[j]) if j + 1 < n else 0.0
        known_0 = known_0 * (1.0 - gain_0) + wander
        known_1 = known_1 * (1.0 - gain_1) + wander
        known_2 = known_2 * (1.0 - gain_2) + wander
    for a in range(3):
        left.corrections[a] = n
        left.settled[a] = 0
    return n, n


KALMAN: Final = ProtocolKind(
    name="kalman",
    description="image daily; an offline correction, 0 at first, that follows a drifting mean",
    source="ours; Kalman 1960, J Basic Eng 82:35, scalar random-walk state",
    rule=filter_rule,
    settings=lambda values: (values["process_sd_mm"],),
    own_parameters=(
        Parameter(
            "process_sd_mm",
            "number",
            1.0,
            "SD of the drift of the mean from one fraction number to the next (mm); an assumption",
        ),
    ),
    uses_others=True,
)
