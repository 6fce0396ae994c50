"""Read a study's config: refused before anything runs, or complete and unambiguous."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from popmargin.core.exceptions import RefusedInput
from popmargin.pipeline.config_meaning import meaning_problems
from popmargin.pipeline.config_schema import schema_problems, with_defaults
from popmargin.pipeline.open_questions import open_questions
from popmargin.pipeline.strict_yaml import Document, KeyPath, read_strict_yaml
from popmargin.pipeline.study import Study


class RefusedConfig(RefusedInput):
    """A config with several faults, all of them named.

    >>> fault = RefusedInput("a.yaml, line 1", "the key study", "none", "add study: ...")
    >>> RefusedConfig([fault, fault]).problems == (fault, fault)
    True
    """

    def __init__(self, problems: list[RefusedInput]) -> None:
        first = problems[0]
        super().__init__(first.where, first.expected, first.found, first.remedy)
        self.problems = tuple(problems)
        self.args = ("\n".join(str(problem) for problem in problems),)


def load_study(path: str | os.PathLike[str], overrides: Mapping[str, Any] | None = None) -> Study:
    """The study that a config file states, checked and with every default filled in.

    Parameters
    ----------
    path : the config file; nothing else is merged into it.
    overrides : values that replace those of the file (from the command line); mappings are merged
        key by key, everything else replaced.

    Returns
    -------
    The study; the files of its sources exist.

    Raises
    ------
    RefusedInput : for every fault found, naming file, line and key, what was expected and found.
    """
    file = Path(path)
    document = read_strict_yaml(file)
    if overrides:
        document = _overridden(document, overrides)
    problems = open_questions(document, file.name) or schema_problems(document, file.name)
    if problems:
        raise RefusedConfig(problems)
    values = with_defaults(document.value)
    problems = meaning_problems(values, document, file)
    if problems:
        raise RefusedConfig(problems)
    return Study(config_path=file, values=values)


def _overridden(document: Document, overrides: Mapping[str, Any]) -> Document:
    """``document`` with ``overrides`` merged in; line 0 marks a value of the command line."""
    lines = dict(document.lines)

    def merge(value: Any, change: Any, path: KeyPath) -> Any:
        if not (isinstance(value, dict) and isinstance(change, Mapping)):
            for known in [known for known in lines if known[: len(path)] == path]:
                del lines[known]
            lines[path] = 0
            return change
        merged = dict(value)
        for key, new in change.items():
            merged[key] = merge(merged.get(key), new, (*path, key))
        return merged

    return Document(merge(document.value, overrides, ()), lines)
