"""Protocols as people write them, on the command line and in a config: ``nal:images=3``."""

from popmargin.core.exceptions import WrongUsage
from popmargin.protocols import PROTOCOLS
from popmargin.protocols.parameter import refuse_unknown
from popmargin.protocols.protocol import Protocol


def parse_protocol(text: str) -> Protocol:
    """The protocol that ``NAME`` or ``NAME:key=value,key=value`` stands for.

    Raises
    ------
    WrongUsage
        When the name or a key is unknown (the message lists those that exist), a key is repeated
        or has no value, or both residuals are given.
    OutOfRange
        When a value is of the wrong type or outside its bounds.

    Examples
    --------
    >>> parse_protocol("enal:images=3,model=trend").values["model"]
    'trend'
    >>> parse_protocol("weekly: first=3, carry=true").text
    'weekly:first=3,carry=true'
    """
    name, colon, keys = text.strip().partition(":")
    stated: dict[str, object] = {}
    for pair in keys.split(",") if colon else ():
        key, equals, value = (part.strip() for part in pair.partition("="))
        if not (key and equals and value):
            raise WrongUsage(
                f"protocol '{text}': expected key=value after the colon, found '{pair}'"
            )
        if key in stated:
            raise WrongUsage(f"protocol '{text}': key {key} is given twice")
        stated[key] = value
    refuse_unknown("protocol", name.strip(), tuple(PROTOCOLS))
    return PROTOCOLS[name.strip()].choose(stated)
