"""Questions that a config still holds: no study runs before they are answered."""

from typing import Any, Final

from popmargin.core.exceptions import RefusedInput
from popmargin.pipeline.config_schema import line_of
from popmargin.pipeline.strict_yaml import Document, KeyPath, place

ASK: Final = "ASK"


def open_questions(document: Document, name: str) -> list[RefusedInput]:
    """Every value ASK of a parsed config, with its line; an empty list when all are answered.

    >>> open_questions(Document({"seed": "ASK"}, {("seed",): 3}), "a.yaml")[0].where
    'a.yaml, line 3, key seed'
    """
    remedy = "the words beside it say how"
    return [
        RefusedInput(place(name, line_of(document, path), path), "an answer", ASK, remedy)
        for path in _asked(document.value, ())
    ]


def _asked(value: Any, path: KeyPath) -> list[KeyPath]:
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in _asked(item, (*path, key))]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in _asked(item, (*path, index))]
    return [path] if value == ASK else []
