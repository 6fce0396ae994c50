"""The error budget of every group: what each component weighs in the margin of each axis.

Assumptions and limits: those of `popmargin.margins.error_budget`; SDs of components that the
config states are taken as known, so that only the data's own errors carry intervals, in their own
table.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from popmargin.core.axes import TRANSLATIONS
from popmargin.margins.error_budget import ErrorComponent, budget_rows, margin_name
from popmargin.margins.estimate import WITHHELD
from popmargin.margins.group_errors import GroupErrors, with_components
from popmargin.margins.recipe import Options, Recipe


def components_of(budget: Mapping[str, Any]) -> list[ErrorComponent]:
    """Components that a config's ``error_budget`` lists beside the data.

    Raises `OutOfRange` for an impossible component.

    >>> components_of({"components": []})
    []
    """
    return [ErrorComponent(**entry) for entry in budget.get("components") or []]


def estimate_error_budget(
    groups: Sequence[GroupErrors],
    components: Sequence[ErrorComponent],
    recipe: Recipe,
    *,
    complete: bool,
    fractions: int | None = None,
    options: Options | None = None,
    withheld: bool = False,
) -> list[dict[str, Any]]:
    """Rows of contract ``error_budget_shares`` (and the group columns).

    Parameters
    ----------
    groups : from `popmargin.margins.group_errors`, with the errors of the data.
    components : what the config adds to them.
    recipe : whose margin is taken apart; ``fractions`` and ``options`` as in its `margin`.
    complete : whether the budget is declared complete: only then is the total a PTV margin.
    withheld : a blocking flag stands: every number is empty with that reason.

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
        whole = with_components(group, components, complete) if components else group
        common = {
            **group.columns,
            "group": group.group,
            "n_patients": group.n_patients,
            "recipe": recipe.name,
            "total": margin_name(complete),
            "covers": whole.covers,
        }
        reason = WITHHELD if withheld else group.reason
        if reason:
            empty = dict.fromkeys(
                ("component", "kind", "value_mm", "source", "variance_share", "margin_mm")
            )
            rows += [
                {**common, "axis": axis, **empty, "saving_mm": None, "reason": reason}
                for axis in TRANSLATIONS
            ]
            continue
        found = budget_rows(whole.components, recipe, fractions=fractions, options=chosen)
        rows += [{**common, **row, "reason": None} for row in found]
    return rows
