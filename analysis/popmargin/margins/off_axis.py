r"""Margin against the distance of a target from the isocentre: one isocentre, several targets.

A rotation displaces a target in proportion to its distance d. With rotation SDs about lr, si and ap
(radians) the variance along one axis, averaged over the directions in which the target may lie, is

.. math:: Var_{lr} = \tfrac{d^2}{3} (\sigma_{si}^2 + \sigma_{ap}^2) \quad \text{and cyclic}

and in the worst direction :math:`d^2 \max(\sigma_{si}^2, \sigma_{ap}^2)`. It adds to the variance
of the translations, between patients and within patients, before the recipe.

Source: Chang J, single-isocentre multiple-target margin, 2018 (equal rotations about every axis);
van Herk M, Semin Radiat Oncol 2004;14:52-64 (rotation as displacement at a distance).

Assumptions: small normal rotations about the isocentre, independent of each other and of the
translations, which are those of the isocentre; each target is small against its distance. Limits:
a rotation couples the axes of one target, and all targets of one patient, which a margin per axis
does not show; the averaged direction is too little for a target that lies in the worst one.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from popmargin.core.axes import ROTATIONS, TRANSLATIONS
from popmargin.core.exceptions import RefusedInput
from popmargin.core.random_streams import random_stream
from popmargin.errors.population import AxisEstimate
from popmargin.margins.component_draws import WholeErrors, add_components
from popmargin.margins.error_budget import (
    ErrorComponent,
    components_for,
    describe_coverage,
    is_whole_budget,
    margin_name,
)
from popmargin.margins.estimate import WITHHELD
from popmargin.margins.margin_interval import margin_interval
from popmargin.margins.recipe import Recipe
from popmargin.margins.rotations import direction_factors

Vector = NDArray[np.float64]
_NUMBERS: Final = (
    "rotation_systematic_sd_mm",
    "rotation_random_sd_mm",
    "margin_mm",
    "margin_low_mm",
    "margin_high_mm",
    "margin_upper_mm",
    "margin_worst_direction_mm",
)


@dataclass(frozen=True, slots=True, eq=False)
class RotationErrors:
    """Rotation SDs about lr, si, ap in degrees with their draws, shape (3,) and (draws, 3)."""

    systematic_sd_deg: Vector
    random_sd_deg: Vector
    systematic_draws_deg: Vector
    random_draws_deg: Vector
    source: str


def estimate_off_axis_margins(
    estimates: Sequence[AxisEstimate],
    recipe: Recipe,
    *,
    distances_mm: Sequence[float],
    covers: str,
    rotation: Mapping[str, Any] | None = None,
    groups: Sequence[str] | None = None,
    options: Mapping[str, float] | None = None,
    fractions: int | None = None,
    components: Sequence[ErrorComponent] = (),
    complete: bool = False,
    withheld: bool = False,
    seed: int = 1,
) -> list[dict[str, Any]]:
    """Rows of contract ``off_axis_margins`` (and the group columns): group, axis, distance.

    Parameters
    ----------
    estimates : population errors of one estimator, translations and rotations.
    recipe : from `popmargin.margins.registry`.
    distances_mm : distances from the isocentre in mm, >= 0.
    covers : what the translations hold, in words.
    rotation : ``systematic_sd_deg``, ``random_sd_deg`` (about every axis, taken as known) and
        ``source``; those of the data without.
    groups : labels of the groups wanted; all without.
    options, fractions, components, complete, withheld, seed : as in
        `popmargin.margins.estimate.estimate_margins`.

    Returns
    -------
    Margins for the averaged direction with intervals, and for the worst direction.

    Raises
    ------
    RefusedInput
        For a group that the study does not have.
    OutOfRange
        For a negative distance or SD.

    Examples
    --------
    >>> from popmargin.margins.registry import find_recipe
    >>> estimate_off_axis_margins([], find_recipe("stroom"), distances_mm=[0, 50], covers="x")
    []
    """
    known = list(dict.fromkeys(item.group for item in estimates))
    wanted = known if groups is None else groups
    for label in wanted:
        if label not in known:
            remedy = "name groups as the results do"
            raise RefusedInput("off_axis, groups", f"one of {', '.join(known)}", label, remedy)
    taken = {name: value for name, value in (options or {}).items() if name in recipe.options}
    rows: list[dict[str, Any]] = []
    for label in wanted:
        own = components_for(label, components)
        said = _said(recipe, covers, own, is_whole_budget(own, complete), fractions)
        mine = {item.axis: item for item in estimates if item.group == label}
        turns = _stated(rotation) if rotation else _measured(mine, seed)
        for axis in TRANSLATIONS:
            if axis not in mine:
                continue
            item = mine[axis]
            errors = _translations(item, own, seed)
            for distance in distances_mm:
                reason = WITHHELD if withheld else ""
                numbers: dict[str, float | None] = dict.fromkeys(_NUMBERS)
                if errors is None:
                    reason = reason or item.estimate.reason
                elif isinstance(turns, str):
                    reason = reason or turns
                elif not reason:
                    numbers = _at(item, errors, turns, distance, (recipe, fractions, taken))
                rows.append(
                    {
                        **item.source.columns,
                        "group": label,
                        "axis": axis,
                        "n_patients": item.source.n_patients,
                        "distance_mm": float(distance),
                        "rotation_source": None if isinstance(turns, str) else turns.source,
                        **numbers,
                        **said,
                        "confidence_level": item.confidence_level,
                        "reason": reason or None,
                    }
                )
    return rows


def _said(
    recipe: Recipe,
    covers: str,
    components: Sequence[ErrorComponent],
    whole: bool,
    fractions: int | None,
) -> dict[str, Any]:
    """What the margins of a group are called, and what is in them."""
    data = ErrorComponent(covers, "offset", 0.0, 0.0, 0.0, "data of the study")
    turned = ErrorComponent("rotation", "offset", 0.0, 0.0, 0.0, "rotation")
    return {
        "recipe": recipe.name,
        "called": margin_name(whole),
        "covers": describe_coverage([data, turned, *components], whole),
        "fractions": fractions,
    }


def _stated(rotation: Mapping[str, Any]) -> RotationErrors:
    systematic, random = (
        np.full(3, float(rotation[f"{kind}_sd_deg"])) for kind in ("systematic", "random")
    )
    return RotationErrors(systematic, random, systematic[None], random[None], rotation["source"])


def _measured(axes: Mapping[str, AxisEstimate], seed: int) -> RotationErrors | str:
    """The rotations of the data, or why there are none."""
    sds: list[tuple[float, float]] = []
    draws: list[tuple[Vector, Vector]] = []
    for axis in ROTATIONS:
        found = axes[axis].estimate if axis in axes else None
        if found is None or found.draws is None:
            return f"not estimable: {axis} not measured; state the rotation in the config"
        if found.systematic_sd is None or found.random_sd is None:
            return found.reason
        sds.append((found.systematic_sd, found.random_sd))
        # Axes share their point set: without this their draws would rise and fall together.
        count = len(found.draws.between_sd)
        order = random_stream(seed, "draws of a rotation", axis).permutation(count)
        draws.append((found.draws.between_sd[order], found.draws.within_sd[order]))
    systematic, random = (np.array(part) for part in zip(*sds, strict=True))
    drawn = [np.column_stack(part) for part in zip(*draws, strict=True)]
    return RotationErrors(systematic, random, drawn[0], drawn[1], "data of the study")


def _translations(
    item: AxisEstimate, components: Sequence[ErrorComponent], seed: int
) -> WholeErrors | None:
    found = item.estimate
    if found.draws is None or found.systematic_sd is None or found.random_sd is None:
        return None
    return add_components(
        found.systematic_sd,
        found.random_sd,
        components,
        item.axis,
        systematic_draws_mm=found.draws.between_sd,
        random_draws_mm=found.draws.within_sd,
        seed=seed,
    )


def _at(
    item: AxisEstimate,
    errors: WholeErrors,
    turns: RotationErrors,
    distance: float,
    how: tuple[Recipe, int | None, Mapping[str, float]],
) -> dict[str, float | None]:
    """Displacement SDs and margins along one axis at one distance."""
    recipe, fractions, options = how
    place = TRANSLATIONS.index(item.axis)
    mean, worst = direction_factors(distance)

    def moved(sds_deg: Vector) -> Vector:
        """SD in mm of the displacement along the axis, averaged over the directions."""
        return np.asarray(mean * np.linalg.norm(_about_others(sds_deg, place), axis=-1))

    systematic, random = moved(turns.systematic_sd_deg), moved(turns.random_sd_deg)
    found = margin_interval(
        recipe,
        math.hypot(errors.systematic_sd_mm, float(systematic)),
        math.hypot(errors.random_sd_mm, float(random)),
        systematic_draws_mm=np.hypot(errors.systematic_draws_mm, moved(turns.systematic_draws_deg)),
        random_draws_mm=np.hypot(errors.random_draws_mm, moved(turns.random_draws_deg)),
        level=item.confidence_level,
        fractions=fractions,
        options=options,
    )
    least = recipe.margin(
        math.hypot(
            errors.systematic_sd_mm, worst * _about_others(turns.systematic_sd_deg, place).max()
        ),
        math.hypot(errors.random_sd_mm, worst * _about_others(turns.random_sd_deg, place).max()),
        fractions=fractions,
        options=options,
    )
    offset = abs(errors.offset_mm)
    margins = (found.margin_mm, found.low_mm, found.high_mm, found.upper_mm, float(least))
    values = (float(systematic), float(random), *(margin + offset for margin in margins))
    return dict(zip(_NUMBERS, values, strict=True))


def _about_others(sds_deg: Vector, place: int) -> Vector:
    """Rotation SDs about the two other axes, in radians: those that move a point along this one."""
    return np.asarray(np.radians(np.delete(sds_deg, place, axis=-1)))
