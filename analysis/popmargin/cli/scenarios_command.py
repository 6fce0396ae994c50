"""``popmargin scenarios``: shifts for robust planning, from logged shifts or given errors."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from popmargin.cli.answer import WITHHELD, Answer
from popmargin.cli.margin_command import parse_axes
from popmargin.cli.number_types import amount, count, share
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
from popmargin.core.flags import Flag
from popmargin.errors.meaning import describe_error
from popmargin.margins.scenario_errors import ScenarioErrors, scenario_errors, scenario_rows
from popmargin.margins.scenarios import REACH, covariance_matrix

COLUMNS = (
    "group",
    "kind",
    "scenario",
    "course",
    "fraction",
    "lr_mm",
    "si_mm",
    "ap_mm",
    "range_percent",
)
_NOT_CORRECTED = "group_mean_excludes_zero"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("table", metavar="SHIFTS", nargs="?", help="shifts table")
    given = parser.add_argument_group("given errors, in place of a table (mm; one or lr,si,ap)")
    given.add_argument("--systematic", help="systematic SD (random SD: --random NUMBER)")
    group = parser.add_argument_group("scenarios")
    group.add_argument(
        "--points", type=int, choices=sorted(REACH), default=7, help="systematic, default 7"
    )
    group.add_argument(
        "--population", type=share, default=0.9, help="share of patients (default 0.90)"
    )
    group.add_argument("--courses", type=count, help="sampled courses (default none)")
    group.add_argument("--fractions", type=count, help="fractions of a sampled course")
    group.add_argument("--range-percent", type=amount, help="particles: range uncertainty, %%")
    group.add_argument(
        "--limit",
        choices=["estimate", "upper"],
        default="estimate",
        help="SDs as estimated, or their upper limits at --level (default estimate)",
    )
    group.add_argument(
        "--with-group-mean", action="store_true", help="centre on the group mean, not on 0"
    )
    group.add_argument("-o", "--output", metavar="FILE", help="write the rows to this CSV file too")
    add_reading_options(parser)
    add_estimating_options(parser, random_is_text=True)
    add_override_option(parser)


def run(options: argparse.Namespace) -> Answer:
    """Scenario rows; none, with the reason in a flag, where a group's errors are not estimable."""
    if (options.courses is None) != (options.fractions is None):
        raise WrongUsage("--courses and --fractions go together")
    if (options.table is None) == (options.systematic is None):
        raise WrongUsage("scenarios needs a SHIFTS table, or --systematic and --random")
    if options.table is None:
        groups, flags, said = _given(options), list[Flag](), ["errors as given, axes independent"]
    else:
        groups, flags, said = _from_table(options)
    code = exit_code(flags)
    rows, without = scenario_rows(
        groups,
        population=options.population,
        points=options.points,
        range_percent=options.range_percent,
        courses=options.courses or 0,
        fractions=options.fractions,
        with_group_mean=options.with_group_mean,
        seed=options.seed,
    )
    flags += without
    rows = [] if code == WITHHELD else rows
    if options.output is not None and rows:
        _write(options.output, rows)
    alpha = f"{options.population:.0%} of patients"
    said += [
        "a shift is the position error of the target against the plan in patient axes; the "
        "isocentre moves the other way",
        f"systematic scenarios lie on the ellipsoid of {alpha}; in the direction that "
        f"{options.points} scenarios cover least they reach {REACH[options.points]:.0%} of it",
        "centred on the group mean"
        if options.with_group_mean
        else "centred on 0: the group mean is taken as corrected",
    ]
    return Answer(
        command="scenarios",
        rows=rows,
        flags=flags,
        assumptions=said,
        columns=COLUMNS,
        exit_code=code,
    )


def _given(options: argparse.Namespace) -> list[ScenarioErrors]:
    if options.random is None:
        raise WrongUsage("--systematic needs --random beside it")
    if options.limit == "upper" or options.with_group_mean:
        raise WrongUsage("--limit upper and --with-group-mean need a SHIFTS table")
    sds = [
        values * 3 if len(values) == 1 else values
        for values in (
            parse_axes("--systematic", options.systematic),
            parse_axes("--random", options.random),
        )
    ]
    systematic, random = (covariance_matrix(values) for values in sds)
    return [ScenarioErrors("given", {}, (0.0, 0.0, 0.0), systematic, random)]


def _from_table(
    options: argparse.Namespace,
) -> tuple[list[ScenarioErrors], list[Flag], list[str]]:
    from popmargin.errors.correlations import estimate_axis_correlations
    from popmargin.errors.population import axis_data, estimate_population_errors
    from popmargin.errors.select import select_images

    random = random_estimator(options)
    by = group_columns(options)
    reading = read_shifts(options)
    estimates, flags = estimate_population_errors(
        axis_data(reading.units),
        estimators=[estimator(options)],
        random=random,
        confidence_level=options.level,
        seed=options.seed,
    )
    selected = select_images(
        reading.table.frame,
        timing=options.timing,
        surrogate=options.surrogate,
        image=options.image,
        group_by=by,
    ).collect()
    correlations, remarks = estimate_axis_correlations(
        selected, group_by=by, confidence_level=options.level, seed=options.seed
    )
    if options.with_group_mean:
        flags = [flag for flag in flags if flag.code != _NOT_CORRECTED]
    limit = "SDs as estimated" if options.limit == "estimate" else "upper limits of the SDs"
    said = [
        *reading.assumptions,
        f"{limit}, correlations of the axes as estimated",
        f"covers {describe_error(options.timing, options.surrogate)}",
    ]
    groups = scenario_errors(estimates, correlations, limit=options.limit)
    return groups, answered_faults(options, reading, [*flags, *remarks], group_by=by), said


def _write(path: str, rows: Sequence[Mapping[str, Any]]) -> None:
    import polars as pl

    from popmargin.tables.write import write_table

    write_table(pl.DataFrame([dict(row) for row in rows], infer_schema_length=None), path)
