"""Prior from other studies and the posterior: closed forms, brute force, calibration."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from popmargin.core.exceptions import NotEstimable, OutOfRange
from popmargin.statistics.generalised_interval import generalised_draws
from popmargin.statistics.interval import interval_of
from popmargin.statistics.one_way import OneWayData
from popmargin.statistics.posterior import disagreement, posterior_draws
from popmargin.statistics.prior import LogPrior, log_prior
from tests.oracles.comparison_posterior import posterior_quantiles, restricted_log_likelihood

SIZES, MEANS, SQUARES = [1, 3, 5, 4], [0.3, 2.0, -1.5, 4.0], [0.0, 3.0, 9.0, 2.5]
DATA = OneWayData.from_summaries(SIZES, MEANS, SQUARES)


def test_estimated_prior_is_the_prediction_interval_of_one_more_value():
    values = [1.2, 2.0, 1.5, 3.1]
    logs = np.log(values)
    prior = log_prior(values)
    half = stats.t.ppf(0.975, 3) * logs.std(ddof=1) * math.sqrt(1.25)
    expected = np.exp([logs.mean() - half, logs.mean() + half])
    assert prior.quantiles(np.array([0.025, 0.975])) == pytest.approx(expected)


def test_stated_spread_needs_one_study_and_adds_what_its_groups_leave_open():
    prior = log_prior([2.0], [26], between_scale=0.3)
    assert prior.scale == pytest.approx(math.sqrt(0.3**2 + 0.3**2 + 0.5 / 25))
    two = log_prior([1.0, 4.0], [None, None], between_scale=0.3)
    assert (math.exp(two.mean), two.scale) == pytest.approx((2.0, 0.3 * math.sqrt(1.5)))


def test_a_cap_widens_and_never_narrows():
    prior = LogPrior(0.0, 0.2, 5, 6)
    assert prior.effective_groups == pytest.approx(13.5)
    assert prior.no_heavier_than(5.0).effective_groups == pytest.approx(5.0)
    assert prior.no_heavier_than(50.0) == prior


@pytest.mark.parametrize("df", [None, 3])
def test_posterior_agrees_with_brute_force(df):
    prior = LogPrior(math.log(1.5), 0.5, df, 4)
    probabilities = [0.025, 0.25, 0.5, 0.75, 0.975]
    expected = posterior_quantiles((prior.mean, 0.5, df), SIZES, MEANS, SQUARES, probabilities)
    found = np.quantile(posterior_draws(DATA, prior, draws=4181).between_sd, probabilities)
    assert np.log(found) == pytest.approx(np.log(expected), abs=0.02)


def test_restricted_likelihood_of_the_oracle_is_that_of_reml():
    """The oracle's maximum is the REML estimate, which vouches for the oracle."""
    from popmargin.statistics.reml import reml_components

    best = reml_components(DATA)
    at = restricted_log_likelihood(best.between_sd, best.within_sd, SIZES, MEANS, SQUARES)
    for factor in (0.97, 1.03):
        for one, other in ((factor, 1.0), (1.0, factor)):
            moved = restricted_log_likelihood(
                one * best.between_sd, other * best.within_sd, SIZES, MEANS, SQUARES
            )
            assert moved < at


def test_a_wide_prior_leaves_the_data_alone():
    rng = np.random.default_rng(1)
    data = OneWayData.from_summaries(
        [10] * 30, rng.normal(scale=2.0, size=30), 4.0 * rng.chisquare(9, 30)
    )
    own = generalised_draws(data)
    found = posterior_draws(data, LogPrior(0.0, 4.0, None, 3))
    for name in ("between_sd", "within_sd"):
        one, two = interval_of(getattr(found, name)), interval_of(getattr(own, name))
        assert (one.low, one.high) == pytest.approx((two.low, two.high), rel=0.02)


@settings(deadline=None, max_examples=20)
@given(st.floats(-1.0, 2.0), st.floats(0.02, 0.05))
def test_a_narrow_prior_is_all_there_is(mean, scale):
    found = interval_of(posterior_draws(DATA, LogPrior(mean, scale, None, 9)).between_sd)
    assert found.median == pytest.approx(math.exp(mean), rel=0.05)
    assert found.low < found.median < found.high


def test_prior_of_the_within_sd_stands_in_for_replicates():
    single = OneWayData.from_summaries([1] * 6, [0.0, 3.0, -2.0, 1.0, 4.0, -1.0], [0.0] * 6)
    between = LogPrior(math.log(2.0), 0.3, None, 4)
    with pytest.raises(NotEstimable, match="neither the data nor a prior"):
        posterior_draws(single, between)
    found = posterior_draws(single, between, LogPrior(0.0, 0.2, None, 4))
    assert np.median(found.within_sd) == pytest.approx(1.0, rel=0.1)
    with pytest.raises(NotEstimable, match="at least 2 groups"):
        posterior_draws(OneWayData.from_summaries([3], [0.0], [1.0]), between)


def test_intervals_hold_over_studies_that_are_exchangeable():
    rng = np.random.default_rng(3)
    trials, held, shorter = 300, 0, 0
    for _ in range(trials):
        truth, *others = 2.0 * np.exp(0.3 * rng.normal(size=6))
        means = rng.normal(size=8) * math.sqrt(truth**2 + 4.0 / 5)
        data = OneWayData.from_summaries([5] * 8, means, 4.0 * rng.chisquare(4, 8))
        found = interval_of(posterior_draws(data, log_prior(others), draws=500).between_sd)
        own = interval_of(generalised_draws(data, draws=500).between_sd)
        held += found.low <= truth <= found.high
        shorter += found.high - found.low < own.high - own.low
    low, high = stats.binom.ppf([0.0005, 0.9995], trials, 0.95)
    assert low <= held <= high
    assert shorter > 0.9 * trials


def test_disagreement_is_small_where_data_and_prior_are_far_apart():
    prior = LogPrior(0.0, 0.2, None, 4)
    assert disagreement(np.full(9, 3.0), prior) < 1e-6
    assert disagreement(np.full(9, 1.0), prior) == 1.0
    assert disagreement(np.zeros(9), prior) == 0.0
    rng = np.random.default_rng(5)
    draws = np.exp(0.2 * rng.normal(size=2000))
    expected = 2 * stats.norm.sf(0.5 / math.hypot(0.2, 0.2))
    assert disagreement(draws * math.exp(0.5), prior) == pytest.approx(expected, rel=0.15)


@pytest.mark.parametrize(
    ("values", "options", "error", "word"),
    [
        ([1.0, 2.0], {}, NotEstimable, "needs 3 studies"),
        ([], {"between_scale": 0.3}, NotEstimable, "needs 3 studies"),
        ([1.0, 1.0, 1.0], {}, NotEstimable, "agree exactly"),
        ([1.0, 0.0, 2.0], {}, OutOfRange, "values"),
        ([1.0], {"between_scale": -1.0}, OutOfRange, "between_scale"),
        ([1.0], {"between_scale": 0.3, "groups": [1]}, OutOfRange, "groups"),
        ([1.0], {"between_scale": 9.0}, OutOfRange, "scale in"),
    ],
)
def test_what_makes_no_prior_is_refused(values, options, error, word):
    groups = options.pop("groups", None)
    with pytest.raises(error, match=word):
        log_prior(values, groups, **options)
    with pytest.raises(OutOfRange, match="groups"):
        LogPrior(0.0, 0.2, 5, 6).no_heavier_than(1.0)
