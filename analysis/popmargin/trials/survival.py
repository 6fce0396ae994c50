r"""Events and patients for a log-rank comparison, such as control with two image-guidance policies.

Assumptions and limits: proportional hazards, two arms, one analysis, censoring unrelated to
outcome. Events, not patients, carry the power. Patients from accrual and follow-up need exponential
survival and even accrual; competing deaths lower the share of patients with an event and must be
put into it.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from popmargin.core.checks import non_negative, positive, share, whole
from popmargin.core.exceptions import OutOfRange
from popmargin.trials.normal import critical_value, probability_below, quantile, round_up

_STATUS: Final = (
    "Schoenfeld 1983; formula recalled and seen in secondary sources only, power simulated"
)
_COMMON: Final = (
    "two-sided log-rank test, proportional hazards, 1:1 randomisation, one analysis",
    "Schoenfeld's number of events is recalled, not read in the original; it is an approximation "
    "for hazard ratios near 1 and somewhat low for strong effects",
)


@dataclass(frozen=True, slots=True)
class SurvivalSize:
    """Sample size for a log-rank test; patients are None when no event share was given."""

    hazard_ratio: float
    alpha: float
    power: float
    events: int
    event_share: float | None
    patients_per_arm: int | None
    patients: int | None
    power_reached: float
    formula_status: str
    assumptions: tuple[str, ...]


def survival(
    hazard_ratio: float,
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    event_share: float | None = None,
) -> SurvivalSize:
    r"""Events for a log-rank test, and patients when the share with an event is known.

    .. math:: d = \frac{4(z_{1-\alpha/2}+z_{1-\beta})^2}{(\ln HR)^2}, \quad
       n_{arm} = \frac{d}{2\,P(\text{event})}

    Parameters
    ----------
    hazard_ratio : expected hazard ratio, > 0 and not 1.
    power : wanted power, strictly between 0 and 1.
    alpha : two-sided type I error, strictly between 0 and 1.
    event_share : share of all patients who have the event by the analysis, above 0, at most 1.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Notes
    -----
    Schoenfeld DA, Biometrics 1983;39:499-503 (recalled; seen in secondary sources).

    Examples
    --------
    >>> size = survival(0.71, event_share=0.3)
    >>> size.events, size.patients_per_arm
    (268, 447)
    """
    effect = _log_hazard_ratio(hazard_ratio)
    wanted = critical_value(alpha, sides=2) + quantile("power", power)
    events = round_up(4.0 * (wanted / effect) ** 2)
    per_arm = None
    if event_share is not None:
        if not 0.0 < event_share <= 1.0:
            raise OutOfRange("event_share", "a number above 0 and at most 1", event_share)
        per_arm = round_up(events / event_share / 2.0)
    return SurvivalSize(
        hazard_ratio=hazard_ratio,
        alpha=alpha,
        power=power,
        events=events,
        event_share=event_share,
        patients_per_arm=per_arm,
        patients=None if per_arm is None else 2 * per_arm,
        power_reached=survival_power(hazard_ratio, events=events, alpha=alpha),
        formula_status=_STATUS,
        assumptions=_COMMON,
    )


def survival_power(hazard_ratio: float, *, events: int, alpha: float = 0.05) -> float:
    """Power of the log-rank test with ``events`` events in all; the inverse of `survival`.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Examples
    --------
    >>> round(survival_power(0.71, events=268), 3)
    0.801
    """
    effect = _log_hazard_ratio(hazard_ratio)
    root = math.sqrt(whole("events", events) / 4.0)
    return probability_below(effect * root - critical_value(alpha, sides=2))


def exponential_event_share(
    rate_per_month: float,
    *,
    accrual_months: float,
    follow_up_months: float,
    loss_per_month: float = 0.0,
) -> float:
    r"""Share of patients with an event: exponential survival, even accrual, then follow-up.

    .. math:: P = \frac{\lambda}{\lambda+\eta}\left[1 - e^{-(\lambda+\eta) f}\,
       \frac{1-e^{-(\lambda+\eta) a}}{(\lambda+\eta) a}\right]

    Parameters
    ----------
    rate_per_month : event rate (lambda), > 0; ln 2 over the median in months.
    accrual_months : duration of accrual (a), > 0.
    follow_up_months : time from the last patient in to the analysis (f), >= 0.
    loss_per_month : rate of loss to follow-up (eta), >= 0.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Notes
    -----
    Follows from averaging 1 - exp(-rate x time) over even accrual; verified by quadrature.

    Examples
    --------
    >>> round(exponential_event_share(0.02, accrual_months=24, follow_up_months=36), 4)
    0.6134
    """
    rate = float(positive("rate_per_month", rate_per_month))
    accrual = float(positive("accrual_months", accrual_months))
    follow_up = float(non_negative("follow_up_months", follow_up_months))
    total = rate + float(non_negative("loss_per_month", loss_per_month))
    waiting = -math.expm1(-total * accrual) / (total * accrual)
    return rate / total * (1.0 - math.exp(-total * follow_up) * waiting)


def survival_by_accrual(
    hazard_ratio: float,
    *,
    control_event_free: float,
    at_months: float,
    accrual_months: float,
    follow_up_months: float,
    loss_per_month: float = 0.0,
    power: float = 0.8,
    alpha: float = 0.05,
) -> SurvivalSize:
    """Events and patients from accrual and follow-up under exponential survival.

    Parameters
    ----------
    hazard_ratio : expected hazard ratio, > 0 and not 1.
    control_event_free : share of control patients without the event at ``at_months``, 0 to 1.
    at_months : the time of that share, > 0.
    accrual_months, follow_up_months, loss_per_month : as in `exponential_event_share`.
    power, alpha : as in `survival`.

    Raises
    ------
    OutOfRange
        When an argument is outside its range.

    Examples
    --------
    >>> size = survival_by_accrual(
    ...     0.71, control_event_free=0.8, at_months=60, accrual_months=36, follow_up_months=60
    ... )
    >>> size.events, size.patients_per_arm
    (268, 614)
    """
    event_free = share("control_event_free", control_event_free)
    rate = -math.log(event_free) / float(positive("at_months", at_months))
    shares = [
        exponential_event_share(
            arm_rate,
            accrual_months=accrual_months,
            follow_up_months=follow_up_months,
            loss_per_month=loss_per_month,
        )
        for arm_rate in (rate, rate * float(positive("hazard_ratio", hazard_ratio)))
    ]
    size = survival(hazard_ratio, power=power, alpha=alpha, event_share=sum(shares) / 2.0)
    return replace(
        size,
        assumptions=(
            *size.assumptions,
            "exponential survival and loss, even accrual, event share averaged over the arms",
        ),
    )


def _log_hazard_ratio(hazard_ratio: float) -> float:
    """Absolute log hazard ratio, refused at 1."""
    if not (0.0 < hazard_ratio < math.inf) or hazard_ratio == 1.0:
        raise OutOfRange("hazard_ratio", "a finite number > 0 other than 1", hazard_ratio)
    return abs(math.log(hazard_ratio))
