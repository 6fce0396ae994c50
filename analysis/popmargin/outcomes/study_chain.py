"""The chain of a study: each scenario's margins and protocols, and responses against the margin.

Assumptions and limits: those of `popmargin.outcomes.chain`. The arms of a scenario are the margin
in use with the errors as logged (the reference), the recommended recipe with the errors as logged,
and every named protocol with the recipe's margin for what it leaves. The curve varies an equal
margin and nothing else.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.exceptions import NotEstimable, WrongUsage
from popmargin.margins.error_budget import ErrorComponent, combine_components, components_for
from popmargin.margins.group_errors import GroupErrors
from popmargin.margins.recipe import Options, Recipe
from popmargin.outcomes.chain import Arm, Situation, compare_arms
from popmargin.outcomes.complication_sets import complication_set
from popmargin.outcomes.control_sets import control_set
from popmargin.outcomes.phantom import OrganPhantom, TargetPhantom, Three, three
from popmargin.outcomes.residual_errors import ResidualErrors, after_protocol
from popmargin.protocols.parse import parse_protocol

Row = dict[str, Any]
# ASSUME curves from 0 to 12 mm in steps of 1 mm, and coarsely to 20 mm: what interval limits reach.
CURVE_MM: Final = (*range(13), 14, 16, 18, 20)
CURVE_PATIENTS: Final = 2_000


def estimate_outcome_chain(
    groups: Sequence[GroupErrors],
    scenarios: Sequence[Mapping[str, Any]],
    *,
    recipe: Recipe,
    options: Options,
    recipe_fractions: int | None,
    target: TargetPhantom,
    present_margin_mm: Three | None,
    patients: int,
    components: Sequence[ErrorComponent] = (),
    level: float = 0.95,
    seed: int = 1,
) -> tuple[list[Row], list[Row]]:
    """Rows of contracts ``outcome_chain`` and ``outcome_curve``.

    Parameters
    ----------
    groups : errors of every group with their draws.
    scenarios : as the config's ``outcomes.scenarios``; each names a group.
    recipe, options, recipe_fractions : of the margins.
    target : the ball-shaped CTV.
    present_margin_mm : margin in use, the reference; None: the recipe's margin is.
    components : further errors that no protocol corrects (delineation and so on), known.
    patients, level, seed : as in `popmargin.outcomes.chain.compare_arms`.

    Returns
    -------
    One row an arm, and one an equal margin, of every scenario; a scenario without errors has one
    row that says why.

    Raises
    ------
    WrongUsage, RefusedInput, OutOfRange
        When a scenario names a set or protocol that cannot be used, or a value is out of range.

    Examples
    --------
    >>> from popmargin.margins.registry import find_recipe
    >>> estimate_outcome_chain([], [], recipe=find_recipe("stroom"), options={},
    ...     recipe_fractions=None, target=TargetPhantom(30.0), present_margin_mm=None, patients=10)
    ([], [])
    """
    rows: list[Row] = []
    curve: list[Row] = []
    by_name = {group.group: group for group in groups}
    for scenario in scenarios:
        name = scenario["group"]
        if name not in by_name:
            known = ", ".join(by_name) or "none"
            raise WrongUsage(f"outcomes: no group {name!r} in this study; there are {known}")
        group = by_name[name]
        if group.reason:
            rows.append({"group": name, "reason": group.reason})
            continue
        data = logged_errors(group)
        own = components_for(name, components)
        logged = including(data, own)
        situation = _situation(scenario, target)
        asked: dict[str, Any] = {"level": level, "seed": seed}
        margin = logged.margin_mm(recipe, recipe_fractions, options)
        arms, reasons = _arms(data, own, scenario, (recipe, recipe_fractions, options))
        reference = [] if present_margin_mm is None else [
            Arm("margin in use, as logged", logged, present_margin_mm)
        ]  # fmt: skip
        arms = [*reference, Arm(f"{recipe.name}, as logged", logged, margin), *arms]
        found = compare_arms(arms, situation, patients=patients, **asked)
        rows += [{"group": name, **row} for row in found]
        rows += [{"group": name, "arm": arm, "reason": why} for arm, why in reasons]
        steps = [Arm(f"{m} mm", logged, (float(m),) * 3) for m in CURVE_MM]
        middle = int(np.argmin(np.abs(np.array(CURVE_MM) - np.mean(arms[0].margin_mm))))
        steps = [steps[middle], *(step for place, step in enumerate(steps) if place != middle)]
        drawn = compare_arms(steps, situation, patients=min(patients, CURVE_PATIENTS), **asked)
        drawn.sort(key=lambda row: row["margin_lr_mm"])
        curve += [{"group": name, "margin_mm": row["margin_lr_mm"], **row} for row in drawn]
    return rows, curve


def logged_errors(group: GroupErrors) -> ResidualErrors:
    """Errors of a group as they were logged, with their draws.

    >>> from popmargin.margins.error_budget import ErrorComponent
    >>> part = ErrorComponent("set-up", "systematic", 3, 3, 3, "data")
    >>> draws = np.full((50, 3), 3.0)
    >>> logged_errors(GroupErrors("all", {}, 9, "set-up", (part,), (draws, draws))).random_sd_mm
    (0.0, 0.0, 0.0)
    """
    axes = [combine_components(group.components, axis) for axis in TRANSLATIONS]
    lr, si, ap = axes
    return ResidualErrors(
        "as logged",
        (lr.systematic_sd_mm, si.systematic_sd_mm, ap.systematic_sd_mm),
        (lr.random_sd_mm, si.random_sd_mm, ap.random_sd_mm),
        *group.some_draws(),
    )


def including(errors: ResidualErrors, components: Sequence[ErrorComponent]) -> ResidualErrors:
    """The errors with further components in quadrature, whose SDs are taken as known.

    >>> part = ErrorComponent("delineation", "systematic", 4, 4, 4, "study")
    >>> none = np.zeros((0, 3))
    >>> errors = ResidualErrors("logged", (3.0, 3.0, 3.0), (2.0, 2.0, 2.0), none, none)
    >>> including(errors, [part]).systematic_sd_mm
    (5.0, 5.0, 5.0)
    """
    if not components:
        return errors
    axes = [combine_components(components, axis) for axis in TRANSLATIONS]
    systematic = [axis.systematic_sd_mm for axis in axes]
    random = [axis.random_sd_mm for axis in axes]
    return ResidualErrors(
        errors.label,
        three(np.hypot(errors.systematic_sd_mm, systematic)),
        three(np.hypot(errors.random_sd_mm, random)),
        np.hypot(errors.systematic_draws, systematic),
        np.hypot(errors.random_draws, random),
    )


def _situation(scenario: Mapping[str, Any], target: TargetPhantom) -> Situation:
    organ = scenario["organ"]
    return Situation(
        target=target,
        organ=OrganPhantom(
            name=organ["name"],
            axis=organ["axis"],
            side=organ["side"],
            gap_mm=organ["gap_mm"],
            thickness_mm=organ["thickness_mm"],
            fall_off_sd_mm=organ["fall_off_sd_mm"],
            background_share=organ["background_share"],
        ),
        prescription_gy=scenario["prescription_gy"],
        fractions=scenario["fractions"],
        complications=complication_set(scenario["ntcp_set"]) if scenario["ntcp_set"] else None,
        control=control_set(scenario["tcp_set"]) if scenario["tcp_set"] else None,
    )


def _arms(
    logged: ResidualErrors,
    components: Sequence[ErrorComponent],
    scenario: Mapping[str, Any],
    asked: tuple[Recipe, int | None, Options],
) -> tuple[list[Arm], list[tuple[str, str]]]:
    """Arms of the scenario's protocols, and those that have none with the reason."""
    arms, reasons = [], []
    for entry in scenario["protocols"]:
        protocol = parse_protocol(entry["protocol"])
        try:
            left = including(
                after_protocol(logged, protocol, fractions=scenario["fractions"]), components
            )
        except (WrongUsage, NotEstimable) as refusal:
            reasons.append((protocol.text, str(refusal)))
            continue
        arms.append(Arm(protocol.text, left, left.margin_mm(*asked), entry["imaging_dose_mgy"]))
    return arms, reasons
