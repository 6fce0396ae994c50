"""May this centre use this margin: what the margin in use is worth for a centre's own errors.

The recipe is evaluated on the joint draws of the centre's own SDs. ``share_of_draws`` is the share
of them that need no more than the margin in use: the confidence that it is enough.

Assumptions and limits: those of the centre's errors and of the recipe. No recipe holds
the group mean: where its interval excludes 0 it has to be found and corrected before any margin is
judged. "Not known" is the usual answer of a small centre, and no reason to go on.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.checks import non_negative, positive
from popmargin.errors.population import AxisEstimate
from popmargin.margins.recipe import Recipe
from popmargin.statistics.interval import interval_of

ENOUGH, TOO_SMALL, NOT_KNOWN = "enough", "too small", "not known"
OFF_CENTRE = "correct the group mean first"


def judge_centre_margin(
    estimates: Sequence[AxisEstimate],
    margin_mm: Mapping[str, float],
    recipe: Recipe,
    *,
    centre: str,
    covers: str,
    fractions: int | None = None,
    options: Mapping[str, float] | None = None,
) -> list[dict[str, Any]]:
    """Rows of every group and translation of one centre.

    Parameters
    ----------
    estimates : errors of that centre alone; rotations are left out.
    margin_mm : margin in use by axis, mm, > 0.
    recipe, fractions, options : what the margin is held against, as in `Recipe.margin`.
    centre, covers : its label; what the margin covers, in words.

    Returns
    -------
    Rows: group columns, group, axis, centre, n_patients, recipe, margin_in_use_mm,
    margin_needed_mm with two-sided limits and one-sided ``_upper_mm``, share_of_draws, verdict
    (``enough``: the upper limit is no larger; ``too small``: even the lower limit is larger;
    ``not known``; ``correct the group mean first``: its interval excludes 0), group_mean_mm,
    covers, reason.

    Raises
    ------
    OutOfRange
        A margin that is not > 0.

    >>> from popmargin.margins.registry import find_recipe
    >>> judge_centre_margin([], {"lr": 5.0}, find_recipe("van_herk"), centre="A", covers="x")
    []
    """
    used = {axis: float(positive("margin_mm", value)) for axis, value in margin_mm.items()}
    rows = []
    for item in estimates:
        if item.axis not in TRANSLATIONS or item.axis not in used:
            continue
        row: dict[str, Any] = {
            **item.source.columns,
            "group": item.group,
            "axis": item.axis,
            "centre": centre,
            "n_patients": item.source.n_patients,
            "recipe": recipe.name,
            "margin_in_use_mm": used[item.axis],
        }
        row |= _needed(item, recipe, used[item.axis], fractions, options or {})
        row |= {"group_mean_mm": item.estimate.group_mean, "covers": covers}
        rows.append({**row, "reason": item.estimate.reason or None})
    return rows


def _needed(
    item: AxisEstimate,
    recipe: Recipe,
    used: float,
    fractions: int | None,
    options: Mapping[str, float],
) -> dict[str, Any]:
    """What the centre needs, and the verdict."""
    names = [f"margin_needed{part}_mm" for part in ("", "_low", "_high", "_upper")]
    systematic, random = item.estimate.systematic_sd, item.estimate.random_sd
    draws = item.estimate.draws
    if systematic is None or random is None or draws is None:
        return {**dict.fromkeys(names), "share_of_draws": None, "verdict": NOT_KNOWN}
    taken = {name: value for name, value in options.items() if name in recipe.options}
    needed = float(recipe.margin(systematic, random, fractions=fractions, options=taken))
    drawn = np.asarray(
        recipe.margin(draws.between_sd, draws.within_sd, fractions=fractions, options=taken)
    )
    limits = interval_of(drawn, item.confidence_level)
    mean = item.estimate.mean
    means = (None, None) if mean is None else (mean.low, mean.high)
    verdict = _verdict(means, (limits.low, limits.upper), used)
    numbers = (needed, limits.low, limits.high, limits.upper)
    share = float((drawn <= used).mean())
    return {**dict(zip(names, numbers, strict=True)), "share_of_draws": share, "verdict": verdict}


def judge_margin_rows(
    margins: Sequence[Mapping[str, Any]], margin_mm: Mapping[str, float], *, centre: str
) -> list[dict[str, Any]]:
    """Rows of contract ``centre_verdicts`` from the margins of one centre, whole budget and all.

    Parameters
    ----------
    margins : rows of `popmargin.margins.estimate.estimate_margins` of that centre alone.
    margin_mm : margin in use by axis, mm, >= 0; axes that it does not name are left out.
    centre : its label.

    >>> row = {"axis": "lr", "n_patients": 9, "recipe": "van_herk", "covers": "x", "reason": None,
    ...     "group_mean_low_mm": -1.0, "group_mean_high_mm": 1.0, "margin_mm": 5.0,
    ...     "margin_low_mm": 4.0, "margin_high_mm": 7.0, "margin_upper_mm": 6.5}
    >>> [one["verdict"] for used in (6.5, 6.0, 3.9)
    ...     for one in judge_margin_rows([row], {"lr": used}, centre="A")]
    ['enough', 'not known', 'too small']
    """
    rows = []
    for row in margins:
        if row["axis"] not in margin_mm:
            continue
        used = float(non_negative("margin_mm", margin_mm[row["axis"]]))
        means = (row["group_mean_low_mm"], row["group_mean_high_mm"])
        verdict = _verdict(means, (row["margin_low_mm"], row["margin_upper_mm"]), used)
        needed = {
            f"margin_needed{part}_mm": row[f"margin{part}_mm"]
            for part in ("", "_low", "_high", "_upper")
        }
        found = {"centre": centre, "margin_in_use_mm": used, **needed, "verdict": verdict}
        rows.append({**row, **found})
    return rows


def _verdict(
    mean: tuple[float | None, float | None], needed: tuple[float | None, float | None], used: float
) -> str:
    """From the limits of the group mean, and the two-sided lower and one-sided upper limit."""
    low, upper = needed
    if low is None or upper is None:
        return NOT_KNOWN
    if (mean[0] or 0.0) > 0.0 or (mean[1] or 0.0) < 0.0:
        return OFF_CENTRE
    if upper <= used:
        return ENOUGH
    return TOO_SMALL if low > used else NOT_KNOWN
