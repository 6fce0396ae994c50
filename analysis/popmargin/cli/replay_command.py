"""``popmargin replay``: what a correction protocol would have made of the logged errors."""

import argparse

from popmargin.cli.answer import Answer
from popmargin.cli.shifts_options import (
    add_estimating_options,
    add_reading_options,
    estimator,
    random_estimator,
    read_shifts,
)
from popmargin.core.exceptions import WrongUsage
from popmargin.errors.select import select_images
from popmargin.protocols.courses import courses_from_shifts
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.replay import replay_protocols

COLUMNS = (
    "protocol",
    "axis",
    "phase",
    "systematic_sd_mm",
    "random_sd_mm",
    "margin_mm",
    "margin_low_mm",
    "margin_high_mm",
    "images_per_patient",
    "corrections_per_patient",
    "n_patients",
)


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
        "--residual-sd-mm",
        type=float,
        default=0.0,
        help="SD of what an online correction leaves, mm (default 0)",
    )
    add_reading_options(parser)
    add_estimating_options(parser)


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
    courses = courses_from_shifts(selected.collect())
    rows, remarks = replay_protocols(
        courses,
        [parse_protocol(text) for text in options.protocol],
        recipe=options.recipe,
        estimator=estimator(options),
        random=random_estimator(options),
        residual_sd_mm=options.residual_sd_mm,
        fractions=options.fractions,
        level=options.level,
        seed=options.seed,
    )
    return Answer(
        command="replay",
        rows=rows.to_dicts(),
        flags=[*reading.flags, *remarks],
        assumptions=reading.assumptions,
        columns=COLUMNS,
    )
