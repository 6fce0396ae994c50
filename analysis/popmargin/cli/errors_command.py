"""``popmargin errors``: population errors of a shifts or anatomy table."""

import argparse

from popmargin.cli.answer import Answer
from popmargin.cli.shifts_options import (
    add_estimating_options,
    add_reading_options,
    declaration,
    estimator,
    group_columns,
    random_estimator,
    read_shifts,
)
from popmargin.cli.silent_faults import add_override_option, answered_faults
from popmargin.core.exceptions import WrongUsage
from popmargin.errors.population import axis_data, estimate_population_errors

COLUMNS = (
    "group",
    "axis",
    "n_patients",
    "n_fractions",
    "estimator",
    "group_mean_mm",
    "group_mean_low_mm",
    "group_mean_high_mm",
    "systematic_sd_mm",
    "systematic_sd_low_mm",
    "systematic_sd_high_mm",
    "random_sd_mm",
    "random_sd_low_mm",
    "random_sd_high_mm",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("table", metavar="TABLE", help="shifts table (CSV, TSV, XLSX, Parquet)")
    parser.add_argument("--contract", choices=["shifts", "anatomy"], default="shifts")
    parser.add_argument(
        "--relative-to-planning",
        action="store_true",
        help="anatomy: fraction minus planning (fraction 0)",
    )
    add_reading_options(parser)
    add_estimating_options(parser)
    add_override_option(parser)


def run(options: argparse.Namespace) -> Answer:
    """Estimate; single groups that are not estimable come out as null with the reason."""
    random = random_estimator(options)
    if options.contract == "anatomy":
        return _anatomy(options)
    if options.relative_to_planning:
        raise WrongUsage("--relative-to-planning belongs to --contract anatomy")
    reading = read_shifts(options)
    estimates, flags = estimate_population_errors(
        axis_data(reading.units),
        estimators=[estimator(options)],
        random=random,
        confidence_level=options.level,
        seed=options.seed,
    )
    flags = answered_faults(options, reading, flags, group_by=group_columns(options))
    return Answer(
        command="errors",
        rows=[estimate.row() for estimate in estimates],
        flags=flags,
        assumptions=reading.assumptions,
        columns=[*COLUMNS, *(name.replace("_mm", "_deg") for name in COLUMNS[5:])],
    )


def _anatomy(options: argparse.Namespace) -> Answer:
    from popmargin.errors.anatomy import estimate_anatomy_errors
    from popmargin.tables.read import read_table

    table = read_table(options.table, declaration(options, "anatomy"))
    rows, flags = estimate_anatomy_errors(
        table.complete(),
        relative_to_planning=options.relative_to_planning,
        estimators=[estimator(options)],
        random=random_estimator(options),
        confidence_level=options.level,
        seed=options.seed,
    )
    columns = [name.removesuffix("_mm") for name in COLUMNS if name not in {"group", "axis"}]
    return Answer(
        command="errors",
        rows=rows,
        flags=[*table.flags, *flags],
        assumptions=table.assumptions,
        columns=["structure", "side", "quantity", "unit", "reference", *columns],
    )
