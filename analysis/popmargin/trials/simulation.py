"""A randomised trial simulated many times: its operating characteristics with Monte Carlo error.

Assumptions: one binary outcome a patient; patients of a centre share a shift of their log odds;
permuted blocks within centres; analysis by intention to treat with a test stratified by centre
(for one centre the pooled test of two proportions). Non-compliers have the risk of the other arm,
drop-outs have no outcome and are left out, whatever their risk.

Limits: drop-out that depends on the outcome biases a trial in ways that are not simulated here.
What is put in comes out: the risks of the arms are assumptions, from a model or from a publication.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from popmargin.core.checks import non_negative, share, whole
from popmargin.core.exceptions import OutOfRange
from popmargin.trials.allocation import draw_arms
from popmargin.trials.interim import obrien_fleming
from popmargin.trials.normal import critical_value

FloatArray = NDArray[np.float64]
# Trials at a time: 8 MB of outcomes.
_PATIENTS_AT_ONCE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class TrialPlan:
    """How a trial is run.

    Attributes
    ----------
    patients_per_arm : >= 2.  alpha : two-sided, inside (0, 1).
    to_control, to_experimental : shares of an arm that get the other arm's treatment, 0 to 1.
    drop_out : share without outcome, 0 to below 1.
    interim_share : share of patients at an interim look for efficacy; None = no look.
    centres : that recruit equally, >= 1.  centre_sd : SD of their log odds, >= 0.
    stratified : whether the test is stratified by centre.
    """

    patients_per_arm: int
    alpha: float = 0.05
    to_control: float = 0.0
    to_experimental: float = 0.0
    drop_out: float = 0.0
    interim_share: float | None = None
    centres: int = 1
    centre_sd: float = 0.0
    stratified: bool = True

    def __post_init__(self) -> None:
        whole("patients_per_arm", self.patients_per_arm, at_least=2)
        share("alpha", self.alpha)
        for name in ("to_control", "to_experimental", "drop_out"):
            value = getattr(self, name)
            if not 0.0 <= value < 1.0:
                raise OutOfRange(name, "a share >= 0 and below 1", value)
        if self.interim_share is not None:
            share("interim_share", self.interim_share)
        whole("centres", self.centres)
        non_negative("centre_sd", self.centre_sd)


@dataclass(frozen=True, slots=True)
class OperatingCharacteristics:
    """What a trial does on average; ``*_standard_error`` are those of the simulation.

    ``difference`` is the mean estimate, experimental minus control, at the analysis that ended the
    trial; ``coverage`` the share of its 95 % intervals that hold ``true_difference``.
    """

    risk_control: float
    risk_experimental: float
    trials: int
    power: float
    power_standard_error: float
    stopped_early: float
    stopped_early_standard_error: float
    patients_expected: float
    patients_analysed: float
    difference: float
    difference_standard_error: float
    true_difference: float
    coverage: float


def simulate_trial(
    risk_control: float,
    risk_experimental: float,
    plan: TrialPlan,
    *,
    trials: int,
    rng: np.random.Generator,
) -> OperatingCharacteristics:
    """Operating characteristics of a plan under assumed risks.

    Parameters
    ----------
    risk_control, risk_experimental : mean risks with each treatment, inside (0, 1); equal risks
        give the type I error as ``power``.
    plan : how the trial is run.
    trials : simulated trials, >= 2.
    rng : source of the draws.

    Raises
    ------
    OutOfRange
        For a value out of range.

    Examples
    --------
    >>> found = simulate_trial(0.434, 0.244, TrialPlan(97), trials=4000,
    ...     rng=np.random.default_rng(1))
    >>> 0.77 < found.power < 0.83
    True
    """
    risks = np.array([share("risk_control", risk_control), share("risk_experimental",
                      risk_experimental)])  # fmt: skip
    count = whole("trials", trials, at_least=2)
    at_once = max(1, _PATIENTS_AT_ONCE // (2 * plan.patients_per_arm))
    parts = [
        _trials(risks, plan, min(at_once, count - first), rng) for first in range(0, count, at_once)
    ]
    rejected, early, analysed, enrolled, estimate, error = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    truth = risk_experimental - risk_control
    power, stopped = float(rejected.mean()), float(early.mean())
    return OperatingCharacteristics(
        risk_control,
        risk_experimental,
        count,
        power,
        math.sqrt(power * (1.0 - power) / count),
        stopped,
        math.sqrt(stopped * (1.0 - stopped) / count),
        float(enrolled.mean()),
        float(analysed.mean()),
        float(estimate.mean()),
        float(estimate.std(ddof=1)) / math.sqrt(count),
        truth,
        float((np.abs(estimate - truth) <= critical_value(0.05, sides=2) * error).mean()),
    )


def without_complications(plan: TrialPlan) -> TrialPlan:
    """The plan with full compliance, no drop-out, no look and one centre.

    >>> without_complications(TrialPlan(10, drop_out=0.1)).drop_out
    0.0
    """
    return replace(
        plan, to_control=0.0, to_experimental=0.0, drop_out=0.0, interim_share=None, centres=1,
        centre_sd=0.0,
    )  # fmt: skip


def _trials(
    risks: FloatArray, plan: TrialPlan, count: int, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], FloatArray, FloatArray, FloatArray, FloatArray]:
    """A portion of trials: rejected, stopped early, analysed, enrolled, estimate and its error."""
    total = 2 * plan.patients_per_arm
    arm, treated, centre = draw_arms(
        count,
        plan.patients_per_arm,
        rng,
        centres=plan.centres,
        to_experimental=plan.to_experimental,
        to_control=plan.to_control,
    )
    probability = risks[treated]
    if plan.centre_sd > 0.0:
        shift = plan.centre_sd * rng.standard_normal((count, plan.centres))[:, centre]
        probability = _with_mean(probability, shift, plan.centre_sd)
    event = rng.random((count, total)) < probability
    seen = rng.random((count, total)) >= plan.drop_out
    strata = centre if plan.stratified else np.zeros(total, dtype=np.int64)
    z, estimate, error, analysed = _test(arm, event, seen, strata)
    if plan.interim_share is None:
        rejected = np.abs(z) >= critical_value(plan.alpha, sides=2)
        none = np.zeros(count, dtype=np.bool_)
        return rejected, none, analysed, np.full(count, float(total)), estimate, error
    looks = obrien_fleming(plan.interim_share, alpha=plan.alpha)
    first = round(total * plan.interim_share)
    early = _test(arm[:, :first], event[:, :first], seen[:, :first], strata[:first])
    stopped = np.abs(early[0]) >= looks.interim
    rejected = stopped | (np.abs(z) >= looks.final)
    chosen = [np.where(stopped, one, last) for one, last in zip(
        early[1:], (estimate, error, analysed), strict=True)]  # fmt: skip
    enrolled = np.where(stopped, float(first), float(total))
    return rejected, stopped, chosen[2], enrolled, chosen[0], chosen[1]


def _test(
    arm: NDArray[np.int64],
    event: NDArray[np.bool_],
    seen: NDArray[np.bool_],
    strata: NDArray[np.int64],
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Stratified z statistic, difference, its standard error, and patients analysed, by trial."""
    count = len(arm)
    top = np.zeros(count)
    null = np.zeros(count)
    true = np.zeros(count)
    mass = np.zeros(count)
    for stratum in range(int(strata.max()) + 1):
        mine = seen & (strata == stratum)
        one, zero = mine & (arm == 1), mine & (arm == 0)
        n1, n0 = one.sum(axis=1).astype(float), zero.sum(axis=1).astype(float)
        usable = (n1 > 0) & (n0 > 0)
        safe1, safe0 = np.where(usable, n1, 1.0), np.where(usable, n0, 1.0)
        p1 = (one & event).sum(axis=1) / safe1
        p0 = (zero & event).sum(axis=1) / safe0
        weight = np.where(usable, safe1 * safe0 / (safe1 + safe0), 0.0)
        pooled = (p1 * safe1 + p0 * safe0) / (safe1 + safe0)
        top += weight * (p1 - p0)
        null += weight * pooled * (1.0 - pooled)
        true += weight**2 * (p1 * (1.0 - p1) / safe1 + p0 * (1.0 - p0) / safe0)
        mass += weight
    mass = np.where(mass > 0.0, mass, 1.0)
    z = np.where(null > 0.0, top / np.sqrt(np.where(null > 0.0, null, 1.0)), 0.0)
    return z, top / mass, np.sqrt(true) / mass, seen.sum(axis=1).astype(float)


def _with_mean(probability: FloatArray, shift: FloatArray, sd: float) -> FloatArray:
    """Risks shifted on the scale of log odds so that their mean over centres stays about the same.

    The probit-like factor sqrt(1 + c sd^2), c = (16 sqrt(3) / (15 pi))^2, undoes the averaging
    (Zeger SL et al., Biometrics 1988;44:1049, recalled).
    """
    factor = math.sqrt(1.0 + (16.0 * math.sqrt(3.0) / (15.0 * math.pi)) ** 2 * sd**2)
    level = np.log(probability / (1.0 - probability)) * factor + shift
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * level)))
