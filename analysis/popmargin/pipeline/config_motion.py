"""What a schema cannot say about motion and anatomy: triggers and amplitudes that make sense."""

from collections.abc import Iterator, Mapping
from typing import Any

from popmargin.core.exceptions import PopmarginError
from popmargin.pipeline.config_sources import Finding, reference_names


def motion_findings(values: Mapping[str, Any]) -> Iterator[Finding]:
    """Faults of ``motion`` and ``anatomy``: key, what was expected and found, what to do.

    Parameters: the values of a config, valid by its schema and with defaults.
    """
    tables = sorted({source["table"] for source in values["sources"]})
    if values["motion"]["amplitudes"] and "anatomy" not in tables:
        remedy = "add a source with table: anatomy that holds rows amplitude_si (mm, peak to peak)"
        yield ("motion", "amplitudes"), "a source of anatomy", ", ".join(tables), remedy
    yield from _trigger_findings(values["anatomy"])


def _trigger_findings(anatomy: Mapping[str, Any]) -> Iterator[Finding]:
    from popmargin.adaptive.own_triggers import own_triggers

    shipped = reference_names("adaptive_triggers.csv", "trigger")
    for index, name in enumerate(anatomy["triggers"]):
        if name not in shipped:
            where = ("anatomy", "triggers", index)
            remedy = "own triggers are stated under anatomy.own_triggers"
            yield where, f"one of {', '.join(shipped)}", name, remedy
    known = [{"trigger": name} for name in shipped] if anatomy["use_shipped_triggers"] else []
    for index, trigger in enumerate(anatomy["own_triggers"]):
        # Each with those before it, so that the fault is named at its own place.
        try:
            own_triggers([trigger], [*known, *anatomy["own_triggers"][:index]])
        except PopmarginError as error:
            name = str(trigger["trigger"])
            where = ("anatomy", "own_triggers", index)
            yield where, "a trigger that can be replayed", name, str(error)
