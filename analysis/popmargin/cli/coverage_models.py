"""``popmargin coverage`` of logged patients, and of a contoured CTV."""

import argparse
from pathlib import Path
from typing import Any, Final

import numpy as np

from popmargin.cli.answer import Answer
from popmargin.cli.shifts_options import group_columns, read_shifts
from popmargin.core.exceptions import WrongUsage
from popmargin.core.random_streams import random_stream
from popmargin.margins.course_errors import CourseErrors
from popmargin.margins.coverage import Target, wanted_share
from popmargin.margins.coverage_model import (
    ErrorModel,
    ModelErrors,
    ModelSearch,
    ModelTarget,
    model_courses,
)
from popmargin.margins.coverage_monte_carlo import resampled_courses, stratified_standard_error
from popmargin.margins.empirical_coverage import empirical_coverage_margin
from popmargin.margins.logged_courses import logged_courses
from popmargin.margins.minimum_dose import Courses
from popmargin.margins.solve_margin import effective_margin
from popmargin.margins.target_surface import TargetSurface, target_surface
from popmargin.statistics.proportion import exact_proportion

_PATIENTS: Final = 4_000


def target_of_options(options: argparse.Namespace) -> tuple[Target, TargetSurface | None]:
    """The target that the options name: a ball, or the surface of a contoured CTV.

    The ball of a contoured CTV is the one of its volume. Raises `PopmarginError` for options that
    name no target, and for a file that does not hold the structure.
    """
    if (options.surface is None) != (options.structure is None):
        raise WrongUsage("--surface and --structure go together")
    if (options.surface is None) == (options.ctv_radius is None):
        raise WrongUsage("coverage needs --ctv-radius, or --surface and --structure")
    if options.surface is None:
        return Target(options.ctv_radius, options.penumbra, options.dose_level), None
    from popmargin.gather.target_contours import read_target_contours

    path = Path(options.surface)
    surface = target_surface(read_target_contours(path, options.structure, path.name))
    radius = float((3000.0 * surface.volume_cc / (4.0 * np.pi)) ** (1.0 / 3.0))
    return Target(radius, options.penumbra, options.dose_level), surface


def surface_row(
    options: argparse.Namespace,
    errors: CourseErrors,
    target: ModelTarget,
    generator: np.random.Generator,
) -> dict[str, Any]:
    """Coverage of a margin, or the margin of a coverage, for a contoured CTV and given errors."""
    if options.fractions is None:
        raise WrongUsage("--surface needs --fractions: its courses are simulated one by one")
    patients = options.patients or _PATIENTS
    own: ErrorModel = "normal" if errors.random_variance_shape is None else "own_random_sd"
    known = ModelErrors(errors, None, None, errors.random_variance_shape)
    courses = model_courses(own, known, options.fractions, patients, generator)
    return _row(options, target, courses, errors)


def _row(
    options: argparse.Namespace, target: ModelTarget, courses: Courses, errors: CourseErrors
) -> dict[str, Any]:
    if options.target is not None:
        share = wanted_share(options.target)
        search = ModelSearch(courses, target)
        guess = effective_margin(share, errors, target.target, options.fractions, np.ones(3))
        reached = search.solve(share, guess)
        error = stratified_standard_error(search.covered(reached))
        return {
            "coverage": share,
            "coverage_standard_error": error,
            "method": "monte_carlo",
            "margin_mm": reached,
            "margin_standard_error_mm": error / search.growth_per_mm(reached),
        }
    margin = _margins(options)
    covered = target.doses(courses, margin) >= target.target.dose_level
    return {
        "coverage": float(covered.mean()),
        "coverage_standard_error": stratified_standard_error(covered),
        "method": "monte_carlo",
        **_named(margin),
        "margin_standard_error_mm": None,
    }


