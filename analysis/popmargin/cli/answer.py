"""The answer of a command: rows, flags, assumptions; for people or as one JSON object."""

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from popmargin.core.exceptions import PopmarginError
from popmargin.core.flags import Flag

SCHEMA_VERSION = "1"
DONE, REFUSED, WRONG_USAGE, WITHHELD = 0, 1, 2, 3
_MAX_WIDTH = 44
_SENTENCES = frozenset({"message", "note", "reason"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found.

    ``columns`` are those of the table for people, all keys where empty; the JSON form always
    holds every key. ``exit_code`` 3 says that a blocking flag withholds margins. Where the rows are
    the flags, ``flags_in_rows`` keeps people from reading them twice.
    """

    command: str
    rows: Sequence[Mapping[str, Any]]
    flags: Sequence[Flag] = ()
    assumptions: Sequence[str] = ()
    columns: Sequence[str] = ()
    exit_code: int = DONE
    notes: Sequence[str] = field(default=())
    flags_in_rows: bool = False

    def as_json(self) -> str:
        """One JSON object; refuses NaN and infinite numbers, which are not JSON."""
        payload = {
            "schema_version": SCHEMA_VERSION,
            "command": self.command,
            "assumptions": list(self.assumptions),
            "flags": [flag.as_row() for flag in self.flags],
            "rows": [dict(row) for row in self.rows],
        }
        try:
            return json.dumps(payload, allow_nan=False)
        except ValueError:
            raise PopmarginError(
                "a result is not a number; this is a defect of popmargin: please report it"
            ) from None

    def as_text(self) -> str:
        """The table, then notes, assumptions and flags."""
        lines = _tables(self.rows, self.columns) if self.rows else ["(no rows)"]
        lines += ["", *self.notes] if self.notes else []
        if self.assumptions:
            lines += ["", "Assumed:", *(f"  {text}" for text in self.assumptions)]
        if self.flags and not self.flags_in_rows:
            lines += [
                "",
                "Flags:",
                *(f"  {flag.severity:5} {printable(flag.message)}" for flag in self.flags),
            ]
        return "\n".join(lines)


def emit(answer: Answer, *, as_json: bool) -> int:
    """Write the answer to stdout and return the exit code."""
    text = answer.as_json() if as_json else answer.as_text()
    encoding = sys.stdout.encoding or "utf-8"
    # A terminal that cannot show a letter of a label gets its code, not a crash.
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    sys.stdout.flush()
    return answer.exit_code


def printable(text: str) -> str:
    """Text with control characters escaped, so that data cannot drive a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _tables(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[str]:
    """One table for each set of keys: positions in mm, then rotations in degrees."""
    by_keys: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        by_keys.setdefault(tuple(row), []).append(row)
    lines: list[str] = []
    for keys, members in by_keys.items():
        names = [name for name in (columns or keys) if name in keys]
        lines += ["", *_table(members, names)] if lines else _table(members, names)
    return lines


def _table(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> list[str]:
    # A sentence in the last column runs on: nothing stands to the right of it.
    sentence = names[-1] if names[-1] in _SENTENCES else None
    cells = [list(names)] + [
        [_cell(row[name], whole=name == sentence) for name in names] for row in rows
    ]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    numeric = [_is_number(row[name] for row in rows) for name in names]
    return [
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric, strict=True)
        ).rstrip()
        for line in cells
    ]


def _is_number(values: Iterable[Any]) -> bool:
    there = [value for value in values if value is not None]
    return bool(there) and all(isinstance(value, int | float) for value in there)


def _cell(value: Any, *, whole: bool = False) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if value == 0 or not math.isfinite(value):
            return f"{value:.0f}"
        return f"{value:.3f}" if 0.001 <= abs(value) < 1e5 else f"{value:.3g}"
    text = printable(str(value))
    return text if whole or len(text) <= _MAX_WIDTH else text[: _MAX_WIDTH - 3] + "..."
