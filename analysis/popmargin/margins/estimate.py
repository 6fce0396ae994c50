"""Margins of logged cohorts: every recipe on every group and axis, with its interval.

Components of an error budget that are declared beside the data add to them as variances, before
the recipe; offsets add to its result. Only a budget that is declared complete, data and components
together, makes a PTV margin.

Assumptions and limits: those of the errors that go in, of each recipe and of
`popmargin.margins.component_draws`. A margin covers only what ``covers`` says in words; the group
mean stays outside.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.flags import Flag
from popmargin.errors.population import AxisEstimate
from popmargin.margins.component_draws import WholeErrors, add_components
from popmargin.margins.error_budget import (
    ErrorComponent,
    components_for,
    describe_coverage,
    is_whole_budget,
    margin_name,
)
from popmargin.margins.margin_interval import margin_interval
from popmargin.margins.recipe import Recipe

WITHHELD = "withheld by a blocking flag"
_MARGIN: Final = (
    "margin_mm",
    "margin_low_mm",
    "margin_high_mm",
    "margin_upper_mm",
    "data_margin_mm",
    "budget_systematic_sd_mm",
    "budget_random_sd_mm",
    "budget_offset_mm",
)


def estimate_margins(
    estimates: Sequence[AxisEstimate],
    recipes: Sequence[Recipe],
    *,
    covers: str,
    options: Mapping[str, float] | None = None,
    fractions: int | None = None,
    withheld: bool = False,
    components: Sequence[ErrorComponent] = (),
    complete: bool = False,
    seed: int = 1,
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Rows of contract ``margins`` (and the group columns), and remarks on single margins.

    Parameters
    ----------
    estimates : population errors; rotations are left out, recipes are for translations.
    recipes : from `popmargin.margins.registry`.
    covers : what the data cover, in words; the row's own ``covers`` adds the components.
    options : ``penumbra_sd_mm``, ``dose_level``, ``population``; each recipe gets those it takes.
    fractions : of the course, for the effective errors; ``None`` = many.
    withheld : a blocking flag stands: every margin is empty with that reason.
    components : errors that are declared beside the data, for all or some groups.
    complete : whether data and components are declared to be the whole error budget.
    seed : of the draws of components with degrees of freedom.
    """
    rows: list[dict[str, Any]] = []
    flags: list[Flag] = []
    for item in estimates:
        if item.axis not in TRANSLATIONS:
            continue
        own = components_for(item.group, components)
        whole = is_whole_budget(own, complete)
        words = _covers(covers, own, whole) if own else covers
        for recipe in recipes:
            chosen = {k: v for k, v in (options or {}).items() if k in recipe.options}
            errors = _errors(item, own, seed)
            margin, reason = _margin(item, errors, recipe, chosen, fractions, withheld)
            rows.append(
                {
                    **item.row(),
                    "recipe": recipe.name,
                    **margin,
                    "called": margin_name(whole),
                    "covers": words,
                    "fractions": fractions,
                    "reason": reason or None,
                }
            )
            if not reason and errors is not None:
                flags += _remarks(item, errors, recipe, chosen, fractions)
    return rows, flags


def _covers(covers: str, components: Sequence[ErrorComponent], whole: bool) -> str:
    data = ErrorComponent(covers, "offset", 0.0, 0.0, 0.0, "data of the study")
    return describe_coverage([data, *components], whole)


def _errors(
    item: AxisEstimate, components: Sequence[ErrorComponent], seed: int
) -> WholeErrors | None:
    """Errors of the data and the components; None where the data give none."""
    systematic, random = item.estimate.systematic_sd, item.estimate.random_sd
    draws = item.estimate.draws
    if draws is None or systematic is None or random is None:
        return None
    return add_components(
        systematic,
        random,
        components,
        item.axis,
        systematic_draws_mm=draws.between_sd,
        random_draws_mm=draws.within_sd,
        seed=seed,
    )


def _margin(
    item: AxisEstimate,
    errors: WholeErrors | None,
    recipe: Recipe,
    options: Mapping[str, float],
    fractions: int | None,
    withheld: bool,
) -> tuple[dict[str, float | None], str]:
    row: dict[str, float | None] = dict.fromkeys(_MARGIN)
    if errors is not None:
        row["budget_systematic_sd_mm"] = errors.systematic_sd_mm
        row["budget_random_sd_mm"] = errors.random_sd_mm
        row["budget_offset_mm"] = errors.offset_mm
    if withheld:
        return row, WITHHELD
    if errors is None:
        return row, item.estimate.reason
    found = margin_interval(
        recipe,
        errors.systematic_sd_mm,
        errors.random_sd_mm,
        systematic_draws_mm=errors.systematic_draws_mm,
        random_draws_mm=errors.random_draws_mm,
        level=item.confidence_level,
        fractions=fractions,
        options=options,
    )
    offset = abs(errors.offset_mm)
    numbers = (found.margin_mm, found.low_mm, found.high_mm, found.upper_mm)
    row |= dict(zip(_MARGIN, (number + offset for number in numbers), strict=False))
    own = item.estimate.components.between_sd, item.estimate.components.within_sd
    row["data_margin_mm"] = float(
        recipe.margin(own[0] or 0.0, own[1] or 0.0, fractions=fractions, options=options)
    )
    return row, ""


def _remarks(
    item: AxisEstimate,
    errors: WholeErrors,
    recipe: Recipe,
    options: Mapping[str, float],
    fractions: int | None,
) -> list[Flag]:
    found = recipe.remarks(
        errors.systematic_sd_mm, errors.random_sd_mm, fractions=fractions, options=options
    )
    place = f"group {item.group}, axis {item.axis}, recipe {recipe.name}"
    return [Flag(flag.code, flag.severity, f"{place}: {flag.message}") for flag in found]
