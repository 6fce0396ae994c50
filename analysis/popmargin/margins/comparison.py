"""Comparison of groups with their margins: what the difference in errors does to the margin.

The recipe is evaluated on the joint draws of both groups' SDs; percentiles of the differences are
the interval. P-values of all tests of one answer are adjusted together (Holm).

Assumptions and limits: those of `popmargin.errors.comparison` and of each recipe. A smaller margin
in one group says nothing about which group it is safe for: either margin covers only what its own
errors cover.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.flags import Flag
from popmargin.errors.group_comparison import GroupComparison, contrast_row, holm_adjusted
from popmargin.margins.estimate import WITHHELD
from popmargin.margins.recipe import Recipe
from popmargin.statistics.paired_components import difference_of
from popmargin.statistics.two_sets import Contrast

_TESTS = ("group_mean", "systematic_sd", "random_sd", "margin")


def compare_margins(
    comparisons: Sequence[GroupComparison],
    recipes: Sequence[Recipe],
    *,
    covers: str,
    options: Mapping[str, float] | None = None,
    fractions: int | None = None,
    withheld: bool = False,
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Rows of every comparison and recipe, with p-values adjusted for the number of tests.

    Parameters
    ----------
    comparisons : from `popmargin.errors.comparison.compare_groups`.
    recipes : from `popmargin.margins.registry`; rotations have one row without a recipe.
    covers : what the margins cover, in words.
    options : ``penumbra_sd_mm``, ``dose_level``, ``population``; each recipe gets those it takes.
    fractions : of the course, for the effective errors; ``None`` = many.
    withheld : a blocking flag stands: every margin is empty with that reason.

    Returns
    -------
    Rows: those of `GroupComparison.row`, then recipe, ``margin_1_mm``, ``margin_2_mm``,
    ``margin_difference_mm`` (group 1 minus group 2) with limits, p-values as found and adjusted
    (``..._p_value_holm``), ``n_tests``, covers, fractions, confidence_level, reason; flags.
    """
    rows: list[dict[str, Any]] = []
    for item in comparisons:
        chosen = list(recipes) if item.axis in TRANSLATIONS else [None]
        for recipe in chosen:
            margins, why = _margins(item, recipe, options or {}, fractions, withheld)
            reasons = dict.fromkeys([*item.reasons, *([why] if why else [])])
            rows.append(
                {
                    **item.row(),
                    "recipe": recipe.name if recipe else None,
                    **margins,
                    "covers": covers,
                    "fractions": fractions,
                    "confidence_level": item.confidence_level,
                    "reason": "; ".join(reasons) or None,
                }
            )
    tests = _adjust(rows)
    return rows, _multiplicity(tests, comparisons)


def _margins(
    item: GroupComparison,
    recipe: Recipe | None,
    options: Mapping[str, float],
    fractions: int | None,
    withheld: bool,
) -> tuple[dict[str, float | None], str]:
    """Margins of both groups and their difference; None with the reason."""
    row: dict[str, float | None] = {"margin_1_mm": None, "margin_2_mm": None}
    contrast: Contrast | None = None
    reason = ""
    sds = [(e.systematic_sd, e.random_sd) for e in item.estimates]
    if recipe is not None and withheld:
        reason = WITHHELD
    elif recipe is not None:
        taken = {name: value for name, value in options.items() if name in recipe.options}
        values = [
            None
            if s is None or r is None
            else float(recipe.margin(s, r, fractions=fractions, options=taken))
            for s, r in sds
        ]
        row = {"margin_1_mm": values[0], "margin_2_mm": values[1]}
        if item.draws is not None and values[0] is not None and values[1] is not None:
            first, second = (
                recipe.margin(d.between_sd, d.within_sd, fractions=fractions, options=taken)
                for d in item.draws
            )
            contrast = difference_of(values[0] - values[1], first, second, item.confidence_level)
        elif not item.reasons:
            reason = "; ".join(filter(None, (e.reason for e in item.estimates)))
    row |= contrast_row("margin_difference", "_mm", contrast)
    return row | {"margin_p_value": contrast.p_value if contrast else None}, reason


def _adjust(rows: Sequence[dict[str, Any]]) -> int:
    """Put the adjusted p-values into the rows; the number of distinct tests."""
    found: dict[tuple[Any, ...], float] = {}
    keys = []
    for place, row in enumerate(rows):
        for test in _TESTS:
            # Every recipe's row repeats the tests of the errors: they are one test each.
            key = (place if test == "margin" else _place(row), test)
            keys.append((row, test, key))
            if row[f"{test}_p_value"] is not None:
                found[key] = row[f"{test}_p_value"]
    adjusted = dict(zip(found, holm_adjusted(list(found.values())), strict=True))
    for row, test, key in keys:
        row[f"{test}_p_value_holm"] = adjusted.get(key)
        row["n_tests"] = len(found)
    return len(found)


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells the comparisons of one answer apart: strata, groups and axis."""
    names = list(row)
    strata = names[: names.index("comparison")]
    return tuple(row[name] for name in (*strata, "group_1", "group_2", "axis"))


def _multiplicity(tests: int, comparisons: Sequence[GroupComparison]) -> list[Flag]:
    if tests < 2:
        return []
    level = comparisons[0].confidence_level
    message = (
        f"{tests} tests on {len(comparisons)} pairs of groups and axes: each interval is for one "
        f"comparison at {level:.0%}; *_p_value_holm hold for all {tests} together"
    )
    return [Flag("multiple_comparisons", "info", message)]
