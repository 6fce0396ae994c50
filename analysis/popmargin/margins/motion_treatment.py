"""What all strategies against breathing share, taken from a study's own errors.

Assumptions: the errors of the named group hold set-up and baseline shifts but no breathing; its
random walk is that of the first surrogate for which it was estimable, else that of the breathing
traces themselves, none where neither is known.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from popmargin.core.axes import TRANSLATIONS
from popmargin.core.flags import Flag
from popmargin.margins.motion_strategies import Treatment
from popmargin.margins.strategy_parameters import Parameters
from popmargin.motion.trace_moves import GROUP as OF_TRACES

Rows = Sequence[Mapping[str, Any]]


def treatment_of(
    errors: Rows,
    walks: Rows,
    *,
    group: str | None,
    estimator: str,
    radius_mm: float | None,
    beam_min: float,
    penumbra_sd_mm: float,
    dose_level: float,
    population: float,
    parameters: Parameters,
) -> tuple[Treatment | None, list[Flag]]:
    """The shared part of every strategy; None with the reason as a flag where it is not known.

    Parameters
    ----------
    errors : rows of contract ``population_errors``.
    walks : rows of contract ``intrafraction_motion``; none is taken as no walk, and said.
    group : whose errors; may be None where there is one group only.
    estimator : which of the estimators in ``errors``.
    radius_mm : of the spherical target; None gives no comparison.
    beam_min : minutes of beam, > 0.
    penumbra_sd_mm, dose_level, population : of van Herk's recipe.
    parameters : of the strategies (`popmargin.margins.strategy_parameters`).

    Examples
    --------
    >>> treatment_of([], [], group=None, estimator="anova", radius_mm=None, beam_min=3.0,
    ...     penumbra_sd_mm=3.2, dose_level=0.95, population=0.9, parameters={})[1][0].code
    'not_estimable'
    """
    there = list(dict.fromkeys(row["group"] for row in errors))
    if radius_mm is None:
        return None, [_refused("no target is stated (target.ctv_radius_mm)")]
    if group is None and len(there) != 1:
        reason = f"{len(there)} groups: state whose errors count (motion.group)"
        return None, [_refused(reason)]
    chosen = there[0] if group is None else group
    if chosen not in there:
        return None, [_refused(f"no group {chosen!r}; there are {', '.join(there)}")]
    sds = {
        row["axis"]: (row["systematic_sd_mm"], row["random_sd_mm"])
        for row in errors
        if row["group"] == chosen and row["estimator"] == estimator
    }
    if any(None in sds.get(axis, (None,)) for axis in TRANSLATIONS):
        return None, [_refused(f"the errors of {chosen} are not estimable on every axis")]
    walk, remarks = _walk(walks, chosen)
    return Treatment(
        systematic_sd_mm=np.array([sds[axis][0] for axis in TRANSLATIONS]),
        random_sd_mm=np.array([sds[axis][1] for axis in TRANSLATIONS]),
        walk_mm2_per_min=walk,
        beam_min=beam_min,
        radius_mm=radius_mm,
        penumbra_sd_mm=penumbra_sd_mm,
        dose_level=dose_level,
        population=population,
        parameters=parameters,
    ), [*remarks, _assumed(chosen)]


def _walk(walks: Rows, group: str) -> tuple[np.ndarray[Any, np.dtype[np.float64]], list[Flag]]:
    for place in (group, OF_TRACES):
        mine = [row for row in walks if row["group"] == place]
        for surrogate in dict.fromkeys(row["surrogate"] for row in mine):
            by_axis = {
                r["axis"]: r["walk_mm2_per_min"] for r in mine if r["surrogate"] == surrogate
            }
            if all(by_axis.get(axis) is not None for axis in TRANSLATIONS):
                return np.array([by_axis[axis] for axis in TRANSLATIONS]), _walk_of(place, group)
    message = f"strategies against breathing: no random walk is known for {group}, none is counted"
    return np.zeros(3), [Flag("walk_not_counted", "info", message)]


def _walk_of(place: str, group: str) -> list[Flag]:
    if place == group:
        return []
    message = f"strategies against breathing: the random walk of {group} is that of the traces"
    return [Flag("walk_of_traces", "info", message)]


def _refused(reason: str) -> Flag:
    return Flag("not_estimable", "warn", f"strategies against breathing: {reason}")


def _assumed(group: str) -> Flag:
    message = (
        f"strategies against breathing use the errors of {group} and parameters whose status is "
        "in the table strategy_parameters: what the site has not stated is not validated"
    )
    return Flag("parameters_not_validated", "warn", message)
