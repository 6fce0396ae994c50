r"""Components measured together: a total whose SD is known beside those of its parts.

Set-up error and organ motion, or registration and isocentre, may go together or against each
other. Where the SD T of their sum was measured, it takes the place of their quadrature, and with
the parts' own SDs it says how they go together: parts :math:`p_1 ... p_k` share one correlation

.. math:: c = (T^2 - \sum p_i^2) / (2 \sum_{i<j} p_i p_j)

so that for two parts :math:`c\,p_1 p_2` is their covariance. Without a part the rest keeps c.

Assumes that the total and its parts were measured in the same patients: their SDs err by the same
factor. Limits: with more than two parts c is their mean correlation, no single pair's.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import OutOfRange
from popmargin.margins.error_budget import ErrorComponent

# Printed SDs are rounded: a total may lie this far outside what its parts allow, relative to it.
_ROUNDING: Final = 0.05


def check_totals(components: Sequence[ErrorComponent]) -> None:
    """Refuse parts without a total, and totals that their parts cannot add up to (`OutOfRange`).

    >>> check_totals([ErrorComponent("set-up", "random", 2, 2, 2, "data", part_of="target")])
    Traceback (most recent call last):
    ...
    popmargin.core.exceptions.OutOfRange: part_of of set-up: expected a random component, found target
    """  # noqa: E501
    for part in components:
        if part.part_of is None:
            continue
        name = f"part_of of {part.component}"
        total = _total(part, components)
        if total is None:
            raise OutOfRange(name, f"a {part.kind} component", part.part_of)
        if total.part_of is not None:
            raise OutOfRange(name, "a total that is no part itself", part.part_of)
        if part.degrees_of_freedom is not None:
            expected = "none: a part errs with its total"
            name = f"degrees_of_freedom of {part.component}"
            raise OutOfRange(name, expected, part.degrees_of_freedom)
    for total in components:
        parts = parts_of(total, components)
        for axis in TRANSLATIONS if parts else ():
            _check_total(total, parts, axis)


def _check_total(total: ErrorComponent, parts: Sequence[ErrorComponent], axis: str) -> None:
    if len(parts) < 2:
        raise OutOfRange(f"parts of {total.component}", "two or more", len(parts))
    sds = sorted(part.value(axis) for part in parts)
    most, rounding = sum(sds), _ROUNDING * max(total.value(axis), sds[-1])
    least = max(0.0, 2.0 * sds[-1] - most)
    if not least - rounding <= total.value(axis) <= most + rounding:
        expected = f"between {least:g} and {most:g}, what its parts can add up to"
        raise OutOfRange(f"{axis}_mm of {total.component}", expected, total.value(axis))


def parts_of(total: ErrorComponent, components: Sequence[ErrorComponent]) -> list[ErrorComponent]:
    """The parts of a component, none where it was not measured as a total."""
    if total.part_of is not None:
        return []
    key = (total.component, total.kind, total.groups)
    return [part for part in components if (part.part_of, part.kind, part.groups) == key]


def part_covariance(
    part: ErrorComponent, components: Sequence[ErrorComponent], axis: str
) -> float | None:
    """Covariance in mm^2 of a part with the other parts of its total; ``None`` for no part.

    >>> parts = [ErrorComponent("set-up", "random", 3, 3, 3, "bone", part_of="target"),
    ...          ErrorComponent("organ motion", "random", 4, 4, 4, "", part_of="target"),
    ...          ErrorComponent("target", "random", 6, 6, 6, "soft tissue")]
    >>> part_covariance(parts[0], parts, "lr")
    5.5
    """
    total = _total(part, components)
    if total is None:
        return None
    parts = parts_of(total, components)
    others = sum(other.value(axis) for other in parts) - part.value(axis)
    return _correlation(total, parts, axis) * part.value(axis) * others


def without(components: Sequence[ErrorComponent], index: int) -> list[ErrorComponent]:
    """The components when one of them is removed.

    A total goes with its parts; without a part the total is what the other parts make.

    >>> parts = [ErrorComponent("set-up", "random", 3, 3, 3, "bone", part_of="target"),
    ...          ErrorComponent("organ motion", "random", 4, 4, 4, "", part_of="target"),
    ...          ErrorComponent("target", "random", 6, 6, 6, "soft tissue")]
    >>> [(part.component, part.lr_mm) for part in without(parts, 1)]
    [('target', 3.0)]
    """
    removed = components[index]
    total = _total(removed, components) or removed
    parts = parts_of(total, components)
    family = [id(part) for part in (total, *parts)]
    kept = [part for part in components if id(part) not in family]
    if total is removed:
        return kept
    rest = [part for part in parts if part is not removed]
    lr, si, ap = (_rest_sd(total, parts, rest, axis) for axis in TRANSLATIONS)
    return [*kept, replace(total, lr_mm=lr, si_mm=si, ap_mm=ap)]


def _total(part: ErrorComponent, components: Sequence[ErrorComponent]) -> ErrorComponent | None:
    """The total that a component is a part of, in the same groups."""
    key = (part.part_of, part.kind, part.groups)
    named = (total for total in components if (total.component, total.kind, total.groups) == key)
    return next(named, None)


def _correlation(total: ErrorComponent, parts: Sequence[ErrorComponent], axis: str) -> float:
    """Correlation that all parts share along an axis; 0 where at most one of them is not 0."""
    sds = [part.value(axis) for part in parts]
    squares = sum(sd**2 for sd in sds)
    products = sum(sds) ** 2 - squares
    if products <= 0.0:
        return 0.0
    return min(1.0, max(-1.0, (total.value(axis) ** 2 - squares) / products))


def _rest_sd(
    total: ErrorComponent,
    parts: Sequence[ErrorComponent],
    rest: Sequence[ErrorComponent],
    axis: str,
) -> float:
    """SD of the sum of the parts that are left, in mm."""
    sds = [part.value(axis) for part in rest]
    squares = sum(sd**2 for sd in sds)
    shared = _correlation(total, parts, axis) * (sum(sds) ** 2 - squares)
    return float(max(0.0, squares + shared) ** 0.5)
