"""``popmargin compare``: difference of M, ratios of both SDs and difference of margins."""

import argparse

from popmargin.cli.answer import WITHHELD, Answer
from popmargin.cli.number_types import count
from popmargin.cli.shifts_options import (
    add_estimating_options,
    add_reading_options,
    estimator,
    group_columns,
    random_estimator,
    read_shifts,
)
from popmargin.cli.silent_faults import add_override_option, answered_faults, exit_code
from popmargin.core.exceptions import WrongUsage
from popmargin.errors.comparison import compare_groups
from popmargin.errors.meaning import describe_error
from popmargin.margins.comparison import compare_margins
from popmargin.margins.registry import find_recipe

COLUMNS = (
    "comparison",
    "axis",
    "n_shared_patients",
    "group_mean_difference_mm",
    "group_mean_difference_low_mm",
    "group_mean_difference_high_mm",
    "systematic_sd_ratio",
    "systematic_sd_ratio_low",
    "systematic_sd_ratio_high",
    "random_sd_ratio",
    "random_sd_ratio_low",
    "random_sd_ratio_high",
    "recipe",
    "margin_difference_mm",
    "margin_difference_low_mm",
    "margin_difference_high_mm",
)
DEFAULT_RECIPES = ("van_herk",)
# Values of these columns are never mixed, so there is nothing to compare between them.
_NEVER_BETWEEN = ("timing", "patient_id", "fraction")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("table", metavar="SHIFTS", help="shifts table (CSV, TSV, XLSX, Parquet)")
    parser.add_argument(
        "--between", required=True, metavar="COLUMN", help="column whose values are compared"
    )
    parser.add_argument(
        "--recipe", action="extend", nargs="+", default=[], metavar="NAME", help="default van_herk"
    )
    parser.add_argument("--fractions", type=count, help="fractions of the course (default many)")
    add_reading_options(parser)
    add_estimating_options(parser)
    add_override_option(parser)


def run(options: argparse.Namespace) -> Answer:
    """Compare every pair of groups; what is not estimable is null with the reason."""
    if options.between in _NEVER_BETWEEN:
        raise WrongUsage(
            f"--between {options.between}: not a column that makes groups to compare; "
            "use --between surrogate, site, centre, technique, immobilisation or one of your own"
        )
    if options.between == "surrogate" and options.surrogate is not None:
        raise WrongUsage("--between surrogate and --surrogate exclude each other")
    recipes = [find_recipe(name) for name in options.recipe or DEFAULT_RECIPES]
    random = random_estimator(options)
    strata = [name for name in group_columns(options) if name != options.between]
    groups = [*strata, options.between]
    reading = read_shifts(argparse.Namespace(**{**vars(options), "by": groups}))
    comparisons, flags = compare_groups(
        reading.units,
        options.between,
        estimator=estimator(options),
        random=random,
        confidence_level=options.level,
        seed=options.seed,
    )
    flags = answered_faults(options, reading, flags, group_by=groups)
    code = exit_code(flags)
    rows, remarks = compare_margins(
        comparisons,
        recipes,
        covers=describe_error(options.timing, options.surrogate),
        fractions=options.fractions,
        withheld=code == WITHHELD,
    )
    said = [
        "differences are group 1 minus group 2, ratios group 1 over group 2",
        f"a difference is not shown to be caused by {options.between} unless patients were "
        "allotted to it by chance",
        "many fractions (no --fractions)"
        if options.fractions is None
        else f"effective systematic and random errors of {options.fractions} fractions",
    ]
    return Answer(
        command="compare",
        rows=rows,
        flags=[*flags, *remarks],
        assumptions=[*reading.assumptions, *said],
        columns=(*strata, *COLUMNS),
        exit_code=code,
    )
