"""``popmargin margin``: margins from logged shifts, or from errors given on the line."""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from popmargin.cli.answer import WITHHELD, Answer
from popmargin.cli.budget_options import Budget, add_budget_options, budget_of
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
from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import WrongUsage
from popmargin.core.flags import Flag, one_per_code
from popmargin.errors.meaning import describe_error
from popmargin.errors.population import axis_data, estimate_population_errors
from popmargin.margins.component_draws import known_remarks
from popmargin.margins.error_budget import (
    ErrorComponent,
    describe_coverage,
    is_whole_budget,
    margin_name,
)
from popmargin.margins.estimate import estimate_margins
from popmargin.margins.recipe import Recipe
from popmargin.margins.registry import find_recipe
from popmargin.tables.contract import find_contract

COLUMNS = (
    "group",
    "axis",
    "recipe",
    "systematic_sd_mm",
    "random_sd_mm",
    "margin_mm",
    "margin_low_mm",
    "margin_high_mm",
    "margin_upper_mm",
    "covers",
)
DEFAULT_RECIPES = ("van_herk",)
_OPTIONS = {"penumbra": "penumbra_sd_mm", "dose_level": "dose_level", "population": "population"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("table", metavar="SHIFTS", nargs="?", help="shifts table")
    given = parser.add_argument_group("given errors, in place of a table (mm; one or lr,si,ap)")
    given.add_argument("--systematic", help="systematic SD")
    given.add_argument("--random-sd", dest="given_random", help="same as --random NUMBER")
    recipe = parser.add_argument_group("recipe")
    recipe.add_argument(
        "--recipe", action="extend", nargs="+", default=[], metavar="NAME", help="default van_herk"
    )
    recipe.add_argument("--penumbra", type=amount, help="penumbra SD in mm (default 3.2)")
    recipe.add_argument("--fractions", type=count, help="fractions of the course (default many)")
    recipe.add_argument("--dose-level", type=share, help="share of the dose (default 0.95)")
    recipe.add_argument("--population", type=share, help="share of patients (default 0.90)")
    add_budget_options(parser)
    add_reading_options(parser)
    add_estimating_options(parser, random_is_text=True)
    add_override_option(parser)


def run(options: argparse.Namespace) -> Answer:
    """Margins with intervals; null with the reason where they are not estimable."""
    recipes = [find_recipe(name) for name in options.recipe or DEFAULT_RECIPES]
    chosen = {
        name: getattr(options, option)
        for option, name in _OPTIONS.items()
        if getattr(options, option) is not None
    }
    for recipe in recipes:
        recipe.check_options(chosen)
    if options.systematic is not None:
        return _from_given(options, recipes, chosen)
    if options.table is None:
        raise WrongUsage("margin needs a SHIFTS table, or --systematic and --random")
    if options.given_random is not None:
        raise WrongUsage("--random-sd belongs to --systematic; a table has its own random SD")
    return _from_table(options, recipes, chosen)


def _from_table(
    options: argparse.Namespace, recipes: list[Recipe], chosen: Mapping[str, float]
) -> Answer:
    random = random_estimator(options)
    covers = describe_error(options.timing, options.surrogate)
    budget = budget_of(options, covers)
    reading = read_shifts(options)
    estimates, flags = estimate_population_errors(
        axis_data(reading.units),
        estimators=[estimator(options)],
        random=random,
        confidence_level=options.level,
        seed=options.seed,
    )
    flags = answered_faults(options, reading, flags, group_by=group_columns(options))
    code = exit_code(flags)
    rows, remarks = estimate_margins(
        estimates,
        recipes,
        covers=covers,
        options=chosen,
        fractions=options.fractions,
        withheld=code == WITHHELD,
        components=budget.components,
        complete=budget.complete,
        seed=options.seed,
    )
    return Answer(
        command="margin",
        rows=rows,
        flags=[*flags, *budget.flags, *known_remarks(budget.components), *one_per_code(remarks)],
        assumptions=[*reading.assumptions, *_said(options)],
        columns=COLUMNS,
        exit_code=code,
    )


def _from_given(
    options: argparse.Namespace, recipes: list[Recipe], chosen: Mapping[str, float]
) -> Answer:
    random_text = options.given_random or options.random
    if options.table is not None:
        raise WrongUsage("give a SHIFTS table or --systematic and --random, not both")
    if random_text is None:
        raise WrongUsage("--systematic needs --random beside it")
    systematic, random = (
        parse_axes("--systematic", options.systematic),
        parse_axes("--random", random_text),
    )
    budget = budget_of(options)
    given = (systematic, random)
    offsets = [0.0]
    if budget.components:
        systematic, random, offsets = budget.added_to(systematic, random)
    one = len(systematic) == len(random) == 1
    axes: list[str | None] = [None] if one else list(TRANSLATIONS)
    rows: list[dict[str, Any]] = []
    flags: list[Flag] = []
    for index, axis in enumerate(axes):
        sigma_s, sigma_r = systematic[index % len(systematic)], random[index % len(random)]
        own = tuple(values[index % len(values)] for values in given)
        offset = offsets[index % len(offsets)]
        for recipe in recipes:
            alone = recipe.margin(*own, fractions=options.fractions, options=chosen)
            margin = recipe.margin(sigma_s, sigma_r, fractions=options.fractions, options=chosen)
            place = f"axis {axis}, recipe {recipe.name}" if axis else f"recipe {recipe.name}"
            flags += [
                replace(flag, message=f"{place}: {flag.message}")
                for flag in recipe.remarks(
                    sigma_s, sigma_r, fractions=options.fractions, options=chosen
                )
            ]
            rows.append(
                {
                    # The keys of a margin from a table; what a given error cannot tell is null.
                    **dict.fromkeys(find_contract("population_errors").names),
                    **dict.fromkeys(find_contract("margins").names),
                    "group": "given",
                    "axis": axis,
                    "systematic_sd_mm": own[0],
                    "random_sd_mm": own[1],
                    "recipe": recipe.name,
                    "margin_mm": float(margin) + abs(offset),
                    "data_margin_mm": float(alone),
                    "budget_systematic_sd_mm": sigma_s,
                    "budget_random_sd_mm": sigma_r,
                    "budget_offset_mm": offset,
                    "called": margin_name(is_whole_budget(budget.components, budget.complete)),
                    "covers": _covers(budget),
                    "fractions": options.fractions,
                    "reason": "no interval: errors given without their uncertainty",
                }
            )
    flags = [*budget.flags, *one_per_code(flags)]
    return Answer("margin", rows, flags, _said(options), COLUMNS)


def _covers(budget: Budget) -> str:
    """What errors given on the line and the components hold together."""
    if not budget.components:
        return "the errors given only"
    given = ErrorComponent("the errors given", "offset", 0.0, 0.0, 0.0, "command line")
    return describe_coverage([given, *budget.components], budget.complete)


def parse_axes(name: str, text: str) -> list[float]:
    """One number or three (``lr,si,ap``) from the command line; `WrongUsage` otherwise.

    >>> parse_axes("--systematic", "1,2,3")
    [1.0, 2.0, 3.0]
    """
    parts = text.split(",")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if len(numbers) not in (1, len(TRANSLATIONS)):
        raise WrongUsage(f"{name}: expected one number or lr,si,ap, found {text!r}")
    return numbers


def _said(options: argparse.Namespace) -> list[str]:
    if options.fractions is None:
        return ["many fractions (no --fractions)"]
    return [f"effective systematic and random errors of a course of {options.fractions} fractions"]
