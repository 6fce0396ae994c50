"""Floor 0: a family of which every member is a file of one package: what lies there belongs to it.

A recipe or a protocol is entered nowhere: its file is its entry. The package is named with a
trailing dot as a literal text, by which `popmargin.pipeline.fingerprint` knows that every file of
it counts.
"""

import importlib
import pkgutil
from types import ModuleType
from typing import TypeVar

from popmargin.core.exceptions import PopmarginError

Member = TypeVar("Member")


def family_members(package: str, kind: type[Member]) -> tuple[Member, ...]:
    """Objects of a kind that the modules of a package define, each once, by name of the module.

    Parameters
    ----------
    package : with a trailing dot, as ``"popmargin.margins.recipes."``.
    kind : their class.

    Raises
    ------
    PopmarginError
        A module of the package defines none: its entry was forgotten.

    Examples
    --------
    >>> from popmargin.margins.recipe import Recipe
    >>> [recipe.name for recipe in family_members("popmargin.margins.recipes.", Recipe)][:2]
    ['antolak_rosen', 'bel']
    """
    folder = importlib.import_module(package.rstrip("."))
    found: dict[int, Member] = {}
    for name in sorted(module.name for module in pkgutil.iter_modules(folder.__path__, package)):
        module = importlib.import_module(name)
        own = _defined(module, kind)
        if not own:
            raise PopmarginError(
                f"{name}: expected a module-level {kind.__name__} by which it is known, found none"
            )
        found |= {id(member): member for member in own}
    return tuple(found.values())


def _defined(module: ModuleType, kind: type[Member]) -> list[Member]:
    return [value for value in vars(module).values() if isinstance(value, kind)]
