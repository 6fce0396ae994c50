"""One simulated design from plain numbers, as the command line gives them.

Assumptions and limits: those of `popmargin.trials.simulation`.
"""

from dataclasses import asdict, dataclass

from popmargin.core.random_streams import random_stream
from popmargin.trials.proportions import two_proportions_power
from popmargin.trials.simulation import TrialPlan, simulate_trial


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
