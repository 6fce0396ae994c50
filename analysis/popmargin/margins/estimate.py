"""Margins of logged cohorts: every recipe on every group and axis, with its interval.

Assumptions and limits: those of the errors that go in and of each recipe. A margin covers only
what its two SDs cover, which ``covers`` says in words; group mean and other offsets stay outside.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.flags import Flag
from popmargin.errors.population import AxisEstimate
from popmargin.margins.margin_interval import margin_interval
from popmargin.margins.recipe import Recipe

WITHHELD = "withheld by a blocking flag"


def estimate_margins(
    estimates: Sequence[AxisEstimate],
    recipes: Sequence[Recipe],
    *,
    covers: str,
    options: Mapping[str, float] | None = None,
    fractions: int | None = None,
    withheld: bool = False,
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Rows of contract ``margins`` (and the group columns), and remarks on single margins.

    Parameters
    ----------
    estimates : population errors; rotations are left out, recipes are for translations.
    recipes : from `popmargin.margins.registry`.
    covers : what the margin covers, in words.
    options : ``penumbra_sd_mm``, ``dose_level``, ``population``; each recipe gets those it takes.
    fractions : of the course, for the effective errors; ``None`` = many.
    withheld : a blocking flag stands: every margin is empty with that reason.
    """
    rows: list[dict[str, Any]] = []
    flags: list[Flag] = []
    for item in estimates:
        if item.axis not in TRANSLATIONS:
            continue
        for recipe in recipes:
            chosen = {k: v for k, v in (options or {}).items() if k in recipe.options}
            margin, reason = _margin(item, recipe, chosen, fractions, withheld)
            rows.append(
                {
                    **item.row(),
                    "recipe": recipe.name,
                    **margin,
                    "covers": covers,
                    "fractions": fractions,
                    "reason": reason or None,
                }
            )
            if not reason:
                flags += _remarks(item, recipe, chosen, fractions)
    return rows, flags


def _margin(
    item: AxisEstimate,
    recipe: Recipe,
    options: Mapping[str, float],
    fractions: int | None,
    withheld: bool,
) -> tuple[dict[str, float | None], str]:
    empty = dict.fromkeys(("margin_mm", "margin_low_mm", "margin_high_mm", "margin_upper_mm"))
    systematic, random = item.estimate.systematic_sd, item.estimate.random_sd
    draws = item.estimate.draws
    if withheld:
        return empty, WITHHELD
    if draws is None or systematic is None or random is None:
        return empty, item.estimate.reason
    found = margin_interval(
        recipe,
        systematic,
        random,
        systematic_draws_mm=draws.between_sd,
        random_draws_mm=draws.within_sd,
        level=item.confidence_level,
        fractions=fractions,
        options=options,
    )
    numbers = (found.margin_mm, found.low_mm, found.high_mm, found.upper_mm)
    return dict(zip(empty, numbers, strict=True)), ""


def _remarks(
    item: AxisEstimate, recipe: Recipe, options: Mapping[str, float], fractions: int | None
) -> list[Flag]:
    systematic, random = item.estimate.systematic_sd, item.estimate.random_sd
    if systematic is None or random is None:
        return []
    return [
        Flag(
            flag.code,
            flag.severity,
            f"group {item.group}, axis {item.axis}, recipe {recipe.name}: {flag.message}",
        )
        for flag in recipe.remarks(systematic, random, fractions=fractions, options=options)
    ]
