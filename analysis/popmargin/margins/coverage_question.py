"""What a study asks of coverage: its target, its course, its margins, and how much to simulate.

Assumes nothing of its own: the question carries what the config states.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from popmargin.core.random_streams import random_stream
from popmargin.margins.coverage import Target
from popmargin.margins.group_errors import GroupErrors
from popmargin.margins.recipe import Options, Recipe
from popmargin.margins.registry import find_recipe

Three = tuple[float, float, float]
# Unequal margins cost seven times as much, many fractions of unequal SDs a hundred times.
EQUAL_PATIENTS: Final = 8_000
UNEQUAL_PATIENTS: Final = 1_500
BLURRED_PATIENTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class CoverageQuestion:
    """What coverage is asked for.

    Attributes
    ----------
    target : CTV radius, penumbra and dose level.
    fractions : of the treatment course, >= 1; ``None`` = many.
    population : wanted share of patients, strictly between 0 and 1.
    recipes : whose margins are judged, the recommended one first.
    recipe_fractions, options : what the recipes' margins are computed with.
    present_margin_mm : margin in use along lr, si and ap, if any.
    level : of the intervals.  seed : >= 0, of all draws.
    """

    target: Target
    fractions: int | None
    population: float
    recipes: Sequence[Recipe]
    recipe_fractions: int | None = None
    options: Options = field(default_factory=dict)
    present_margin_mm: Three | None = None
    level: float = 0.95
    seed: int = 1

    def patients(self, *, equal: bool) -> int:
        """How many patients to simulate."""
        if self.fractions is None:
            return BLURRED_PATIENTS
        return EQUAL_PATIENTS if equal else UNEQUAL_PATIENTS

    def stream(self, group: GroupErrors) -> np.random.Generator:
        """The same draws for every margin of a group, so that differences are its margins'."""
        return random_stream(self.seed, "coverage", group.group, group.covers)


def recipe_options(margins: Mapping[str, Any]) -> dict[str, float]:
    """Options of recipes that a config's ``margins`` states; each recipe gets those it takes.

    >>> recipe_options({"penumbra_sd_mm": 3.2, "recipes": ["stroom"]})
    {'penumbra_sd_mm': 3.2}
    """
    names = ("penumbra_sd_mm", "dose_level", "population")
    return {name: margins[name] for name in names if name in margins}


def target_of(margins: Mapping[str, Any], target: Mapping[str, Any]) -> Target | None:
    """The target that a config states, ``None`` where it states no radius.

    >>> target_of({}, {"ctv_radius_mm": None}) is None
    True
    """
    if target["ctv_radius_mm"] is None:
        return None
    return Target(target["ctv_radius_mm"], margins["penumbra_sd_mm"], margins["dose_level"])


def coverage_question(
    level: float,
    seed: int,
    *,
    margins: Mapping[str, Any],
    target: Mapping[str, Any],
    present: Mapping[str, float] | None,
) -> CoverageQuestion | None:
    """What a config asks, ``None`` where it states no target.

    Parameters: level of intervals, seed, and the config's ``margins``, ``target`` and
    ``present_margin_mm``. Raises `WrongUsage` for an unknown recipe, `OutOfRange` for a value out
    of range.

    >>> coverage_question(0.95, 1, margins={}, target={"ctv_radius_mm": None}, present=None) is None
    True
    """
    ball = target_of(margins, target)
    if ball is None:
        return None
    return CoverageQuestion(
        ball,
        target["fractions"],
        margins["population"],
        [find_recipe(name) for name in margins["recipes"]],
        margins["fractions"],
        recipe_options(margins),
        (present["lr"], present["si"], present["ap"]) if present else None,
        level,
        seed,
    )


def one_or_three(margin_mm: Three) -> Three | float:
    """One margin where all three are the same: what asks for one is faster then.

    >>> one_or_three((7.0, 7.0, 7.0)), one_or_three((7.0, 7.0, 5.0))
    (7.0, (7.0, 7.0, 5.0))
    """
    return margin_mm[0] if len(set(margin_mm)) == 1 else margin_mm
