"""The registry of margin recipes: a file of `popmargin.margins.recipes` enters itself."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from popmargin.core.exceptions import WrongUsage
from popmargin.core.family import family_members
from popmargin.margins.recipe import Recipe

RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {recipe.name: recipe for recipe in family_members("popmargin.margins.recipes.", Recipe)}
)


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
    'antolak_rosen'
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
