"""Plain twin of the posterior: the density of all observations, integrated by brute force."""

import itertools
import math

import numpy as np
from scipy import stats


def restricted_log_likelihood(between_sd, within_sd, sizes, means, squares):
    """Log density of error contrasts from the full covariance matrix, by observation.

    Groups are rebuilt with two-sided deviations that have the given sum of squares; the restricted
    likelihood only sees size, mean and sum of squares.
    """
    values, labels = [], []
    for group, (n, mean, square) in enumerate(zip(sizes, means, squares, strict=True)):
        pattern = np.arange(n) - (n - 1) / 2.0
        scale = math.sqrt(square / float(pattern @ pattern)) if n > 1 else 0.0
        values += (mean + scale * pattern).tolist()
        labels += [group] * n
    x = np.array(values)
    same = np.equal.outer(labels, labels)
    covariance = between_sd**2 * same + within_sd**2 * np.eye(x.size)
    inverse = np.linalg.inv(covariance)
    information = inverse.sum()
    mean = (inverse @ x).sum() / information
    residual = x - mean
    return -0.5 * (
        np.linalg.slogdet(covariance)[1] + math.log(information) + residual @ inverse @ residual
    )


def posterior_quantiles(prior, sizes, means, squares, probabilities, *, points=160):
    """Quantiles of the SD between under a prior (mean, scale, df) of its log and flat ln sigma."""
    mean, scale, df = prior
    rows = np.linspace(mean - 7 * scale, mean + 7 * scale, points)
    spread = math.sqrt(sum(squares) / (sum(sizes) - len(sizes)))
    columns = np.linspace(math.log(spread) - 2.0, math.log(spread) + 2.0, points // 2)
    density = stats.norm if df is None else stats.t(df)
    weights = np.zeros(points)
    likelihood = np.array(
        [
            restricted_log_likelihood(math.exp(a), math.exp(b), sizes, means, squares)
            for a, b in itertools.product(rows, columns)
        ]
    ).reshape(points, -1)
    for place, row in enumerate(rows):
        prior_density = density.pdf((row - mean) / scale)
        weights[place] = prior_density * np.exp(likelihood[place] - likelihood.max()).sum()
    steps = 0.5 * (weights[1:] + weights[:-1])
    cumulative = np.r_[0.0, np.cumsum(steps)] / steps.sum()
    return np.exp(np.interp(probabilities, cumulative, rows))
