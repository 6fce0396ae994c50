"""The registry of margin recipes: a new recipe is one file and one line here."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from popmargin.core.exceptions import WrongUsage
from popmargin.margins.recipe import Recipe
from popmargin.margins.recipes import (
    antolak_rosen,
    bel,
    bir,
    icru62_linear,
    icru62_quadrature,
    mckenzie_prv,
    parker,
    stroom,
    van_herk,
    van_herk_linear,
    van_herk_lung_80,
    van_herk_tcp,
    yoda,
)

_ALL: Final = (
    van_herk.RECIPE,
    van_herk_linear.RECIPE,
    van_herk_lung_80.RECIPE,
    van_herk_tcp.RECIPE,
    stroom.RECIPE,
    parker.RECIPE,
    icru62_quadrature.RECIPE,
    icru62_linear.RECIPE,
    mckenzie_prv.SERIAL_RECIPE,
    mckenzie_prv.PARALLEL_RECIPE,
    bir.RECIPE,
    bel.RECIPE,
    antolak_rosen.RECIPE,
    yoda.RECIPE,
)

RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType({recipe.name: recipe for recipe in _ALL})


def find_recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises
    ------
    WrongUsage
        For an unknown name, with the list of those that exist.

    Examples
    --------
    >>> find_recipe("stroom").formula
    '2 S + 0.7 s'
    """
    if name not in RECIPES:
        raise WrongUsage(f"unknown recipe {name!r}; there are: {', '.join(RECIPES)}")
    return RECIPES[name]


def describe_recipes() -> list[dict[str, str]]:
    """The registry as rows: name, formula, source, status, conditions, limits, options.

    >>> describe_recipes()[0]["name"]
    'van_herk'
    """
    return [
        {
            "name": recipe.name,
            "formula": recipe.formula,
            "source": recipe.source,
            "status": recipe.status,
            "conditions": recipe.conditions,
            "limits": recipe.limits,
            "options": ", ".join(sorted(recipe.options)),
        }
        for recipe in RECIPES.values()
    ]
