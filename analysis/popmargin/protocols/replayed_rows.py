"""Rows of replayed protocols: estimates, margins, what was expected, and what it took.

Assumptions and limits: those of `popmargin.protocols.replay` and `popmargin.protocols.expectation`.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

import polars as pl

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.flags import Flag, one_per_code
from popmargin.core.random_streams import random_stream
from popmargin.errors.quantity import Estimator
from popmargin.margins.estimate import estimate_margins
from popmargin.margins.recipe import Recipe
from popmargin.protocols.apply import Applied
from popmargin.protocols.courses import Courses
from popmargin.protocols.expectation import (
    Expectation,
    expected_residuals,
    simulated_courses,
    uncorrected_errors,
)
from popmargin.protocols.remarks import courses_remarks, describe_left, expectation_remarks
from popmargin.protocols.replayed import PHASES, Replayed

_EFFORT = (
    "images_per_patient",
    "corrections_per_patient",
    "couch_corrections_per_patient",
    "postponed_per_patient",
    "minutes_per_patient",
)
_EXPECTED = ("expected_systematic_sd_mm", "expected_random_sd_mm", "expected_margin_mm")
_LIMITS = ("", "_low", "_high", "_upper")
REPLAY_SCHEMA: Mapping[str, type[pl.DataType]] = {
    **dict.fromkeys(("protocol", "axis", "phase"), pl.String),
    **dict.fromkeys(("n_patients", "n_units", "n_fractions"), pl.Int64),
    "estimator": pl.String,
    **dict.fromkeys((f"group_mean{limit}_mm" for limit in _LIMITS[:3]), pl.Float64),
    **dict.fromkeys((f"systematic_sd{limit}_mm" for limit in _LIMITS), pl.Float64),
    **dict.fromkeys((f"random_sd{limit}_mm" for limit in _LIMITS), pl.Float64),
    "systematic_variance_untruncated_mm2": pl.Float64,
    "recipe": pl.String,
    "fractions": pl.Int64,
    **dict.fromkeys((f"margin{limit}_mm" for limit in _LIMITS), pl.Float64),
    **dict.fromkeys(_EXPECTED, pl.Float64),
    "expectation": pl.String,
    **dict.fromkeys(_EFFORT, pl.Float64),
    "covers": pl.String,
    "confidence_level": pl.Float64,
    "reason": pl.String,
}


def replayed_rows(
    courses: Courses,
    each: Iterable[Replayed],
    recipes: Sequence[Recipe],
    *,
    recipe_options: Mapping[str, float] | None,
    estimator: Estimator,
    fractions: int | None,
    minutes: tuple[float, float] | None,
    seed: int,
    withheld: bool = False,
) -> tuple[pl.DataFrame, list[Flag], list[Flag]]:
    """Rows of `replay_protocols` from replayed protocols, flags on protocols, and on single rows.

    Arguments as there; ``withheld``: a blocking flag stands, and no margin is given.
    """
    known = uncorrected_errors(courses)
    rng = random_stream(seed, "expected residuals")
    simulated = None if known is None else simulated_courses(courses, known, rng)
    rows: list[dict[str, Any]] = []
    flags, row_flags = courses_remarks(courses), list[Flag]()
    for done in each:
        margins, margin_flags = estimate_margins(
            done.estimates,
            recipes,
            covers=describe_left(done.protocol),
            options=recipe_options,
            fractions=fractions,
            withheld=withheld,
        )
        expected: Mapping[tuple[str, int], Expectation] = {}
        if known is not None and simulated is not None and done.applied is not None:
            expected = expected_residuals(
                done.protocol, courses, known, simulated, estimator=estimator
            )
        flags += [*done.remarks, *expectation_remarks(done.text, done.estimates, expected)]
        row_flags += [*done.error_flags, *margin_flags]
        found = {(row["phase"], row["axis"], row["recipe"]): row for row in margins}
        for phase, (place, axis), recipe in product(PHASES, enumerate(TRANSLATIONS), recipes):
            nothing = {
                **dict.fromkeys(("n_patients", "n_units", "n_fractions"), 0),
                "recipe": recipe.name,
                "reason": done.reason or "no patient has a fraction in this phase",
            }
            taken = {k: v for k, v in (recipe_options or {}).items() if k in recipe.options}
            chosen = None if withheld else recipe
            rows.append(
                {"protocol": done.text, "axis": axis, "phase": phase}
                | found.get((phase, axis, recipe.name), nothing)
                | _expected(expected.get((phase, place)), chosen, fractions, taken)
                | _effort(courses, done.applied, place, minutes)
            )
    return pl.DataFrame(rows, schema=REPLAY_SCHEMA), flags, one_per_code(row_flags)


def _expected(
    expectation: Expectation | None,
    recipe: Recipe | None,
    fractions: int | None,
    options: Mapping[str, float],
) -> dict[str, float | str | None]:
    """The expectation of one phase and axis, and its margin where a recipe is given."""
    if expectation is None:
        return dict.fromkeys((*_EXPECTED, "expectation"))
    systematic, random = expectation.systematic_sd_mm, expectation.random_sd_mm
    margin = None
    if recipe is not None:
        margin = float(recipe.margin(systematic, random, fractions=fractions, options=options))
    values = dict(zip(_EXPECTED, (systematic, random, margin), strict=True))
    return {**values, "expectation": expectation.method}


def _effort(
    courses: Courses, applied: Applied | None, axis: int, minutes: tuple[float, float] | None
) -> dict[str, float | None]:
    """Images, corrections, postponed fractions and minutes of the whole course, per patient."""
    if applied is None:
        return dict.fromkeys(_EFFORT)
    totals = (
        applied.images.sum(),
        applied.corrections[:, axis].sum(),
        applied.moves.sum(),
        (courses.sizes - applied.treated).sum(),
    )
    found: list[float | None] = [float(total) / courses.patient_count for total in totals]
    spent = None
    if minutes is not None:
        images, moves = float(totals[0]), float(totals[2])
        spent = (images * minutes[0] + moves * minutes[1]) / courses.patient_count
    return dict(zip(_EFFORT, [*found, spent], strict=True))
