"""Borrowing from the literature: a small cohort's SDs and margins, combined with published SDs.

Never a default and never silent: whoever borrows names the published rows; every row of the result
is called ``borrowed``, stands beside the cohort's own estimate, and says what the literature weighs
and which papers it is; a flag repeats it.

Assumptions: the papers measured the same error as the cohort (site, correction state, what was
matched) and the cohort is one more like them; both SDs are taken as independent in the prior.
What comes of the papers: `popmargin.margins.literature_prior`, `popmargin.statistics.prior`.

Limits: no interval covers a cohort that is unlike the papers; where cohort and papers disagree
(``disagreement_p_value``), do not borrow.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from popmargin.core.exceptions import NotEstimable, RefusedInput
from popmargin.core.flags import Flag
from popmargin.errors.population import AxisEstimate
from popmargin.margins.estimate import WITHHELD
from popmargin.margins.literature_prior import (
    LiteraturePrior,
    literature_priors,
    select_literature,
)
from popmargin.margins.margin_interval import margin_interval
from popmargin.margins.published import published_population_errors
from popmargin.margins.recipe import Recipe
from popmargin.statistics.generalised_interval import GeneralisedDraws
from popmargin.statistics.interval import interval_of
from popmargin.statistics.posterior import disagreement, posterior_draws
from popmargin.statistics.prior import LogPrior
from popmargin.statistics.size_table import FloatArray

ESTIMATOR: Final = "borrowed"
_DISAGREE: Final = 0.05


def estimate_borrowed_margins(
    estimates: Sequence[AxisEstimate],
    priors: Sequence[LiteraturePrior],
    recipes: Sequence[Recipe],
    *,
    covers: str,
    options: Mapping[str, float] | None = None,
    fractions: int | None = None,
    withheld: bool = False,
    seed: int = 1,
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """SDs and margins of cohort and literature together, beside those of the cohort alone.

    Parameters
    ----------
    estimates : of one estimator, ``anova`` or ``reml``; axes without a prior are left out.
    priors : from `popmargin.margins.literature_prior.literature_priors`.
    recipes, covers, options, fractions, withheld : as in
        `popmargin.margins.estimate.estimate_margins`.
    seed : of the draws.

    Returns
    -------
    Rows: group columns, group, axis, n_patients, estimator ``borrowed``; ``systematic_sd_mm`` and
    ``random_sd_mm`` (posterior medians) with limits; ``..._own_mm``, ``..._literature_mm`` (prior
    median) with limits, ``..._literature_patients`` (what the prior weighs),
    ``..._literature_share`` (part of the information that comes from it) and
    ``..._disagreement_p_value``; papers; recipe, margin_mm with limits, margin_own_mm, covers,
    confidence_level, reason. Flags: ``borrowed`` on every axis, ``literature_disagrees``.
    """
    by_axis = {prior.axis: prior for prior in priors}
    rows: list[dict[str, Any]] = []
    flags: list[Flag] = []
    for item in estimates:
        prior = by_axis.get(item.axis)
        if prior is None:
            continue
        base, draws = _together(item, prior, seed)
        flags += _remarks(item, prior, base)
        for recipe in recipes:
            taken = {k: v for k, v in (options or {}).items() if k in recipe.options}
            margin = _margins(item, recipe, base, draws, taken, fractions)
            if withheld:
                margin = dict.fromkeys(margin, None) | {"reason": WITHHELD}
            tail = {"covers": covers, "fractions": fractions}
            rows.append({**base, "recipe": recipe.name, **margin, **tail})
    return rows, flags


def borrow_for_groups(
    estimates: Sequence[AxisEstimate],
    entries: Sequence[Mapping[str, Any]],
    recipes: Sequence[Recipe],
    **how: Any,
) -> tuple[list[dict[str, Any]], list[Flag]]:
    """Borrowing as a config states it: each entry a prior and the groups that it is for.

    Parameters
    ----------
    estimates : of all groups, one estimator, ``anova`` or ``reml``.
    entries : with ``groups`` (labels), ``site``, ``quantity``, ``state``, ``between_scale`` and
        ``most_patients`` (see `select_literature` and `literature_priors`).
    recipes, how : as in `estimate_borrowed_margins`.

    Returns
    -------
    Rows and flags of `estimate_borrowed_margins`, with ``prior_site``.

    Raises
    ------
    RefusedInput
        For a group that the study does not have, or rows that make no prior.
    """
    rows: list[dict[str, Any]] = []
    flags: list[Flag] = []
    known = list(dict.fromkeys(item.group for item in estimates))
    for place, entry in enumerate(entries):
        where = f"borrowing[{place}]"
        for label in entry["groups"]:
            if label not in known:
                remedy = "name groups as the results do"
                raise RefusedInput(where, f"one of {', '.join(known)}", label, remedy)
        published = select_literature(
            published_population_errors(),
            site=entry["site"],
            quantity=entry["quantity"],
            state=entry["state"],
        )
        try:
            priors = literature_priors(
                published,
                between_scale=entry["between_scale"],
                most_patients=entry["most_patients"],
            )
        except NotEstimable as error:
            remedy = "state between_scale, the SD of ln SD between studies"
            raise RefusedInput(where, "a prior", str(error), remedy) from None
        mine = [item for item in estimates if item.group in entry["groups"]]
        found, said = estimate_borrowed_margins(mine, priors, recipes, **how)
        rows += [{**row, "prior_site": entry["site"]} for row in found]
        flags += said
    return rows, flags


def _together(
    item: AxisEstimate, prior: LiteraturePrior, seed: int
) -> tuple[dict[str, Any], GeneralisedDraws | None]:
    """The row without its margin, and the joint draws; None where nothing can be combined."""
    row: dict[str, Any] = {
        **item.source.columns,
        "group": item.group,
        "axis": item.axis,
        "n_patients": item.source.n_patients,
        "estimator": ESTIMATOR,
    }
    reason: str | None = None
    draws: GeneralisedDraws | None = None
    try:
        draws = posterior_draws(item.source.data, prior.systematic, prior.random, seed=seed)
    except NotEstimable as error:
        reason = str(error)
    own_draws = item.estimate.draws
    for name, of_literature, own, part in (
        ("systematic_sd", prior.systematic, item.estimate.systematic_sd, "between_sd"),
        ("random_sd", prior.random, item.estimate.random_sd, "within_sd"),
    ):
        values = None if draws is None else getattr(draws, part)
        found = None if values is None else interval_of(values, item.confidence_level)
        row[f"{name}_mm"] = found.median if found else None
        row[f"{name}_low_mm"] = found.low if found else None
        row[f"{name}_high_mm"] = found.high if found else None
        row[f"{name}_own_mm"] = own
        tail = 0.5 * (1.0 - item.confidence_level)
        low, median, high = of_literature.quantiles(np.array([tail, 0.5, 1.0 - tail])).tolist()
        row[f"{name}_literature_mm"] = median
        row[f"{name}_literature_low_mm"] = low
        row[f"{name}_literature_high_mm"] = high
        row[f"{name}_literature_patients"] = of_literature.effective_groups
        row[f"{name}_literature_share"] = None if values is None else _share(values, of_literature)
        row[f"{name}_disagreement_p_value"] = (
            None if own_draws is None else disagreement(getattr(own_draws, part), of_literature)
        )
    row["papers"] = ", ".join(prior.papers)
    row["confidence_level"] = item.confidence_level
    row["reason"] = reason
    return row, draws


def _share(sds: FloatArray, prior: LogPrior) -> float:
    """Part of the information on ln SD that is the prior's: variance left over prior variance."""
    return min(1.0, float(np.log(sds).var()) / prior.scale**2)


