"""What the margins of a study cover under other models: measured errors, own sigmas, a true CTV.

The coverages of `popmargin.margins.study_coverage` assume normal errors, one random SD for all
patients and a ball. Beside them stand the same margins when fractions are drawn from the logged
patients, when every patient has his own random SD, and for the surface of a contoured CTV.

Assumptions and limits: those of `popmargin.margins.coverage_model`. Intervals of fitted models are
moved from those of the closed form, as there; those of logged errors are the binomial ones for as
many patients as were logged, which is wider than need be.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import NotEstimable
from popmargin.core.random_streams import random_stream
from popmargin.margins.course_errors import CourseErrors
from popmargin.margins.coverage_draws import coverage_interval, solved_interval
from popmargin.margins.coverage_model import (
    ErrorModel,
    ModelErrors,
    ModelSearch,
    ModelTarget,
    model_courses,
)
from popmargin.margins.coverage_monte_carlo import stratified_standard_error
from popmargin.margins.coverage_question import CoverageQuestion, Three, one_or_three
from popmargin.margins.dose_population import dose_population
from popmargin.margins.error_budget import combine_components
from popmargin.margins.estimate import WITHHELD
from popmargin.margins.group_errors import GroupErrors
from popmargin.margins.minimum_dose import Courses
from popmargin.margins.solve_margin import effective_margin
from popmargin.margins.study_dose_population import HISTOGRAM_DOSES, histogram_rows
from popmargin.margins.target_surface import TargetSurface
from popmargin.statistics.proportion import exact_proportion

Row = dict[str, Any]
BALL: Final = "ball"
MODEL_PATIENTS: Final = 1_500
_DATA_COMPONENTS: Final = 2
_EMPTY: Final = (
    *(f"margin_{axis}_mm" for axis in TRANSLATIONS),
    "margin_low_mm",
    "margin_high_mm",
    "coverage",
    "coverage_low",
    "coverage_high",
    "coverage_standard_error",
)


def estimate_coverage_models(
    groups: Sequence[GroupErrors],
    question: CoverageQuestion,
    logs: Mapping[str, Courses],
    *,
    models: Sequence[ErrorModel],
    shapes: Mapping[str, float],
    surface: tuple[str, TargetSurface] | None = None,
    withheld: bool = False,
    n_patients: int = MODEL_PATIENTS,
) -> tuple[list[Row], list[Row]]:
    """Rows of contracts ``coverage_models`` and ``dose_population`` (and the group columns).

    Parameters
    ----------
    groups, question, logs, withheld : as in
        `popmargin.margins.study_coverage.estimate_margin_coverage`.
    models : of the errors, beside normal ones with equal random SDs.
    shapes : from `popmargin.margins.random_sd_spread.random_variance_shapes`.
    surface : name and surface of the CTV, beside a ball.
    n_patients : to simulate, >= 20.

    Returns
    -------
    Per group and model one row a recipe and for the margin in use, and the equal margin that
    reaches the wanted share; histograms for the first recipe.

    Examples
    --------
    >>> from popmargin.margins.coverage import Target
    >>> question = CoverageQuestion(Target(30.0), 30, 0.9, [])
    >>> estimate_coverage_models([], question, {}, models=["logged"], shapes={})
    ([], [])
    """
    ball = ModelTarget(question.target)
    pairs: list[tuple[ErrorModel, str, ModelTarget]] = [(model, BALL, ball) for model in models]
    if surface is not None:
        every: list[ErrorModel] = ["normal", *models]
        contoured = ModelTarget(question.target, surface[1])
        pairs += [(model, surface[0], contoured) for model in every]
    rows: list[Row] = []
    histograms: list[Row] = []
    for group in groups:
        known = _known(group, shapes, logs)
        for model, name, shape in pairs:
            common = _common(group, question, model, name)
            reason = WITHHELD if withheld else group.reason
            try:
                if reason:
                    raise NotEstimable(reason)
                if question.fractions is None:
                    raise NotEstimable("needs the fractions of the course (target.fractions)")
                stream = random_stream(question.seed, "model", model, name, group.group)
                courses = model_courses(model, known, question.fractions, n_patients, stream)
            except NotEstimable as refusal:
                rows.append({**common, **_nothing(), "kind": "recipe", "reason": str(refusal)})
                continue
            for kind, recipe, margin in _margins(group, question):
                doses = shape.doses(courses, one_or_three(margin))
                found = _judged(group, question, model, known, margin, doses)
                rows.append({**common, **found, "kind": kind, "recipe": recipe})
                if kind == "recipe" and recipe == question.recipes[0].name:
                    population = dose_population(doses, HISTOGRAM_DOSES)
                    head = (group, question, kind, recipe, f"{MODEL_WORDS[model]}, {name}")
                    histograms += histogram_rows(*head, population)
            if model != "logged":
                found = _solved(group, question, known, courses, shape)
                rows.append({**common, **found, "kind": "solved", "recipe": None})
    return rows, histograms


MODEL_WORDS: Final[Mapping[str, str]] = {
    "normal": "normal errors",
    "own_random_sd": "own random SD of each patient",
    "logged": "logged errors resampled",
}


def _known(
    group: GroupErrors, shapes: Mapping[str, float], logs: Mapping[str, Courses]
) -> ModelErrors:
    if group.reason:
        return ModelErrors(CourseErrors(0.0, 0.0))
    data = replace(group, components=group.components[:_DATA_COMPONENTS]).errors()
    added = group.components[_DATA_COMPONENTS:]
    declared = None
    if added:
        axes = [combine_components(added, axis) for axis in TRANSLATIONS]
        declared = CourseErrors(
            [axis.systematic_sd_mm for axis in axes],
            [axis.random_sd_mm for axis in axes],
            [axis.offset_mm for axis in axes],
        )
    shape = shapes.get(group.group)
    return ModelErrors(group.errors(), data, declared, shape, logs.get(group.group))


def _common(group: GroupErrors, question: CoverageQuestion, model: ErrorModel, shape: str) -> Row:
    return {
        **group.columns,
        "group": group.group,
        "n_patients": group.n_patients,
        "covers": group.covers,
        "model": model,
        "shape": shape,
        "recipe": None,
        "population": question.population,
        "dose_level": question.target.dose_level,
        "ctv_radius_mm": question.target.ctv_radius_mm,
        "fractions": question.fractions,
        "confidence_level": question.level,
        "reason": None,
    }


def _nothing() -> Row:
    return dict.fromkeys(_EMPTY)


def _margins(
    group: GroupErrors, question: CoverageQuestion
) -> Iterator[tuple[str, str | None, Three]]:
    """The margins above 0 that are judged: of every recipe, and the one in use."""
    for recipe in question.recipes:
        margin = group.margin(recipe, question.recipe_fractions, question.options)
        if min(margin) > 0.0:
            yield "recipe", recipe.name, margin
    if question.present_margin_mm is not None:
        yield "present", None, question.present_margin_mm


def _judged(
    group: GroupErrors,
    question: CoverageQuestion,
    model: ErrorModel,
    known: ModelErrors,
    margin: Three,
    doses: NDArray[np.float64],
) -> Row:
    covered = doses >= question.target.dose_level
    share = float(covered.mean())
    if model == "logged" and known.logs is not None:
        error = max(float(np.sqrt(share * (1.0 - share) / covered.size)), 1.0 / covered.size)
        patients = known.logs.n_patients
        exact = exact_proportion(round(share * patients), patients, level=question.level)
        low, high = exact.low, exact.high
    else:
        error = stratified_standard_error(covered)
        limits = coverage_interval(
            share, known.errors, margin, question.target,
            systematic_draws_mm=group.some_draws()[0], random_draws_mm=group.some_draws()[1],
            fractions=question.fractions, level=question.level,
        )  # fmt: skip
        low, high = limits.low, limits.high
    return {
        **_nothing(),
        **{f"margin_{a}_mm": m for a, m in zip(TRANSLATIONS, margin, strict=True)},
        "coverage": share,
        "coverage_low": low,
        "coverage_high": high,
        "coverage_standard_error": error,
    }


def _solved(
    group: GroupErrors,
    question: CoverageQuestion,
    known: ModelErrors,
    courses: Courses,
    shape: ModelTarget,
) -> Row:
    """The equal margin that reaches the wanted share."""
    target, share, fractions = question.target, question.population, question.fractions
    ratio = np.ones(3)
    search = ModelSearch(courses, shape)
    guess = effective_margin(share, known.errors, target, fractions, ratio)
    margin = search.solve(share, guess)
    limits = solved_interval(
        margin, share, known.errors, target,
        systematic_draws_mm=group.some_draws()[0], random_draws_mm=group.some_draws()[1],
        ratio=ratio, fractions=fractions, level=question.level,
    )  # fmt: skip
    return {
        **_nothing(),
        **{f"margin_{axis}_mm": margin for axis in TRANSLATIONS},
        "margin_low_mm": limits.low,
        "margin_high_mm": limits.high,
        "coverage": share,
        "coverage_standard_error": stratified_standard_error(search.covered(margin)),
    }
