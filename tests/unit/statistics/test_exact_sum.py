"""Exactly rounded sums: math.fsum to the last bit, at any length, scale and order."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from popmargin.statistics.exact_sum import exact_sum, exact_sums

FINITE = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e300, max_value=1e300)


@given(arrays(np.float64, st.integers(0, 60), elements=FINITE), st.integers(1, 3))
@settings(deadline=None, max_examples=200)
def test_equals_fsum_also_beyond_the_short_path(values, copies):
    for terms in (values, np.tile(values, 40 * copies), np.pad(values, (0, 3000))):
        assert exact_sum(terms) == math.fsum(terms.tolist())


@pytest.mark.parametrize("scale", [1e-310, 1e-20, 1.0, 1e20, 1e280])
def test_long_sums_of_mixed_size_and_sign_are_exact_in_any_order(scale):
    rng = np.random.default_rng(1)
    values = rng.standard_normal(100_000) * 10.0 ** rng.uniform(-12, 12, 100_000) * scale
    wanted = math.fsum(values.tolist())
    assert exact_sum(values) == wanted
    assert exact_sum(rng.permutation(values)) == wanted


def test_what_cancels_gives_zero():
    values = np.random.default_rng(2).standard_normal(5_000)
    assert exact_sum(np.concatenate([values, -values])) == 0.0
    assert exact_sum(np.zeros(5_000)) == 0.0


def test_no_terms_and_no_rows_give_zero():
    assert exact_sum(np.array([])) == 0.0
    x = np.arange(5.0)
    assert exact_sums(slice(3, 3), lambda block: [x[block], x[block] ** 2]) == [0.0, 0.0]
