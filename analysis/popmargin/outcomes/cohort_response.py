"""Responses of many virtual patients at once: the same formulae as for one plan, in arrays.

Assumptions and limits: those of `popmargin.outcomes.complication` and `popmargin.outcomes.control`;
tests hold every function here to its one-plan twin.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtr

from popmargin.core.exceptions import NotEstimable, RefusedInput
from popmargin.outcomes.complication_sets import ComplicationSet, LkbSet, check_lkb_set
from popmargin.outcomes.control_sets import ControlSet, LogisticControlSet, PoissonControlSet
from popmargin.outcomes.fractionation import equivalent_dose_2gy

FloatArray = NDArray[np.float64]
# Nodes of the average over radiosensitivity and their reach in SDs.
_NODES: Final = 61
_REACH: Final = 5.0
_LEAST_GY: Final = 1e-6


def complication_of_patients(
    dose_gy: FloatArray, parameters: ComplicationSet, *, fractions: int | None
) -> FloatArray:
    """Complication probability of every patient, (members, P).

    Parameters
    ----------
    dose_gy : (P, L) physical dose of layers of equal volume, Gy.
    parameters : a set; its members are the set itself, then the corners of its published limits.
    fractions : of the course; None: the doses are 2 Gy equivalents already.

    Raises
    ------
    RefusedInput
        When the set is mixed, or has no alpha/beta to convert with.

    Examples
    --------
    >>> from popmargin.outcomes.complication_sets import complication_set
    >>> found = complication_of_patients(np.full((1, 3), 60.0), complication_set("rectum_quantec"),
    ...     fractions=None)
    >>> found.shape, round(float(found[0, 0]), 3)
    ((9, 1), 0.045)
    """
    dose = _equivalent(dose_gy, parameters.label, parameters.alpha_beta_gy, fractions)
    if not isinstance(parameters, LkbSet):
        level = parameters.intercept + parameters.slope_per_gy * dose.mean(axis=1)
        return np.asarray(expit(level))[None]
    check_lkb_set(parameters)
    logarithm = np.log(np.maximum(dose, _LEAST_GY))
    eud = {n: _eud(logarithm, n) for n in {m.n for m in corners(parameters)}}
    return np.stack(
        [
            ndtr((eud[member.n] - member.td50_gy) / (member.m * member.td50_gy))
            for member in corners(parameters)
        ]
    )


def equivalent_uniform_dose_of_patients(
    dose_gy: FloatArray, parameters: ComplicationSet, *, fractions: int | None
) -> FloatArray:
    """Generalised EUD in 2 Gy equivalents of every patient, (P,), Gy; the mean dose for n = 1.

    >>> from popmargin.outcomes.complication_sets import complication_set
    >>> equivalent_uniform_dose_of_patients(np.array([[10.0, 30.0]]),
    ...     complication_set("parotid_dijkema"), fractions=None).round(6).tolist()
    [20.0]
    """
    dose = _equivalent(dose_gy, parameters.label, parameters.alpha_beta_gy, fractions)
    volume = parameters.n if isinstance(parameters, LkbSet) else 1.0
    return _eud(np.log(np.maximum(dose, _LEAST_GY)), volume)


def control_of_patients(
    dose_gy: FloatArray,
    weights: FloatArray,
    parameters: ControlSet,
    *,
    fractions: int,
    target_cc: float,
) -> FloatArray:
    """Tumour control of every patient, (members, P); only differences of it are results.

    Parameters
    ----------
    dose_gy : (P, K) physical dose at points of the target, Gy.  weights : (K,) their volume shares.
    parameters : a set with limits of d50 or alpha; its members are the set, then the limits.
    fractions : of the course, >= 1.  target_cc : volume of the target, cc.

    Raises
    ------
    NotEstimable
        When the set has no limits: a difference without a band is not given.

    Examples
    --------
    >>> from popmargin.outcomes.control_sets import control_set
    >>> control_of_patients(np.full((1, 2), 68.0), np.array([0.5, 0.5]),
    ...     control_set("prostate_logistic"), fractions=34, target_cc=100)[0].round(3).tolist()
    [0.5]
    """
    if isinstance(parameters, LogisticControlSet):
        return _logistic(dose_gy, weights, parameters, fractions)
    return _poisson(dose_gy, weights, parameters, fractions, target_cc)


def corners(parameters: LkbSet) -> list[LkbSet]:
    """The set, then every corner of its published limits; alone when it has none.

    Complication rises with dose and falls with TD50, and its extremes over the box of limits lie
    at corners for the doses met (compared with the full grid in the tests).

    >>> from popmargin.outcomes.complication_sets import complication_set
    >>> len(corners(complication_set("rectum_quantec"))), len(corners(complication_set(
    ...     "parotid_dijkema")))
    (9, 1)
    """
    limits = (
        (parameters.n_low, parameters.n_high),
        (parameters.m_low, parameters.m_high),
        (parameters.td50_low_gy, parameters.td50_high_gy),
    )
    if any(value is None for pair in limits for value in pair):
        return [parameters]
    found = [parameters]
    for n in limits[0]:
        for m in limits[1]:
            for td50 in limits[2]:
                found.append(replace(parameters, n=float(n or 0), m=float(m or 0),
                                     td50_gy=float(td50 or 0)))  # fmt: skip
    return found


def _eud(logarithm: FloatArray, n: float) -> FloatArray:
    """Generalised EUD of layers of equal volume from the logarithms of their doses."""
    most = logarithm.max(axis=1)
    mean = np.exp((logarithm - most[:, None]) / n).mean(axis=1)
    return np.asarray(np.exp(most + n * np.log(mean)))


def _equivalent(
    dose_gy: FloatArray, label: str, alpha_beta_gy: float | None, fractions: int | None
) -> FloatArray:
    if fractions is None:
        return dose_gy
    if alpha_beta_gy is None:
        raise RefusedInput(
            f"parameter set {label}", "an alpha/beta to convert physical dose", "none",
            "give 2 Gy equivalent doses and no fractions",
        )  # fmt: skip
    return equivalent_dose_2gy(dose_gy, fractions=fractions, alpha_beta_gy=alpha_beta_gy)


def _logistic(
    dose_gy: FloatArray, weights: FloatArray, parameters: LogisticControlSet, fractions: int
) -> FloatArray:
    low, high = parameters.d50_low_gy, parameters.d50_high_gy
    if low is None or high is None:
        raise NotEstimable(f"parameter set {parameters.label} has no limits of the dose for 50 %")
    dose = _equivalent(dose_gy, parameters.label, parameters.alpha_beta_gy, fractions)
    slope = 4.0 * parameters.gamma50
    # (D50 / D)^k = (D50 / D0)^k (D0 / D)^k: one power of the doses serves every member.
    power = np.exp(-slope * np.log(np.maximum(dose, _LEAST_GY) / parameters.d50_gy))
    members = (parameters.d50_gy, low, 0.5 * (low + high), high)
    return np.stack(
        [
            np.exp(-np.log1p((half / parameters.d50_gy) ** slope * power) @ weights)
            for half in members
        ]
    )


def _poisson(
    dose_gy: FloatArray,
    weights: FloatArray,
    parameters: PoissonControlSet,
    fractions: int,
    target_cc: float,
) -> FloatArray:
    low, high = parameters.alpha_low_per_gy, parameters.alpha_high_per_gy
    if low is None or high is None:
        raise NotEstimable(f"parameter set {parameters.label} has no limits of its sensitivity")
    effective = dose_gy * (1.0 + dose_gy / fractions / parameters.alpha_beta_gy)
    clonogens = parameters.clonogens_per_cc * target_cc
    nodes = np.linspace(-_REACH, _REACH, _NODES) if parameters.alpha_sd_per_gy else np.zeros(1)
    density = np.exp(-0.5 * nodes**2)
    found = []
    for alpha in (parameters.alpha_per_gy, low, high):
        total, mass = np.zeros(len(dose_gy)), 0.0
        for node, weight in zip(nodes, density, strict=True):
            sensitivity = alpha + parameters.alpha_sd_per_gy * node
            if sensitivity > 0.0:
                total += weight * np.exp(-clonogens * (np.exp(-sensitivity * effective) @ weights))
                mass += weight
        found.append(total / mass)
    return np.stack(found)
