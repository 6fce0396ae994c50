r"""Complication parameters fitted to one's own patients: Lyman-Kutcher-Burman by likelihood.

Assumptions: independent patients, a complication that was looked for in all of them for long
enough, one alpha/beta. Profile-likelihood limits; n is searched on a grid of its logarithm, m and
TD50 are free (a probit on the EUD).

Limits: few events leave n open: its limits then reach the ends of the grid, which is said. A fit to
a centre's own patients holds for their technique and scoring; it is no published set.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from popmargin.core.checks import share
from popmargin.core.exceptions import NotEstimable
from popmargin.outcomes.complication_sets import LkbSet
from popmargin.outcomes.dvh_table import Histogram, equivalent_uniform_doses

FloatArray = NDArray[np.float64]
GRID: Final = tuple(float(n) for n in np.exp(np.linspace(math.log(0.02), math.log(4.0), 40)))
_LEAST_EVENTS: Final = 5


@dataclass(frozen=True, slots=True)
class FittedSet:
    """Estimates with profile limits; None where the likelihood has no limit on that side."""

    n: float
    n_low: float | None
    n_high: float | None
    m: float
    m_low: float | None
    m_high: float | None
    td50_gy: float
    td50_low_gy: float | None
    td50_high_gy: float | None
    log_likelihood: float
    patients: int
    events: int

    def as_set(self, label: str, organ: str, endpoint: str, source: str) -> LkbSet:
        """The fit as a parameter set of one's own, with its limits and where it comes from."""
        return LkbSet(
            label, organ, endpoint, self.n, self.m, self.td50_gy, None,
            "2 Gy equivalents as fitted", "fitted to own data, not validated elsewhere", source,
            f"{self.events} events in {self.patients} patients", self.n_low, self.n_high,
            self.m_low, self.m_high, self.td50_low_gy, self.td50_high_gy,
        )  # fmt: skip


def fit_lkb(
    histograms: Mapping[str, Histogram],
    events: Mapping[str, int],
    *,
    fractions: float | None = None,
    alpha_beta_gy: float | None = None,
    level: float = 0.95,
) -> FittedSet:
    """n, m and TD50 of maximum likelihood with profile limits.

    Parameters
    ----------
    histograms : differential histogram of every patient (`popmargin.outcomes.dvh_table`).
    events : 0 or 1 of every patient; patients without both are left out.
    fractions, alpha_beta_gy : to turn doses into 2 Gy equivalents, or neither.
    level : of the limits, inside (0, 1).

    Raises
    ------
    NotEstimable
        With fewer than five events or non-events, or when risk does not rise with dose.

    Notes
    -----
    Likelihood of binary outcomes under `popmargin.outcomes.complication.lkb_probability`. Tests
    recover known parameters and agree with a probit fitted by statsmodels at given n.

    Examples
    --------
    >>> rng = np.random.default_rng(2)
    >>> gy = rng.uniform(40, 90, 300)
    >>> risk = [0.5 * math.erfc((75 - d) / (0.15 * 75) / math.sqrt(2)) for d in gy]
    >>> fit = fit_lkb({str(i): (np.array([d]), np.ones(1)) for i, d in enumerate(gy)},
    ...               {str(i): int(rng.random() < p) for i, p in enumerate(risk)})
    >>> fit.td50_low_gy < 75 < fit.td50_high_gy
    True
    """
    from scipy.special import chdtri

    patients = sorted(set(histograms) & set(events))
    y = np.array([events[patient] for patient in patients], dtype=np.float64)
    count = int(y.sum())
    if min(count, y.size - count) < _LEAST_EVENTS:
        raise NotEstimable(f"{count} events in {y.size} patients: at least 5 of each are needed")
    known = {patient: histograms[patient] for patient in patients}
    doses = []
    for n in GRID:
        euds = equivalent_uniform_doses(
            known, n=n, fractions=fractions, alpha_beta_gy=alpha_beta_gy
        )
        doses.append(np.array([euds[patient] for patient in patients]))
    fits = [_probit(dose, y) for dose in doses]
    best = max(range(len(GRID)), key=lambda i: fits[i][0])
    top, intercept, slope = fits[best]
    if slope <= 0.0:
        raise NotEstimable("the risk does not rise with the dose of these patients")
    drop = 0.5 * float(chdtri(1.0, 1.0 - share("level", level)))
    heights = [fit[0] - (top - drop) for fit in fits]
    low_n = _crossing(heights, best, -1)
    high_n = _crossing(heights, best, 1)
    td50 = _profile(doses, y, -intercept / slope, _with_td50, top - drop)
    m = _profile(doses, y, 1.0 / -intercept, _with_m, top - drop)
    return FittedSet(
        GRID[best], low_n, high_n, 1.0 / -intercept, *m, -intercept / slope, *td50,
        top, y.size, count,
    )  # fmt: skip


def _crossing(heights: list[float], best: int, step: int) -> float | None:
    """The n at which the profile falls below its floor; None where the grid ends before."""
    place = best
    while 0 <= place + step < len(GRID):
        here, there = heights[place], heights[place + step]
        if there < 0.0:
            part = here / (here - there)
            logs = math.log(GRID[place]), math.log(GRID[place + step])
            return math.exp(logs[0] + part * (logs[1] - logs[0]))
        place += step
    return None


def _probit(dose: FloatArray, y: FloatArray) -> tuple[float, float, float]:
    """Log-likelihood, intercept and slope of a probit on the dose."""
    from scipy.optimize import minimize

    scale = float(dose.std()) or 1.0
    centred = (dose - dose.mean()) / scale

    def negative(values: FloatArray) -> float:
        return -_likelihood(values[0] + values[1] * centred, y)

    found = minimize(negative, np.array([0.0, 0.5]), method="BFGS")
    slope = float(found.x[1]) / scale
    return -float(found.fun), float(found.x[0]) - slope * float(dose.mean()), slope


def _likelihood(level: FloatArray, y: FloatArray) -> float:
    from scipy.special import log_ndtr

    return float((y * log_ndtr(level) + (1.0 - y) * log_ndtr(-level)).sum())


def _with_td50(value: float, free: float, dose: FloatArray) -> FloatArray:
    return np.asarray((dose - value) / (math.exp(free) * value))


def _with_m(value: float, free: float, dose: FloatArray) -> FloatArray:
    td50 = math.exp(free)
    return np.asarray((dose - td50) / (value * td50))


def _profile(
    doses: list[FloatArray], y: FloatArray, centre: float, level_of: Any, floor: float
) -> tuple[float | None, float | None]:
    """Limits of one parameter, the other two free (n on the grid)."""
    from scipy.optimize import brentq, minimize_scalar

    bounds = (-6.0, 2.0) if level_of is _with_td50 else (0.0, 7.0)

    def height(value: float) -> float:
        # Every second n of the grid: the profile is smooth in it.
        return max(
            -float(
                minimize_scalar(
                    lambda free, dose=dose: -_likelihood(level_of(value, free, dose), y),
                    bounds=bounds,
                    method="bounded",
                ).fun
            )
            for dose in doses[::2]
        )

    limits: list[float | None] = []
    for factor in (1.0 / 1.15, 1.15):
        edge, found = centre, None
        for _ in range(16):
            last, edge = edge, edge * factor
            if height(edge) < floor:
                found = float(
                    brentq(lambda value: height(value) - floor, *sorted((last, edge)), xtol=1e-3)
                )
                break
        limits.append(found)
    return limits[0], limits[1]
