"""Dose-population histograms of a study: its recommended margin and the one in use.

Introduced with the margin recipe itself (van Herk M et al., Int J Radiat Oncol Biol Phys
2000;47:1121-35).

Assumptions and limits: those of `popmargin.margins.coverage_monte_carlo`; a histogram of the
minimum dose says nothing of how large the cold part is.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from popmargin.margins.coverage_monte_carlo import simulated_minimum_doses
from popmargin.margins.coverage_question import CoverageQuestion, Three, one_or_three
from popmargin.margins.dose_population import DosePopulation, dose_population
from popmargin.margins.group_errors import GroupErrors
from popmargin.margins.minimum_dose import SMALLEST_PENUMBRA_MM

_PATIENTS: Final = 1_000
NORMAL_BALL: Final = "normal errors, ball"
HISTOGRAM_DOSES: Final = np.round(np.linspace(0.70, 1.0, 61), 3)


def estimate_dose_population(
    groups: Sequence[GroupErrors], question: CoverageQuestion | None
) -> list[dict[str, Any]]:
    """Rows of contract ``dose_population`` (and the group columns), by growing dose.

    Parameters
    ----------
    groups : from `popmargin.margins.group_errors`; one without errors has no row.
    question : the target, the course and the margins; none gives no row.

    Examples
    --------
    >>> estimate_dose_population([], None)
    []
    """
    if question is None or question.target.penumbra_sd_mm < SMALLEST_PENUMBRA_MM:
        return []
    rows: list[dict[str, Any]] = []
    for group in groups:
        if group.reason:
            continue
        margins: list[tuple[str, str | None, Three]] = []
        if question.recipes:
            first = question.recipes[0]
            margin = group.margin(first, question.recipe_fractions, question.options)
            margins.append(("recipe", first.name, margin))
        if question.present_margin_mm is not None:
            margins.append(("present", None, question.present_margin_mm))
        for kind, recipe, margin in margins:
            if min(margin) > 0.0:
                rows += _histogram(group, question, kind, recipe, margin)
    return rows


def _histogram(
    group: GroupErrors, question: CoverageQuestion, kind: str, recipe: str | None, margin: Three
) -> list[dict[str, Any]]:
    doses = simulated_minimum_doses(
        group.errors(),
        one_or_three(margin),
        question.target,
        question.stream(group),
        fractions=question.fractions,
        n_patients=_PATIENTS,
    )
    found = dose_population(doses, HISTOGRAM_DOSES)
    return histogram_rows(group, question, kind, recipe, NORMAL_BALL, found)


def histogram_rows(
    group: GroupErrors,
    question: CoverageQuestion,
    kind: str,
    recipe: str | None,
    model: str,
    found: DosePopulation,
) -> list[dict[str, Any]]:
    """Rows of contract ``dose_population`` of one margin of one group, by growing dose.

    Parameters: what the histogram is of, and the histogram; ``model`` says in words how errors and
    target were taken.
    """
    common = {
        **group.columns,
        "group": group.group,
        "n_patients": group.n_patients,
        "covers": group.covers,
        "kind": kind,
        "recipe": recipe,
        "model": model,
        "wanted_population": question.population,
        "dose_level": question.target.dose_level,
        "ctv_radius_mm": question.target.ctv_radius_mm,
        "fractions": question.fractions,
    }
    return [
        {**common, "dose": dose, "population": share}
        for dose, share in zip(found.dose.tolist(), found.population.tolist(), strict=True)
    ]
