"""What a schema cannot say about motion of a config: amplitudes that have a table to stand in."""

from collections.abc import Iterator, Mapping
from typing import Any

from popmargin.pipeline.config_sources import Finding


def motion_findings(values: Mapping[str, Any]) -> Iterator[Finding]:
    """Faults of the section ``motion``: key, what was expected and found, what to do.

    Parameters: the values of a config, valid by its schema and with defaults.
    """
    tables = sorted({source["table"] for source in values["sources"]})
    if values["motion"]["amplitudes"] and "anatomy" not in tables:
        remedy = "add a source with table: anatomy that holds rows amplitude_si (mm, peak to peak)"
        yield ("motion", "amplitudes"), "a source of anatomy", ", ".join(tables), remedy
