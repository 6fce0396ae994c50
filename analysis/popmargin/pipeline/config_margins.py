"""What a schema cannot say about the error budget and the target of a config."""

from collections.abc import Iterator, Mapping
from typing import Any

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import OutOfRange
from popmargin.pipeline.config_sources import Finding


def margin_findings(values: Mapping[str, Any]) -> Iterator[Finding]:
    """Faults of ``error_budget`` and ``target``: key, expected, found, remedy.

    Parameters: the values of a config, valid by its schema and with defaults.
    """
    yield from _breathing_findings(values["error_budget"]["breathing"], values["sources"])
    yield from _component_findings(values["error_budget"]["components"])
    yield from _target_findings(values["target"], values["sources"])


def _breathing_findings(
    breathing: Mapping[str, Any] | None, sources: list[Mapping[str, Any]]
) -> Iterator[Finding]:
    if breathing is None:
        return
    stated = [f"{axis}_mm" for axis in TRANSLATIONS if breathing[f"{axis}_mm"] is not None]
    at = ("error_budget", "breathing")
    if breathing["from"] == "traces":
        if not any(source["table"] == "traces" for source in sources):
            remedy = "add a source with table: traces, or state the amplitude"
            yield (*at, "from"), "a source of traces", "none", remedy
        if stated:
            remedy = "breathing has one origin: leave the amplitude out, or from: amplitude"
            yield at, "no amplitude beside from: traces", ", ".join(stated), remedy
        return
    needed = [f"{axis}_mm" for axis in TRANSLATIONS]
    lacking = [name for name in (*needed, "source") if breathing[name] is None]
    if lacking:
        expected = f"{', '.join(needed)} and source"
        yield at, expected, f"no {', '.join(lacking)}", "state them, or from: traces"


def _component_findings(components: list[Mapping[str, Any]]) -> Iterator[Finding]:
    from popmargin.margins.error_budget import ErrorComponent
    from popmargin.margins.measured_total import check_totals

    at = ("error_budget", "components")
    try:
        check_totals([ErrorComponent(**entry) for entry in components])
    except OutOfRange as error:
        remedy = "a total and its parts are components of one kind, in the same groups"
        yield at, "components that can be", str(error), remedy


def _target_findings(
    target: Mapping[str, Any], sources: list[Mapping[str, Any]]
) -> Iterator[Finding]:
    asked = [name for name in ("models", "surface") if target[name]]
    lacking = [name for name in ("ctv_radius_mm", "fractions") if target[name] is None]
    if asked and lacking:
        remedy = "state them: the ball is what the others are compared with"
        yield ("target", asked[0]), "a target with ctv_radius_mm and fractions", "none", remedy
    if target["surface"]:
        labels = [source["label"] for source in sources]
        if target["surface"]["source"] not in labels:
            at = ("target", "surface", "source")
            known = ", ".join(map(ascii, labels))
            remedy = "name a source with reader: dicom_structures"
            yield at, f"the label of a source: {known}", ascii(target["surface"]["source"]), remedy
