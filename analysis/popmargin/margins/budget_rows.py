"""What every component of an error budget weighs in the margin, axis by axis.

Assumptions and limits: those of `popmargin.margins.error_budget` and, for components measured
together, of `popmargin.margins.measured_total`.
"""

from collections.abc import Sequence
from typing import Any, Final

from popmargin.core.axes import TRANSLATIONS
from popmargin.margins.error_budget import (
    AxisErrors,
    ErrorComponent,
    budget_margin,
    combine_components,
)
from popmargin.margins.measured_total import part_covariance, without
from popmargin.margins.recipe import Options, Recipe

_DOMINANT: Final = 0.5


def budget_rows(
    components: Sequence[ErrorComponent],
    recipe: Recipe,
    *,
    fractions: int | None = None,
    options: Options | None = None,
) -> list[dict[str, Any]]:
    """What every component weighs along every axis.

    Parameters and errors raised are those of `Recipe.margin`.

    Returns
    -------
    list of dict
        Keys ``axis, component, kind, part_of, value_mm, source``; ``covariance_mm2`` of a part with
        the other parts of its total; ``variance_share`` of its kind (``None`` for offsets and where
        the kind is zero), a part's with its covariance, so that parts add up to their total;
        ``dominant``, whether it holds more than half of that variance; ``margin_mm`` of the whole
        budget; ``saving_mm``, what the margin would lose without the component.

    Examples
    --------
    >>> from popmargin.margins.registry import find_recipe
    >>> parts = [ErrorComponent("set-up", "systematic", 3, 3, 3, "data"),
    ...          ErrorComponent("delineation", "systematic", 4, 4, 4, "study")]
    >>> row = budget_rows(parts, find_recipe("van_herk_linear"))[1]
    >>> row["component"], row["variance_share"], row["saving_mm"]
    ('delineation', 0.64, 5.0)
    """
    rows = []
    for axis in TRANSLATIONS:
        whole = budget_margin(components, axis, recipe, fractions=fractions, options=options)
        errors = combine_components(components, axis)
        for index, part in enumerate(components):
            rest = without(components, index)
            left = budget_margin(rest, axis, recipe, fractions=fractions, options=options)
            covariance = part_covariance(part, components, axis)
            weight = variance_share(part, axis, covariance or 0.0, errors)
            rows.append(
                {
                    "axis": axis,
                    "component": part.component,
                    "kind": part.kind,
                    "part_of": part.part_of,
                    "value_mm": part.value(axis),
                    "source": part.source,
                    "covariance_mm2": covariance,
                    "variance_share": weight,
                    "dominant": is_dominant(weight),
                    "margin_mm": whole,
                    "saving_mm": whole - left,
                }
            )
    return rows


def variance_share(
    part: ErrorComponent, axis: str, covariance_mm2: float, errors: AxisErrors
) -> float | None:
    """Share of a component in the variance of its kind; ``None`` for offsets and zero variance.

    >>> part = ErrorComponent("set-up", "random", 3, 3, 3, "data")
    >>> variance_share(part, "lr", 3.0, AxisErrors(0.0, 4.0, 0.0))
    0.75
    """
    kinds = {"systematic": errors.systematic_sd_mm, "random": errors.random_sd_mm}
    variance = kinds.get(part.kind, 0.0) ** 2
    if variance <= 0.0:
        return None
    return (part.value(axis) ** 2 + covariance_mm2) / variance


def is_dominant(weight: float | None) -> bool:
    """Whether a share is more than half of the variance.

    >>> is_dominant(0.6), is_dominant(None)
    (True, False)
    """
    return weight is not None and weight > _DOMINANT
