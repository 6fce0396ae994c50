"""A randomised trial with a time-to-event outcome simulated many times, with Monte Carlo error.

Assumptions: exponential times, proportional hazards; even accrual; loss to follow-up at a constant
rate in both arms; patients of a centre share a factor of their hazard; permuted blocks of two
within centres; intention to treat, non-compliers have the hazard of the other arm; the log-rank
test stratified by centre, at the end of follow-up and, where asked for, once when a share of the
planned events has happened.

Limits: a hazard ratio that changes over time (late toxicity) loses power in ways not simulated
here; competing deaths belong into the loss. The ratio is Peto's, which lies somewhat nearer to 1
than the truth for strong effects.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from popmargin.core.checks import non_negative, positive, share, whole
from popmargin.core.exceptions import OutOfRange
from popmargin.trials.allocation import draw_arms
from popmargin.trials.interim import obrien_fleming
from popmargin.trials.normal import critical_value

FloatArray = NDArray[np.float64]
_PATIENTS_AT_ONCE: Final = 500_000


@dataclass(frozen=True, slots=True)
class SurvivalPlan:
    """How a trial with a time-to-event outcome is run.

    Attributes
    ----------
    patients_per_arm : >= 2.  alpha : two-sided, inside (0, 1).
    accrual_months, follow_up_months : > 0 and >= 0; the last patient is followed for the second.
    loss_per_month : rate of loss to follow-up, >= 0.
    to_control, to_experimental : shares of an arm that get the other arm's treatment, 0 to below 1.
    interim_share : share of ``events`` at an interim look for efficacy; None = no look.
    events : planned, for the interim look, >= 2.
    centres : that recruit equally, >= 1.  centre_sd : SD of the logarithm of their hazards, >= 0.
    """

    patients_per_arm: int
    accrual_months: float
    follow_up_months: float
    events: int
    alpha: float = 0.05
    loss_per_month: float = 0.0
    to_control: float = 0.0
    to_experimental: float = 0.0
    interim_share: float | None = None
    centres: int = 1
    centre_sd: float = 0.0

    def __post_init__(self) -> None:
        whole("patients_per_arm", self.patients_per_arm, at_least=2)
        whole("events", self.events, at_least=2)
        whole("centres", self.centres)
        share("alpha", self.alpha)
        positive("accrual_months", self.accrual_months)
        for name in ("follow_up_months", "loss_per_month", "centre_sd"):
            non_negative(name, getattr(self, name))
        for name in ("to_control", "to_experimental"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise OutOfRange(name, "a share >= 0 and below 1", getattr(self, name))
        if self.interim_share is not None:
            share("interim_share", self.interim_share)


@dataclass(frozen=True, slots=True)
class SurvivalCharacteristics:
    """What a trial does on average; ``*_standard_error`` are those of the simulation.

    ``hazard_ratio`` is the mean estimate (on the scale of its logarithm) at the analysis that ended
    the trial, ``events`` and ``months`` those of that analysis.
    """

    true_hazard_ratio: float
    trials: int
    power: float
    power_standard_error: float
    stopped_early: float
    stopped_early_standard_error: float
    events: float
    months: float
    hazard_ratio: float


def simulate_survival_trial(
    rate_per_month: float,
    hazard_ratio: float,
    plan: SurvivalPlan,
    *,
    trials: int,
    rng: np.random.Generator,
) -> SurvivalCharacteristics:
    """Operating characteristics of a plan.

    Parameters
    ----------
    rate_per_month : event rate with the control treatment, > 0.
    hazard_ratio : experimental over control, > 0; 1 gives the type I error as ``power``.
    plan : how the trial is run.  trials : simulated, >= 2.  rng : source of the draws.

    Raises
    ------
    OutOfRange
        For a value out of range.

    Examples
    --------
    >>> plan = SurvivalPlan(150, 24, 36, events=180)
    >>> found = simulate_survival_trial(0.03, 0.6, plan, trials=400, rng=np.random.default_rng(1))
    >>> found.power > 0.8
    True
    """
    rates = positive("rate_per_month", rate_per_month) * np.array(
        [1.0, float(positive("hazard_ratio", hazard_ratio))]
    )
    count = whole("trials", trials, at_least=2)
    at_once = max(1, _PATIENTS_AT_ONCE // (2 * plan.patients_per_arm))
    parts = [
        _trials(rates, plan, min(at_once, count - first), rng) for first in range(0, count, at_once)
    ]
    rejected, early, events, months, logarithm = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    power, stopped = float(rejected.mean()), float(early.mean())
    return SurvivalCharacteristics(
        float(hazard_ratio),
        count,
        power,
        math.sqrt(power * (1.0 - power) / count),
        stopped,
        math.sqrt(stopped * (1.0 - stopped) / count),
        float(events.mean()),
        float(months.mean()),
        math.exp(float(logarithm.mean())),
    )


def log_rank(
    time: FloatArray, event: NDArray[np.bool_], arm: NDArray[np.int64], strata: NDArray[np.int64]
) -> tuple[FloatArray, FloatArray]:
    """Events less expected in arm 1, and their variance, of many trials at once.

    Parameters
    ----------
    time, event, arm : (trials, patients), times without ties; arm 0 or 1.
    strata : (patients,) whole numbers from 0.

    Examples
    --------
    >>> excess, variance = log_rank(np.array([[1.0, 2.0]]), np.array([[True, True]]),
    ...     np.array([[1, 0]]), np.array([0, 0]))
    >>> float(excess[0]), float(variance[0])
    (0.5, 0.25)
    """
    excess, variance = np.zeros(len(time)), np.zeros(len(time))
    for stratum in range(int(strata.max()) + 1):
        mine = strata == stratum
        order = np.argsort(time[:, mine], axis=1)
        one = np.take_along_axis(arm[:, mine], order, axis=1)
        happened = np.take_along_axis(event[:, mine], order, axis=1)
        left = np.arange(one.shape[1], 0, -1)
        part = one[:, ::-1].cumsum(axis=1)[:, ::-1] / left
        excess += (happened * (one - part)).sum(axis=1)
        variance += (happened * part * (1.0 - part)).sum(axis=1)
    return excess, variance


def _trials(
    rates: FloatArray, plan: SurvivalPlan, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], FloatArray, FloatArray, FloatArray]:
    """A portion of trials: rejected, stopped early, events, months, logarithm of the ratio."""
    total = 2 * plan.patients_per_arm
    arm, treated, centre = draw_arms(
        count,
        plan.patients_per_arm,
        rng,
        centres=plan.centres,
        to_experimental=plan.to_experimental,
        to_control=plan.to_control,
    )
    rate = rates[treated]
    if plan.centre_sd > 0.0:
        shift = plan.centre_sd * rng.standard_normal((count, plan.centres))[:, centre]
        # The mean of the factor is 1, so that the mean hazard stays as stated.
        rate = rate * np.exp(shift - 0.5 * plan.centre_sd**2)
    entry = plan.accrual_months * rng.random((count, total))
    happens = rng.exponential(1.0, (count, total)) / rate
    end = plan.accrual_months + plan.follow_up_months
    lost = np.full((count, total), math.inf)
    if plan.loss_per_month > 0.0:
        lost = rng.exponential(1.0 / plan.loss_per_month, (count, total))

    def looked_at(month: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """z, logarithm of the ratio and events when the calendar says these months."""
        seen = np.maximum(month[:, None] - entry, 0.0)
        until = np.minimum(lost, seen)
        event = happens < until
        # Patients who have not entered leave the risk set before any event.
        time = np.where(seen > 0.0, np.minimum(happens, until), -1.0 - entry)
        excess, variance = log_rank(time, event, arm, centre)
        safe = np.where(variance > 0.0, variance, 1.0)
        there = variance > 0.0
        z = np.where(there, excess / np.sqrt(safe), 0.0)
        return z, np.where(there, excess / safe, 0.0), event.sum(axis=1).astype(float)

    last = np.full(count, end)
    z, logarithm, events = looked_at(last)
    if plan.interim_share is None:
        none = np.zeros(count, dtype=np.bool_)
        rejected = np.abs(z) >= critical_value(plan.alpha, sides=2)
        return rejected, none, events, last, logarithm
    looks = obrien_fleming(plan.interim_share, alpha=plan.alpha)
    wanted = max(round(plan.interim_share * plan.events), 1)
    calendar = np.where(happens < np.minimum(lost, end - entry), entry + happens, math.inf)
    moment = np.sort(calendar, axis=1)[:, min(wanted, total) - 1]
    # A trial that never has so many events has no look before its end; a hair after the event.
    month = np.where(np.isfinite(moment), moment + 1e-9, end)
    first = looked_at(month)
    stopped = np.isfinite(moment) & (np.abs(first[0]) >= looks.interim)
    rejected = stopped | (np.abs(z) >= looks.final)
    return (
        rejected,
        stopped,
        np.where(stopped, first[2], events),
        np.where(stopped, month, last),
        np.where(stopped, first[1], logarithm),
    )