def _margins(
    item: AxisEstimate,
    recipe: Recipe,
    row: Mapping[str, Any],
    draws: GeneralisedDraws | None,
    options: Mapping[str, float],
    fractions: int | None,
) -> dict[str, Any]:
    """The margin of the combined SDs with its interval, and that of the cohort alone."""
    found: dict[str, Any] = dict.fromkeys(
        ("margin_mm", "margin_low_mm", "margin_high_mm", "margin_upper_mm", "margin_own_mm")
    )
    if draws is not None:
        margin = margin_interval(
            recipe,
            row["systematic_sd_mm"],
            row["random_sd_mm"],
            systematic_draws_mm=draws.between_sd,
            random_draws_mm=draws.within_sd,
            level=item.confidence_level,
            fractions=fractions,
            options=options,
        )
        numbers = (margin.margin_mm, margin.low_mm, margin.high_mm, margin.upper_mm)
        found |= dict(zip(found, numbers, strict=False))
    own = (item.estimate.systematic_sd, item.estimate.random_sd)
    if own[0] is not None and own[1] is not None:
        alone = recipe.margin(own[0], own[1], fractions=fractions, options=options)
        found["margin_own_mm"] = float(alone)
    return found


def _remarks(item: AxisEstimate, prior: LiteraturePrior, row: Mapping[str, Any]) -> list[Flag]:
    place = f"group {item.group}, axis {item.axis}"
    if row["reason"] is not None:
        return [Flag("not_estimable", "warn", f"{place}: {row['reason']}")]
    weights = []
    for name in ("systematic_sd", "random_sd"):
        own = row[f"{name}_own_mm"]
        before = "not estimable" if own is None else f"{own:.2f} mm"
        share, patients = row[f"{name}_literature_share"], row[f"{name}_literature_patients"]
        weights.append(
            f"{name} {before} becomes {row[f'{name}_mm']:.2f} mm ({share:.0%} of what is known "
            f"of it is the literature's, which weighs {patients:.0f} patients)"
        )
    message = (
        f"{place}: combined with {len(prior.papers)} papers ({row['papers']}): {'; '.join(weights)}"
    )
    flags = [Flag("borrowed", "warn", message, patients=item.source.n_patients)]
    for name in ("systematic_sd", "random_sd"):
        p_value = row[f"{name}_disagreement_p_value"]
        if p_value is not None and p_value < _DISAGREE:
            message = (
                f"{place}: {name} of the cohort and of the literature disagree "
                f"(p = {p_value:.1g}): they may not be of the same error; do not combine them"
            )
            flags.append(Flag("literature_disagrees", "warn", message))
    return flags
