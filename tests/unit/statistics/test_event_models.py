"""Curves, regressions, weights and imputations agree with independent implementations."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose
from sklearn.metrics import roc_auc_score
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight

from popmargin.core.exceptions import NotEstimable, OutOfRange
from popmargin.statistics.event_times import cumulative_incidence, kaplan_meier
from popmargin.statistics.imputation import impute
from popmargin.statistics.prediction import predict_left_out, prediction_quality
from popmargin.statistics.proportion import exact_proportion
from popmargin.statistics.regression import fit_cox, fit_logistic
from popmargin.statistics.weighting import weighted_comparison

RNG = np.random.default_rng(11)
N = 260
X = RNG.standard_normal((N, 3)) * [1.0, 5.0, 0.2] + [0.0, 60.0, 1.0]
GROUPS = RNG.integers(0, 13, N)
Y = (RNG.random(N) < 1 / (1 + np.exp(-(-0.6 + 0.7 * X[:, 0])))).astype(int)
TIME = np.round(RNG.exponential(20, N), 1) + 0.1
CODE = RNG.choice([0, 1, 2], N, p=[0.3, 0.5, 0.2])


def test_kaplan_meier_is_that_of_statsmodels():
    curve, want = kaplan_meier(TIME, CODE), SurvfuncRight(TIME, (CODE == 1).astype(int))
    assert_allclose(curve.times[1:], want.surv_times)
    assert_allclose(curve.value[1:], want.surv_prob, atol=1e-12)
    assert_allclose(curve.at_risk[1:], want.n_risk)
    low, high = want.quantile_ci(0.5)
    assert low < curve.times[np.argmax(curve.value <= 0.5)] < high


def test_cumulative_incidence_is_that_of_statsmodels():
    curve, want = cumulative_incidence(TIME, CODE), CumIncidenceRight(TIME, CODE)
    place = np.searchsorted(want.times, curve.times[1:])
    assert_allclose(curve.value[1:], want.cinc[0][place], atol=1e-12)
    # the standard error behind the limits, back from the transformed scale
    inside = np.isfinite(curve.low)
    s = 1 - curve.value[inside]
    wide = np.log(np.log(1 - curve.high[inside]) / np.log(s)) / 1.959964
    assert_allclose(wide * s * -np.log(s), want.cinc_se[0][place][inside[1:]], rtol=0.03)


def test_without_competing_events_both_curves_agree():
    code = (CODE == 1).astype(int)
    one, other = kaplan_meier(TIME, code), cumulative_incidence(TIME, code)
    assert_allclose(1 - one.value, other.value, atol=1e-12)
    assert 1 - one.at(20.0)[0] == pytest.approx(other.at(20.0)[0])
    naive = 1 - kaplan_meier(TIME, CODE).value[-1]
    assert naive > cumulative_incidence(TIME, CODE).value[-1] + 0.05


@pytest.mark.parametrize("clustered", [False, True])
def test_logistic_is_that_of_statsmodels(clustered):
    model = sm.Logit(Y, sm.add_constant(X))
    options = (
        {"cov_type": "cluster", "cov_kwds": {"groups": GROUPS, "use_correction": False}}
        if clustered
        else {}
    )
    want = model.fit(disp=0, tol=1e-12, **options)
    found = fit_logistic(X, Y, clusters=GROUPS if clustered else None)
    count = np.unique(GROUPS).size
    factor = np.sqrt(count / (count - 1)) if clustered else 1.0
    assert_allclose(found.coefficients, want.params[1:], rtol=1e-6, atol=1e-9)
    assert_allclose(found.standard_error, want.bse[1:] * factor, rtol=1e-5)


# Entries never equal an event time: statsmodels counts such a row as at risk, popmargin does not.
@pytest.mark.parametrize("entry", [None, TIME * 0.3 + 0.013])
def test_cox_is_that_of_statsmodels(entry):
    status = (CODE == 1).astype(int)
    want = PHReg(TIME, X, status=status, entry=entry, ties="breslow").fit(disp=0)
    found = fit_cox(X, TIME, CODE, entry=entry)
    assert_allclose(found.coefficients, want.params, rtol=1e-5, atol=1e-8)
    assert_allclose(found.standard_error, want.bse, rtol=1e-4)


def test_clustered_cox_is_that_of_statsmodels():
    status = (CODE == 1).astype(int)
    want = PHReg(TIME, X, status=status, ties="breslow").fit(disp=0, groups=GROUPS)
    found = fit_cox(X, TIME, CODE, clusters=GROUPS)
    count = np.unique(GROUPS).size
    assert_allclose(found.standard_error, want.bse * np.sqrt(count / (count - 1)), rtol=1e-3)


@pytest.mark.parametrize("table", [(3, 20, 1, 25), (0, 20, 6, 14), (2, 40, 5, 35)])
def test_penalised_two_by_two_adds_a_half_to_each_cell(table):
    a, b, c, d = table
    x = np.repeat([1.0, 1.0, 0.0, 0.0], table)[:, None]
    y = np.repeat([1, 0, 1, 0], table)
    found = fit_logistic(x, y, penalised=True)
    half = [cell + 0.5 for cell in (a, b, c, d)]
    want = np.log(half[0] * half[3] / (half[1] * half[2]))
    assert_allclose(found.coefficients[0], want, atol=1e-4)
    assert found.low[0] < want < found.high[0]


def test_separation_and_few_events_turn_to_the_penalty():
    x = np.repeat([0.0, 1.0], 30)[:, None]
    y = np.repeat([0, 1], [30, 30])
    assert fit_logistic(x, y).method == "penalised"
    with pytest.raises(NotEstimable, match="separate"):
        fit_logistic(x, y, penalised=False)
    time = np.concatenate([np.full(30, 50.0), np.arange(1.0, 31.0)])
    fit = fit_cox(x, time, y)
    assert fit.method == "penalised"
    assert 0 < fit.low[0] < fit.coefficients[0] < fit.high[0] < 15


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: fit_logistic(X, np.zeros(N)), NotEstimable, "no event"),
        (lambda: fit_logistic(X, np.ones(N)), NotEstimable, "everybody"),
        (lambda: fit_logistic(np.ones((N, 1)), Y), NotEstimable, "one arm"),
        (lambda: fit_logistic(np.full((N, 1), np.nan), Y), OutOfRange, "impute"),
        (lambda: fit_cox(X, TIME, np.zeros(N)), NotEstimable, "no event"),
        (lambda: fit_cox(X, -TIME, CODE), OutOfRange, ">= 0"),
        (lambda: fit_cox(X, TIME, CODE, entry=TIME), OutOfRange, "entry"),
        (lambda: kaplan_meier([1.0], [3]), OutOfRange, "competing"),
        (lambda: kaplan_meier([], []), NotEstimable, "no subject"),
        (lambda: weighted_comparison(Y, np.ones(N), X), NotEstimable, "one group"),
        (lambda: weighted_comparison(np.zeros(N), Y, X), NotEstimable, "no event"),
        (lambda: weighted_comparison(Y, X[:, 0] > 0, X), NotEstimable, "separate"),
        (lambda: fit_logistic(X, Y, clusters=np.zeros(N)), NotEstimable, "one cluster"),
        (lambda: exact_proportion(3, 2), OutOfRange, "at most"),
    ],
)
def test_what_the_data_cannot_carry_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_weights_balance_the_groups_and_remove_the_bias():
    rng = np.random.default_rng(5)
    x = rng.standard_normal((6000, 2))
    group = (rng.random(6000) < 1 / (1 + np.exp(-x[:, 0]))).astype(int)
    risk = 1 / (1 + np.exp(-(-1.5 + x[:, 0] + 0.0 * group)))
    y = (rng.random(6000) < risk).astype(int)
    found = weighted_comparison(y, group, x)
    naive = y[group == 1].mean() - y[group == 0].mean()
    assert naive > 0.1
    assert found.difference_low < 0 < found.difference_high
    assert abs(found.balance_before[0]) > 0.5
    assert np.abs(found.balance_after).max() < 0.05
    assert max(found.effective_sizes) < 6000


def test_left_out_predictions_and_their_area():
    predicted = predict_left_out(X, Y, GROUPS)
    found = prediction_quality(predicted, Y, GROUPS)
    assert_allclose(found.area, roc_auc_score(Y, predicted))
    assert found.clusters == np.unique(GROUPS).size
    assert 0.3 < found.calibration_slope < 1.5
    with pytest.raises(NotEstimable, match="one centre"):
        predict_left_out(X, Y, np.zeros(N))


def test_imputation_recovers_a_slope_that_deletion_biases():
    rng = np.random.default_rng(7)
    x = rng.standard_normal(3000)
    y = x + 0.5 * rng.standard_normal(3000)
    gone = rng.random(3000) < 1 / (1 + np.exp(-2 * y))
    table = np.column_stack([np.where(gone, np.nan, x), y])
    copies = impute(table, times=5, rng=rng)
    slopes = [np.polyfit(copy[:, 0], copy[:, 1], 1)[0] for copy in copies]
    means = [copy[:, 0].mean() for copy in copies]
    assert abs(np.mean(slopes) - 1) < 0.05
    assert abs(np.mean(means)) < 0.06 < -np.nanmean(table[:, 0])
    assert not pd.isna(copies[0]).any()
