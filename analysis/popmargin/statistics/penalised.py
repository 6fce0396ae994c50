r"""Penalised likelihood for few events: Firth's correction with profile intervals.

Assumptions: independent subjects and a model that is right in its form. The penalty (Jeffreys'
prior) removes most of the bias of few events and gives finite estimates where groups separate.

Limits: intervals do not widen for clustering; with very few events they rest on the penalty.
Sources: Firth D, Biometrika 1993;80:27; Heinze G and Schemper M, Stat Med 2002;21:2409 (logistic)
and Biometrics 2001;57:114 (Cox) (recalled; the two-by-two case is checked exactly).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from popmargin.core.exceptions import NotEstimable

FloatArray = NDArray[np.float64]
# Log-likelihood and information matrix at given coefficients.
Likelihood = Callable[[FloatArray], tuple[float, FloatArray]]
# No coefficient of standardised columns is sought beyond e^30.
_REACH: Final = 30.0
_ROOT_TOLERANCE: Final = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class PenalisedFit:
    """Coefficients and their profile limits, (p,) each."""

    coefficients: FloatArray
    low: FloatArray
    high: FloatArray


def fit_penalised(
    likelihood: Likelihood, terms: int, *, profiled: tuple[int, ...], level: float = 0.95
) -> PenalisedFit:
    """Maximum of log-likelihood + half the log determinant of the information, with its profile.

    Parameters
    ----------
    likelihood : log-likelihood and information (p, p) at coefficients (p,).
    terms : p, >= 1.
    profiled : indices whose limits are wanted; the others get NaN limits.
    level : of the limits, inside (0, 1).

    Raises
    ------
    NotEstimable
        When the information is singular (columns that repeat each other).

    Examples
    --------
    A binomial with 0 of 10: the penalised logit is log(0.5 / 10.5).

    >>> def binomial(b):
    ...     p = 1 / (1 + np.exp(-b[0]))
    ...     return float(10 * np.log1p(-p)), np.array([[10 * p * (1 - p)]])
    >>> fit = fit_penalised(binomial, 1, profiled=(0,))
    >>> round(float(fit.coefficients[0]), 3)
    -3.045
    """
    from scipy.optimize import brentq, minimize
    from scipy.special import chdtri

    def negative(values: FloatArray) -> float:
        loglike, information = likelihood(values)
        sign, logdet = np.linalg.slogdet(information)
        if sign <= 0 or not np.isfinite(loglike):
            return 1e10
        return -(loglike + 0.5 * float(logdet))

    start = np.zeros(terms)
    if negative(start) >= 1e10:
        raise NotEstimable("covariates repeat each other or do not vary")
    best = minimize(negative, start, method="BFGS", options={"gtol": 1e-6})
    top = -float(best.fun)
    drop = 0.5 * float(chdtri(1.0, 1.0 - level))
    low, high = np.full(terms, np.nan), np.full(terms, np.nan)
    for index in profiled:
        others = [place for place in range(terms) if place != index]
        rest = np.asarray(best.x)[others]

        def excess(
            value: float,
            others: list[int] = others,
            rest: FloatArray = rest,
            index: int = index,
        ) -> float:
            def fixed(free: FloatArray) -> float:
                values = np.empty(terms)
                values[index], values[others] = value, free
                return negative(values)

            if not others:
                return top + fixed(np.empty(0)) - drop
            return top + float(minimize(fixed, rest, method="BFGS").fun) - drop

        centre = float(best.x[index])
        for sign, limits in ((-1.0, low), (1.0, high)):
            step = 0.5
            while excess(centre + sign * step) < 0.0 and step < _REACH:
                step *= 2.0
            ends = sorted((centre, centre + sign * step))
            if excess(centre + sign * step) >= 0.0:
                limits[index] = brentq(excess, *ends, xtol=_ROOT_TOLERANCE)
    return PenalisedFit(np.asarray(best.x), low, high)
