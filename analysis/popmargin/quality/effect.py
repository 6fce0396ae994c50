"""What a fault does to the margin: the margin of the rows as they are and as they may have been.

Both are estimated as the study estimates its margins, from the first image of each fraction.
Limits: the repair is a likely one, not the truth; its error is not in the interval.
"""

from dataclasses import dataclass

import numpy as np

from popmargin.core.exceptions import NotEstimable
from popmargin.errors.quantity import Estimator, RandomEstimator, estimate_quantity
from popmargin.margins.margin_interval import MarginInterval, margin_interval
from popmargin.margins.recipe import Options, Recipe
from popmargin.quality.finding import Finding
from popmargin.quality.rows import FloatArray, PositionRows
from popmargin.statistics.one_way import OneWayData


@dataclass(frozen=True, slots=True)
class MarginMethod:
    """How the margins that are compared come about; attributes as in the study's own."""

    recipe: Recipe
    options: Options
    fractions: int | None = None
    estimator: Estimator = "anova"
    random: RandomEstimator = "rms"
    confidence_level: float = 0.95
    seed: int = 1


def margin_of(
    rows: PositionRows,
    axis: int,
    method: MarginMethod,
    variance_within_mm2: FloatArray | None = None,
) -> MarginInterval | None:
    """Margin on one axis; None where it is not estimable.

    ``variance_within_mm2`` is taken off the random variance of each axis.
    """
    x = rows.values[:, axis]
    there = np.isfinite(x)
    if not there.any():
        return None
    data = OneWayData.from_values(x[there], rows.unit[there])
    try:
        found = estimate_quantity(
            data,
            estimator=method.estimator,
            random=method.random,
            confidence_level=method.confidence_level,
            seed=method.seed,
        )
    except NotEstimable:
        return None
    systematic, random, draws = found.systematic_sd, found.random_sd, found.draws
    if systematic is None or random is None or draws is None:
        return None
    less = 0.0 if variance_within_mm2 is None else float(variance_within_mm2[axis])
    return margin_interval(
        method.recipe,
        systematic,
        max(0.0, random**2 - less) ** 0.5,
        systematic_draws_mm=draws.between_sd,
        random_draws_mm=np.sqrt(np.maximum(0.0, draws.within_sd**2 - less)),
        level=method.confidence_level,
        fractions=method.fractions,
        options={k: v for k, v in method.options.items() if k in method.recipe.options},
    )


def margins_with_and_without(
    rows: PositionRows, finding: Finding, axis: int, method: MarginMethod
) -> tuple[MarginInterval | None, MarginInterval | None]:
    """Margin of the rows as they are, and without the fault; None where it cannot be told."""
    present = rows.first_images()
    with_fault = margin_of(present, axis, method)
    if finding.variance_within_mm2 is not None:
        return with_fault, margin_of(present, axis, method, finding.variance_within_mm2)
    if finding.repaired is None:
        return with_fault, None
    return with_fault, margin_of(finding.repaired.first_images(), axis, method)
