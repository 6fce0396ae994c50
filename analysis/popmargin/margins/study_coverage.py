"""What the margins of a study really cover: recipes, the margin in use, and margins that would do.

Every margin is put to the errors of its group, for the study's target and fractions; beside the
simulated coverage stands the share of the logged patients who would have kept their dose.

Assumes a ball-shaped CTV, an ideally conformal plan, axes that go together as measured
(independent where they were not measured together) and a group mean that is corrected (the logged
patients still carry it). Limits: only the errors named in ``covers`` are in
it; intervals carry the uncertainty of the SDs (`popmargin.margins.coverage_draws`), the standard
error is that of the simulation.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from popmargin.core.axes import TRANSLATIONS
from popmargin.margins.coverage import Coverage
from popmargin.margins.coverage_draws import coverage_interval, solved_interval
from popmargin.margins.coverage_question import CoverageQuestion, Three
from popmargin.margins.empirical_coverage import empirical_coverage_margin
from popmargin.margins.estimate import WITHHELD
from popmargin.margins.estimate_coverage import LARGEST_MARGIN_MM, estimate_coverage
from popmargin.margins.group_errors import GroupErrors
from popmargin.margins.minimum_dose import SMALLEST_PENUMBRA_MM, Courses, minimum_doses
from popmargin.margins.solve_margin import solve_margin

Row = dict[str, Any]
KINDS: Final = ("recipe", "present", "solved", "empirical")
_NUMBERS: Final = (
    *(f"margin_{axis}_mm" for axis in TRANSLATIONS),
    "margin_low_mm", "margin_high_mm", "margin_upper_mm",
    "coverage", "coverage_low", "coverage_high", "coverage_standard_error",
    "logged_coverage", "n_logged", "method",
)  # fmt: skip


def estimate_margin_coverage(
    groups: Sequence[GroupErrors],
    question: CoverageQuestion,
    logs: Mapping[str, Courses],
    *,
    kinds: Collection[str] = KINDS,
    withheld: bool = False,
) -> list[Row]:
    """Rows of contract ``margin_coverage`` (and the group columns).

    Parameters
    ----------
    groups : from `popmargin.margins.group_errors`; one without errors gives its reason.
    question : the target, the course and the margins.
    logs : logged errors of the patients by group, from `popmargin.margins.minimum_dose.courses_of`.
    kinds : which rows are wanted; a solved margin takes longest.
    withheld : a blocking flag stands: every number is empty with that reason.

    Returns
    -------
    Per group one row of kind ``recipe`` a recipe, ``present`` where a margin is in use,
    ``solved`` (equal, and proportional to the first recipe) and, where the group holds the errors
    of the data only, ``empirical``.

    Examples
    --------
    >>> from popmargin.margins.coverage import Target
    >>> question = CoverageQuestion(Target(30.0), 30, 0.9, [])
    >>> estimate_margin_coverage([], question, {})
    []
    """
    rows = []
    for group in groups:
        reason = WITHHELD if withheld else group.reason or _impossible(question)
        # What is declared beside the data is not in the logs: they cannot answer for it.
        courses = logs.get(group.group) if group.is_data_only else None
        named: list[tuple[str, str | None]] = [("recipe", r.name) for r in question.recipes]
        named += [("present", None)] if question.present_margin_mm else []
        named += [("solved", None)]
        nothing = iter([(*kind, _none(reason)) for kind in named if kind[0] in kinds])
        found = nothing if reason else _answers(group, question, courses, kinds)
        rows += [_row(group, question, *answer) for answer in found]
    return rows


def _impossible(question: CoverageQuestion) -> str:
    if question.fractions == 1 or question.target.penumbra_sd_mm >= SMALLEST_PENUMBRA_MM:
        return ""
    return f"not estimable: the penumbra is below {SMALLEST_PENUMBRA_MM} mm"


def _none(reason: str) -> Row:
    return {**dict.fromkeys(_NUMBERS), "reason": reason}


def _row(
    group: GroupErrors, question: CoverageQuestion, kind: str, recipe: str | None, numbers: Row
) -> Row:
    return {
        **group.columns,
        "group": group.group,
        "n_patients": group.n_patients,
        "covers": group.covers,
        "axes": describe_axes(group),
        "kind": kind,
        "recipe": recipe,
        **_none(""),
        **numbers,
        "population": question.population,
        "dose_level": question.target.dose_level,
        "ctv_radius_mm": question.target.ctv_radius_mm,
        "fractions": question.fractions,
        "confidence_level": question.level,
        "reason": numbers.get("reason") or None,
    }


def describe_axes(group: GroupErrors) -> str:
    """Whether the errors of the three axes go together as measured, in words."""
    known = [matrix is not None for matrix in group.correlations]
    return "correlated as measured" if all(known) else "taken as independent"


def _answers(
    group: GroupErrors, question: CoverageQuestion, logs: Courses | None, kinds: Collection[str]
) -> Iterator[tuple[str, str | None, Row]]:
    """Kind, recipe and numbers of every wanted row of a group."""
    first: Three | None = None
    for place, recipe in enumerate(question.recipes):
        margin = group.margin(recipe, question.recipe_fractions, question.options)
        first = margin if place == 0 else first
        if "recipe" in kinds:
            yield "recipe", recipe.name, _judged(group, question, margin, logs)
    if question.present_margin_mm and "present" in kinds:
        yield "present", None, _judged(group, question, question.present_margin_mm, logs)
    if "solved" in kinds:
        yield "solved", None, _solved(group, question, (1.0, 1.0, 1.0), logs)
    if "solved" in kinds and first is not None and min(first) > 0.0 and len(set(first)) > 1:
        yield "solved", question.recipes[0].name, _solved(group, question, first, logs)
    if logs is not None and "empirical" in kinds:
        yield "empirical", None, _empirical(question, logs)


def _judged(
    group: GroupErrors, question: CoverageQuestion, margin: Three, logs: Courses | None
) -> Row:
    """The coverage of a margin."""
    named = {f"margin_{axis}_mm": m for axis, m in zip(TRANSLATIONS, margin, strict=True)}
    if min(margin) <= 0.0:
        return {**named, "reason": "not estimable: coverage needs a margin above 0 on each axis"}
    if max(margin) > LARGEST_MARGIN_MM:
        return {
            **named,
            "reason": f"not estimable: no field holds {LARGEST_MARGIN_MM:g} mm or more",
        }
    errors = group.errors()
    found = estimate_coverage(
        errors,
        margin if len(set(margin)) > 1 else margin[0],
        question.target,
        question.stream(group),
        fractions=question.fractions,
        n_patients=question.patients(equal=len(set(margin)) == 1),
    )
    limits = coverage_interval(
        found.coverage,
        errors,
        margin,
        question.target,
        systematic_draws_mm=group.some_draws()[0],
        random_draws_mm=group.some_draws()[1],
        fractions=question.fractions,
        level=question.level,
    )
    between = {"coverage_low": limits.low, "coverage_high": limits.high}
    return {**named, **_numbers(found), **between, **_logged(question, margin, logs)}


def _numbers(found: Coverage) -> Row:
    return {
        "coverage": found.coverage,
        "coverage_standard_error": found.coverage_standard_error,
        "method": found.method,
    }


def _logged(question: CoverageQuestion, margin: Three, logs: Courses | None) -> Row:
    """Share of the logged patients who keep their dose, with their own logged fractions."""
    if logs is None:
        return {}
    doses = minimum_doses(logs, margin, question.target)
    share = float(np.mean(doses >= question.target.dose_level))
    return {"logged_coverage": share, "n_logged": logs.n_patients}


def _solved(
    group: GroupErrors, question: CoverageQuestion, proportions: Three, logs: Courses | None
) -> Row:
    """The margin of given proportions that reaches the wanted share; limits of its mean."""
    errors = group.errors()
    ratio = np.asarray(proportions) / np.mean(proportions)
    found = solve_margin(
        question.population,
        errors,
        question.target,
        question.stream(group),
        fractions=question.fractions,
        axis_ratio=ratio,
        n_patients=question.patients(equal=len(set(proportions)) == 1),
    )
    limits = solved_interval(
        float(np.mean(found.margin_mm)),
        question.population,
        errors,
        question.target,
        systematic_draws_mm=group.some_draws()[0],
        random_draws_mm=group.some_draws()[1],
        ratio=ratio,
        fractions=question.fractions,
        level=question.level,
    )
    return {
        **{f"margin_{a}_mm": m for a, m in zip(TRANSLATIONS, found.margin_mm, strict=True)},
        "margin_low_mm": limits.low,
        "margin_high_mm": limits.high,
        "margin_upper_mm": limits.upper,
        "coverage": found.coverage,
        "coverage_standard_error": found.coverage_standard_error,
        "method": found.method,
        **_logged(question, found.margin_mm, logs),
    }


def _empirical(question: CoverageQuestion, logs: Courses) -> Row:
    """The equal margin at which the wanted share of the logged patients keeps its dose."""
    found = empirical_coverage_margin(
        logs, question.population, question.target, level=question.level
    )
    return {
        **{f"margin_{axis}_mm": found.margin_mm for axis in TRANSLATIONS},
        "margin_low_mm": found.low_mm,
        "margin_high_mm": found.high_mm,
        "margin_upper_mm": found.upper_mm,
        "n_logged": logs.n_patients,
        "method": "logged_patients",
        **_logged(question, (found.margin_mm,) * 3, logs),
    }
