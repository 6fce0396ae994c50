"""Change of tumour control between two plans, with a parameter band; never an absolute rate.

Assumptions and limits: those of `popmargin.outcomes.control`. The band is the range over the
published limits of the parameter that matters most (the dose for 50 %, or the radiosensitivity);
a set without such limits gives no difference until the user states some, with their source.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from popmargin.core.checks import positive
from popmargin.core.exceptions import NotEstimable, OutOfRange
from popmargin.outcomes.control import logistic_control, poisson_control
from popmargin.outcomes.control_sets import ControlSet, LogisticControlSet
from popmargin.outcomes.dose_volume import check_dose_volume
from popmargin.outcomes.fractionation import equivalent_dose_2gy

# Values across the band, ends included: the difference is largest somewhere inside.
_GRID: Final = 41


@dataclass(frozen=True, slots=True)
class ControlDifference:
    """New plan minus reference plan; below 0 the new plan controls less."""

    label: str
    site: str
    difference: float
    difference_low: float
    difference_high: float
    status: str
    source: str
    assumptions: tuple[str, ...]


def control_difference(
    reference: tuple[ArrayLike, ArrayLike],
    new: tuple[ArrayLike, ArrayLike],
    parameters: ControlSet,
    *,
    fractions: float,
    target_cc: float | None = None,
) -> ControlDifference:
    """Tumour control of a new plan minus that of a reference plan.

    Parameters
    ----------
    reference, new : (dose_gy, volume_fraction) of the target in each plan, differential, physical.
    parameters : a set of `control_set`, with limits of d50 or alpha.
    fractions : number of fractions, > 0.
    target_cc : target volume, > 0; needed by Poisson sets.

    Raises
    ------
    NotEstimable
        When the set has no limits: a difference without a band is not given.
    OutOfRange
        When an argument is outside its range, or a Poisson set has no target volume.

    Examples
    --------
    A target that loses 1 Gy of 78 Gy in 39 fractions:

    >>> from popmargin.outcomes.control_sets import control_set
    >>> change = control_difference(
    ...     ([78], [1]), ([77], [1]), control_set("prostate_logistic"), fractions=39
    ... )
    >>> round(change.difference, 3), round(change.difference_low, 3)
    (-0.033, -0.041)
    """
    positive("fractions", fractions)
    plans = [check_dose_volume(*plan) for plan in (reference, new)]

    def change(member: ControlSet) -> float:
        before, after = (_control(*plan, member, fractions, target_cc) for plan in plans)
        return after - before

    changes = [change(member) for member in _band(parameters)]
    return ControlDifference(
        label=parameters.label,
        site=parameters.site,
        difference=change(parameters),
        difference_low=min(changes),
        difference_high=max(changes),
        status=parameters.status,
        source=parameters.source,
        assumptions=(
            f"parameter set {parameters.label}: {parameters.status}",
            "only the difference is given: absolute control rates of these models are not "
            "predictions",
            "band: range over the limits of one parameter, the others fixed",
            "physical dose in equal fractions, no repopulation, no hypoxia",
        ),
    )


def _control(
    dose: ArrayLike,
    volume: ArrayLike,
    member: ControlSet,
    fractions: float,
    target_cc: float | None,
) -> float:
    """Control probability with one member of the band."""
    if isinstance(member, LogisticControlSet):
        equivalent = equivalent_dose_2gy(
            dose, fractions=fractions, alpha_beta_gy=member.alpha_beta_gy
        )
        return logistic_control(equivalent, volume, d50_gy=member.d50_gy, gamma50=member.gamma50)
    if target_cc is None:
        raise OutOfRange("target_cc", "the target volume, which a Poisson set needs", None)
    return poisson_control(
        dose,
        volume,
        fractions=fractions,
        alpha_per_gy=member.alpha_per_gy,
        alpha_beta_gy=member.alpha_beta_gy,
        clonogens=member.clonogens_per_cc * float(positive("target_cc", target_cc)),
        alpha_sd_per_gy=member.alpha_sd_per_gy,
    )


def _band(parameters: ControlSet) -> list[ControlSet]:
    """Members across the published limits, the set itself among them."""
    if isinstance(parameters, LogisticControlSet):
        limits = (parameters.d50_low_gy, parameters.d50_high_gy)
    else:
        limits = (parameters.alpha_low_per_gy, parameters.alpha_high_per_gy)
    low, high = limits
    if low is None or high is None:
        raise NotEstimable(
            f"parameter set {parameters.label} has no limits, so its difference would have no "
            "band: set them with their source (dataclasses.replace)"
        )
    values = np.linspace(low, high, _GRID).tolist()
    if isinstance(parameters, LogisticControlSet):
        return [parameters, *(replace(parameters, d50_gy=value) for value in values)]
    return [parameters, *(replace(parameters, alpha_per_gy=value) for value in values)]
