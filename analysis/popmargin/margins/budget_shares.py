"""The error budget of every group: what each component weighs in the margin of each axis.

Assumptions and limits: those of `popmargin.margins.error_budget` and
`popmargin.margins.component_draws`. Intervals carry the uncertainty of the data's errors and of
components with degrees of freedom; other components are taken as known.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, TypedDict

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.flags import Flag
from popmargin.errors.target_parts import TargetParts
from popmargin.margins.budget_draws import BudgetDraws, Vector
from popmargin.margins.budget_rows import budget_rows
from popmargin.margins.error_budget import (
    ErrorComponent,
    budget_remarks,
    components_for,
    is_whole_budget,
    margin_name,
)
from popmargin.margins.estimate import WITHHELD
from popmargin.margins.group_errors import GroupErrors, with_components
from popmargin.margins.measured_split import split_rows
from popmargin.margins.measured_total import without
from popmargin.margins.recipe import Options, Recipe
from popmargin.statistics.interval import interval_of

_EMPTY: Final = (
    "component",
    "kind",
    "value_mm",
    "part_of",
    "source",
    "covariance_mm2",
    "variance_share",
    "margin_mm",
    "saving_mm",
)


def estimate_error_budget(
    groups: Sequence[GroupErrors],
    components: Sequence[ErrorComponent],
    recipe: Recipe,
    *,
    complete: bool,
    target_parts: Sequence[TargetParts] = (),
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
    target_parts : set-up error and organ motion that the data are the measured total of.
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
        own = components_for(group.group, components)
        whole = with_components(group, own, complete, seed=seed) if own else group
        common = {
            **group.columns,
            "group": group.group,
            "n_patients": group.n_patients,
            "recipe": recipe.name,
            "total": margin_name(is_whole_budget(own, complete)),
            "covers": whole.covers,
        }
        reason = WITHHELD if withheld else group.reason
        if reason:
            empty = dict.fromkeys((*_EMPTY, *_limits("margin"), *_limits("saving")))
            rows += [{**common, "axis": axis, **empty, "reason": reason} for axis in TRANSLATIONS]
            continue
        draws = BudgetDraws(group, recipe, fractions, chosen, seed)
        mine = [parts for parts in target_parts if parts.group == group.group]
        terms: _Terms = {"fractions": fractions, "options": chosen}
        found = _with_draws(whole.components, draws, recipe, terms)
        found += split_rows(whole.components, mine, draws, recipe, **terms)
        found.sort(key=_place([row for row, _ in found]))
        margins = {axis: draws.margin(whole.components, axis) for axis in TRANSLATIONS}
        rows += [
            {
                **common,
                **row,
                **_intervals(margins[row["axis"]], margins[row["axis"]] - left, level),
                "reason": None,
            }
            for row, left in found
        ]
    return rows


def share_remarks(
    rows: Sequence[Mapping[str, Any]], complete: bool, outside: str | None = None
) -> list[Flag]:
    """Flag the groups whose budget is declared complete and has no word on an expected error.

    Parameters: rows of `estimate_error_budget`, whether the budget is declared complete, and the
    surrogate whose match shows organ motion, where that was logged and the rows hold none of it.

    >>> share_remarks([{"group": "lung", "component": "set-up"}], True)[0].message[:32]
    'lung: the error budget is declar'
    """
    named: dict[str, list[str]] = {}
    for row in rows:
        if row["component"] is not None:
            named.setdefault(row["group"], []).append(row["component"])
    groups: dict[Flag, list[str]] = {}
    for group, names in named.items():
        for flag in budget_remarks(names, complete):
            groups.setdefault(flag, []).append(group)
    remarks = [
        replace(flag, message=f"{', '.join(found)}: {flag.message}")
        for flag, found in groups.items()
    ]
    if outside is not None:
        message = (
            "organ motion is logged but not in the margins, which rest on another match: "
            f"errors, surrogate: {outside} takes set-up error and organ motion as a measured total"
        )
        remarks.append(Flag("organ_motion_not_in_margins", "warn", message))
    return remarks


class _Terms(TypedDict):
    """What a recipe is computed with."""

    fractions: int | None
    options: Options


def _place(
    rows: Sequence[Mapping[str, Any]],
) -> Callable[[tuple[Mapping[str, Any], Vector]], tuple[int, int, bool]]:
    """Where a row stands: by axis, in the order given, parts below their total."""
    order = {(row["component"], row["kind"]): index for index, row in reversed([*enumerate(rows)])}

    def place(pair: tuple[Mapping[str, Any], Vector]) -> tuple[int, int, bool]:
        row = pair[0]
        head = order[row["part_of"] or row["component"], row["kind"]]
        return TRANSLATIONS.index(row["axis"]), head, row["part_of"] is not None

    return place


def _with_draws(
    components: Sequence[ErrorComponent], draws: BudgetDraws, recipe: Recipe, terms: _Terms
) -> list[tuple[dict[str, Any], Vector]]:
    """The rows of all components, each with the draws of the margin without it."""
    rows = budget_rows(components, recipe, **terms)
    left = [
        draws.margin(without(components, index), axis)
        for axis in TRANSLATIONS
        for index in range(len(components))
    ]
    return list(zip(rows, left, strict=True))


def _intervals(margin: Vector, saving: Vector, level: float) -> dict[str, float]:
    limits = [interval_of(draws, level) for draws in (margin, saving)]
    names = [*_limits("margin"), *_limits("saving")]
    values = [value for limit in limits for value in (limit.low, limit.high)]
    return dict(zip(names, values, strict=True))


def _limits(name: str) -> list[str]:
    return [f"{name}_low_mm", f"{name}_high_mm"]
