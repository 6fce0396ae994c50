"""No imaging: every error stays as it is. The comparator of every other protocol."""

from typing import Final

from popmargin.protocols.online import online_rule, online_settings
from popmargin.protocols.protocol import ProtocolKind

NO_IMAGING: Final = ProtocolKind(
    name="no_imaging",
    description="no image, no correction",
    source="comparator",
    rule=online_rule,
    settings=online_settings,
    corrects="never",
)
