"""How well a logistic model predicts in clusters that it has not seen: leave one cluster out.

Assumptions: clusters (centres) are what a future user is; predictions of a left-out cluster come
from the others alone. Limits: with few events the area has a wide interval; calibration is that of
all left-out predictions together, single clusters may be worse. The intervals take subjects as
independent and the predictions as given.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from popmargin.core.checks import share
from popmargin.core.exceptions import NotEstimable
from popmargin.statistics.intercept import intercept_of_share
from popmargin.statistics.regression import fit_logistic

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PredictionQuality:
    """Discrimination and calibration of predictions for subjects not used to make them.

    A slope of 1 and an intercept of 0 are perfect; a slope below 1 says that predictions are too
    extreme.
    """

    area: float
    area_low: float
    area_high: float
    calibration_slope: float
    calibration_slope_low: float
    calibration_slope_high: float
    calibration_intercept: float
    calibration_intercept_low: float
    calibration_intercept_high: float
    brier: float
    brier_low: float
    brier_high: float
    subjects: int
    events: int
    clusters: int


def predict_left_out(covariates: ArrayLike, event: ArrayLike, clusters: ArrayLike) -> FloatArray:
    """Predicted probability of every subject from the other clusters.

    Parameters
    ----------
    covariates : (n, p) finite.  event : (n,) 0 or 1.  clusters : (n,) labels, two or more.

    Raises
    ------
    NotEstimable
        With one cluster, or where the rest of the clusters has no event.

    Examples
    --------
    >>> x = np.tile(np.arange(20.0), 6)[:, None]
    >>> y = (np.arange(120) * 7 % 20 < x[:, 0]).astype(int)
    >>> predict_left_out(x, y, np.repeat([1, 2, 3], 40)).shape
    (120,)
    """
    x, y = np.asarray(covariates, dtype=np.float64), np.asarray(event, dtype=np.float64)
    labels = np.asarray(clusters)
    names = np.unique(labels)
    if names.size < 2:
        raise NotEstimable("one centre only: nothing to predict that was not used")
    found = np.empty(y.size)
    for name in names:
        out = labels == name
        fit = fit_logistic(x[~out], y[~out])
        level = x[~out] @ fit.coefficients
        mean = float(y[~out].mean())
        shift = intercept_of_share(level, mean)
        found[out] = 1.0 / (1.0 + np.exp(-(shift + x[out] @ fit.coefficients)))
    return found


def prediction_quality(
    predicted: ArrayLike, event: ArrayLike, clusters: ArrayLike, *, level: float = 0.95
) -> PredictionQuality:
    """Area under the curve with its interval, calibration and Brier score.

    Parameters
    ----------
    predicted : (n,) probabilities of `predict_left_out`.  event : (n,) 0 or 1.
    clusters : (n,) labels, for their number.  level : inside (0, 1).

    Raises
    ------
    NotEstimable
        Without events or without non-events.

    Notes
    -----
    Area and variance: DeLong ER et al., Biometrics 1988;44:837; calibration: Cox DR, Biometrika
    1958;45:562 (both recalled). The area is held to scikit-learn in the tests.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> risk = rng.uniform(0.1, 0.9, 300)
    >>> found = prediction_quality(risk, (rng.random(300) < risk).astype(int), np.zeros(300))
    >>> found.area_low < found.area < found.area_high
    True
    """
    from scipy.special import logit, ndtri
    from scipy.stats import rankdata

    risk, y = np.asarray(predicted, dtype=np.float64), np.asarray(event) == 1
    ones, zeros = int(y.sum()), int((~y).sum())
    if not ones or not zeros:
        raise NotEstimable("no event" if not ones else "everybody has the event")
    ranks = rankdata(risk)
    above = (ranks[y] - rankdata(risk[y])) / zeros
    below = 1.0 - (ranks[~y] - rankdata(risk[~y])) / ones
    area = float(above.mean())
    variance = sum(
        float(part.var(ddof=1)) / part.size if part.size > 1 else 0.25 for part in (above, below)
    )
    quantile = float(ndtri(0.5 + 0.5 * share("level", level)))
    wide = quantile * variance**0.5
    scale = np.clip(risk, 1e-9, 1.0 - 1e-9)
    fit = fit_logistic(logit(scale)[:, None], y.astype(float), level=level)
    intercept = intercept_of_share(logit(scale), float(y.mean()))
    # One parameter with the predictions as offset: its information is the sum of p (1 - p).
    shifted = 1.0 / (1.0 + np.exp(-(logit(scale) + intercept)))
    apart = quantile / float((shifted * (1.0 - shifted)).sum()) ** 0.5
    squares = (risk - y) ** 2
    brier = float(squares.mean())
    spread = quantile * float(squares.std(ddof=1)) / y.size**0.5
    return PredictionQuality(
        area,
        max(area - wide, 0.0),
        min(area + wide, 1.0),
        float(fit.coefficients[0]),
        float(fit.low[0]),
        float(fit.high[0]),
        intercept,
        intercept - apart,
        intercept + apart,
        brier,
        max(brier - spread, 0.0),
        min(brier + spread, 1.0),
        y.size,
        ones,
        int(np.unique(np.asarray(clusters)).size),
    )
