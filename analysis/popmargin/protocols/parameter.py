"""One typed, bounded parameter of a correction protocol, and the parameters that many share."""

import math
from dataclasses import dataclass
from typing import Final, Literal

from popmargin.core.exceptions import OutOfRange, WrongUsage

Value = bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A key that a protocol understands.

    Parameters
    ----------
    name : the key as written in ``nal:images=3``; quantities end in their unit.
    kind : ``whole``, ``number``, ``switch`` (true or false) or ``choice``.
    default : value when the key is not given; ``None`` means that it does not apply.
    description : one line for people, with the source of the default or "assumption".
    low, high : smallest and largest value allowed, both included (``whole`` and ``number``).
    choices : the words allowed (``choice``).

    Examples
    --------
    >>> Parameter("images", "whole", 3, "images to learn from", low=1).read("4")
    4
    """

    name: str
    kind: Literal["whole", "number", "switch", "choice"]
    default: Value
    description: str
    low: float = 0.0
    high: float = math.inf
    choices: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        """What a value must be, in words."""
        if self.kind == "switch":
            return "true or false"
        if self.kind == "choice":
            return " or ".join(self.choices)
        kind = "a whole number" if self.kind == "whole" else "a number"
        upper = "" if math.isinf(self.high) else f" and <= {self.high:g}"
        return f"{kind} >= {self.low:g}{upper}"

    def read(self, stated: object) -> Value:
        """The value of text from the command line or of a scalar from a config.

        Raises `OutOfRange` when it is not of the kind or lies outside the bounds.
        """
        value = _scalar(stated)
        if self.kind == "switch" and isinstance(value, bool):
            return value
        if self.kind == "choice" and isinstance(value, str) and value in self.choices:
            return value
        if self.kind in ("whole", "number") and not isinstance(value, bool | str):
            within = math.isfinite(value) and self.low <= value <= self.high
            if within and self.kind == "number":
                return float(value)
            if within and float(value).is_integer():
                return int(value)
        raise OutOfRange(self.name, self.expected, stated)


def _scalar(stated: object) -> bool | float | str:
    """Text as the scalar it spells; other scalars as they are."""
    if isinstance(stated, bool | int | float):
        return stated
    text = str(stated).strip()
    if text in ("true", "false"):
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return text


def write_value(value: Value) -> str:
    """A value as it is written on the command line.

    >>> write_value(3.0), write_value(True), write_value(0.5)
    ('3', 'true', '0.5')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def refuse_unknown(what: str, name: str, known: tuple[str, ...]) -> None:
    """Raise `WrongUsage` with the list of those that exist when ``name`` is none of them.

    >>> refuse_unknown("protocol", "nal", ("nal", "enal"))
    """
    if name not in known:
        raise WrongUsage(f"unknown {what} '{name}'; those that exist: {', '.join(known)}")


RESIDUAL: Final = (
    Parameter(
        "residual_mm",
        "number",
        0.0,
        "an online correction leaves the error clipped to +- this length per axis (mm)",
    ),
    Parameter(
        "residual_sd_mm",
        "number",
        0.0,
        "SD per axis of the random error that an online correction leaves (mm)",
    ),
)

ACTION_LEVEL: Final = (
    Parameter(
        "threshold_mm",
        "number",
        None,
        "correct only when the error exceeds this length (mm); not given = always correct",
    ),
    Parameter(
        "rule",
        "choice",
        "axis",
        "compare each axis, or the length of the 3-D vector, with the threshold",
        choices=("axis", "vector"),
    ),
)

LEARNING_IMAGES: Final = Parameter(
    "images",
    "whole",
    3,
    "images to learn from; 3 as in the published prostate series (de Boer & Heijmen 2001 rule)",
    low=1,
)
