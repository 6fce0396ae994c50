"""Daily imaging with an action threshold: only errors above it are corrected, never carried over.

``axis``: each axis above the threshold is corrected; ``vector``: all axes when the 3-D length
exceeds it. Limits: what stays below the threshold is not normal; see `popmargin.protocols.expected`
for its moments.

Source: rule as in Graf R et al., Radiat Oncol 2009;4:13 (5 mm, vector), from which the default.
"""

from dataclasses import replace
from typing import Final

from popmargin.protocols.kinds.daily import every_fraction
from popmargin.protocols.online import online_rule, online_settings
from popmargin.protocols.parameter import ACTION_LEVEL
from popmargin.protocols.protocol import ProtocolKind

DAILY_THRESHOLD: Final = ProtocolKind(
    name="daily_threshold",
    description="image every fraction, correct online only what exceeds the threshold",
    source="rule as in Graf et al. 2009, Radiat Oncol 4:13",
    rule=online_rule,
    settings=online_settings,
    planned=every_fraction,
    own_parameters=(
        replace(ACTION_LEVEL[0], default=5.0, description="correct only above this length (mm)"),
        ACTION_LEVEL[1],
    ),
    corrects="online",
    linear=False,
)
