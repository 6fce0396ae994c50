r"""Missing covariates: multiple imputation by chained regressions, pooled by Rubin's rules.

Assumptions: values are missing at random given the columns that are there (the outcome among
them), and each column is about linear in the others. Limits: what is missing because of its own
value cannot be repaired; with more than about half of a column missing the result rests on the
model. The share missing is part of the result.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import share, whole
from popmargin.core.exceptions import NotEstimable, OutOfRange

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PooledEstimate:
    """An estimate over imputations: value, limits, standard error and degrees of freedom."""

    value: float
    low: float
    high: float
    standard_error: float
    degrees_of_freedom: float
    missing_information: float


def impute(
    columns: ArrayLike, *, times: int, rng: np.random.Generator, sweeps: int = 8
) -> list[FloatArray]:
    """Completed copies of a table whose NaN are missing values.

    Parameters
    ----------
    columns : (n, p), NaN where missing; put the outcome among the columns.
    times : copies, >= 2.  sweeps : rounds over the columns, >= 1.
    rng : source of the draws.

    Returns
    -------
    Copies without NaN; each missing value is a draw from the Bayesian linear regression of its
    column on the others.

    Raises
    ------
    NotEstimable
        When a column has fewer than three values more than there are columns.

    Notes
    -----
    van Buuren S, Stat Methods Med Res 2007;16:219 (chained equations, recalled).

    Examples
    --------
    >>> table = np.array([[1.0, 2], [2, 4.1], [3, 5.9], [4, np.nan], [5, 10], [6, 12], [7, 14]])
    >>> copies = impute(table, times=2, rng=np.random.default_rng(1))
    >>> bool(abs(copies[0][3, 1] - 8) < 1.5)
    True
    """
    table = np.asarray(columns, dtype=np.float64)
    missing = np.isnan(table)
    count = whole("times", times, at_least=2)
    there = (~missing).sum(axis=0)
    if (there[missing.any(axis=0)] < table.shape[1] + 3).any():
        raise NotEstimable("a covariate has too few values to impute the others from")
    start = np.where(missing, np.nanmean(table, axis=0), table)
    found = []
    for _ in range(count):
        copy = start.copy()
        for _ in range(whole("sweeps", sweeps)):
            for column in np.flatnonzero(missing.any(axis=0)):
                _draw(copy, missing[:, column], int(column), rng)
        found.append(copy)
    return found


def _draw(copy: FloatArray, gaps: NDArray[np.bool_], column: int, rng: np.random.Generator) -> None:
    """Draw the gaps of a column from its regression on the others."""
    others = np.delete(copy, column, axis=1)
    design = np.column_stack([np.ones(len(copy)), others])
    known = ~gaps
    cross = np.linalg.pinv(design[known].T @ design[known])
    beta = cross @ design[known].T @ copy[known, column]
    residual = copy[known, column] - design[known] @ beta
    freedom = max(int(known.sum()) - design.shape[1], 1)
    variance = float(residual @ residual) / rng.chisquare(freedom)
    drawn = rng.multivariate_normal(beta, variance * cross, method="svd")
    copy[gaps, column] = design[gaps] @ drawn + math.sqrt(variance) * rng.standard_normal(
        int(gaps.sum())
    )


def pool_estimates(
    values: ArrayLike, standard_errors: ArrayLike, *, subjects: int, level: float = 0.95
) -> PooledEstimate:
    """One estimate from those of every completed copy (Rubin's rules).

    Parameters
    ----------
    values, standard_errors : (m,) of one coefficient, m >= 2.
    subjects : rows of the table, for the degrees of freedom of Barnard and Rubin.
    level : inside (0, 1).

    Raises
    ------
    OutOfRange
        With fewer than two copies.

    Notes
    -----
    Rubin DB, Multiple Imputation for Nonresponse in Surveys, 1987; Barnard J and Rubin DB,
    Biometrika 1999;86:948 (both recalled).

    Examples
    --------
    >>> pooled = pool_estimates([1.0, 1.2, 0.8], [0.5, 0.5, 0.5], subjects=200)
    >>> round(pooled.value, 3), round(pooled.standard_error, 4)
    (1.0, 0.5508)
    """
    from scipy.special import stdtrit

    estimates = np.asarray(values, dtype=np.float64)
    errors = np.asarray(standard_errors, dtype=np.float64)
    copies = estimates.size
    if copies < 2 or errors.shape != estimates.shape:
        raise OutOfRange("values", "two or more estimates with their standard errors", copies)
    within, between = float((errors**2).mean()), float(estimates.var(ddof=1))
    total = within + (1.0 + 1.0 / copies) * between
    part = (1.0 + 1.0 / copies) * between / total
    complete = max(subjects - 1.0, 1.0)
    observed = (complete + 1.0) / (complete + 3.0) * complete * (1.0 - part)
    freedom = observed if part <= 0.0 else 1.0 / (part**2 / (copies - 1.0) + 1.0 / observed)
    error = math.sqrt(total)
    wide = float(stdtrit(freedom, 0.5 + 0.5 * share("level", level))) * error
    centre = float(estimates.mean())
    return PooledEstimate(centre, centre - wide, centre + wide, error, freedom, part)
