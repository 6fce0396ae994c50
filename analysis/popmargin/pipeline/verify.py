"""Verify results: every file is still what the workflow wrote, or is named.

Finds damage, slips and edits of single files, the record itself included. Limits: who rewrites the
results together with all their records is not found; keep the hash of provenance.json elsewhere.
"""

import json
from pathlib import Path
from typing import Any, Final

import popmargin
from popmargin.core.exceptions import RefusedInput
from popmargin.pipeline.config import load_study
from popmargin.pipeline.config_difference import tell_differences
from popmargin.pipeline.digests import CACHE_FOLDER, content_digest, text_digest
from popmargin.pipeline.provenance import FILE
from popmargin.pipeline.receipts import FOLDER, check_receipt
from popmargin.pipeline.snakefile import source_digest
from popmargin.pipeline.strict_yaml import read_strict_yaml

# Logs say how a run went; they are no results.
_NOT_RESULTS: Final = {FOLDER, "logs"}


def verify_results(folder: Path, config: Path | None = None) -> list[dict[str, str]]:
    """Status of every file of a study's results.

    Parameters
    ----------
    folder : ``results/<study>``.
    config : with the study's config its inputs are checked too.

    Returns
    -------
    Rows ``file`` and ``status``: ``ok``, ``changed`` (not what was recorded), ``missing``, or
    ``unexpected`` (no rule of the last run wrote it). Inputs come first, by label.

    Raises
    ------
    RefusedInput : when the folder holds no usable provenance.json, or the config is refused.
    """
    record = _record(folder)
    rows = [] if config is None else _inputs(record, config)
    rows.append({"file": FILE, "status": _record_status(folder)})
    outputs = record["outputs"]
    for name in sorted(outputs):
        rows.append(
            {"file": name, "status": _status(folder / name, outputs[name]["sha256"], folder)}
        )
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        name = "/".join(parts)
        # A result may be a folder: its files are part of it.
        above = {"/".join(parts[:depth]) for depth in range(1, len(parts) + 1)}
        if path.is_file() and parts[0] not in _NOT_RESULTS and not above & {*outputs, FILE}:
            rows.append({"file": name, "status": "unexpected"})
    return rows


def explain_config(folder: Path, config: Path) -> list[str]:
    """Why a config is not the one that made the results, in sentences; none where it is.

    A key that this version has new, or whose default it changed, is no change of the user's.

    Parameters
    ----------
    folder, config : as in `verify_results`.

    Raises
    ------
    RefusedInput : as `verify_results`.
    """
    now = json.loads(load_study(config).canonical_json())
    document = read_strict_yaml(config)
    return tell_differences(_record(folder), now, document, popmargin.__version__)


def _record(folder: Path) -> dict[str, Any]:
    place = (folder / FILE).as_posix()
    remedy = "name results/<study> or its config, and run the workflow to its end first"
    try:
        record = json.loads((folder / FILE).read_bytes())
        usable = all(isinstance(entry["sha256"], str) for entry in record["outputs"].values())
    except OSError:
        raise RefusedInput(place, "the record of a finished run", "none", remedy) from None
    except (ValueError, LookupError, TypeError, AttributeError):
        usable = False
    if not usable:
        raise RefusedInput(place, "the record of a finished run", "a damaged file", remedy)
    return dict(record)


def _record_status(folder: Path) -> str:
    """Whether the record is the one that the last rule of the run wrote."""
    try:
        check_receipt(folder / FILE, folder)
    except RefusedInput:
        return "changed"
    return "ok"


def _status(path: Path, recorded: str, folder: Path) -> str:
    if not path.exists():
        return "missing"
    same = content_digest(path, folder.parent / CACHE_FOLDER.name) == recorded
    return "ok" if same else "changed"


def _inputs(record: dict[str, Any], config: Path) -> list[dict[str, str]]:
    study = load_study(config)
    same = text_digest(study.canonical_json()) == record.get("config_sha256")
    rows = [{"file": "config", "status": "ok" if same else "changed"}]
    recorded = {entry["label"]: entry["sha256"] for entry in record.get("inputs", [])}
    for source in study.sources:
        known = recorded.pop(source.label, None)
        found = "unexpected" if known is None else "changed"
        status = "ok" if known == source_digest(source) else found
        rows.append({"file": f"input {source.label}", "status": status})
    rows += [{"file": f"input {label}", "status": "missing"} for label in sorted(recorded)]
    return rows
