"""The time-to-event size of a study's trial, and its simulated operating characteristics.

Assumptions: those of `popmargin.trials.survival` and `time_to_event`. The hazard ratio is the one
stated, or that of the two risks at the horizon under proportional hazards:
HR = ln(1 - experimental) / ln(1 - control). Non-compliance dilutes its logarithm for the size.

Limits: as `popmargin.trials.study_trial`: what is assumed comes out.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

from popmargin.core.exceptions import OutOfRange
from popmargin.core.random_streams import random_stream
from popmargin.trials.normal import round_up
from popmargin.trials.survival import survival_by_accrual, survival_power
from popmargin.trials.time_to_event import SurvivalPlan, simulate_survival_trial

Row = dict[str, Any]
_SIMULATED: Final = (
    "true_hazard_ratio", "trials", "power", "power_standard_error", "stopped_early",
    "stopped_early_standard_error", "events", "months", "hazard_ratio",
)  # fmt: skip


def design_survival(trial: Mapping[str, Any], risks: Mapping[str, Any], *, seed: int) -> list[Row]:
    """Rows of contract ``trial_survival``; none where the trial states no ``time_to_event``.

    Parameters
    ----------
    trial : the config's ``trial`` with defaults.
    risks : of `popmargin.trials.study_trial.assumed_risks`: risks at the horizon.
    seed : of the simulation, >= 0.

    Returns
    -------
    The planned trial, the same without any complication, and the same without effect: each with
    the planned numbers and what its simulation gave.

    Raises
    ------
    OutOfRange
        When both risks are equal, or a value is out of range.

    Examples
    --------
    >>> trial = {"power": 0.8, "alpha": 0.05, "to_control": 0.0, "to_experimental": 0.0,
    ...     "drop_out": 0.0, "interim_share": None, "centres": 1, "centre_sd": 0.0,
    ...     "simulated_trials": 200, "patients_per_arm": None, "time_to_event": {
    ...     "horizon_months": 24, "accrual_months": 24, "follow_up_months": 24,
    ...     "hazard_ratio": None}}
    >>> rows = design_survival(trial, {"risk_control": 0.4, "risk_experimental": 0.25}, seed=1)
    >>> rows[0]["events_planned"], rows[0]["patients_per_arm"], len(rows)
    (96, 110, 3)
    """
    asked = trial["time_to_event"]
    if asked is None:
        return []
    control = risks["risk_control"]
    ratio = asked["hazard_ratio"] or _ratio(control, risks["risk_experimental"])
    rate = -math.log1p(-control) / asked["horizon_months"]
    loss = -math.log1p(-trial["drop_out"]) / asked["horizon_months"]
    diluted = math.exp(math.log(ratio) * (1.0 - trial["to_control"] - trial["to_experimental"]))
    timing = {name: asked[name] for name in ("accrual_months", "follow_up_months")}
    size = survival_by_accrual(
        diluted, control_event_free=1.0 - control, at_months=asked["horizon_months"],
        loss_per_month=loss, power=trial["power"], alpha=trial["alpha"], **timing,
    )  # fmt: skip
    chosen = trial["patients_per_arm"] or size.patients_per_arm or 0
    expected = round_up(2 * chosen * (size.event_share or 0.0))
    common: Row = {
        "events_planned": size.events, "event_share": size.event_share,
        "patients_per_arm": chosen, "control_rate_per_month": rate, "hazard_ratio_planned": ratio,
        **timing, "formula_status": size.formula_status,
    }  # fmt: skip
    simple = SurvivalPlan(chosen, events=size.events, alpha=trial["alpha"], **timing)
    planned = SurvivalPlan(
        chosen, events=size.events, alpha=trial["alpha"], loss_per_month=loss,
        to_control=trial["to_control"], to_experimental=trial["to_experimental"],
        interim_share=trial["interim_share"], centres=trial["centres"],
        centre_sd=trial["centre_sd"], **timing,
    )  # fmt: skip
    formula = survival_power(diluted, events=max(expected, 2), alpha=trial["alpha"])
    rows = []
    for case, plan, truth, closed in (
        ("as planned", planned, ratio, None if trial["interim_share"] else formula),
        ("no complication, one centre", simple, ratio, None),
        ("as planned, no effect (type I error)", planned, 1.0, None),
    ):
        rng = random_stream(seed, "survival trial", case)
        found = simulate_survival_trial(
            rate, truth, plan, trials=trial["simulated_trials"], rng=rng
        )
        power = survival_power(ratio, events=max(round(found.events), 2), alpha=trial["alpha"])
        rows.append(
            {"case": case, **common, "power_formula": power if plan is simple else closed}
            | {name: getattr(found, name) for name in _SIMULATED}
        )
    return rows


def _ratio(control: float, experimental: float) -> float:
    if control == experimental:
        raise OutOfRange("risk_experimental", "another risk than that of control", experimental)
    return math.log1p(-experimental) / math.log1p(-control)
