r"""What the groups at hand make of a prior on both SDs of the one-way model.

The posterior is the prior times the restricted likelihood,

.. math:: -2 \ln L = (N - P) \ln\sigma^2 + SSW / \sigma^2 - \sum \ln w_i + \ln \sum w_i
          + \sum w_i (m_i - \mu_w)^2, \quad w_i = 1 / (\Sigma^2 + \sigma^2 / n_i),

on a grid in ln Sigma and ln sigma that is narrowed to where it counts, as evenly spread draws.

Assumptions: normal effects and observations; those of `popmargin.statistics.prior`. Limits: its
intervals hold on average over studies like those of the prior, not for a study unlike them.

Source: Searle SR, Casella G, McCulloch CE, Variance Components, Wiley 1992, sections 3.8 and 3.9.
"""

import math
from collections.abc import Callable

import numpy as np

from popmargin.core.exceptions import NotEstimable
from popmargin.statistics.components import FEW_GROUPS
from popmargin.statistics.generalised_interval import GeneralisedDraws
from popmargin.statistics.one_way import Grouped
from popmargin.statistics.point_set import FIBONACCI_DRAWS, unit_points
from popmargin.statistics.prior import LogPrior
from popmargin.statistics.size_table import FloatArray, IntArray, SizeTable

_COARSE, _FINE, _NARROWINGS = 81, 161, 3
_DROP = 20.0  # log density below the highest that the grid may leave out
_WIDEST = 8.0  # scales on either side of the prior that the first grid spans


def posterior_draws(
    data: Grouped,
    between: LogPrior,
    within: LogPrior | None = None,
    *,
    seed: int = 1,
    draws: int = FIBONACCI_DRAWS,
) -> GeneralisedDraws:
    """Draws of both SDs from the prior and the restricted likelihood.

    Parameters
    ----------
    data : OneWayData or SizeTable
        At least two groups; replicates are not needed where ``within`` is given.
    between, within : LogPrior
        Priors; without ``within`` ln sigma is flat, which needs replicates.
    seed, draws : int
        >= 0 and >= 2.

    Raises
    ------
    NotEstimable
        Fewer than two groups; nothing that tells the SD within.

    >>> from popmargin.statistics.one_way import OneWayData
    >>> data = OneWayData.from_summaries([4] * 3, [0.0, 1.0, 3.0], [3.0] * 3)
    >>> found = posterior_draws(data, LogPrior(math.log(2.0), 0.05, None, 5))
    >>> round(float(np.median(found.between_sd)), 1)
    2.0
    """
    table = data.by_size
    if table.group_count < 2:
        raise NotEstimable(FEW_GROUPS)
    if within is None and table.within_total == 0.0:
        raise NotEstimable("variance within groups: neither the data nor a prior tell it")

    def density(rows: FloatArray, columns: FloatArray) -> FloatArray:
        found = _log_likelihood(table, rows[:, None], columns[None, :])
        found = found + between.log_density(rows)[:, None]
        return found if within is None else found + within.log_density(columns)[None, :]

    rows, columns = _grid(density, *_first_ranges(table, between, within))
    log_density = density(rows, columns)
    weights = np.exp(log_density - log_density.max())
    first = unit_points(0, 2, seed, draws)
    second = unit_points(1, 2, seed, draws)
    between_log, place = _invert(rows, weights.sum(axis=1), first)
    within_log = np.empty(draws)
    # Between two rows of the grid the nearer one's conditional distribution is taken.
    for row in np.unique(place):
        members = place == row
        within_log[members] = _invert(columns, weights[row], second[members])[0]
    return GeneralisedDraws(np.exp(between_log), np.exp(within_log))


