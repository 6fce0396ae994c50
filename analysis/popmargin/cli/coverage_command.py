"""``popmargin coverage``: what a margin really covers, or the margin that covers a wanted share."""

import argparse
from typing import Any

from popmargin.cli.answer import Answer
from popmargin.cli.budget_options import add_budget_options, budget_of
from popmargin.cli.coverage_models import (
    answer_from_logs,
    assumptions,
    surface_row,
    target_of_options,
)
from popmargin.cli.margin_command import parse_axes
from popmargin.cli.number_types import share
from popmargin.cli.shifts_options import add_choosing_options, add_reading_options
from popmargin.core.exceptions import WrongUsage
from popmargin.core.random_streams import random_stream
from popmargin.margins.course_errors import CourseErrors
from popmargin.margins.coverage import Target
from popmargin.margins.coverage_model import ModelTarget
from popmargin.margins.estimate_coverage import estimate_coverage
from popmargin.margins.solve_margin import solve_margin

DEFAULT_PATIENTS = 100_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "table",
        metavar="SHIFTS",
        nargs="?",
        help="shifts whose patients are asked, in place of SDs",
    )
    parser.add_argument("--systematic", help="systematic SD, mm (or lr,si,ap)")
    parser.add_argument("--random", help="random SD, mm (or lr,si,ap)")
    parser.add_argument(
        "--random-shape",
        type=float,
        metavar="A",
        help="every patient has a random SD of his own: inverse-gamma shape (> 1) of the variances",
    )
    wanted = parser.add_mutually_exclusive_group(required=True)
    wanted.add_argument("--margin", help="margin, mm (or lr,si,ap): gives its coverage")
    wanted.add_argument("--target", type=float, help="share of patients: gives its margin")
    parser.add_argument("--ctv-radius", type=float, help="radius of the CTV, mm")
    parser.add_argument("--surface", metavar="FILE", help="RT Structure Set, in place of a radius")
    parser.add_argument("--structure", metavar="NAME", help="name of the CTV in the file")
    parser.add_argument("--fractions", type=int, help="fractions of the course (default many)")
    parser.add_argument(
        "--penumbra",
        type=float,
        default=Target(1.0).penumbra_sd_mm,
        help="penumbra SD, mm (default 3.2, water)",
    )
    parser.add_argument(
        "--dose-level", type=float, default=0.95, help="dose that the whole CTV must get (0.95)"
    )
    parser.add_argument(
        "--patients",
        type=int,
        help=f"patients to simulate where there is no closed form (default {DEFAULT_PATIENTS}, "
        "for --target enough for 0.02 mm)",
    )
    parser.add_argument("--seed", type=int, default=1, help="seed of the simulation (default 1)")
    parser.add_argument("--level", type=share, default=0.95, help="of intervals, with SHIFTS")
    add_budget_options(parser)
    add_reading_options(parser)
    add_choosing_options(parser)


def run(options: argparse.Namespace) -> Answer:
    """Coverage of the margin given, or the margin that reaches the target."""
    if options.seed < 0:
        raise WrongUsage(f"--seed: expected a whole number >= 0, found {options.seed}")
    target, surface = target_of_options(options)
    if options.table is not None:
        return answer_from_logs(options, target, surface)
    if options.systematic is None or options.random is None:
        raise WrongUsage("coverage needs a SHIFTS table, or --systematic and --random")
    systematic = parse_axes("--systematic", options.systematic)
    random = parse_axes("--random", options.random)
    budget = budget_of(options)
    offsets = [0.0]
    if budget.components:
        systematic, random, offsets = budget.added_to(systematic, random)
    errors = CourseErrors(
        _one_or_three(systematic),
        _one_or_three(random),
        _one_or_three(offsets),
        random_variance_shape=options.random_shape,
    )
    generator = random_stream(options.seed, "coverage")
    row: dict[str, Any]
    if surface is not None:
        row = surface_row(options, errors, ModelTarget(target, surface), generator)
    elif options.target is not None:
        solved = solve_margin(
            options.target,
            errors,
            target,
            generator,
            fractions=options.fractions,
            n_patients=options.patients,
        )
        row = {
            "coverage": solved.coverage,
            "coverage_standard_error": solved.coverage_standard_error,
            "method": solved.method,
            "margin_mm": solved.margin_mm[0],
            "margin_standard_error_mm": solved.margin_standard_error_mm,
        }
    else:
        margin = parse_axes("--margin", options.margin)
        found = estimate_coverage(
            errors,
            _one_or_three(margin),
            target,
            generator,
            fractions=options.fractions,
            n_patients=DEFAULT_PATIENTS if options.patients is None else options.patients,
        )
        row = {
            "coverage": found.coverage,
            "coverage_standard_error": found.coverage_standard_error,
            "method": found.method,
            "margin_mm": margin[0] if len(margin) == 1 else None,
            "margin_standard_error_mm": None,
        }
        if len(margin) > 1:
            names = ("margin_lr_mm", "margin_si_mm", "margin_ap_mm")
            row |= dict(zip(names, margin, strict=True))
    row |= {
        "ctv_radius_mm": options.ctv_radius,
        "structure": options.structure,
        "fractions": options.fractions,
        "penumbra_sd_mm": options.penumbra,
        "dose_level": options.dose_level,
    }
    return Answer("coverage", [row], assumptions=assumptions(options))


def _one_or_three(values: list[float]) -> float | list[float]:
    return values[0] if len(values) == 1 else values
