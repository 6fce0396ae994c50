"""Floor 4: correction protocols, one a file, and their replay on logged errors.

`PROTOCOLS` is the registry: name to kind, in the order in which they are listed to people.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from popmargin.protocols.cover import COVER
from popmargin.protocols.daily import DAILY
from popmargin.protocols.daily_threshold import DAILY_THRESHOLD
from popmargin.protocols.enal import ENAL
from popmargin.protocols.every_kth import EVERY_KTH
from popmargin.protocols.first_k_then_weekly import FIRST_K_THEN_WEEKLY
from popmargin.protocols.kalman import KALMAN
from popmargin.protocols.nal import NAL
from popmargin.protocols.nal_shrunk import NAL_SHRUNK
from popmargin.protocols.no_imaging import NO_IMAGING
from popmargin.protocols.postponement import POSTPONEMENT
from popmargin.protocols.protocol import ProtocolKind
from popmargin.protocols.sal import SAL
from popmargin.protocols.weekly import WEEKLY

PROTOCOLS: Final[Mapping[str, ProtocolKind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            NO_IMAGING,
            NAL,
            NAL_SHRUNK,
            ENAL,
            SAL,
            COVER,
            FIRST_K_THEN_WEEKLY,
            WEEKLY,
            EVERY_KTH,
            DAILY,
            DAILY_THRESHOLD,
            KALMAN,
            POSTPONEMENT,
        )
    }
)
