"""Coverage against an equal margin on all axes: the curve on which a margin is chosen.

Assumptions and limits: those of `popmargin.margins.study_coverage`. All margins of a curve share
their simulated patients, so that the curve never falls.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from popmargin.margins.coverage_draws import effective_coverage
from popmargin.margins.coverage_monte_carlo import stratified_standard_error
from popmargin.margins.coverage_question import CoverageQuestion
from popmargin.margins.empirical_coverage import threshold_margins
from popmargin.margins.group_errors import GroupErrors
from popmargin.margins.minimum_dose import Courses
from popmargin.margins.solve_margin import MarginSearch, effective_margin, simulated_courses

_PATIENTS: Final = 2_000
_STEPS: Final = 30
_EQUAL: Final = np.ones(3)


def trace_coverage(
    groups: Sequence[GroupErrors], question: CoverageQuestion, logs: Mapping[str, Courses]
) -> list[dict[str, Any]]:
    """Rows of contract ``coverage_curve`` (and the group columns), by growing margin.

    Parameters as in `popmargin.margins.study_coverage.estimate_margin_coverage`; a group without
    errors has no row. Margins reach from 0 to 1.6 times what the closed form asks for.

    >>> from popmargin.margins.coverage import Target
    >>> trace_coverage([], CoverageQuestion(Target(30.0), 30, 0.9, []), {})
    []
    """
    return [
        row
        for group in groups
        if not group.reason
        for row in _curve(group, question, logs.get(group.group) if group.is_data_only else None)
    ]


def _curve(
    group: GroupErrors, question: CoverageQuestion, logs: Courses | None
) -> list[dict[str, Any]]:
    errors, target = group.errors(), question.target
    patients = min(_PATIENTS, question.patients(equal=True))
    stream = question.stream(group)
    blur, courses = simulated_courses(errors, question.fractions, patients, stream)
    search = MarginSearch(courses, target, _EQUAL, blur)
    longest = 1.6 * effective_margin(
        question.population, errors, target, question.fractions, _EQUAL
    )
    needed = None if logs is None else threshold_margins(logs, target)
    systematic = np.sqrt(errors.systematic_covariance().diagonal())
    random = np.sqrt(errors.random_covariance().diagonal())

    def closed(margin: float) -> float:
        return effective_coverage(systematic, random, margin, target, question.fractions)

    rows = []
    for margin in np.linspace(0.0, max(longest, 1.0), _STEPS + 1).tolist():
        covered = search.covered(margin)
        rows.append(
            {
                **group.columns,
                "group": group.group,
                "n_patients": group.n_patients,
                "covers": group.covers,
                "margin_mm": margin,
                "coverage": float(covered.mean()),
                "coverage_standard_error": stratified_standard_error(covered),
                "closed_form_coverage": closed(margin) if margin > 0.0 else None,
                "logged_coverage": None if needed is None else float(np.mean(needed <= margin)),
                "population": question.population,
                "ctv_radius_mm": target.ctv_radius_mm,
                "fractions": question.fractions,
            }
        )
    return rows
