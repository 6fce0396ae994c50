"""What a schema cannot say about the sources of a config: files that exist, enough declared.

A vendor's reader proves some of what a table has to declare; what it needs beside that is asked
for here, before anything runs, where the config names one reader. With ``auto`` the files decide,
so the job that reads them asks.
"""

import csv
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from popmargin.core.exceptions import PopmarginError
from popmargin.core.resources import resource_path
from popmargin.pipeline.strict_yaml import KeyPath
from popmargin.pipeline.study import RESULTS, TABLE_READER

Finding = tuple[KeyPath, str, str, str]
# A declared shifts table must state what its numbers are and when they were taken.
_STATED: Final = {
    "quantity": "setup_error or couch_shift",
    "timing": "before_correction, after_correction, during_treatment or after_treatment",
}


def source_findings(sources: list[dict[str, Any]]) -> Iterator[Finding]:
    """Faults of what the sources state: key path, expected, found, remedy.

    Parameters: entries of ``sources``, valid by the schema, with their defaults.
    """
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
            continue
        if "synthetic" in source:
            yield from _synthetic_findings(source, at)
        if source["reader"] != TABLE_READER:
            yield from _reader_findings(source, at)
        elif source["table"] == "shifts" and ("path" in source or source["synthetic"]["export"]):
            yield from _unstated(source, at)


def path_findings(sources: list[dict[str, Any]], folder: Path) -> Iterator[Finding]:
    """Faults of the paths of the sources, which start from ``folder`` and must stay in it."""
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
        elif path.startswith(results) or results.startswith(path + os.sep):
            remedy = "keep the data apart from what is made of them"
            yield at, "a path outside results/", "one inside or around it", remedy
        elif "{" in path or "}" in path:
            remedy = "rename it: Snakemake takes braces for wildcards"
            yield at, "a path without braces", ascii(path), remedy
        elif Path(path).is_dir():
            if source["reader"] == TABLE_READER:
                remedy = "add reader: auto, or the reader of its kind of files (docs/readers)"
                yield at, "a file", "a folder", remedy
        elif not Path(path).is_file():
            kind = "a file" if source["reader"] == TABLE_READER else "a file or folder"
            yield at, kind, "nothing there", f"check the path (looked for {path})"


def reference_names(table: str, column: str) -> list[str]:
    """Values of a column of a shipped reference table, each once, in its order."""
    path = resource_path("reference", table)
    with path.open(encoding="utf-8", newline="") as stream:
        return list(dict.fromkeys(row[column] for row in csv.DictReader(stream)))


def _synthetic_findings(source: Mapping[str, Any], at: KeyPath) -> Iterator[Finding]:
    from popmargin.cohorts.catalogue import cohort_labels

    cohort, export = source["synthetic"]["cohort"], source["synthetic"]["export"]
    # An export is written from the shifts of its cohort, whatever is read from it.
    table = "shifts" if export else source["table"]
    cohorts = cohort_labels(table)
    if cohort not in cohorts:
        expected = f"a cohort of table {table}: {', '.join(cohorts) or 'none'}"
        where = (*at, "synthetic", "cohort")
        yield where, expected, ascii(cohort), "choose one of the example cohorts"
    if export and source["table"] != "shifts" and export != "dicom":
        remedy = "only a dicom export holds structures"
        yield (*at, "table"), "shifts", source["table"], remedy
    vendor = export not in {None, "xlsx"}
    if vendor != (source["reader"] != TABLE_READER):
        expected = f"a vendor's reader for the export {export}" if vendor else "the reader table"
        yield (*at, "reader"), expected, source["reader"], "docs/readers explains each reader"


def _unstated(source: Mapping[str, Any], at: KeyPath) -> Iterator[Finding]:
    for key, choices in _STATED.items():
        if not (source[key] or key in source["columns"] or key in source["constants"]):
            remedy = f"add {key}: ... here, or {key}: <column> under columns if the file says it"
            yield at, f"the key {key} ({choices})", "none", remedy


def _reader_findings(source: Mapping[str, Any], at: KeyPath) -> Iterator[Finding]:
    """What the source's reader needs and the config does not state."""
    from popmargin.gather.needs import missing_lines

    try:
        lines = missing_lines(source)
    except PopmarginError as error:
        remedy = "mend it; docs/readers explains each reader"
        yield (*at, "reader"), "what this reader can do", str(error), remedy
        return
    for key, choices in lines.items():
        yield at, f"the key {key}, which {source['reader']} needs", "none", f"add {key}: {choices}"
