"""What a schema cannot say about a config: names that are known, sources that state enough."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from popmargin.core.exceptions import PopmarginError, RefusedInput
from popmargin.pipeline.config_burden import burden_findings
from popmargin.pipeline.config_decisions import decision_findings
from popmargin.pipeline.config_margins import margin_findings
from popmargin.pipeline.config_motion import motion_findings
from popmargin.pipeline.config_outcomes import outcome_findings
from popmargin.pipeline.config_replay import replay_findings
from popmargin.pipeline.config_schema import line_of
from popmargin.pipeline.config_sources import (
    Finding,
    path_findings,
    reference_names,
    source_findings,
)
from popmargin.pipeline.strict_yaml import Document, place
from popmargin.pipeline.study import data_folder


def meaning_problems(
    values: Mapping[str, Any], document: Document, file: Path
) -> list[RefusedInput]:
    """Faults of a config that is valid by its schema; an empty list when there are none.

    Parameters: ``values`` with defaults, the parsed document (for lines), the config's path.
    """
    findings = [
        *source_findings(values["sources"]),
        *path_findings(values["sources"], data_folder(file, values)),
        *_recipe_findings(values["margins"]["recipes"]),
        *margin_findings(values),
        *_protocol_findings(values["protocol_in_use"]),
        *replay_findings(values),
        *_literature_findings(values["literature"]["sites"]),
        *burden_findings(values["burden"], values["target"]),
        *outcome_findings(values),
        *motion_findings(values),
        *decision_findings(values),
    ]
    return [
        RefusedInput(place(file.name, line_of(document, path), path), expected, found, remedy)
        for path, expected, found, remedy in findings
    ]


def _recipe_findings(recipes: list[str]) -> Iterator[Finding]:
    from popmargin.margins.registry import RECIPES

    for index, recipe in enumerate(recipes):
        if recipe not in RECIPES:
            at = ("margins", "recipes", index)
            yield at, f"one of {', '.join(RECIPES)}", recipe, "popmargin recipes explains each"


def _protocol_findings(protocol: str | None) -> Iterator[Finding]:
    from popmargin.protocols.parse import parse_protocol

    if protocol is None:
        return
    try:
        parse_protocol(protocol)
    except PopmarginError as error:
        yield ("protocol_in_use",), "a known protocol", protocol, str(error)


def _literature_findings(sites: list[str]) -> Iterator[Finding]:
    known = sorted(reference_names("literature_population_errors.csv", "site"))
    for index, site in enumerate(sites):
        if site not in known:
            at = ("literature", "sites", index)
            yield (
                at,
                f"one of {', '.join(known)}",
                ascii(site),
                "choose sites of the literature table",
            )
