"""What the Snakefile asks the library: the study, and the strings by which results know their code.

Everything here is computed while the workflow is read, before any job exists, so that a changed
input, config value, library function, data file or package version changes a rule's parameters
and Snakemake runs again what depends on it.
"""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from popmargin.core.exceptions import PopmarginError, WrongUsage
from popmargin.core.resources import resource_path
from popmargin.pipeline.config import load_study
from popmargin.pipeline.digests import content_digest, text_digest
from popmargin.pipeline.fingerprint import code_fingerprint
from popmargin.pipeline.raw_sources import announce_sources, privacy_options
from popmargin.pipeline.strict_yaml import plain_value
from popmargin.pipeline.study import Source, Study


def study_of(workflow: Any) -> Study:
    """The study of a Snakemake run: its one config file alone, or the example without one.

    Parameters
    ----------
    workflow : Snakemake's workflow object. Values given with ``--config`` override the file's.

    Raises
    ------
    WorkflowError : Snakemake's error, with popmargin's message.
    """
    from snakemake.exceptions import WorkflowError

    _quote_interpreter()
    files = [Path(file) for file in workflow.overwrite_configfiles]
    try:
        if len(files) > 1:
            raise WrongUsage("give one --configfile: a study's config stands alone")
        config = files[0] if files else resource_path("config", "config.yaml")
        study = load_study(nearby(config), typed(workflow.config_settings.config))
        announce_sources(study)
        privacy_options(study)
        return study
    except (PopmarginError, FileNotFoundError) as error:
        raise WorkflowError(f"{error}") from None


def _quote_interpreter() -> None:
    """Let Snakemake run scripts from a folder whose name a shell would split.

    Snakemake puts ``sys.executable`` into a shell command as it stands; quoted here, once, in the
    controlling process alone. The scripts' own processes have the plain path.
    """
    if Path(sys.executable).is_file():
        sys.executable = shlex.quote(sys.executable)


def typed(value: Any) -> Any:
    """A value of ``--config`` as the config file would mean it: Snakemake leaves nested ones text.

    Raises `RefusedInput` for a text that YAML readers would read differently.

    >>> typed({"margins": {"population": "0.8"}, "seed": 2})
    {'margins': {'population': 0.8}, 'seed': 2}
    """
    if isinstance(value, Mapping):
        return {str(key): typed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [typed(item) for item in value]
    return plain_value(value, "--config") if isinstance(value, str) else value


def nearby(path: Path) -> Path:
    """``path`` relative to the working directory when it lies below it."""
    here, there = Path.cwd(), Path(os.path.normpath(path.absolute()))
    return there.relative_to(here) if here in there.parents else there


def rule_code(rule: str) -> str:
    """Code fingerprint of the rule's script."""
    return code_fingerprint(resource_path("workflow", "scripts", f"{rule}.py"))


def source_digest(source: Source) -> str:
    """Hash of what a source holds: of its files, or of its declaration when it is synthetic."""
    return (
        content_digest(source.path)
        if source.path
        else text_digest(f"{source.cohort} {source.export}")
    )
