"""The error budget of every group: what each component weighs in the margin of each axis.

Assumptions and limits: those of `popmargin.margins.error_budget` and
`popmargin.margins.component_draws`. Intervals carry the uncertainty of the data's errors and of
components with degrees of freedom; other components are taken as known.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from popmargin.core.axes import TRANSLATIONS
from popmargin.margins.breathing import breathing_component
from popmargin.margins.combine import offset_sum
from popmargin.margins.component_draws import component_draws
from popmargin.margins.error_budget import (
    ErrorComponent,
    budget_rows,
    is_whole_budget,
    margin_name,
)
from popmargin.margins.estimate import WITHHELD
from popmargin.margins.group_errors import GroupErrors, with_components
from popmargin.margins.recipe import Options, Recipe
from popmargin.statistics.interval import interval_of

Vector = NDArray[np.float64]
_EMPTY: Final = (
    "component",
    "kind",
    "value_mm",
    "source",
    "variance_share",
    "margin_mm",
    "saving_mm",
)


def components_of(budget: Mapping[str, Any]) -> list[ErrorComponent]:
    """Components that a config's ``error_budget`` lists beside the data, breathing among them.

    Parameters: ``components`` as in `ErrorComponent`; ``breathing`` with the peak-to-peak
    amplitude along each axis in mm, ``sd_ratio`` and ``source``. Raises `OutOfRange` for an
    impossible component.

    >>> amplitude = {"lr_mm": 0, "si_mm": 10, "ap_mm": 5, "sd_ratio": 0.36, "source": "4D-CT"}
    >>> round(components_of({"components": [], "breathing": amplitude})[0].si_mm, 3)
    3.6
    """
    found = [ErrorComponent(**entry) for entry in budget.get("components") or []]
    breathing = budget.get("breathing")
    return [*found, breathing_component(**breathing)] if breathing else found


def estimate_error_budget(
    groups: Sequence[GroupErrors],
    components: Sequence[ErrorComponent],
    recipe: Recipe,
    *,
    complete: bool,
    fractions: int | None = None,
    options: Options | None = None,
    withheld: bool = False,
    level: float = 0.95,
    seed: int = 1,
) -> list[dict[str, Any]]:
    """Rows of contract ``error_budget_shares`` (and the group columns).

    Parameters
    ----------
    groups : from `popmargin.margins.group_errors`, with the errors of the data.
    components : what the config adds to them.
    recipe : whose margin is taken apart; ``fractions`` and ``options`` as in its `margin`.
    complete : whether the budget is declared complete: only then is the total a PTV margin.
    withheld : a blocking flag stands: every number is empty with that reason.
    level, seed : of the intervals, and of the draws of components with degrees of freedom.

    Returns
    -------
    One row a group, axis and component; a group without errors has one row a axis with the reason.

    Examples
    --------
    >>> from popmargin.margins.registry import find_recipe
    >>> estimate_error_budget([], [], find_recipe("van_herk"), complete=False)
    []
    """
    chosen = {k: v for k, v in (options or {}).items() if k in recipe.options}
    rows: list[dict[str, Any]] = []
    for group in groups:
        whole = with_components(group, components, complete, seed=seed) if components else group
        common = {
            **group.columns,
            "group": group.group,
            "n_patients": group.n_patients,
            "recipe": recipe.name,
            "total": margin_name(is_whole_budget(components, complete)),
            "covers": whole.covers,
        }
        reason = WITHHELD if withheld else group.reason
        if reason:
            empty = dict.fromkeys((*_EMPTY, *_limits("margin"), *_limits("saving")))
            rows += [{**common, "axis": axis, **empty, "reason": reason} for axis in TRANSLATIONS]
            continue
        found = budget_rows(whole.components, recipe, fractions=fractions, options=chosen)
        drawn = _on_draws(group, components, recipe, fractions, chosen, seed)
        rows += [
            {**common, **row, **_intervals(margin, saving, level), "reason": None}
            for row, (margin, saving) in zip(found, drawn, strict=True)
        ]
    return rows


def _on_draws(
    group: GroupErrors,
    components: Sequence[ErrorComponent],
    recipe: Recipe,
    fractions: int | None,
    options: Options,
    seed: int,
) -> list[tuple[Vector, Vector]]:
    """Margin and saving on every draw, in the order of `budget_rows`: axis, then component."""
    every = (*group.components, *components)
    own = dict(zip(("systematic", "random"), group.draws, strict=True))
    count = len(group.draws[0])
    found = []
    for place, axis in enumerate(TRANSLATIONS):
        # The group's own components are those of the data, one of each kind.
        draws = [own[part.kind][:, place] for part in group.components]
        draws += [component_draws(part, axis, count, seed=seed) for part in components]

        def margin(parts: Sequence[tuple[ErrorComponent, Vector]]) -> Vector:
            sums = {
                kind: np.sqrt(sum((d**2 for p, d in parts if p.kind == kind), np.zeros(count)))
                for kind in ("systematic", "random")
            }
            offset = offset_sum([float(d[0]) for p, d in parts if p.kind == "offset"])
            return abs(offset) + recipe.margin(
                sums["systematic"], sums["random"], fractions=fractions, options=options
            )

        parts = list(zip(every, draws, strict=True))
        whole = margin(parts)
        found += [(whole, whole - margin(parts[:i] + parts[i + 1 :])) for i in range(len(parts))]
    return found


def _intervals(margin: Vector, saving: Vector, level: float) -> dict[str, float]:
    limits = [interval_of(draws, level) for draws in (margin, saving)]
    names = [*_limits("margin"), *_limits("saving")]
    values = [value for limit in limits for value in (limit.low, limit.high)]
    return dict(zip(names, values, strict=True))


def _limits(name: str) -> list[str]:
    return [f"{name}_low_mm", f"{name}_high_mm"]
