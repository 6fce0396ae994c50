"""Mixed model of lines: statsmodels as a second opinion, coverage, and what cannot be estimated."""

import time

import numpy as np
import pytest

from popmargin.core.exceptions import NotEstimable
from popmargin.statistics.random_slopes import random_slopes


def cohort(rng, patients, times, rate=-0.69, rate_sd=0.2, noise=3.0, keep=1.0):
    labels = np.repeat(np.arange(patients), len(times))
    x = np.tile(np.asarray(times, dtype=float), patients)
    slope = rng.normal(rate, rate_sd, patients)
    y = rng.normal(100, 8, patients)[labels] + slope[labels] * x + rng.normal(0, noise, x.size)
    kept = rng.random(x.size) < keep
    return x[kept], y[kept], labels[kept]


def test_statsmodels_says_the_same_of_balanced_data():
    import pandas as pd
    from statsmodels.regression.mixed_linear_model import MixedLM

    x, y, labels = cohort(np.random.default_rng(4), 60, range(0, 35, 3), rate_sd=0.4)
    found = random_slopes(x, y, labels)
    frame = pd.DataFrame({"x": (x - x.mean()) / 10, "y": y, "g": labels})
    model = MixedLM.from_formula("y ~ x", frame, groups="g", re_formula="~x")
    fit = model.fit(reml=True, method="lbfgs")
    assert found.slope == pytest.approx(fit.params["x"] / 10, abs=1e-6)
    assert found.slope_sd == pytest.approx(np.sqrt(fit.cov_re.loc["x", "x"]) / 10, rel=5e-3)
    assert found.residual_sd == pytest.approx(np.sqrt(fit.scale), rel=2e-3)


@pytest.mark.parametrize("keep", [1.0, 0.6])
def test_intervals_cover_in_95_of_100(keep):
    rng = np.random.default_rng(11)
    runs, inside = 400, np.zeros(3)
    for _ in range(runs):
        found = random_slopes(*cohort(rng, 15, range(8), keep=keep))
        for place, (interval, truth) in enumerate(
            ((found.slope_interval, -0.69), (found.slope_sd_interval, 0.2),
             (found.residual_sd_interval, 3.0))
        ):  # fmt: skip
            inside[place] += interval.low <= truth <= interval.high
    assert np.all((inside / runs > 0.92) & (inside / runs <= 1.0))


def test_a_thousand_patients_take_a_moment():
    x, y, labels = cohort(np.random.default_rng(1), 1000, range(35), keep=0.9)
    start = time.perf_counter()
    found = random_slopes(x, y, labels)
    assert time.perf_counter() - start < 30
    assert found.slope_interval.low < -0.69 < found.slope_interval.high


def test_shrunken_slopes_lie_between_own_and_common():
    found = random_slopes(*cohort(np.random.default_rng(2), 12, range(6)))
    pulled = found.shrunken_slopes - found.slope
    own = found.own_slopes - found.slope
    assert np.all(pulled * own >= 0)
    assert np.all(np.abs(pulled) <= np.abs(own))


def test_row_order_and_shifts_of_y_change_nothing():
    rng = np.random.default_rng(3)
    x, y, labels = cohort(rng, 6, range(5))
    order = rng.permutation(x.size)
    one, other = random_slopes(x, y, labels), random_slopes(x[order], y[order], labels[order])
    assert one.slope == other.slope
    assert random_slopes(x, y + 50 * labels, labels).slope == pytest.approx(one.slope)


def test_no_noise_and_no_spread_are_zero():
    x = np.tile(np.arange(4.0), 3)
    found = random_slopes(x, 2 * x, np.repeat([0, 1, 2], 4))
    assert (found.slope, found.slope_sd, found.residual_sd) == pytest.approx((2.0, 0.0, 0.0))


@pytest.mark.parametrize(
    ("x", "labels", "words"),
    [
        ([0, 1, 2], "aaa", "2 patients"),
        ([1, 1, 1], "abc", "found 0"),
        ([0, 1, 0, 1], "aabb", "3 times"),
    ],
)
def test_too_little_is_not_estimable(x, labels, words):
    with pytest.raises(NotEstimable, match=words):
        random_slopes(x, np.arange(len(x)) ** 2, list(labels))
