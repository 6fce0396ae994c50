"""The data as a measured total: what its parts, set-up error and organ motion, weigh in a margin.

Errors matched on soft tissue or markers are the total of both, covariance included; the margin
rests on that total. Fractions that were matched on bone too say what each part is, how they go
together, and what would be left without one of them: the other alone.

Assumptions and limits: those of `popmargin.errors.target_parts`. The SDs of the parts come from
the fractions with both matches, the total's from all fractions; their draws are paired by rank.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np

from popmargin.core.axes import TRANSLATIONS
from popmargin.errors.target_parts import TargetParts
from popmargin.margins.budget_draws import BudgetDraws, Vector
from popmargin.margins.budget_rows import is_dominant
from popmargin.margins.error_budget import ErrorComponent, budget_margin, combine_components
from popmargin.margins.recipe import Options, Recipe

SOURCE: Final = "fractions with both matches"


def split_rows(
    components: Sequence[ErrorComponent],
    target_parts: Sequence[TargetParts],
    draws: BudgetDraws,
    recipe: Recipe,
    *,
    fractions: int | None = None,
    options: Options | None = None,
) -> list[tuple[dict[str, Any], Vector]]:
    """Rows as of `popmargin.margins.budget_rows.budget_rows`, two a part of the data.

    Parameters
    ----------
    components : of one group, those of the data first.
    target_parts : of that group.
    draws : of the group's margins.
    recipe, fractions, options : as in `Recipe.margin`.

    Returns
    -------
    Each row with the margin that is left without the part, in mm on every draw.
    """
    rows = []
    for parts in target_parts:
        axis, kind = parts.axis, parts.kind
        total = next(part for part in components if part.kind == kind)
        errors = combine_components(components, axis)
        variance = {"systematic": errors.systematic_sd_mm, "random": errors.random_sd_mm}[kind] ** 2
        whole = budget_margin(components, axis, recipe, fractions=fractions, options=options)
        setup_draws, motion_draws = _in_order_of(draws.data(kind, axis), parts)
        for name, own, other, left_draws in (
            ("set-up error", parts.setup_variance_mm2, parts.motion_variance_mm2, motion_draws),
            ("organ motion", parts.motion_variance_mm2, parts.setup_variance_mm2, setup_draws),
        ):
            left = _with_sd(total, axis, float(np.sqrt(max(other, 0.0))))
            rest = [left if part is total else part for part in components]
            margin = budget_margin(rest, axis, recipe, fractions=fractions, options=options)
            weight = (max(own, 0.0) + parts.covariance_mm2) / variance if variance > 0.0 else None
            row = {
                "axis": axis,
                "component": name,
                "kind": kind,
                "part_of": total.component,
                "value_mm": float(np.sqrt(max(own, 0.0))),
                "source": SOURCE,
                "covariance_mm2": parts.covariance_mm2,
                "variance_share": weight,
                "dominant": is_dominant(weight),
                "margin_mm": whole,
                "saving_mm": whole - margin,
            }
            rows.append((row, draws.margin(components, axis, {kind: left_draws})))
    return rows


def _with_sd(component: ErrorComponent, axis: str, sd_mm: float) -> ErrorComponent:
    """The component with another SD along one axis."""
    lr, si, ap = (sd_mm if name == axis else component.value(name) for name in TRANSLATIONS)
    return replace(component, lr_mm=lr, si_mm=si, ap_mm=ap)


def _in_order_of(total_mm: Vector, parts: TargetParts) -> tuple[Vector, Vector]:
    """Draws of both parts' SDs in mm, the n-th largest total of theirs beside that of the data."""
    setup, motion, covariance = parts.draws_mm2
    ranks = np.linspace(0, setup.size - 1, total_mm.size).round().astype(np.int64)
    chosen = np.argsort(setup + motion + 2.0 * covariance, kind="stable")[ranks]
    place = np.empty_like(chosen)
    place[np.argsort(total_mm, kind="stable")] = chosen
    first, second = (np.sqrt(np.maximum(values[place], 0.0)) for values in (setup, motion))
    return first, second
