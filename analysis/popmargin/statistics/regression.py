"""Logistic and Cox regression with intervals: clustered where stated, penalised for few events.

Assumptions: log-linear effects; proportional hazards (Cox); censoring unrelated to the event.
With clusters the covariance is the sandwich over clusters and the quantile Student's with as many
degrees of freedom as clusters less one; it needs a dozen clusters or more to hold its level.

Limits: what a coefficient means depends on the design, never on the model. Fewer than ``PER_TERM``
events a term, or separation, turns to Firth's penalised likelihood, whose intervals ignore
clusters.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import share
from popmargin.core.exceptions import NotEstimable, OutOfRange
from popmargin.statistics.event_times import check_event_times
from popmargin.statistics.penalised import fit_penalised

FloatArray = NDArray[np.float64]
Method = Literal["maximum likelihood", "clustered", "penalised"]
# ASSUME the usual rule of ten events a term, below which estimates are biased away from 0.
PER_TERM: Final = 10
_STEPS: Final = 60
_SEPARATED: Final = 15.0


@dataclass(frozen=True, slots=True, eq=False)
class RegressionFit:
    """Coefficients (log odds or hazard ratios per unit) and limits, (p,) each.

    ``standard_error`` is None for penalised fits, whose limits are profiles.
    """

    coefficients: FloatArray
    low: FloatArray
    high: FloatArray
    standard_error: FloatArray | None
    method: Method
    subjects: int
    events: int


def fit_logistic(
    covariates: ArrayLike,
    event: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    penalised: bool | None = None,
    level: float = 0.95,
) -> RegressionFit:
    """Logistic regression with an intercept, which is not among the coefficients returned.

    Parameters
    ----------
    covariates : (n, p) finite.
    event : (n,) 0 or 1.
    clusters : (n,) labels, such as centres; None: independent subjects.
    penalised : Firth's correction; None: where there are fewer than ten events (or non-events)
        a term, or the groups separate.
    level : of the intervals, inside (0, 1).

    Raises
    ------
    NotEstimable
        Without events or without non-events, or when a covariate does not vary.
    OutOfRange
        For shapes or values out of range.

    Notes
    -----
    Tests hold it to statsmodels (Logit, also clustered) and to exact two-by-two tables.

    Examples
    --------
    >>> fit = fit_logistic([[0], [0], [1], [1]] * 30, [0, 0, 0, 1] * 30)
    >>> fit.method, fit.events
    ('penalised', 30)
    """
    x, y = _checked(covariates, event)
    _both(int(y.sum()), y.size)
    design = np.column_stack([np.ones(y.size), x])
    scale = _scale(x)
    scaled = np.column_stack([np.ones(y.size), (x - x.mean(axis=0)) / scale])
    few = min(y.sum(), y.size - y.sum()) < PER_TERM * x.shape[1]
    found = None if penalised or (penalised is None and few) else _newton(scaled, y)
    if found is None:
        if penalised is False:
            raise NotEstimable("the groups separate: no finite estimate without a penalty")
        return _penalised_logistic(scaled, y, scale, level)
    centre = np.concatenate([[1.0], scale])
    beta = found / centre
    beta[0] -= (x.mean(axis=0) / scale) @ found[1:]
    fitted = expit(design @ beta)
    bread = np.asarray(np.linalg.inv((design.T * (fitted * (1.0 - fitted))) @ design))
    score = design * (y - fitted)[:, None]
    covariance, df = _sandwich(bread, score, clusters)
    method: Method = "maximum likelihood" if clusters is None else "clustered"
    return _wald(beta[1:], covariance[1:, 1:], df, method, (y.size, int(y.sum())), level)


def fit_cox(
    covariates: ArrayLike,
    time: ArrayLike,
    event: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    penalised: bool | None = None,
    level: float = 0.95,
) -> RegressionFit:
    """Cox regression (Breslow ties) of the cause-specific hazard; code 2 counts as censored.

    Parameters
    ----------
    covariates, clusters, penalised, level : as in `fit_logistic`.
    time, event : as in `popmargin.statistics.event_times.kaplan_meier`.
    entry : (n,) times from which rows are at risk (start-stop rows), below ``time``; None: 0.

    Raises
    ------
    NotEstimable
        Without events, or when a covariate does not vary.
    OutOfRange
        For shapes or values out of range.

    Notes
    -----
    Cox DR, J R Stat Soc B 1972;34:187; sandwich of Lin and Wei 1989 (both recalled). Tests hold it
    to statsmodels' PHReg.

    Examples
    --------
    >>> fit = fit_cox([[0.0], [1.0]] * 40, list(range(1, 81)), [1] * 80)
    >>> fit.method, fit.subjects
    ('maximum likelihood', 80)
    """
    times, codes = check_event_times(time, event)
    x, y = _checked(covariates, (codes == 1).astype(float))
    if not y.any():
        raise NotEstimable("no event")
    start = np.full(times.size, -1.0) if entry is None else np.asarray(entry, dtype=np.float64)
    if start.shape != times.shape or (start >= times).any():
        raise OutOfRange("entry", "one entry a row, before its time", "an entry not before it")
    scale = _scale(x)
    risk = _RiskSets((x - x.mean(axis=0)) / scale, times, y, start)
    few = y.sum() < PER_TERM * x.shape[1]
    found = None if penalised or (penalised is None and few) else risk.newton()
    sizes = (y.size, int(y.sum()))
    if found is None:
        if penalised is False:
            raise NotEstimable("the groups separate: no finite estimate without a penalty")
        terms = tuple(range(x.shape[1]))
        fit = fit_penalised(risk.likelihood, x.shape[1], profiled=terms, level=level)
        return _profiled(fit.coefficients, (fit.low, fit.high), scale, sizes)
    _, information = risk.likelihood(found)
    bread = np.asarray(np.linalg.inv(information))
    covariance, df = (bread, None)
    if clusters is not None:
        covariance, df = _sandwich(bread, risk.residuals(found), clusters)
    method: Method = "maximum likelihood" if clusters is None else "clustered"
    unscaled = covariance / np.outer(scale, scale)
    return _wald(found / scale, unscaled, df, method, sizes, level)


class _RiskSets:
    """Partial likelihood of Breslow with delayed entry; times in falling order."""

    def __init__(
        self, x: FloatArray, time: FloatArray, event: FloatArray, entry: FloatArray
    ) -> None:
        self.x, self.event = x, event > 0
        moments = np.unique(time[self.event])
        # (T, n): who is at risk at each event time; a few thousand rows fit in memory.
        self.at_risk = (entry[None] < moments[:, None]) & (time[None] >= moments[:, None])
        self.place = np.searchsorted(moments, time)
        self.deaths = np.bincount(self.place[self.event], minlength=moments.size).astype(float)

    def _sums(self, beta: FloatArray) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        risk = np.exp(np.clip(self.x @ beta, -50.0, 50.0))
        total = np.asarray(self.at_risk @ risk)
        mean = (self.at_risk @ (risk[:, None] * self.x)) / total[:, None]
        return risk, total, mean

    def likelihood(self, beta: FloatArray) -> tuple[float, FloatArray]:
        """Log partial likelihood and information."""
        risk, total, mean = self._sums(beta)
        value = float((self.x[self.event] @ beta).sum() - self.deaths @ np.log(total))
        # sum over times of d/S0 times the weighted second moments: one weight a subject
        weight = risk * ((self.deaths / total) @ self.at_risk)
        second = (self.x.T * weight) @ self.x
        return value, np.asarray(second - (mean.T * self.deaths) @ mean)

    def residuals(self, beta: FloatArray) -> FloatArray:
        """Score residuals of every row, (n, p)."""
        risk, total, mean = self._sums(beta)
        own = np.zeros_like(self.x)
        own[self.event] = self.x[self.event] - mean[self.place[self.event]]
        hazard = self.deaths / total
        share_of = (hazard @ self.at_risk)[:, None] * self.x - (
            self.at_risk.T @ (hazard[:, None] * mean)
        )
        return np.asarray(own - risk[:, None] * share_of)

    def newton(self) -> FloatArray | None:
        """Maximum, or None where there is none."""
        beta = np.zeros(self.x.shape[1])
        for _ in range(_STEPS):
            score = self.residuals(beta).sum(axis=0)
            step = _solve(self.likelihood(beta)[1], score)
            if step is None or np.abs(beta + step).max() > _SEPARATED:
                return None
            beta = beta + step
            if np.abs(step).max() < 1e-10:
                return beta
        return None


def _newton(design: FloatArray, y: FloatArray) -> FloatArray | None:
    beta = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        fitted = expit(design @ beta)
        information = (design.T * (fitted * (1.0 - fitted))) @ design
        step = _solve(information, design.T @ (y - fitted))
        if step is None or np.abs(beta + step).max() > _SEPARATED:
            return None
        beta = beta + step
        if np.abs(step).max() < 1e-10:
            return beta
    return None


def _penalised_logistic(
    design: FloatArray, y: FloatArray, scale: FloatArray, level: float
) -> RegressionFit:
    def likelihood(beta: FloatArray) -> tuple[float, FloatArray]:
        level_of = design @ beta
        fitted = expit(level_of)
        value = float(y @ level_of - np.logaddexp(0.0, level_of).sum())
        return value, (design.T * (fitted * (1.0 - fitted))) @ design

    terms = design.shape[1]
    fit = fit_penalised(likelihood, terms, profiled=tuple(range(1, terms)), level=level)
    limits = (fit.low[1:], fit.high[1:])
    return _profiled(fit.coefficients[1:], limits, scale, (y.size, int(y.sum())))


def _profiled(
    beta: FloatArray,
    limits: tuple[FloatArray, FloatArray],
    scale: FloatArray,
    sizes: tuple[int, int],
) -> RegressionFit:
    low, high = (limit / scale for limit in limits)
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        raise NotEstimable("the likelihood has no limit on one side: too few events")
    return RegressionFit(beta / scale, low, high, None, "penalised", *sizes)


def _wald(
    beta: FloatArray,
    covariance: FloatArray,
    df: int | None,
    method: Method,
    sizes: tuple[int, int],
    level: float,
) -> RegressionFit:
    from scipy.special import ndtri, stdtrit

    upper = 0.5 + 0.5 * share("level", level)
    quantile = float(ndtri(upper) if df is None else stdtrit(df, upper))
    error = np.sqrt(np.diag(covariance))
    return RegressionFit(
        beta, beta - quantile * error, beta + quantile * error, error, method, *sizes
    )


def _sandwich(
    bread: NDArray[Any], score: FloatArray, clusters: ArrayLike | None
) -> tuple[FloatArray, int | None]:
    """Covariance, and degrees of freedom with clusters."""
    if clusters is None:
        return bread, None
    labels, place = np.unique(np.asarray(clusters), return_inverse=True)
    count = labels.size
    if count < 2:
        raise NotEstimable("one cluster only: no variance between clusters")
    sums = np.zeros((count, score.shape[1]))
    np.add.at(sums, place, score)
    return bread @ (sums.T @ sums) @ bread * (count / (count - 1)), count - 1


def _checked(covariates: ArrayLike, event: ArrayLike) -> tuple[FloatArray, FloatArray]:
    x, y = np.asarray(covariates, dtype=np.float64), np.asarray(event, dtype=np.float64)
    if x.ndim != 2 or y.shape != (x.shape[0],):
        raise OutOfRange("covariates", f"a row for each of {y.shape} outcomes", x.shape)
    if not np.isfinite(x).all():
        raise OutOfRange("covariates", "finite numbers (impute what is missing)", "NaN or infinite")
    if not np.isin(y, (0.0, 1.0)).all():
        raise OutOfRange("event", "0 or 1", np.unique(y))
    return x, y


def _both(events: int, subjects: int) -> None:
    if events == 0:
        raise NotEstimable("no event")
    if events == subjects:
        raise NotEstimable("everybody has the event")


def _scale(x: FloatArray) -> FloatArray:
    scale = np.asarray(x.std(axis=0))
    if (scale <= 0.0).any():
        raise NotEstimable("a covariate does not vary: one arm, or one value, only")
    return scale


def _solve(matrix: FloatArray, vector: FloatArray) -> FloatArray | None:
    try:
        return np.asarray(np.linalg.solve(matrix, vector))
    except np.linalg.LinAlgError:
        return None


def expit(values: FloatArray) -> FloatArray:
    """Probabilities of log odds, of the same shape.

    >>> expit(np.array([0.0, np.log(3.0)])).round(6).tolist()
    [0.5, 0.75]
    """
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * values)))
