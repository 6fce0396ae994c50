r"""Comparison of two groups that were not randomised: propensity weights, balance, E-value.

Assumptions: everything that decides the group and the outcome is among the covariates, every
subject could have been in either group, the model of the propensity is right. None of these can be
checked in the data; the E-value says how strong something left out would have to be.

Limits: weights do not make a trial; the difference is an adjusted association unless the design
carries more. Few subjects of one kind in a group give large weights: see ``effective_sizes``.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import positive, share
from popmargin.core.exceptions import NotEstimable, OutOfRange
from popmargin.statistics.intercept import intercept_of_share
from popmargin.statistics.regression import fit_logistic

FloatArray = NDArray[np.float64]
_LEAST: Final = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class WeightedComparison:
    """Risks in both groups after weighting to the whole cohort, their difference and ratio.

    ``balance_before`` and ``balance_after`` are standardised mean differences of each covariate.
    """

    risk_one: float
    risk_zero: float
    difference: float
    difference_low: float
    difference_high: float
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    propensities: FloatArray
    balance_before: FloatArray
    balance_after: FloatArray
    effective_sizes: tuple[float, float]


def weighted_comparison(
    outcome: ArrayLike,
    group: ArrayLike,
    covariates: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    level: float = 0.95,
) -> WeightedComparison:
    """Inverse-probability-weighted risks of two groups (average over all subjects).

    Parameters
    ----------
    outcome : (n,) 0 or 1.  group : (n,) 0 or 1.  covariates : (n, p) finite.
    clusters : (n,) labels; None: independent subjects.
    level : of the intervals, inside (0, 1).

    Returns
    -------
    Risks with intervals whose variance counts that the propensities are estimated.

    Raises
    ------
    NotEstimable
        With one group only, or groups that the covariates separate (no overlap).
    OutOfRange
        For shapes or values out of range.

    Notes
    -----
    Hajek weights; stacked estimating equations (Lunceford JK and Davidian M, Stat Med
    2004;23:2937, recalled). Coverage is measured in ``benchmarks/outcome_coverage.py``.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = rng.standard_normal((400, 1))
    >>> group = (rng.random(400) < 0.5).astype(int)
    >>> found = weighted_comparison((rng.random(400) < 0.3).astype(int), group, x)
    >>> found.difference_low < found.difference < found.difference_high
    True
    """
    from scipy.special import ndtri, stdtrit

    y, a = np.asarray(outcome, dtype=np.float64), np.asarray(group, dtype=np.float64)
    x = np.asarray(covariates, dtype=np.float64)
    if y.shape != a.shape or not np.isin(y, (0.0, 1.0)).all() or not np.isin(a, (0.0, 1.0)).all():
        raise OutOfRange("outcome", "as many zeros and ones as in group", y.shape)
    if a.min() == a.max():
        raise NotEstimable("one group only")
    if not y.any():
        raise NotEstimable("no event")
    propensity = estimate_propensities(x, a)
    one, zero = a / propensity, (1.0 - a) / (1.0 - propensity)
    risk_one, risk_zero = float(one @ y / one.sum()), float(zero @ y / zero.sum())
    first = one * (y - risk_one) / one.mean()
    second = zero * (y - risk_zero) / zero.mean()
    design = np.column_stack([np.ones(y.size), x])
    score = design * (a - propensity)[:, None]
    influences = [_without(part, score) for part in (first - second, first, second)]
    count, quantile = y.size, float(ndtri(0.5 + 0.5 * share("level", level)))
    if clusters is not None:
        labels, place = np.unique(np.asarray(clusters), return_inverse=True)
        if labels.size < 2:
            raise NotEstimable("one cluster only: no variance between clusters")
        quantile = float(stdtrit(labels.size - 1, 0.5 + 0.5 * level))
        scale = math.sqrt(labels.size / (labels.size - 1))
        influences = [
            np.asarray(scale * np.bincount(place, weights=part), dtype=np.float64)
            for part in influences
        ]
    spread = len(design[0]) if clusters is None else 0
    error = math.sqrt(float(influences[0] @ influences[0]) / (count * (count - spread)))
    difference = risk_one - risk_zero
    ratio = low = high = None
    if risk_one > 0.0 and risk_zero > 0.0:
        relative = influences[1] / risk_one - influences[2] / risk_zero
        wide = quantile * math.sqrt(float(relative @ relative) / (count * (count - spread)))
        ratio = risk_one / risk_zero
        low, high = ratio * math.exp(-wide), ratio * math.exp(wide)
    return WeightedComparison(
        risk_one,
        risk_zero,
        difference,
        difference - quantile * error,
        difference + quantile * error,
        ratio,
        low,
        high,
        propensity,
        standardised_differences(x, a, np.ones(count)),
        standardised_differences(x, a, one + zero),
        (_effective(one), _effective(zero)),
    )


def estimate_propensities(covariates: FloatArray, group: FloatArray) -> FloatArray:
    """Probability of group 1 given the covariates, by logistic regression.

    Raises
    ------
    NotEstimable
        When the covariates separate the groups, or leave a probability below 0.001 or above 0.999.

    Examples
    --------
    >>> x = np.array([[0.0], [1.0]] * 50)
    >>> group = np.array(([0.0, 1.0] * 3 + [1.0, 0.0] * 2) * 10)
    >>> estimate_propensities(x, group)[:2].round(2).tolist()
    [0.4, 0.6]
    """
    fit = fit_logistic(covariates, group, penalised=False)
    level = covariates @ fit.coefficients
    intercept = intercept_of_share(level, float(group.mean()))
    found = 1.0 / (1.0 + np.exp(-(intercept + level)))
    if found.min() < _LEAST or found.max() > 1.0 - _LEAST:
        raise NotEstimable("no overlap: some subjects could only be in one group")
    return np.asarray(found)


def standardised_differences(
    covariates: FloatArray, group: FloatArray, weights: FloatArray
) -> FloatArray:
    """Difference of the weighted means over the unweighted pooled SD, one a covariate.

    >>> x = np.array([[0.0], [1.0], [1.0], [2.0]])
    >>> standardised_differences(x, np.array([0.0, 0.0, 1.0, 1.0]), np.ones(4)).round(3).tolist()
    [2.0]
    """
    means, variances = [], []
    for label in (1.0, 0.0):
        mine = group == label
        means.append(np.average(covariates[mine], axis=0, weights=weights[mine]))
        variances.append(covariates[mine].var(axis=0))
    pooled = np.sqrt(0.5 * (variances[0] + variances[1]))
    safe = np.where(pooled > 0.0, pooled, 1.0)
    return np.where(pooled > 0.0, (means[0] - means[1]) / safe, 0.0)


def e_value(ratio: float, limit: float | None = None) -> tuple[float, float | None]:
    r"""How strong an unmeasured confounder must be to explain a risk ratio, and its nearer limit.

    .. math:: E = RR + \sqrt{RR (RR - 1)}, \quad RR \ge 1

    Parameters
    ----------
    ratio : risk ratio, > 0 (below 1 it is inverted).
    limit : limit of its interval nearer to 1, > 0; on the other side of 1 it gives 1.

    Raises
    ------
    OutOfRange
        For a ratio or limit not above 0.

    Notes
    -----
    VanderWeele TJ and Ding P, Ann Intern Med 2017;167:268 (recalled).

    Examples
    --------
    >>> round(e_value(3.9, 1.8)[0], 2), round(e_value(3.9, 1.8)[1], 1)
    (7.26, 3.0)
    """
    value = _e(float(positive("ratio", ratio)))
    if limit is None:
        return value, None
    bound = float(positive("limit", limit))
    across = (bound - 1.0) * (ratio - 1.0) <= 0.0
    return value, 1.0 if across else _e(bound)


def _e(ratio: float) -> float:
    up = ratio if ratio >= 1.0 else 1.0 / ratio
    return up + math.sqrt(up * (up - 1.0))


def _without(part: FloatArray, score: FloatArray) -> FloatArray:
    """What is left of influences after the scores of the estimated propensities."""
    fitted, *_ = np.linalg.lstsq(score, part, rcond=None)
    return np.asarray(part - score @ fitted)


def _effective(weights: FloatArray) -> float:
    return float(weights.sum() ** 2 / (weights @ weights))
