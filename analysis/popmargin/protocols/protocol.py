"""What a correction protocol is: a pure rule with named, typed, bounded parameters.

A rule answers, for one course of one patient: what would have been known, and what would have
been done? It never looks at a later fraction. Two kinds of correction are told apart:

- *online*: acts on the fraction that was imaged; what it leaves is ``residual_mm`` (the error
  clipped to that length) or ``residual_sd_mm`` (a random error of that SD);
- *offline*: is computed from images and acts from the next logged fraction on.

Limits: a rule is replayed on errors that were logged; it cannot know how much the procedure itself
(couch motion, longer sessions, staff who match differently) would have changed them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from popmargin.core.exceptions import OutOfRange, WrongUsage
from popmargin.protocols.courses import Courses
from popmargin.protocols.parameter import (
    RESIDUAL,
    Parameter,
    Value,
    refuse_unknown,
    write_value,
)

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Marks = NDArray[np.uint8]


class Seen(NamedTuple):
    """What a rule may look at: one course, and what is known beforehand.

    Attributes
    ----------
    x : (n, 3) uncorrected errors, mm.
    fraction : (n,) fraction numbers, ascending.
    planned : (n,) 1 where the schedule images; zeros where the rule itself decides.
    others : (3, 3) mean (mm), systematic and random variance (mm2, rows) of the other patients
        per axis (columns).
    settings : the protocol's numbers.
    """

    x: Floats
    fraction: Whole
    planned: Marks
    others: Floats
    settings: Floats


class Left(NamedTuple):
    """What a rule writes: what is left, and what was done.

    All but ``y`` and ``treated`` are zero on entry.

    Attributes
    ----------
    y : (n, 3) errors that are left, mm.
    corrections : (3,) corrections of each axis.
    online : (2, 3) those of them that were online, in the course and in its settled part.
    settled : (3,) index of the first settled fraction; n + 1 when the axis never settles.
    treated : (1,) fractions that were treated as logged, n on entry; a rule that postpones others
        writes the errors of those that it keeps to the front of ``y``.
    """

    y: Floats
    corrections: Whole
    online: Whole
    settled: Whole
    treated: Whole


Rule = Callable[[Seen, Left], tuple[int, int]]
"""``rule(seen, left)`` returns the number of images and of times the couch was corrected.

A rule is plain loops over plain arrays, so that numba can compile it and Python can run it as it
stands, with the same bits. The rules that large cohorts are replayed with keep what they count in
one variable per axis and write it once: a compiler cannot keep array elements in registers.
"""


@dataclass(frozen=True)
class ProtocolKind:
    """A protocol before its parameters are chosen: one entry of the registry.

    Parameters
    ----------
    name : as written on the command line.
    description, source : what it does, and who published it (choices of ours are marked so).
    rule : see `Rule`.
    settings : numbers that the rule reads, from the parameter values.
    planned : imaging schedule, (n_rows,) of 0 and 1, from the courses and the parameter values;
        ``None`` where the rule itself decides when to image.
    own_parameters : those beside the residual of an online correction, which every kind takes.
    corrects : when it acts.
    learns_from : name of the parameter that says how many images it needs before it can act.
    uses_others : whether it needs the population errors of the other patients.
    postpones : whether it treats some of the logged fractions later, in a state not logged.
    linear : whether what is left is a linear function of the errors (no threshold, no clip).
    """

    name: str
    description: str
    source: str
    rule: Rule
    settings: Callable[[Mapping[str, Any]], tuple[float, ...]]
    planned: Callable[[Courses, Mapping[str, Any]], Marks] | None = None
    own_parameters: tuple[Parameter, ...] = ()
    corrects: Literal["never", "offline", "online"] = "offline"
    learns_from: str | None = None
    uses_others: bool = False
    postpones: bool = False
    linear: bool = True

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Every parameter of the kind, the shared ones last."""
        return self.own_parameters + RESIDUAL

    def choose(self, stated: Mapping[str, object] | None = None) -> "Protocol":
        """The protocol with these parameter values.

        Raises
        ------
        WrongUsage
            When a key is unknown (the message lists those that exist), or both residuals are given.
        OutOfRange
            When a value is of the wrong type or outside its bounds.

        Examples
        --------
        >>> from popmargin.protocols import PROTOCOLS
        >>> PROTOCOLS["nal"].choose({"images": 4}).text
        'nal:images=4'
        """
        given = dict(stated or {})
        known = {parameter.name: parameter for parameter in self.parameters}
        for key in given:
            refuse_unknown(f"key of protocol {self.name}", key, tuple(known))
        read = {key: known[key].read(value) for key, value in given.items()}
        if "residual_mm" in read and "residual_sd_mm" in read:
            raise WrongUsage(
                f"protocol {self.name}: give residual_mm or residual_sd_mm, not both at once"
            )
        return Protocol(self, MappingProxyType(read))


@dataclass(frozen=True)
class Protocol:
    """A protocol kind with its parameter values: what can be replayed.

    Parameters
    ----------
    kind : entry of the registry.
    stated : the values that were given, in the order they were given.
    """

    kind: ProtocolKind
    stated: Mapping[str, Value]

    @property
    def name(self) -> str:
        """Name of the kind."""
        return self.kind.name

    @property
    def values(self) -> dict[str, Any]:
        """Every parameter value: the stated ones, else the defaults."""
        return {p.name: self.stated.get(p.name, p.default) for p in self.kind.parameters}

    @property
    def text(self) -> str:
        """The protocol as it is written on the command line: the reverse of parsing."""
        keys = ",".join(f"{key}={write_value(value)}" for key, value in self.stated.items())
        return f"{self.name}:{keys}" if keys else self.name

    @property
    def is_linear(self) -> bool:
        """Whether what is left is linear in the errors with these values."""
        values = self.values
        clipped = self.kind.corrects == "online" and values["residual_mm"] > 0
        return self.kind.linear and not clipped and values.get("threshold_mm") is None

    def with_residual_sd(self, residual_sd_mm: float) -> "Protocol":
        """The protocol, with this residual (mm, >= 0) where it states none of its own.

        Raises `WrongUsage` when it states a clip (``residual_mm``): both at once is refused.

        >>> from popmargin.protocols.parse import parse_protocol
        >>> parse_protocol("daily").with_residual_sd(1).values["residual_sd_mm"]
        1.0
        """
        residual = RESIDUAL[1].read(residual_sd_mm)
        if not residual or "residual_sd_mm" in self.stated:
            return self
        if "residual_mm" in self.stated:
            raise WrongUsage(
                f"protocol {self.text}: states residual_mm, which residual_sd_mm = "
                f"{residual_sd_mm:g} for all protocols contradicts; give one of them"
            )
        return Protocol(self.kind, MappingProxyType({**self.stated, "residual_sd_mm": residual}))


def known_others(group_mean_mm: float, systematic_sd_mm: float, random_sd_mm: float) -> Floats:
    """Population errors known beforehand, in the form that a `Rule` reads: (3, 3), mm and mm2.

    Rows: mean, systematic variance, random variance; the same on the three axes.
    Raises `OutOfRange` for an SD that is negative or not finite.

    >>> known_others(0, 3, 2)[:, 0].tolist()
    [0.0, 9.0, 4.0]
    """
    for name, value in (("systematic_sd_mm", systematic_sd_mm), ("random_sd_mm", random_sd_mm)):
        if not 0 <= value < np.inf:
            raise OutOfRange(name, "a finite number >= 0", value)
    column = np.array([group_mean_mm, systematic_sd_mm**2, random_sd_mm**2], dtype=np.float64)
    return np.tile(column[:, None], (1, 3))