def answer_from_logs(
    options: argparse.Namespace, target: Target, surface: TargetSurface | None
) -> Answer:
    """One row a group: logged patients with their own errors, resampled where --fractions is given.

    With ``--target`` the least margin that keeps the dose of that share of the logged patients.
    """
    if options.systematic is not None or options.random is not None:
        raise WrongUsage("give a SHIFTS table or --systematic and --random, not both")
    if options.budget is not None or options.breathing or options.breathing_traces:
        raise WrongUsage("an error budget goes with --systematic and --random, not with SHIFTS")
    from popmargin.errors.select import group_label, select_images

    by = group_columns(options)
    reading = read_shifts(options)
    chosen = select_images(
        reading.table.frame,
        group_by=by,
        timing=options.timing,
        surrogate=options.surrogate,
        image=options.image,
    )
    logs = logged_courses(chosen.with_columns(group_label(by)).collect())
    model = ModelTarget(target, surface)
    answer = _judged if options.target is None else _solved
    rows = [
        {
            "group": group,
            "n_patients": courses.n_patients,
            **answer(options, model, courses),
            "ctv_radius_mm": options.ctv_radius,
            "structure": options.structure,
            "fractions": options.fractions,
            "penumbra_sd_mm": options.penumbra,
            "dose_level": options.dose_level,
        }
        for group, courses in sorted(logs.items())
    ]
    said = [*reading.assumptions, *assumptions(options)]
    return Answer("coverage", rows, flags=reading.flags, assumptions=said)


def _solved(options: argparse.Namespace, target: ModelTarget, logs: Courses) -> dict[str, Any]:
    if options.fractions is not None or options.surface is not None:
        raise WrongUsage("the margin of logged patients takes a ball and their logged fractions")
    found = empirical_coverage_margin(
        logs, wanted_share(options.target), target.target, level=options.level
    )
    return {
        "coverage": options.target,
        "method": "logged_patients",
        "margin_mm": found.margin_mm,
        "margin_low_mm": found.low_mm,
        "margin_high_mm": found.high_mm,
        "margin_upper_mm": found.upper_mm,
    }


def _judged(options: argparse.Namespace, target: ModelTarget, logs: Courses) -> dict[str, Any]:
    courses, method = logs, "logged_patients"
    if options.fractions is not None:
        generator = random_stream(options.seed, "coverage of logs")
        patients = options.patients or _PATIENTS
        courses = resampled_courses(logs, options.fractions, patients, generator)
        method = "resampled_logs"
    margin = _margins(options)
    share = float(np.mean(target.doses(courses, margin) >= target.target.dose_level))
    exact = exact_proportion(round(share * logs.n_patients), logs.n_patients, level=options.level)
    count = courses.n_patients
    error = max(float(np.sqrt(share * (1.0 - share) / count)), 1.0 / count)
    return {
        "coverage": share,
        "coverage_low": exact.low,
        "coverage_high": exact.high,
        "coverage_standard_error": 0.0 if method == "logged_patients" else error,
        "method": method,
        **_named(margin),
    }


def _margins(options: argparse.Namespace) -> float | list[float]:
    from popmargin.cli.margin_command import parse_axes

    values = parse_axes("--margin", options.margin)
    return values[0] if len(values) == 1 else values


def _named(margin: float | list[float]) -> dict[str, Any]:
    if isinstance(margin, float):
        return {"margin_mm": margin}
    names = ("margin_lr_mm", "margin_si_mm", "margin_ap_mm")
    return {"margin_mm": None, **dict(zip(names, margin, strict=True))}


def assumptions(options: argparse.Namespace) -> list[str]:
    """What the answer takes for granted, in words."""
    fractions = options.fractions
    course = "many fractions (no --fractions)" if fractions is None else f"{fractions} fractions"
    ctv = "spherical CTV" if options.surface is None else "CTV as contoured"
    errors = "normal errors" if options.table is None else "errors as logged"
    return [
        f"{course}; {ctv}, ideal conformal dose blurred by the penumbra, {errors}",
        "the minimum dose is that on the surface of the CTV, relative to the field's interior",
        "the standard error is that of the simulation, not of the errors given",
    ]
