"""YAML as two people would read it: the small, unambiguous part of the language, with line numbers.

A config decides margins, so nothing in it may mean two things. Refused: repeated keys, tags,
anchors and aliases, several documents, and plain values that YAML 1.1 and YAML 1.2 read
differently (``NO``, ``on``, ``010``, ``1:30``, ``1_000``, ``2024-01-01``, ``1e3``, ``.inf``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from popmargin.core.exceptions import RefusedInput

KeyPath = tuple[str | int, ...]

MAX_BYTES: Final = 262_144
MAX_DEPTH: Final = 12

_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Final[Mapping[str, bool | None]] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_INDENT: Final = "correct this line, or how far it and the line above are indented"


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document: its plain value and the line (from 1) of every key and list item."""

    value: Any
    lines: Mapping[KeyPath, int]


def read_strict_yaml(path: Path) -> Document:
    """Parse one strict YAML document.

    Parameters
    ----------
    path : a UTF-8 file of at most 256 KiB, nested at most 12 deep.

    Returns
    -------
    The document; mappings become dict, sequences list, scalars str, int, float, bool or None.

    Raises
    ------
    RefusedInput : unreadable, not YAML, or ambiguous; names the file and the line.
    """
    return parse_strict_yaml(_read_text(path), path.name)


def parse_strict_yaml(text: str, name: str) -> Document:
    r"""Parse ``text`` as `read_strict_yaml` does; ``name`` stands for the file in messages.

    >>> parse_strict_yaml("margins:\n  dose_level: 0.95", "a.yaml").value
    {'margins': {'dose_level': 0.95}}
    >>> parse_strict_yaml("site: NO", "a.yaml")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    popmargin.core.exceptions.RefusedInput: a.yaml, line 1, key site: expected a value that ...
    """
    try:
        _check_events(text, name)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise _refused(name, line, "valid YAML", str(error.problem), _INDENT) from None
    except yaml.YAMLError:
        remedy = "remove control characters from it"
        raise RefusedInput(name, "YAML text", "characters that YAML forbids", remedy) from None
    lines: dict[KeyPath, int] = {(): 1}
    value = None if root is None else _value(root, (), lines, name)
    return Document(value, lines)


def plain_value(text: str, name: str) -> Any:
    """What ``text`` means as a plain value: a number, true, false, null, or the text itself.

    Raises `RefusedInput`, naming ``name``, when YAML readers differ about it.

    >>> plain_value("0.95", "--config"), plain_value("a: b", "--config")
    (0.95, 'a: b')
    """
    tag = yaml.resolver.Resolver().resolve(yaml.ScalarNode, text, (True, False))  # type: ignore[no-untyped-call]
    return _scalar(yaml.ScalarNode(tag, text, style=None), (), name)


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        found = error.strerror or "an error"
        raise RefusedInput(str(path), "a readable config file", found, "check the path") from None
    if len(content) > MAX_BYTES:
        remedy = "a config holds settings, not data"
        raise RefusedInput(path.name, f"at most {MAX_BYTES} bytes", "a larger file", remedy)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"byte {content[error.start]:#04x}"
        raise _refused(path.name, line, "UTF-8 text", found, "save the file as UTF-8") from None


def _check_events(text: str, name: str) -> None:
    """Refuse, without recursion, what the composer must never see."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = getattr(event.start_mark, "line", 0) + 1
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor is not None:
            found = f"the anchor or alias '{anchor}'"
            raise _refused(name, line, "plain values", found, "write the value out")
        if tag is not None:
            raise _refused(name, line, "plain values", f"the tag {tag}", "remove the tag")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            expected = f"at most {MAX_DEPTH} levels"
            raise _refused(name, line, expected, "deeper nesting", "see config/schema.yaml")


def _value(node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int], name: str) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, lines, name)
    if isinstance(node, yaml.SequenceNode):
        items = []
        for index, item in enumerate(node.value):
            lines[(*path, index)] = item.start_mark.line + 1
            items.append(_value(item, (*path, index), lines, name))
        return items
    return _scalar(node, path, name)


def _mapping(
    node: yaml.MappingNode, path: KeyPath, lines: dict[KeyPath, int], name: str
) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = _scalar(key_node, path, name) if isinstance(key_node, yaml.ScalarNode) else None
        if not isinstance(key, str):
            found = getattr(key_node, "value", "")
            found = found if isinstance(found, str) and found else "something else"
            raise _refused(name, line, "a key that is text", found, "put the key in quotes")
        if key in mapping:
            first = lines[(*path, key)]
            found = f"'{key}' again (first on line {first})"
            raise _refused(name, line, "each key once", found, "remove one of the two")
        lines[(*path, key)] = line
        mapping[key] = _value(value_node, (*path, key), lines, name)
    return mapping


def _scalar(node: yaml.Node, path: KeyPath, name: str) -> Any:
    text = str(node.value)
    if getattr(node, "style", None) is not None:  # quoted or block text means what it says
        return text
    modern = _modern_value(text)
    older = _older_value(node)
    if type(modern) is not type(older) or modern != older:
        expected = "a value that YAML 1.1 and 1.2 read alike"
        remedy = "put it in quotes if it is text, else write a plain decimal number"
        where = place(name, getattr(node.start_mark, "line", 0) + 1, path)
        raise RefusedInput(where, expected, text[:80], remedy)
    return modern


def _modern_value(text: str) -> Any:
    """The value of a plain scalar by the core schema of YAML 1.2, decimal numbers only."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= 64:
        if _INTEGER.fullmatch(text):
            return int(text)
        if _NUMBER.fullmatch(text):
            return float(text)
    return text


def _older_value(node: yaml.Node) -> Any:
    """The value of a plain scalar by YAML 1.1; a failure to read it counts as a difference."""
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except (yaml.YAMLError, ValueError, OverflowError):
        return _UNREADABLE


_UNREADABLE: Final = object()


def _refused(name: str, line: int, expected: str, found: str, remedy: str) -> RefusedInput:
    return RefusedInput(place(name, line), expected, found, remedy)


def place(name: str, line: int | None, path: KeyPath = ()) -> str:
    """Where a message points to; ``line`` is ``None`` for a value from the command line.

    >>> place("study.yaml", 7, ("sources", 0, "timing"))
    'study.yaml, line 7, key sources[0].timing'
    """
    key = key_name(path)
    at = "command line" if line is None else f"{name}, line {line}"
    return f"{at}, key {key}" if key else at


def key_name(path: KeyPath) -> str:
    """A key with those above it.

    >>> key_name(("sources", 0, "timing"))
    'sources[0].timing'
    """
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name
