"""Site packets on disk: JSON that is checked whole against its schema before a number is used."""

import hashlib
import json
import math
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from popmargin.core.atomic import write_text
from popmargin.core.exceptions import RefusedInput
from popmargin.core.resources import resource_path

# A thousand groups of a hundred sizes; what is larger is no packet.
_LARGEST_BYTES: Final = 64 * 1024 * 1024
_REMEDY: Final = "ask the centre to send the packet again"


def write_packet(document: Mapping[str, Any], path: str | Path) -> None:
    """Write a packet with its checksum, atomically; the same packet gives the same bytes.

    Raises `RefusedInput` when the document does not fit the schema.
    """
    whole = {**document, "sha256": _digest(document)}
    _check(whole, Path(path).name)
    write_text(path, json.dumps(whole, indent=1, allow_nan=False) + "\n")


def read_packet(path: str | Path) -> dict[str, Any]:
    """Plain data of a packet, without its checksum.

    Raises `RefusedInput` for a file that is missing, too large, no JSON, of another schema or
    version, truncated or changed, or whose sums contradict each other.
    """
    file = Path(path)
    try:
        size = file.stat().st_size
        if size > _LARGEST_BYTES:
            found = f"{size} bytes"
            raise RefusedInput(file.name, f"at most {_LARGEST_BYTES} bytes", found, _REMEDY)
        whole = json.loads(
            file.read_bytes(), object_pairs_hook=_no_repeats, parse_constant=_no_number
        )
    except OSError as error:
        found = error.strerror or "no file"
        raise RefusedInput(file.name, "a site packet", found, "check the path") from None
    except (ValueError, RecursionError) as error:
        found = f"no valid JSON ({str(error).splitlines()[0]})"
        raise RefusedInput(file.name, "a site packet", found, _REMEDY) from None
    _check(whole, file.name)
    recorded = whole.pop("sha256")
    if recorded != _digest(whole):
        raise RefusedInput(file.name, "the content it was sent with", "another", _REMEDY)
    for number, cell in enumerate(whole["cells"]):
        _check_sums(cell, f"{file.name}, cells/{number}", whole)
    return dict(whole)


def _digest(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _check(document: Any, name: str) -> None:
    """The document against ``data_schema/site_packet.schema.json``; the first fault is named."""
    from jsonschema import Draft202012Validator

    schema = json.loads(resource_path("data_schema", "site_packet.schema.json").read_bytes())
    errors = Draft202012Validator(schema).iter_errors(document)
    first = min(errors, key=lambda error: [str(part) for part in error.absolute_path], default=None)
    if first is not None:
        place = "/".join(str(part) for part in first.absolute_path)
        where = f"{name}, {place}" if place else name
        raise RefusedInput(where, "a site packet", first.message[:200], _REMEDY)


def _check_sums(cell: Mapping[str, Any], where: str, packet: Mapping[str, Any]) -> None:
    """Sums that no data can have are refused: they would become a margin."""
    parts, totals = cell["classes"], cell["totals"]
    units = sum(part["n_units"] for part in parts)
    fractions = sum(part["n_fractions"] for part in parts)
    squares = sum(part["sum_of_squared_means"] for part in parts)
    problems = {
        "group columns other than group_by": set(cell["columns"]) != set(packet["group_by"]),
        "fewer patients than smallest_group": min(
            cell["n_patients"], *(part["n_patients"] for part in parts)
        )
        < packet["smallest_group"],
        "more patients than units": cell["n_patients"] > units,
        "classes of overlapping or descending sizes": any(
            a["largest_size"] >= b["smallest_size"] for a, b in pairwise(parts)
        ),
        "totals of sizes that no sizes have": not (
            fractions**2 <= units * totals["squared_sizes"]
            and units**2 <= fractions * totals["inverse_sizes"] * (1 + 1e-9)
            and totals["replicated_units"] <= units
        ),
        "totals of means that no means have": totals["sized_means"] ** 2
        > fractions * totals["sized_squared_means"] * (1 + 1e-9) + 1e-12
        or squares > totals["sized_squared_means"] * (1 + 1e-9) + 1e-12,
        "a class of impossible sums": any(not _possible(part) for part in parts),
    }
    for found, wrong in problems.items():
        if wrong:
            raise RefusedInput(where, "sums that patients can have", found, _REMEDY)


def _possible(part: Mapping[str, Any]) -> bool:
    low, high, units = part["smallest_size"], part["largest_size"], part["n_units"]
    numbers = [value for value in part.values() if isinstance(value, float)]
    first, second = part["sum_of_means"], part["sum_of_squared_means"]
    within, fourth = part["sum_of_squares"], part["sum_of_squared_squares"]
    return (
        all(math.isfinite(value) for value in numbers)
        and low <= high
        and units * low <= part["n_fractions"] <= units * high
        and part["n_patients"] <= units
        and first * first <= units * second * (1 + 1e-9) + 1e-12
        and within * within <= units * fourth * (1 + 1e-9) + 1e-12
        and fourth <= within * within * (1 + 1e-9)
        and (high > 1 or within == 0.0)
    )


def _no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is repeated")
    return found


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is not a number")
