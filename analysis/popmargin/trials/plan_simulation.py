"""One simulated design from plain numbers, as the command line gives them.

Assumptions and limits: those of `popmargin.trials.simulation` and `time_to_event`.
"""

import math
from dataclasses import asdict, dataclass

from popmargin.core.checks import positive, share
from popmargin.core.random_streams import random_stream
from popmargin.trials.proportions import two_proportions_power
from popmargin.trials.simulation import TrialPlan, simulate_trial
from popmargin.trials.survival import survival_power
from popmargin.trials.time_to_event import SurvivalPlan, simulate_survival_trial


@dataclass(frozen=True, slots=True)
class SimulatedDesign:
    """Operating characteristics of a design, beside the power of the closed form."""

    control: float
    experimental: float
    patients_per_arm: int
    alpha: float
    power: float
    power_standard_error: float
    power_formula: float | None
    stopped_early: float
    patients_expected: float
    patients_analysed: float
    difference: float
    difference_standard_error: float
    coverage: float
    trials: int
    assumptions: tuple[str, ...]


def simulated_design(
    control: float,
    experimental: float,
    *,
    patients_per_arm: int,
    alpha: float = 0.05,
    to_control: float = 0.0,
    to_experimental: float = 0.0,
    drop_out: float = 0.0,
    interim_share: float | None = None,
    centres: int = 1,
    centre_sd: float = 0.0,
    trials: int = 1000,
    seed: int = 1,
) -> SimulatedDesign:
    """Operating characteristics of a two-arm trial with a binary outcome.

    Parameters
    ----------
    control, experimental : risks, inside (0, 1); equal ones give the type I error as power.
    patients_per_arm to centre_sd : as in `popmargin.trials.simulation.TrialPlan`.
    trials : simulated trials, >= 2.  seed : >= 0.

    Raises
    ------
    OutOfRange
        For a value out of range.

    Examples
    --------
    >>> found = simulated_design(0.434, 0.244, patients_per_arm=97, trials=2000)
    >>> abs(found.power - found.power_formula) < 4 * found.power_standard_error
    True
    """
    plan = TrialPlan(
        patients_per_arm,
        alpha,
        to_control,
        to_experimental,
        drop_out,
        interim_share,
        centres,
        centre_sd,
    )
    found = asdict(
        simulate_trial(
            control, experimental, plan, trials=trials, rng=random_stream(seed, "plan trial")
        )
    )
    formula = None
    if control != experimental:
        formula = two_proportions_power(
            control, experimental, patients_per_arm=patients_per_arm, alpha=alpha
        )
    kept = {
        name: found[name]
        for name in (
            "power", "power_standard_error", "stopped_early", "patients_expected",
            "patients_analysed", "difference", "difference_standard_error", "coverage", "trials",
        )
    }  # fmt: skip
    return SimulatedDesign(
        control=control,
        experimental=experimental,
        patients_per_arm=patients_per_arm,
        alpha=alpha,
        power_formula=formula,
        assumptions=(
            "analysis by intention to treat; non-compliers have the risk of the other arm",
            "drop-out unrelated to the outcome; power_formula is for full compliance, no drop-out, "
            "no look and one centre",
            "standard errors are those of the simulation",
        ),
        **kept,
    )


@dataclass(frozen=True, slots=True)
class SimulatedSurvival:
    """Operating characteristics of a time-to-event design, and the formula's power."""

    hazard_ratio: float
    patients_per_arm: int
    alpha: float
    power: float
    power_standard_error: float
    power_formula: float | None
    stopped_early: float
    events: float
    months: float
    hazard_ratio_estimated: float
    trials: int
    assumptions: tuple[str, ...]


def simulated_survival(
    hazard_ratio: float,
    *,
    patients_per_arm: int,
    control_event_free: float,
    at_months: float,
    accrual_months: float,
    follow_up_months: float,
    events: int = 2,
    alpha: float = 0.05,
    loss_per_month: float = 0.0,
    to_control: float = 0.0,
    to_experimental: float = 0.0,
    interim_share: float | None = None,
    centres: int = 1,
    centre_sd: float = 0.0,
    trials: int = 1000,
    seed: int = 1,
) -> SimulatedSurvival:
    """Operating characteristics of a two-arm trial with a time-to-event outcome.

    Parameters
    ----------
    hazard_ratio : experimental over control, > 0; 1 gives the type I error as power.
    control_event_free : share of control patients without the event at ``at_months``, 0 to 1.
    patients_per_arm, accrual_months, follow_up_months, alpha to centre_sd : as in
        `popmargin.trials.time_to_event.SurvivalPlan`.
    events : planned, for the interim look.  trials : simulated, >= 2.  seed : >= 0.

    Raises
    ------
    OutOfRange
        For a value out of range.

    Examples
    --------
    >>> found = simulated_survival(0.6, patients_per_arm=200, control_event_free=0.6, at_months=24,
    ...     accrual_months=24, follow_up_months=24, trials=400)
    >>> abs(found.power - found.power_formula) < 4 * found.power_standard_error
    True
    """
    months = float(positive("at_months", at_months))
    rate = -math.log(float(share("control_event_free", control_event_free))) / months
    plan = SurvivalPlan(
        patients_per_arm, accrual_months, follow_up_months, events, alpha, loss_per_month,
        to_control, to_experimental, interim_share, centres, centre_sd,
    )  # fmt: skip
    rng = random_stream(seed, "plan survival trial")
    found = simulate_survival_trial(rate, hazard_ratio, plan, trials=trials, rng=rng)
    formula = None
    if hazard_ratio != 1.0 and interim_share is None:
        formula = survival_power(hazard_ratio, events=max(round(found.events), 2), alpha=alpha)
    return SimulatedSurvival(
        hazard_ratio, patients_per_arm, alpha, found.power, found.power_standard_error, formula,
        found.stopped_early, found.events, found.months, found.hazard_ratio, found.trials,
        (
            "exponential times, even accrual, constant loss, log-rank test stratified by centre",
            "power_formula is Schoenfeld's for the mean number of events and full compliance",
            "standard errors are those of the simulation",
        ),
    )  # fmt: skip
