"""What is known of a run before anything runs: inputs, config, versions, contracts.

It becomes part of the provenance; no machine path, user name or time is in it.
"""

import json
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import popmargin
from popmargin.core.resources import resource_path
from popmargin.pipeline.digests import text_digest
from popmargin.pipeline.fingerprint import code_files, distribution_name
from popmargin.pipeline.snakefile import source_digest
from popmargin.pipeline.study import Study

SCHEMA_VERSION: Final = "1"
NOTICE: Final = "popmargin is a research tool, not a medical device."


def provenance_statement(study: Study, rules: Iterable[str]) -> dict[str, Any]:
    """What is known before anything runs: inputs, config, versions, contracts.

    Parameters
    ----------
    study : the checked study.
    rules : names of the rules whose scripts run; their third-party packages are listed.
    """
    config = study.canonical_json()
    return {
        "schema_version": SCHEMA_VERSION,
        "notice": NOTICE,
        "study": study.name,
        "seed": study.values["seed"],
        "popmargin": popmargin.__version__,
        "python": platform.python_version(),
        "packages": _packages(rules),
        "contracts": _contract_versions(),
        "config": json.loads(config),
        "config_sha256": text_digest(config),
        "inputs": [
            {
                "label": source.label,
                "table": source.table,
                "kind": "file" if source.path else "synthetic",
                "sha256": source_digest(source),
            }
            for source in study.sources
        ],
    }


def _packages(rules: Iterable[str]) -> dict[str, str]:
    names = {"snakemake"}
    for rule in rules:
        names |= code_files(resource_path("workflow", "scripts", f"{rule}.py"))[1]
    return {name: _version(name) for name in sorted(map(distribution_name, names))}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _contract_versions() -> dict[str, str]:
    return {
        path.stem: str(json.loads(path.read_bytes())["version"])
        for path in sorted(resource_path("data_schema").glob("*.json"))
    }
