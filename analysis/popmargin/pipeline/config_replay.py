"""What a schema cannot say about the replay of protocols: what they need, and what contradicts."""

from collections.abc import Iterator, Mapping
from typing import Any

from popmargin.core.exceptions import PopmarginError
from popmargin.pipeline.config_sources import Finding


def replay_findings(values: Mapping[str, Any]) -> Iterator[Finding]:
    """Faults of the section ``replay`` of a config that is valid by its schema.

    >>> list(replay_findings({"replay": {"protocols": []}}))
    []
    """
    replay = values["replay"]
    if not replay["protocols"]:
        return
    timing = values["errors"]["timing"]
    if timing != "before_correction":
        remedy = "replay protocols in a study of positions before correction"
        yield ("errors", "timing"), "before_correction, which a replay needs", timing, remedy
    if (replay["minutes_per_image"] is None) != (replay["minutes_per_correction"] is None):
        stated = "minutes_per_image" if replay["minutes_per_correction"] is None else "the other"
        remedy = "state minutes_per_image and minutes_per_correction, or neither"
        yield ("replay",), "both minutes or none", f"{stated} alone", remedy
    yield from _protocols(values, replay)


def _protocols(values: Mapping[str, Any], replay: Mapping[str, Any]) -> Iterator[Finding]:
    from popmargin.protocols.parse import parse_protocol

    residual = replay["registration_sd_mm"] + replay["couch_sd_mm"]
    for index, text in enumerate(replay["protocols"]):
        at = ("replay", "protocols", index)
        try:
            protocol = parse_protocol(text)
            protocol.with_residual_sd(residual)
        except PopmarginError as error:
            yield at, "a protocol with its parameters", text, str(error)
            continue
        if not protocol.kind.postpones:
            continue
        if protocol.values["limit"] is None:
            yield at, "postponement:limit=...", text, "state the filling limit of your site"
        if replay["filling"] is None:
            remedy = "name structure and quantity of the anatomy table"
            yield at, "the key replay: filling beside it", "none", remedy
        elif all(source["table"] != "anatomy" for source in values["sources"]):
            yield at, "a source of table anatomy", "none", "add the source that holds the filling"
