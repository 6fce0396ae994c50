"""Cohorts for the tests of the statistics floor: hypothesis strategies and plain lists."""

import numpy as np
from hypothesis import strategies as st

from popmargin.statistics.one_way import OneWayData
from tests.oracles import statistics_plain as plain


def _summaries(sizes: list[int], seed: int) -> OneWayData:
    """Groups of given sizes with SDs that a seed picks."""
    rng = np.random.default_rng(seed)
    n = np.array(sizes)
    between, within = rng.choice([0.1, 1.0, 5.0], 2)
    means = 2.0 + between * rng.normal(size=n.size) + within * rng.normal(size=n.size) / n**0.5
    squares = np.where(n > 1, within**2 * rng.chisquare(np.maximum(n - 1, 1)), 0.0)
    return OneWayData.from_summaries(n, means, squares)


seeds = st.integers(0, 2**32 - 1)

cohorts = st.builds(
    _summaries,
    st.lists(st.integers(1, 12), min_size=3, max_size=15).filter(lambda sizes: max(sizes) > 1),
    seeds,
)
"""Unbalanced cohorts of 3 to 15 groups, at least one with two observations."""

balanced_cohorts = st.builds(
    lambda groups, size, seed: _summaries([size] * groups, seed),
    st.integers(3, 15),
    st.integers(2, 12),
    seeds,
)
"""Cohorts whose groups have one size."""


def data_of(groups: plain.Groups) -> OneWayData:
    """The same observations as the plain loops take."""
    labels = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    return OneWayData.from_values([value for group in groups for value in group], labels)
