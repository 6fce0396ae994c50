"""The registry of protocols as rows for people: what each does, takes, and comes from."""

from popmargin.protocols import PROTOCOLS
from popmargin.protocols.parameter import write_value
from popmargin.protocols.protocol import ProtocolKind


def describe_protocols() -> list[dict[str, str]]:
    """Name, description, source and parameters (``key=default (meaning)``) of each protocol.

    >>> [row["name"] for row in describe_protocols()][:3]
    ['no_imaging', 'nal', 'nal_shrunk']
    """
    return [
        {
            "name": kind.name,
            "description": kind.description,
            "source": kind.source,
            "parameters": _parameters(kind),
        }
        for kind in PROTOCOLS.values()
    ]


def _parameters(kind: ProtocolKind) -> str:
    parts = []
    for parameter in kind.parameters:
        default = "" if parameter.default is None else f"={write_value(parameter.default)}"
        parts.append(f"{parameter.name}{default} ({parameter.description}: {parameter.expected})")
    return "; ".join(parts)
