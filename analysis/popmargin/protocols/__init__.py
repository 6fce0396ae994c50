"""Floor 4: correction protocols, one a file of `kinds`, and their replay on logged errors.

`PROTOCOLS` is the registry: name to kind, in the order of the names.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from popmargin.core.family import family_members
from popmargin.protocols.protocol import ProtocolKind

PROTOCOLS: Final[Mapping[str, ProtocolKind]] = MappingProxyType(
    {kind.name: kind for kind in family_members("popmargin.protocols.kinds.", ProtocolKind)}
)
