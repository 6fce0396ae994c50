"""Flags: what a result wants its reader to know, in the form the interface promises."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Severity = Literal["info", "warn", "block"]


@dataclass(frozen=True, slots=True)
class Flag:
    """One remark about data or a result.

    ``code`` is stable and snake_case; ``severity`` ``block`` withholds margins; ``file``, ``row``
    (1-based, header = row 1) and ``column`` say where; ``patients`` how many or which patients
    raise it; ``effect_mm`` the likely effect on the margin. What does not apply is ``None``.

    >>> Flag("few_patients", "warn", "6 patients").as_row()["severity"]
    'warn'
    """

    code: str
    severity: Severity
    message: str
    file: str | None = None
    row: int | None = None
    column: str | None = None
    patients: int | None = None
    effect_mm: float | None = None

    def as_row(self) -> dict[str, Any]:
        """The flag as a flat JSON-ready mapping."""
        return asdict(self)


def one_per_code(flags: Sequence[Flag]) -> list[Flag]:
    """The first flag of each code and severity, saying how many more there were.

    Every row of a table may raise its own; the rows themselves show which.

    >>> [flag.message for flag in one_per_code([Flag("a", "info", "x"), Flag("a", "info", "y")])]
    ['x (and 1 more row)']
    """
    kinds: dict[tuple[str, str], list[Flag]] = {}
    for flag in flags:
        kinds.setdefault((flag.code, flag.severity), []).append(flag)
    return [
        first
        if not more
        else replace(
            first, message=f"{first.message} (and {len(more)} more row{'s' * (len(more) > 1)})"
        )
        for first, *more in kinds.values()
    ]
