"""What a schema cannot say about the outcomes of a config: sets and protocols that exist."""

from collections.abc import Iterator, Mapping
from typing import Any

from popmargin.core.exceptions import PopmarginError
from popmargin.pipeline.strict_yaml import KeyPath

Finding = tuple[KeyPath, str, str, str]


def outcome_findings(values: Mapping[str, Any]) -> Iterator[Finding]:
    """Faults of the section ``outcomes``: key, what was expected and found, what to do.

    Parameters: the values of a config, valid by its schema and with defaults.
    """
    from popmargin.outcomes.complication_sets import complication_set
    from popmargin.outcomes.control_sets import control_set
    from popmargin.protocols.parse import parse_protocol

    tables = {source["table"] for source in values["sources"]}
    if values["outcomes"]["analyses"] and not {"patients", "outcomes"} <= tables:
        found = ", ".join(sorted(tables))
        remedy = "add sources with table: patients and table: outcomes"
        yield ("outcomes", "analyses"), "sources of patients and outcomes", found, remedy
    for index, analysis in enumerate(values["outcomes"]["analyses"]):
        split = analysis["start_stop"]
        if split and (analysis["models"] != ["cox"] or "random_error_mm" in analysis["exposures"]):
            remedy = "use landmark_fraction for the model logistic and for random_error_mm"
            asked: KeyPath = ("outcomes", "analyses", index, "start_stop")
            yield asked, "the model cox and errors that one image shows", "others", remedy
    yield from _dose_findings(values["outcomes"]["dose_volume"], tables)
    yield from _trial_findings(values)
    scenarios = values["outcomes"]["scenarios"]
    if scenarios and values["target"]["ctv_radius_mm"] is None:
        where: KeyPath = ("outcomes", "scenarios")
        yield where, "target.ctv_radius_mm beside it", "none", "state the radius of the target"
    for index, scenario in enumerate(scenarios):
        at: KeyPath = ("outcomes", "scenarios", index)
        for key, find in (("ntcp_set", complication_set), ("tcp_set", control_set)):
            if scenario[key] is not None:
                yield from _refusal((*at, key), "a usable parameter set", find, scenario[key])
        for place, entry in enumerate(scenario["protocols"]):
            where = (*at, "protocols", place, "protocol")
            yield from _refusal(where, "a known protocol", parse_protocol, entry["protocol"])


def _dose_findings(asked: Mapping[str, Any] | None, tables: set[str]) -> Iterator[Finding]:
    """Histograms to look at need their source, and outcomes where one is to be fitted."""
    from popmargin.outcomes.complication_sets import complication_set

    if asked is None:
        return
    at: KeyPath = ("outcomes", "dose_volume")
    found = ", ".join(sorted(tables))
    if "dvh" not in tables:
        yield at, "a source of table dvh", found, "add the table, or a folder with RT Dose"
    for index, response in enumerate(asked["responses"]):
        where: KeyPath = (*at, "responses", index)
        if response["ntcp_set"] is not None:
            labelled: KeyPath = (*where, "ntcp_set")
            yield from _refusal(labelled, "a usable set", complication_set, response["ntcp_set"])
        if response["endpoint"] is not None and "outcomes" not in tables:
            remedy = "add a source with table: outcomes"
            yield (*where, "endpoint"), "a source of table outcomes", found, remedy


def _trial_findings(values: Mapping[str, Any]) -> Iterator[Finding]:
    """A trial states both risks, or two arms of a scenario of its group."""
    trial = values["trial"]
    if trial is None:
        return
    from popmargin.outcomes.evidence import describe_evidence

    pooled = [row["endpoint_class"] for row in describe_evidence() if row["kind"] == "pooled"]
    if trial["prior_class"] not in (None, *pooled):
        where: KeyPath = ("trial", "prior_class")
        yield where, f"one of: {'; '.join(pooled)}", ascii(trial["prior_class"]), "copy it exactly"
    risks = [trial[f"risk_{arm}"] is not None for arm in ("control", "experimental")]
    arms = [trial[f"{arm}_arm"] is not None for arm in ("control", "experimental")]
    groups = {scenario["group"] for scenario in values["outcomes"]["scenarios"]}
    if not all(risks) and not (all(arms) and trial["group"] in groups):
        remedy = "state risk_control and risk_experimental with their source, or two arms"
        expected = "two risks, or two arms of a scenario of the trial's group"
        yield ("trial",), expected, "neither", remedy
    if all(risks) and trial["risk_control"] == trial["risk_experimental"]:
        found = "twice the same"
        yield ("trial", "risk_experimental"), "another risk than that of control", found, (
            "a trial of superiority needs a difference"
        )  # fmt: skip


def _refusal(where: KeyPath, expected: str, find: Any, text: str) -> Iterator[Finding]:
    try:
        find(text)
    except PopmarginError as error:
        yield where, expected, text, str(error)
