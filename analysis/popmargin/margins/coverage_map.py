"""True coverage of a recipe's margin over a grid of systematic and random errors.

Assumptions and limits: those of `popmargin.margins.estimate_coverage`, with equal errors on all
axes and no group mean; every cell uses the same random numbers, so that cells differ by their
errors only.
"""

from collections.abc import Sequence
from typing import Any, Final

from popmargin.core.random_streams import random_stream
from popmargin.margins.course_errors import CourseErrors
from popmargin.margins.coverage import Target
from popmargin.margins.estimate_coverage import estimate_coverage
from popmargin.margins.minimum_dose import SMALLEST_PENUMBRA_MM
from popmargin.margins.recipe import Options, Recipe

GRID_MM: Final = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0)
_PATIENTS: Final = 800


def map_coverage(
    recipes: Sequence[Recipe],
    target: Target,
    *,
    fractions: int | None,
    recipe_fractions: int | None = None,
    options: Options | None = None,
    population: float = 0.9,
    seed: int = 1,
    sds_mm: Sequence[float] = GRID_MM,
) -> list[dict[str, Any]]:
    """Rows of contract ``coverage_map``: coverage of every recipe at every pair of SDs.

    Parameters
    ----------
    recipes : whose margins are judged.
    target : CTV radius, penumbra and dose level.
    fractions : of the treatment course, >= 1; ``None`` = many, which has a closed form.
    recipe_fractions, options : what the recipes' margins are computed with.
    population : the share that the recipes promise, for the reader.
    seed : >= 0, of the draws.
    sds_mm : values in mm, > 0, of both SDs.

    Returns
    -------
    No row where a course of several fractions cannot be simulated (penumbra too sharp).

    Examples
    --------
    >>> from popmargin.margins.registry import find_recipe
    >>> row, = map_coverage(
    ...     [find_recipe("van_herk_linear")], Target(30.0), fractions=None, sds_mm=[3.0])
    >>> round(row["coverage"], 4), row["method"]
    (0.8942, 'closed_form')
    """
    if fractions not in (None, 1) and target.penumbra_sd_mm < SMALLEST_PENUMBRA_MM:
        return []
    rows = []
    for recipe in recipes:
        taken = {k: v for k, v in (options or {}).items() if k in recipe.options}
        for systematic in sds_mm:
            for random in sds_mm:
                margin = float(
                    recipe.margin(systematic, random, fractions=recipe_fractions, options=taken)
                )
                found = estimate_coverage(
                    CourseErrors(systematic, random),
                    margin,
                    target,
                    random_stream(seed, "coverage map"),
                    fractions=fractions,
                    n_patients=_PATIENTS,
                )
                rows.append(
                    {
                        "recipe": recipe.name,
                        "systematic_sd_mm": systematic,
                        "random_sd_mm": random,
                        "margin_mm": margin,
                        "coverage": found.coverage,
                        "coverage_standard_error": found.coverage_standard_error,
                        "method": found.method,
                        "population": population,
                        "ctv_radius_mm": target.ctv_radius_mm,
                        "fractions": fractions,
                    }
                )
    return rows
