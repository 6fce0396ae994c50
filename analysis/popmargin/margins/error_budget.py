"""The error budget of a margin: which errors are in it, which dominate, and what it may be called.

Independent components of one kind add in quadrature, axis by axis; offsets that act in one
direction add linearly, to the errors' own margin. Components that were measured together are parts
of a measured total, which counts in their place (`popmargin.margins.measured_total`). A margin may
be called "PTV margin" only when the budget is declared complete: whoever declares it answers for
what is not listed.

Limits: components that share a cause are not independent, and without a measured total their
quadrature sum is too small.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.checks import non_negative
from popmargin.core.exceptions import OutOfRange
from popmargin.core.flags import Flag
from popmargin.margins.combine import offset_sum, quadrature_sum
from popmargin.margins.recipe import Options, Recipe

Kind = Literal["systematic", "random", "offset"]

# What a complete budget of an external-beam treatment has a word on (BIR 2003, ICRU 83).
EXPECTED_COMPONENTS: Final = (
    "delineation",
    "registration",
    "machine isocentre",
    "set-up",
    "organ motion",
    "intra-fraction",
    "residual",
    "breathing",
)


@dataclass(frozen=True, slots=True)
class ErrorComponent:
    """One source of error along lr, si and ap.

    Attributes
    ----------
    component : str
        Name in words, such as ``delineation`` or ``set-up error before correction``.
    kind : str
        ``systematic`` or ``random`` (values are SDs, >= 0) or ``offset`` (signed).
    lr_mm, si_mm, ap_mm : float
        Values in mm.
    source : str
        Where the values come from.
    degrees_of_freedom : float, optional
        Behind an SD that was estimated (patients or observers minus one), >= 1; without, the SD
        is taken as known.
    part_of : str, optional
        Component of the same kind, measured as a total, that this one is a part of.
    groups : sequence of str, optional
        Labels of the groups that have this error; all without.

    Raises
    ------
    OutOfRange
        For an unknown kind, a negative SD, a value that is not finite, degrees of freedom below
        one or of an offset, or an offset that is a part.

    Examples
    --------
    >>> ErrorComponent("delineation", "systematic", 2.0, 2.5, 2.0, "own study").value("si")
    2.5
    """

    component: str
    kind: Kind
    lr_mm: float
    si_mm: float
    ap_mm: float
    source: str
    degrees_of_freedom: float | None = None
    part_of: str | None = None
    groups: Sequence[str] | None = None

    def __post_init__(self) -> None:
        """Refuse an impossible component (`OutOfRange`)."""
        if self.kind not in ("systematic", "random", "offset"):
            raise OutOfRange(f"kind of {self.component}", "systematic, random or offset", self.kind)
        for axis in TRANSLATIONS:
            name = f"{axis}_mm of {self.component}"
            if self.kind == "offset":
                offset_sum([self.value(axis)])
            else:
                non_negative(name, self.value(axis))
        freedom = self.degrees_of_freedom
        if freedom is not None and (self.kind == "offset" or not 1.0 <= freedom < math.inf):
            name = f"degrees_of_freedom of {self.component}"
            raise OutOfRange(name, "a number >= 1, for an SD", freedom)
        if self.part_of is not None and self.kind == "offset":
            raise OutOfRange(f"part_of of {self.component}", "none: offsets add", self.part_of)

    def value(self, axis: str) -> float:
        """Value along one of lr, si, ap in mm."""
        return {"lr": self.lr_mm, "si": self.si_mm, "ap": self.ap_mm}[axis]


@dataclass(frozen=True, slots=True)
class AxisErrors:
    """All components along one axis: two SDs and the sum of the offsets, in mm."""

    systematic_sd_mm: float
    random_sd_mm: float
    offset_mm: float


def combine_components(components: Sequence[ErrorComponent], axis: str) -> AxisErrors:
    """Errors of all components along one axis, by kind.

    Parameters: components, and one of lr, si, ap. No component of a kind gives 0; parts of a
    measured total are in the total.

    >>> parts = [ErrorComponent("set-up", "systematic", 3, 3, 3, "data"),
    ...          ErrorComponent("delineation", "systematic", 4, 4, 4, "study")]
    >>> combine_components(parts, "lr").systematic_sd_mm
    5.0
    """
    by_kind = {
        kind: [p.value(axis) for p in components if p.kind == kind and p.part_of is None]
        for kind in ("systematic", "random", "offset")
    }
    return AxisErrors(
        quadrature_sum(by_kind["systematic"]),
        quadrature_sum(by_kind["random"]),
        offset_sum(by_kind["offset"]),
    )


def budget_margin(
    components: Sequence[ErrorComponent],
    axis: str,
    recipe: Recipe,
    *,
    fractions: int | None = None,
    options: Options | None = None,
) -> float:
    """Margin in mm along one axis: the recipe on the combined SDs, plus the offset's size.

    Parameters and errors raised are those of `Recipe.margin`.

    >>> from popmargin.margins.registry import find_recipe
    >>> parts = [ErrorComponent("set-up", "systematic", 3, 3, 3, "data"),
    ...          ErrorComponent("dose algorithm", "offset", -1, 0, 0, "measured")]
    >>> budget_margin(parts, "lr", find_recipe("stroom"))
    7.0
    """
    errors = combine_components(components, axis)
    margin = recipe.margin(
        errors.systematic_sd_mm, errors.random_sd_mm, fractions=fractions, options=options
    )
    return float(margin) + abs(errors.offset_mm)


def components_for(group: str, components: Sequence[ErrorComponent]) -> list[ErrorComponent]:
    """The components that a group has.

    >>> part = ErrorComponent("breathing", "random", 0, 3, 1, "traces", groups=("lung",))
    >>> components_for("brain", [part])
    []
    """
    return [part for part in components if part.groups is None or group in part.groups]


def describe_coverage(components: Sequence[ErrorComponent], complete: bool) -> str:
    """What is inside a margin, in words; "only" stands in it unless the budget is complete.

    Parameters
    ----------
    components : sequence of ErrorComponent
        What the margin was computed from, the measured errors first.
    complete : bool
        Whether the budget is declared complete.

    Raises
    ------
    OutOfRange
        When there is no component.

    Examples
    --------
    >>> set_up = ErrorComponent("set-up error before correction", "systematic", 3, 3, 3, "data")
    >>> describe_coverage([set_up], complete=False)
    'set-up error before correction only'
    """
    # A measured component may already say "only" of itself; parts are in their total.
    whole = [part.component for part in components if part.part_of is None]
    names = list(dict.fromkeys(name.replace(" only", "") for name in whole))
    if not names:
        raise OutOfRange("components", "at least one error component", "none")
    words = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{words} (error budget declared complete)" if complete else f"{words} only"


def is_whole_budget(components: Sequence[ErrorComponent], complete: bool) -> bool:
    """Whether data and declared components are all that a PTV margin must hold.

    Parameters: the components declared beside the data, and whether the budget is declared
    complete. Without any the data stand alone, which are one kind of error and never all of them.

    >>> is_whole_budget([], complete=True)
    False
    """
    return complete and bool(components)


def margin_name(complete: bool) -> str:
    """What the result may be called: "PTV margin" only for a budget declared complete.

    >>> margin_name(False)
    'margin for the listed errors'
    """
    return "PTV margin" if complete else "margin for the listed errors"


def budget_remarks(names: Iterable[str], complete: bool) -> list[Flag]:
    """Flag a budget declared complete that has no word on an error that is always there.

    Parameters: names of all components, those of the data among them.

    >>> budget_remarks(["set-up"], complete=True)[0].code
    'complete_budget_lacks'
    """
    if not complete:
        return []
    named = " ".join(name.lower().replace("_", " ") for name in names)
    lacking = [name for name in EXPECTED_COMPONENTS if name not in named]
    if not lacking:
        return []
    message = (
        f"the error budget is declared complete but has no component for {', '.join(lacking)}: "
        "list it, with zero where it does not apply"
    )
    return [Flag("complete_budget_lacks", "warn", message)]
