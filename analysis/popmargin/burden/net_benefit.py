"""Decisions under uncertainty: net benefit, acceptability, and the value of knowing a number.

Assumptions: less cost and more effect are all that counts; effects are worth the same each. Limits:
probabilities and values are those of the stated beliefs, no more certain than these; the value of
one number comes from a cubic regression of the net benefit on it and is not below 0.

Source: acceptability curve, van Hout BA et al., Health Econ 1994;3:309 [recalled]; value of
perfect information on one parameter by regression, Strong M et al., Med Decis Making 2014;34:311
[recalled].
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import non_negative
from popmargin.core.exceptions import OutOfRange

Floats = NDArray[np.float64]
_DEGREE = 3


class Estimate(NamedTuple):
    """A number from draws, and the standard error that comes from their being finitely many."""

    value: float
    standard_error: float


def net_benefit(effect: ArrayLike, cost: ArrayLike, willingness_to_pay: float) -> Floats:
    """Money that effects are worth, less what they cost.

    Parameters
    ----------
    effect, cost : (draws, options); willingness_to_pay : money per unit of effect, >= 0.

    Raises
    ------
    OutOfRange
        When the willingness to pay is negative.

    Examples
    --------
    >>> net_benefit([[0, 2]], [[10, 100]], 60).tolist()
    [[-10.0, 20.0]]
    """
    worth = float(non_negative("willingness_to_pay", willingness_to_pay))
    return np.asarray(worth * np.asarray(effect, dtype=np.float64) - np.asarray(cost))


def probability_best(benefit: ArrayLike) -> list[Estimate]:
    """Share of the draws in which each option has the highest net benefit; ties are shared.

    Parameters: (draws, options), finite. The acceptability curve is this at every willingness.

    >>> [option.value for option in probability_best([[1, 2], [3, 1], [0, 1], [1, 1]])]
    [0.375, 0.625]
    """
    table = _table(benefit)
    best = table == table.max(axis=1, keepdims=True)
    shares = (best / best.sum(axis=1, keepdims=True)).mean(axis=0)
    return [Estimate(float(p), float(np.sqrt(p * (1 - p) / len(table)))) for p in shares]


def value_of_perfect_information(benefit: ArrayLike) -> Estimate:
    """What knowing everything before choosing is worth per patient: (draws, options), finite.

    >>> value_of_perfect_information([[0, 2], [0, -2]]).value
    1.0
    """
    table = _table(benefit)
    return _gain(table.max(axis=1), table, table)


def value_of_one_parameter(benefit: ArrayLike, parameter: ArrayLike) -> Estimate:
    """What knowing one number before choosing is worth per patient (EVPPI).

    Parameters
    ----------
    benefit : (draws, options), finite; parameter : (draws,) its draws; one that does not vary is
        worth nothing.

    Raises
    ------
    OutOfRange
        When a value is not finite or the shapes differ.

    Examples
    --------
    The second option is worth as much as the parameter, which is -1 or +1:

    >>> draws = np.tile([-1.0, 1.0], 50)
    >>> round(value_of_one_parameter(np.c_[np.zeros(100), draws], draws).value, 6)
    0.5
    """
    table = _table(benefit)
    theta = np.asarray(parameter, dtype=np.float64)
    if theta.shape != (len(table),):
        raise OutOfRange("parameter", f"({len(table)},) draws", theta.shape)
    sd = theta.std()
    if sd == 0:
        return Estimate(0.0, 0.0)
    degree = min(_DEGREE, len(np.unique(theta)) - 1)
    powers = np.vander((theta - theta.mean()) / sd, degree + 1)
    # Few columns of order 1: the normal equations are exact enough and much faster.
    fitted = powers @ np.linalg.solve(powers.T @ powers, powers.T @ table)
    return _gain(fitted.max(axis=1), fitted, table)


def _gain(best: Floats, fitted: Floats, table: Floats) -> Estimate:
    """Mean of the best of each draw over that of the option that is best on average."""
    gain = best - fitted[:, int(table.mean(axis=0).argmax())]
    error = gain.std(ddof=1) / np.sqrt(len(table)) if len(table) > 1 else 0.0
    return Estimate(max(float(gain.mean()), 0.0), float(error))


def _table(benefit: ArrayLike) -> Floats:
    table = np.asarray(benefit, dtype=np.float64)
    if table.ndim != 2 or 0 in table.shape or not np.isfinite(table).all():
        raise OutOfRange("benefit", "(draws, options) finite numbers", f"shape {table.shape}")
    return table
