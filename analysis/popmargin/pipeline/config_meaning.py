"""What a schema cannot say about a config: files that exist, names that are known, no two alike."""

import csv
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from popmargin.core.exceptions import PopmarginError, RefusedInput
from popmargin.core.resources import resource_path
from popmargin.pipeline.config_schema import line_of
from popmargin.pipeline.strict_yaml import Document, KeyPath, place
from popmargin.pipeline.study import RESULTS, data_folder

_Finding = tuple[KeyPath, str, str, str]
# A declared shifts table must state what its numbers are and when they were taken.
_STATED: Final = {
    "quantity": "setup_error or couch_shift",
    "timing": "before_correction, after_correction, during_treatment or after_treatment",
}


def meaning_problems(
    values: Mapping[str, Any], document: Document, file: Path
) -> list[RefusedInput]:
    """Faults of a config that is valid by its schema; an empty list when there are none.

    Parameters: ``values`` with defaults, the parsed document (for lines), the config's path.
    """
    findings = [
        *_source_findings(values["sources"]),
        *_path_findings(values["sources"], data_folder(file, values)),
        *_recipe_findings(values["margins"]["recipes"]),
        *_protocol_findings(values["protocol_in_use"]),
        *_literature_findings(values["literature"]["sites"]),
    ]
    return [
        RefusedInput(place(file.name, line_of(document, path), path), expected, found, remedy)
        for path, expected, found, remedy in findings
    ]


def _source_findings(sources: list[dict[str, Any]]) -> Iterator[_Finding]:
    cohorts = _reference_names("example_cohorts.csv", "label")
    first: dict[str, int] = {}
    for index, source in enumerate(sources):
        at: KeyPath = ("sources", index)
        label = source["label"]
        if label in first:
            found = f"that of sources[{first[label]}] again"
            yield (*at, "label"), "a label of its own", found, "name the source differently"
        first.setdefault(label, index)
        if ("path" in source) == ("synthetic" in source):
            found = "both" if "path" in source else "neither"
            yield at, "either path or synthetic", found, "state where the data come from"
        elif "synthetic" in source:
            cohort = source["synthetic"]["cohort"]
            if cohort not in cohorts:
                expected = f"one of {', '.join(cohorts)}"
                where = (*at, "synthetic", "cohort")
                yield where, expected, ascii(cohort), "choose one of the example cohorts"
            if source["table"] != "shifts":
                where = (*at, "table")
                yield where, "shifts", source["table"], "a synthetic cohort is a shifts table"
        elif source["table"] == "shifts":
            yield from _unstated(source, at)


def _unstated(source: Mapping[str, Any], at: KeyPath) -> Iterator[_Finding]:
    for key, choices in _STATED.items():
        if not (source[key] or key in source["columns"] or key in source["constants"]):
            remedy = f"add {key}: ... here, or {key}: <column> under columns if the file says it"
            yield at, f"the key {key} ({choices})", "none", remedy


def _path_findings(sources: list[dict[str, Any]], folder: Path) -> Iterator[_Finding]:
    root = os.path.normpath(folder.absolute())
    results = os.path.normpath(RESULTS.absolute()) + os.sep
    for index, source in enumerate(sources):
        if "path" not in source:
            continue
        at: KeyPath = ("sources", index, "path")
        # Lexical on purpose: a link inside the study is the reader's own doing.
        path = os.path.normpath(os.path.join(root, source["path"]))  # noqa: PTH118
        if not path.startswith(root.rstrip(os.sep) + os.sep):
            remedy = "move the file, or state the folder of the data as data_folder"
            yield at, "a path inside the data folder", "one outside it", remedy
        elif path.startswith(results):
            remedy = "keep the data apart from what is made of them"
            yield at, "a path outside results/", "one inside it", remedy
        elif "{" in path or "}" in path:
            remedy = "rename it: Snakemake takes braces for wildcards"
            yield at, "a path without braces", ascii(path), remedy
        elif not Path(path).is_file():
            yield at, "a file", "nothing there", f"check the path (looked for {path})"


def _recipe_findings(recipes: list[str]) -> Iterator[_Finding]:
    from popmargin.margins.registry import RECIPES

    for index, recipe in enumerate(recipes):
        if recipe not in RECIPES:
            at = ("margins", "recipes", index)
            yield at, f"one of {', '.join(RECIPES)}", recipe, "popmargin recipes explains each"


def _protocol_findings(protocol: str | None) -> Iterator[_Finding]:
    from popmargin.protocols.parse import parse_protocol

    if protocol is None:
        return
    try:
        parse_protocol(protocol)
    except PopmarginError as error:
        yield ("protocol_in_use",), "a known protocol", protocol, str(error)


def _literature_findings(sites: list[str]) -> Iterator[_Finding]:
    known = sorted(_reference_names("literature_population_errors.csv", "site"))
    for index, site in enumerate(sites):
        if site not in known:
            at = ("literature", "sites", index)
            yield (
                at,
                f"one of {', '.join(known)}",
                ascii(site),
                "choose sites of the literature table",
            )


def _reference_names(table: str, column: str) -> list[str]:
    """Values of a column of a shipped reference table, each once, in its order."""
    path = resource_path("reference", table)
    with path.open(encoding="utf-8", newline="") as stream:
        return list(dict.fromkeys(row[column] for row in csv.DictReader(stream)))
