"""Why a config is not the one that made the results: what its file states, or other defaults.

Assumptions: the record of a run holds every key with its value, defaults written out.

Limits: a key whose default differs may as well have been taken out of the file since the run; where
that is possible it is said.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from popmargin.pipeline.strict_yaml import Document, KeyPath, key_name


def config_differences(recorded: Any, now: Any, at: KeyPath = ()) -> Iterator[KeyPath]:
    """Where two configs differ: the deepest keys and items that both or either hold.

    Parameters: both as plain data; ``at`` is where they stand in the whole.

    >>> before, now = {"a": 1, "b": {"c": [1, 2]}}, {"a": 1, "b": {"c": [1, 3], "d": None}}
    >>> list(config_differences(before, now))
    [('b', 'c', 1), ('b', 'd')]
    """
    if isinstance(recorded, dict) and isinstance(now, dict):
        for key in sorted({*recorded, *now}):
            if key in recorded and key in now:
                yield from config_differences(recorded[key], now[key], (*at, key))
            else:
                yield (*at, key)
    elif isinstance(recorded, list) and isinstance(now, list) and len(recorded) == len(now):
        for place, (old, new) in enumerate(zip(recorded, now, strict=True)):
            yield from config_differences(old, new, (*at, place))
    elif recorded != now:
        yield at


def tell_differences(
    record: Mapping[str, Any], now: Mapping[str, Any], document: Document, version: str
) -> list[str]:
    """What differs from the config of a run, in sentences: stated by the file, or by default.

    Parameters
    ----------
    record : the provenance of the run, of which ``config`` and ``popmargin`` are read.
    now : the config as it is recorded today, defaults written out.
    document : its file as it was read: the keys that it states.
    version : of popmargin today.

    >>> record = {"config": {"seed": 1}, "popmargin": "1.0.0"}
    >>> (told,) = tell_differences(record, {"seed": 1, "new": 5}, Document({}, {}), "1.1.0")
    >>> told.partition(", which")[2]
    ' made the results, did not have: new. They are defaults of 1.1.0.'
    """
    if "config" not in record:
        return []
    recorded, made_by = record["config"], str(record.get("popmargin", "another version"))
    stated: list[KeyPath] = []
    absent: list[KeyPath] = []
    other: list[KeyPath] = []
    for path in config_differences(recorded, now):
        if path in document.lines or not _holds(now, path):
            stated.append(path)
        else:
            (other if _holds(recorded, path) else absent).append(path)
    told = []
    if stated:
        told.append(f"The config states otherwise than for these results: {_named(stated)}.")
    if absent:
        told.append(
            f"Keys that the config does not state, and popmargin {made_by}, which made the "
            f"results, did not have: {_named(absent)}. They are defaults of {version}."
        )
    if other:
        why = f"or the defaults of popmargin {version} are not those of {made_by}, which made them"
        told.append(
            "Keys that the config does not state, with another default than for these results: "
            f"{_named(other)}. They were stated then{'' if made_by == version else f', {why}'}."
        )
    return told


def _holds(values: Any, path: KeyPath) -> bool:
    for key in path:
        known = isinstance(values, list) and isinstance(key, int) and key < len(values)
        if not (known or (isinstance(values, dict) and key in values)):
            return False
        values = values[key]
    return True


def _named(paths: list[KeyPath]) -> str:
    return ", ".join(map(key_name, paths))
