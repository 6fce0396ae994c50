"""``popmargin replay``: what a correction protocol would have made of the logged errors."""

import argparse
from pathlib import Path

import polars as pl

from popmargin.cli.answer import WITHHELD, Answer
from popmargin.cli.margin_command import parse_axes
from popmargin.cli.shifts_options import (
    add_estimating_options,
    add_reading_options,
    estimator,
    random_estimator,
    read_shifts,
)
from popmargin.cli.silent_faults import add_override_option, answered_faults, exit_code
from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import RefusedInput, WrongUsage
from popmargin.errors.select import select_images
from popmargin.margins.coverage import Target
from popmargin.margins.coverage_question import CoverageQuestion
from popmargin.margins.registry import find_recipe
from popmargin.protocols.courses import courses_from_shifts
from popmargin.protocols.filling import filling_of_fractions
from popmargin.protocols.in_force import why_not_replayed
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.protocol import Protocol
from popmargin.protocols.replay import replay_protocols
from popmargin.tables.read import read_table
from popmargin.tables.source import SourceDeclaration

COLUMNS = (
    "protocol",
    "axis",
    "phase",
    "systematic_sd_mm",
    "random_sd_mm",
    "margin_mm",
    "margin_low_mm",
    "margin_high_mm",
    "expected_margin_mm",
    "images_per_patient",
    "corrections_per_patient",
    "n_patients",
)


COVERAGE = ("coverage", "coverage_low", "coverage_high", "logged_coverage", "present_coverage")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("table", metavar="SHIFTS", help="shifts table (CSV, TSV, XLSX, Parquet)")
    parser.add_argument(
        "--protocol",
        action="append",
        required=True,
        metavar="NAME[:KEY=VALUE,...]",
        help="protocol, for instance nal:images=3; may be given several times",
    )
    parser.add_argument("--recipe", default="van_herk", help="margin recipe (default van_herk)")
    parser.add_argument("--fractions", type=int, help="fractions of the course (default many)")
    parser.add_argument(
        "--minutes-per-image", type=float, metavar="MIN", help="what an image takes, min"
    )
    parser.add_argument(
        "--minutes-per-correction",
        type=float,
        metavar="MIN",
        help="what a correction of the couch takes, min (minutes are given when both are stated)",
    )
    parser.add_argument(
        "--in-use",
        metavar="NAME[:KEY=VALUE,...]",
        help="protocol in use when the table was logged: what it had carried must be in the table",
    )
    parser.add_argument("--anatomy", metavar="TABLE", help="anatomy table, for postponement")
    parser.add_argument(
        "--filling",
        metavar="STRUCTURE,QUANTITY",
        help="what of it is compared with the limit, for instance rectum,diameter",
    )
    parser.add_argument(
        "--residual-sd-mm",
        type=float,
        default=0.0,
        help="SD of what an online correction leaves, mm (default 0)",
    )
    parser.add_argument(
        "--ctv-radius", type=float, metavar="MM", help="radius of the CTV, mm: gives coverage"
    )
    parser.add_argument(
        "--present-margin",
        metavar="MM",
        help="margin in use, one number or lr,si,ap: gives its coverage, too (with --ctv-radius)",
    )
    add_reading_options(parser)
    add_estimating_options(parser)
    add_override_option(parser)


def run(options: argparse.Namespace) -> Answer:
    """Residual errors, margin and effort of each protocol, for the course and once settled."""
    if options.by:
        raise WrongUsage("replay takes one group of patients: filter the table instead of --by")
    if options.timing != "before_correction":
        raise WrongUsage(
            "replay needs positions before correction: what was not seen cannot be undone"
        )
    reading = read_shifts(options)
    selected = select_images(reading.table.frame, surrogate=options.surrogate, image=options.image)
    rows = selected.collect()
    in_use = parse_protocol(options.in_use) if options.in_use is not None else None
    if in_use is not None:
        _refuse_lost_corrections(options.table, rows, in_use)
    moved = in_use is not None and in_use.text != "no_imaging"
    flags = answered_faults(options, reading, [], protocol_in_force=moved)
    code = exit_code(flags)
    courses = courses_from_shifts(rows, filling=_filling(options))
    question = _coverage_asked(options)
    replayed, remarks = replay_protocols(
        courses,
        [parse_protocol(text) for text in options.protocol],
        recipe=options.recipe,
        question=question,
        estimator=estimator(options),
        random=random_estimator(options),
        residual_sd_mm=options.residual_sd_mm,
        fractions=options.fractions,
        minutes_per_image=options.minutes_per_image,
        minutes_per_correction=options.minutes_per_correction,
        level=options.level,
        seed=options.seed,
        withheld=code == WITHHELD,
    )
    return Answer(
        command="replay",
        rows=replayed.to_dicts(),
        flags=[*flags, *remarks],
        assumptions=reading.assumptions,
        columns=(*COLUMNS, *(COVERAGE if question else ())),
        exit_code=code,
    )


def _coverage_asked(options: argparse.Namespace) -> CoverageQuestion | None:
    """The coverage that the options ask for; ``None`` without a target."""
    if options.ctv_radius is None:
        if options.present_margin is not None:
            raise WrongUsage("--present-margin: state --ctv-radius, the target that it covers")
        return None
    present = None
    if options.present_margin is not None:
        stated = parse_axes("--present-margin", options.present_margin)
        lr, si, ap = stated if len(stated) == len(TRANSLATIONS) else 3 * stated
        present = (lr, si, ap)
    return CoverageQuestion(
        target=Target(options.ctv_radius),
        fractions=options.fractions,
        population=0.9,
        recipes=[find_recipe(options.recipe)],
        recipe_fractions=options.fractions,
        present_margin_mm=present,
        level=options.level,
        seed=options.seed,
    )


def _refuse_lost_corrections(table: str, rows: pl.DataFrame, in_use: Protocol) -> None:
    reason = why_not_replayed(rows, in_use)
    if reason:
        raise RefusedInput(
            Path(table).name,
            "errors whose corrections in force can be added back",
            reason,
            "export the carried corrections as carried_lr_mm, carried_si_mm, carried_ap_mm",
        )


def _filling(options: argparse.Namespace) -> pl.DataFrame | None:
    """The filling of each fraction, where the options name one."""
    if (options.anatomy is None) != (options.filling is None):
        raise WrongUsage("--anatomy and --filling: give both or neither")
    if options.anatomy is None:
        return None
    structure, _, quantity = options.filling.partition(",")
    if not (structure and quantity):
        raise WrongUsage(f"--filling: expected structure,quantity, found '{options.filling}'")
    source = SourceDeclaration(label=str(options.anatomy), table="anatomy")
    table = read_table(options.anatomy, source).complete()
    return filling_of_fractions(table, structure=structure, quantity=quantity)