def disagreement(sds: FloatArray, prior: LogPrior) -> float:
    """Two-sided p-value of data and prior telling of one SD, from draws of the data alone.

    Twice the smaller probability that a draw of the data lies above, or below, one of the prior.

    >>> disagreement(np.array([1.0, 1.0]), LogPrior(0.0, 0.5, None, 4))
    1.0
    """
    from scipy.special import ndtr, stdtr

    above = sds > 0.0
    deviates = (np.log(sds[above]) - prior.mean) / prior.scale
    shares = ndtr(deviates) if prior.df is None else stdtr(prior.df, deviates)
    below = float(shares.sum()) / sds.size
    return min(1.0, 2.0 * min(below, 1.0 - below))


def _log_likelihood(
    table: SizeTable, log_between: FloatArray, log_within: FloatArray
) -> FloatArray:
    """Restricted log-likelihood on a grid, up to a constant."""
    between, within = np.exp(2.0 * log_between), np.exp(2.0 * log_within)
    shape = np.broadcast_shapes(between.shape, within.shape)
    total, first, second, logs = (np.zeros(shape) for _ in range(4))
    for size, count, deviation, square in zip(
        table.sizes.tolist(),
        table.groups.tolist(),
        table.deviation_sums.tolist(),
        table.deviation_squares.tolist(),
        strict=True,
    ):
        weight = 1.0 / (between + within / size)
        total += count * weight
        first += deviation * weight
        second += square * weight
        logs += count * np.log(weight)
    inside = 2.0 * table.within_df * log_within + table.within_total / within
    return np.asarray(
        0.5 * (logs - np.log(total) - np.maximum(second - first * first / total, 0.0) - inside)
    )


def _first_ranges(
    table: SizeTable, between: LogPrior, within: LogPrior | None
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Wide ranges of ln SD between and ln SD within that hold prior and likelihood."""
    spread = math.sqrt(max(table.squares_of_means / (table.group_count - 1), 1e-12))
    centres = [math.log(spread)]
    ends = [between.mean - _WIDEST * between.scale, between.mean + _WIDEST * between.scale]
    rows = (min(ends[0], centres[0] - 2.0), max(ends[1], centres[0] + 2.0))
    found: list[float] = []
    if table.within_total > 0.0:
        middle = 0.5 * math.log(table.within_total / table.within_df)
        reach = 8.0 / math.sqrt(2.0 * table.within_df)
        found += [middle - reach, middle + reach]
    if within is not None:
        reach = _WIDEST * within.scale
        found += [within.mean - reach, within.mean + reach]
    return rows, (min(found), max(found))


def _grid(
    density: Callable[[FloatArray, FloatArray], FloatArray],
    rows: tuple[float, float],
    columns: tuple[float, float],
) -> tuple[FloatArray, FloatArray]:
    """A grid that is fine where the density is: narrowed twice around what counts."""
    ranges = [rows, columns]
    for _ in range(_NARROWINGS):
        axes = [np.linspace(low, high, _COARSE) for low, high in ranges]
        found = density(axes[0], axes[1])
        counts = found > found.max() - _DROP
        for place, axis in enumerate(axes):
            inside = np.flatnonzero(counts.any(axis=1 - place))
            low, high = max(inside[0] - 1, 0), min(inside[-1] + 1, _COARSE - 1)
            ranges[place] = (float(axis[low]), float(axis[high]))
    first, second = (np.linspace(low, high, _FINE) for low, high in ranges)
    return first, second


def _invert(
    axis: FloatArray, weights: FloatArray, probabilities: FloatArray
) -> tuple[FloatArray, IntArray]:
    """Values of the density's distribution function at ``probabilities``, and the nearest point."""
    steps = 0.5 * (weights[1:] + weights[:-1])
    cumulative = np.r_[0.0, np.cumsum(steps)]
    # A point of no weight would make the function flat; a hair of slope keeps it invertible.
    cumulative += np.arange(axis.size) * (cumulative[-1] * 1e-15)
    values = np.interp(probabilities, cumulative / cumulative[-1], axis)
    nearest = np.round((values - axis[0]) / (axis[1] - axis[0])).astype(np.int64)
    return values, nearest
