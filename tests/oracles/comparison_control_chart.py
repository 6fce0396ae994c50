"""Plain twins of control chart constants."""

import numpy as np
from scipy import stats


def ewma_average_run_length(weight, limit, states=201):
    """Average run length of a two-sided EWMA chart without change, by a Markov chain.

    Brook D, Evans DA, Biometrika 1972;59:539-49, as used by Lucas and Saccucci 1990: the interval
    between the limits is cut into states of equal width; the chart is in its steady form.
    """
    half = limit * np.sqrt(weight / (2.0 - weight))
    width = 2.0 * half / states
    middles = -half + width * (np.arange(states) + 0.5)
    # Row: from state i; column: into state j.
    edges = middles[None, :] - 0.5 * width - (1.0 - weight) * middles[:, None]
    step = stats.norm.cdf((edges + width) / weight) - stats.norm.cdf(edges / weight)
    lengths = np.linalg.solve(np.eye(states) - step, np.ones(states))
    return lengths[states // 2]


def ewma_by_definition(values, mean, weight):
    """The moving average as a sum of weighted values, newest first, the mean before the first."""
    found = []
    for last in range(len(values)):
        parts = [weight * (1 - weight) ** age * values[last - age] for age in range(last + 1)]
        found.append(sum(parts) + (1 - weight) ** (last + 1) * mean)
    return found
