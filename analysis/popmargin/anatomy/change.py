"""Everything that an anatomy table can say about change, in one pass.

Assumptions and limits: those of the modules behind each table.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl

from popmargin.anatomy.depth_dose import estimate_depth_dose
from popmargin.anatomy.filling import LIBRARIES, LIMITS, relate_to_filling
from popmargin.anatomy.series import series_of
from popmargin.anatomy.steps import find_steps
from popmargin.anatomy.trajectories import estimate_trajectories
from popmargin.core.flags import Flag

Rows = list[dict[str, Any]]


def estimate_anatomy_change(
    anatomy: pl.DataFrame,
    *,
    exclude_events: Sequence[str] = ("hydration",),
    false_alarms: float = 0.05,
    beam: str = "6 MV",
    tpr_20_10: float | None = None,
    dose_threshold_share: float = 0.03,
    filling_limits: Sequence[float] = LIMITS,
    library_plans: Sequence[int] = LIBRARIES,
    confidence_level: float = 0.95,
    seed: int = 1,
) -> tuple[dict[str, Rows], list[Flag]]:
    """Rows by the name of their contract, and flags.

    Parameters
    ----------
    anatomy : canonical anatomy table, defaults filled in.
    exclude_events : temporary events whose days are left out.
    false_alarms : share of unchanged courses that may raise an early warning.
    beam : whose attenuation turns depth into dose; ``tpr_20_10`` measured takes its place.
    dose_threshold_share : change of dose that counts, in (0, 1).
    filling_limits, library_plans : rules on filling, see `popmargin.anatomy.filling`.
    confidence_level, seed : of the intervals.

    Examples
    --------
    >>> rows, flags = estimate_anatomy_change(pl.DataFrame([
    ...     {"patient_id": "p", "course": "1", "fraction": 1, "structure": "parotid", "side": "",
    ...      "quantity": "volume", "unit": "cc", "value": 30.0}]))
    >>> rows["anatomy_trajectories"][0]["reason"]
    'rate: needs 2 patients measured at 2 times, found 0'
    """
    found, flags = series_of(anatomy, exclude_events=exclude_events)
    settings: dict[str, Any] = {"confidence_level": confidence_level, "seed": seed}
    rates, courses, of_rates = estimate_trajectories(found, **settings)
    steps, of_steps = find_steps(found, false_alarms=false_alarms, seed=seed)
    mobility, rules, of_filling = relate_to_filling(
        found, limits=filling_limits, plans=library_plans, **settings
    )
    depths, of_depths = estimate_depth_dose(
        found, energy=beam, tpr_20_10=tpr_20_10, threshold_share=dose_threshold_share
    )
    rows = {
        "anatomy_trajectories": rates,
        "anatomy_courses": courses,
        "anatomy_steps": steps,
        "organ_mobility": mobility,
        "filling_rules": rules,
        "depth_dose": depths,
    }
    return rows, [*flags, *of_rates, *of_steps, *of_filling, *of_depths]
