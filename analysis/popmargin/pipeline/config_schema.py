"""The config's schema: what is unknown, missing or ill-typed is named with its line.

Defaults stand in ``config/schema.yaml`` and nowhere else; `with_defaults` writes them out.
"""

import copy
import difflib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from popmargin.core.exceptions import RefusedInput
from popmargin.core.resources import resource_path
from popmargin.pipeline.strict_yaml import Document, KeyPath, place, read_strict_yaml

_TYPES: Final = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "a mapping (key: value)",
    "array": "a list",
    "null": "null",
}


@cache
def config_schema() -> dict[str, Any]:
    """The schema as plain data.

    >>> config_schema()["required"]
    ['study', 'sources']
    """
    schema = read_strict_yaml(resource_path("config", "schema.yaml")).value
    return dict(schema)


def schema_problems(document: Document, name: str) -> list[RefusedInput]:
    """Everything in ``document`` that the schema refuses, in the order of the file.

    Parameters: a parsed config and the name of its file for the messages. The list is empty for a
    valid config.
    """
    from jsonschema import Draft202012Validator, validators

    # A number such as 1.0 is not a whole number here: the reader wrote something else.
    strict = Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _, value: isinstance(value, int) and not isinstance(value, bool)
    )
    validator = validators.extend(  # type: ignore[no-untyped-call]
        Draft202012Validator, type_checker=strict
    )(config_schema())
    found: list[tuple[int, str, RefusedInput]] = []
    errors = list(validator.iter_errors(document.value))
    mistyped = {tuple(error.absolute_path) for error in errors if error.validator == "type"}
    for error in errors:
        if error.validator == "enum" and tuple(error.absolute_path) in mistyped:
            continue  # that it is no number is said already
        for path, expected, value, remedy in _explain(error):
            line = line_of(document, path)
            problem = RefusedInput(place(name, line, path), expected, value, remedy)
            found.append((line or 0, str(problem), problem))
    return [problem for _, _, problem in sorted(found, key=lambda item: item[:2])]


def line_of(document: Document, path: KeyPath) -> int | None:
    """Line of the nearest key that the file holds; ``None`` for a value of the command line."""
    for length in range(len(path), -1, -1):
        if path[:length] in document.lines:
            return document.lines[path[:length]] or None
    return 1


def with_defaults(values: Any, schema: Mapping[str, Any] | None = None) -> Any:
    """A copy of valid ``values`` in which every default of the schema is written out.

    >>> with_defaults({"study": "a", "sources": []})["margins"]["dose_level"]
    0.95
    """
    rules = _resolved(schema if schema is not None else config_schema())
    if isinstance(values, dict):
        filled = dict(values)
        for key, rule in rules.get("properties", {}).items():
            rule = _resolved(rule)
            if key not in filled and "default" in rule:
                filled[key] = copy.deepcopy(rule["default"])
            if key in filled:
                filled[key] = with_defaults(filled[key], rule)
        return filled
    if isinstance(values, list):
        return [with_defaults(item, rules.get("items", {})) for item in values]
    return values


def _resolved(rules: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = rules.get("$ref")
    if reference is None:
        return rules
    return {**config_schema()["$defs"][reference.rpartition("/")[2]], **rules}


_MEANS: Final = "it means: "
_Finding = tuple[KeyPath, str, str, str]


def _explain(error: Any) -> Iterator[_Finding]:
    """A jsonschema error in the reader's words: path, expected, found, remedy."""
    path: KeyPath = tuple(error.absolute_path)
    explain = _EXPLAIN.get(error.validator, _explain_bound)
    yield from explain(error, path)


def _explain_unknown(error: Any, path: KeyPath) -> Iterator[_Finding]:
    known = list(error.schema.get("properties", {}))
    for key in error.instance:
        if key not in known:
            close = difflib.get_close_matches(str(key), known, n=1)
            # A slip needs no list of all keys; what is like none of them does.
            expected = (
                "one of the keys that there are" if close else f"one of the keys {', '.join(known)}"
            )
            remedy = f"did you mean {close[0]}?" if close else "remove it"
            yield (*path, key), expected, _shown(key), remedy


def _explain_missing(error: Any, path: KeyPath) -> Iterator[_Finding]:
    # jsonschema reports one error a missing key.
    for key in error.validator_value:
        if key not in error.instance and f"'{key}'" in error.message:
            about = _description(error.schema["properties"][key]).removeprefix(_MEANS)
            yield path, f"the key {key} ({about})", "none", f"add {key}: ..."


def _explain_type(error: Any, path: KeyPath) -> Iterator[_Finding]:
    wanted = error.validator_value
    names = wanted if isinstance(wanted, list) else [wanted]
    expected = " or ".join(_TYPES[name] for name in names)
    yield path, expected, _shown(error.instance), _description(error.schema)


def _explain_enum(error: Any, path: KeyPath) -> Iterator[_Finding]:
    values = ", ".join("null" if value is None else str(value) for value in error.validator_value)
    yield path, f"one of {values}", _shown(error.instance), _description(error.schema)


def _explain_bound(error: Any, path: KeyPath) -> Iterator[_Finding]:
    words = {
        "minimum": "a number >= {}",
        "maximum": "a number <= {}",
        "minItems": "at least {} entries",
        "maxItems": "at most {} entries",
        "maxProperties": "at most {} keys",
        "minLength": "at least {} characters",
        "maxLength": "at most {} characters",
        "uniqueItems": "each entry once",
        "pattern": "text of the form {}",
    }
    expected = words.get(error.validator, error.validator + " {}").format(error.validator_value)
    yield path, expected, _shown(error.instance), _description(error.schema)


_EXPLAIN: Final[Mapping[str, Callable[[Any, KeyPath], Iterator[_Finding]]]] = {
    "additionalProperties": _explain_unknown,
    "required": _explain_missing,
    "type": _explain_type,
    "enum": _explain_enum,
}


def _description(schema: Mapping[str, Any]) -> str:
    return _MEANS + str(_resolved(schema).get("description", "see config/schema.yaml"))


def _shown(value: object) -> str:
    """A value as the reader wrote it, safe for a terminal and short."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    kinds = ((str, "text "), (dict, "a mapping "), (list, "a list "))
    kind = next((word for python, word in kinds if isinstance(value, python)), "")
    text = ascii(value)
    return kind + (text if len(text) <= 80 else f"{text[:77]}...")
