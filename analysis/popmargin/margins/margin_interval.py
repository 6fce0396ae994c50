"""A margin with the interval that its population errors leave it.

The recipe, with its options and number of fractions, is evaluated on every draw of the two SDs;
percentiles of the results are the interval. It carries the uncertainty of the SDs only: neither
that of the recipe's own conditions nor that of errors that were not measured.
"""

from dataclasses import dataclass

from numpy.typing import ArrayLike

from popmargin.core.checks import non_negative
from popmargin.core.exceptions import OutOfRange
from popmargin.margins.recipe import Options, Recipe
from popmargin.statistics.interval import interval_of


@dataclass(frozen=True, slots=True)
class MarginInterval:
    """A margin in mm with its two-sided interval and its one-sided upper limit."""

    margin_mm: float
    low_mm: float
    high_mm: float
    upper_mm: float


def margin_interval(
    recipe: Recipe,
    systematic_sd_mm: float,
    random_sd_mm: float,
    *,
    systematic_draws_mm: ArrayLike,
    random_draws_mm: ArrayLike,
    level: float = 0.95,
    fractions: int | None = None,
    options: Options | None = None,
) -> MarginInterval:
    """Margin of a recipe at the estimates, with the percentiles of the recipe on the draws.

    Parameters
    ----------
    recipe : Recipe
        From `popmargin.margins.registry.find_recipe`.
    systematic_sd_mm, random_sd_mm : float
        Estimates in mm, >= 0.
    systematic_draws_mm, random_draws_mm : array_like, shape (draws,)
        Paired draws of the two SDs in mm, >= 0, for instance of the generalised interval.
    level : float
        Confidence level inside (0, 1).
    fractions, options
        As in `Recipe.margin`.

    Raises
    ------
    OutOfRange
        For a negative or non-finite SD, draws that are not paired, or a level out of range.
    WrongUsage
        For an option that the recipe does not take.

    Examples
    --------
    >>> from popmargin.margins.registry import find_recipe
    >>> interval = margin_interval(
    ...     find_recipe("van_herk_linear"), 2.0, 2.0,
    ...     systematic_draws_mm=[1.0, 2.0, 3.0], random_draws_mm=[2.0, 2.0, 2.0])
    >>> interval.margin_mm, round(interval.low_mm, 2), round(interval.high_mm, 2)
    (6.4, 3.9, 8.9)
    """
    systematic = non_negative("systematic_draws_mm", systematic_draws_mm)
    random = non_negative("random_draws_mm", random_draws_mm)
    if systematic.shape != random.shape:
        raise OutOfRange("random_draws_mm", f"shape {systematic.shape}", random.shape)
    on_draws = recipe.margin(systematic, random, fractions=fractions, options=options)
    limits = interval_of(on_draws, level)
    estimate = recipe.margin(systematic_sd_mm, random_sd_mm, fractions=fractions, options=options)
    return MarginInterval(float(estimate), limits.low, limits.high, limits.upper)
