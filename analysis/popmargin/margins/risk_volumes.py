"""Margins around organs at risk: planning risk volumes (PRV) of every group and organ.

The errors of the data move the organ with the patient; what moves the organ besides (its own
motion, delineation) is declared for it and adds as variance.

Assumptions and limits: those of `popmargin.margins.recipes.mckenzie_prv` and of
`popmargin.margins.estimate`. The target's own components are not the organ's and are left out.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from popmargin.core.exceptions import RefusedInput
from popmargin.core.flags import Flag
from popmargin.errors.population import AxisEstimate
from popmargin.margins.error_budget import ErrorComponent
from popmargin.margins.estimate import estimate_margins
from popmargin.margins.registry import find_recipe

_RECIPES: Final = {"serial": "mckenzie_prv", "parallel": "mckenzie_prv_parallel"}


def estimate_risk_volume_margins(
    estimates: Sequence[AxisEstimate],
    organs: Sequence[Mapping[str, Any]],
    *,
    covers: str,
    fractions: int | None = None,
    withheld: bool = False,
    seed: int = 1,
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Rows of contract ``risk_volume_margins`` (and the group columns), and remarks.

    Parameters
    ----------
    estimates : population errors of all groups, one estimator.
    organs : as a config states them: ``organ``, ``response`` (``serial`` or ``parallel``),
        ``groups`` (labels; all where None) and ``components``.
    covers, fractions, withheld, seed : as in `popmargin.margins.estimate.estimate_margins`.

    Raises
    ------
    RefusedInput
        For a group that the study does not have.

    Examples
    --------
    >>> estimate_risk_volume_margins([], [], covers="set-up error only")
    ([], [])
    """
    rows: list[dict[str, Any]] = []
    flags: list[Flag] = []
    known = list(dict.fromkeys(item.group for item in estimates))
    for place, organ in enumerate(organs):
        wanted = known if organ["groups"] is None else organ["groups"]
        unknown = [label for label in wanted if label not in known]
        if unknown:
            where = f"organs_at_risk[{place}], groups"
            remedy = "name groups as the results do"
            raise RefusedInput(where, f"one of {', '.join(known)}", unknown[0], remedy)
        found, said = estimate_margins(
            [item for item in estimates if item.group in wanted],
            [find_recipe(_RECIPES[organ["response"]])],
            covers=covers,
            components=[ErrorComponent(**entry) for entry in organ["components"]],
            fractions=fractions,
            withheld=withheld,
            seed=seed,
        )
        named = {"organ": organ["organ"], "response": organ["response"]}
        rows += [{**row, **named, "called": "PRV margin for the listed errors"} for row in found]
        flags += said
    return rows, flags
