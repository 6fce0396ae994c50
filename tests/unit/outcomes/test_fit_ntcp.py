"""Fitted complication parameters: known ones are recovered, what is open is said."""

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose

from popmargin.core.exceptions import NotEstimable, OutOfRange, RefusedInput
from popmargin.outcomes.complication import lkb_probability
from popmargin.outcomes.complication_sets import check_lkb_set
from popmargin.outcomes.dose_volume import generalised_eud_gy
from popmargin.outcomes.dvh_table import equivalent_uniform_doses, patient_histograms
from popmargin.outcomes.fit_ntcp import GRID, fit_lkb
from popmargin.outcomes.ntcp import complication


@pytest.fixture(scope="module")
def cohort():
    """600 patients with two-level histograms and a serial organ (n 0.1, m 0.15, TD50 75 Gy)."""
    rng = np.random.default_rng(3)
    histograms, events = {}, {}
    for number in range(600):
        high, share = rng.uniform(50, 85), rng.uniform(0.02, 0.6)
        histogram = (np.array([10.0, high]), np.array([1 - share, share]))
        eud = generalised_eud_gy(*histogram, exponent=10.0)
        histograms[str(number)] = histogram
        events[str(number)] = int(rng.random() < lkb_probability(eud, td50_gy=75.0, m=0.15))
    return histograms, events


def test_known_parameters_are_inside_the_limits(cohort):
    fit = fit_lkb(*cohort, level=0.99)  # one cohort: limits that hold 99 of 100
    assert fit.n_low < 0.1 < fit.n_high
    assert fit.m_low < 0.15 < fit.m_high
    assert fit.td50_low_gy < 75 < fit.td50_high_gy
    assert fit.n_low < fit.n < fit.n_high
    mine = fit.as_set("own", "rectum", "bleeding", "this study")
    check_lkb_set(mine)
    found = complication([70.0], [1.0], mine)
    assert found.ntcp_low < found.ntcp < found.ntcp_high
    assert "not validated" in found.status


def test_at_its_n_the_fit_is_the_probit_of_statsmodels(cohort):
    histograms, events = cohort
    fit = fit_lkb(histograms, events)
    euds = equivalent_uniform_doses(histograms, n=fit.n)
    patients = sorted(histograms)
    x = sm.add_constant(np.array([euds[p] for p in patients]))
    want = sm.Probit(np.array([events[p] for p in patients]), x).fit(disp=0)
    intercept, slope = want.params
    assert_allclose(fit.td50_gy, -intercept / slope, rtol=1e-4)
    assert_allclose(fit.m, -1 / intercept, rtol=1e-4)
    assert_allclose(fit.log_likelihood, want.llf, rtol=1e-8)


def test_uniform_doses_tell_nothing_of_n(cohort):
    rng = np.random.default_rng(4)
    doses = rng.uniform(50, 90, 200)
    events = {str(i): int(rng.random() < lkb_probability(d, td50_gy=70, m=0.15))
              for i, d in enumerate(doses)}  # fmt: skip
    fit = fit_lkb({str(i): (np.array([d]), np.ones(1)) for i, d in enumerate(doses)}, events)
    assert fit.n_low is None
    assert fit.n_high is None
    assert fit.n in GRID


def test_too_few_events_and_falling_risk_are_refused(cohort):
    histograms, events = cohort
    with pytest.raises(NotEstimable, match="0 events"):
        fit_lkb(histograms, dict.fromkeys(events, 0))
    fewer = {patient: 1 - event for patient, event in events.items()}
    with pytest.raises(NotEstimable, match="does not rise"):
        fit_lkb(histograms, fewer)


def test_histograms_from_a_table_are_checked():
    table = pl.DataFrame(
        {
            "patient_id": ["a"] * 3, "structure": ["rectum"] * 3,
            "dose_gy": [0.0, 40.0, 60.0], "volume_fraction": [1.0, 0.5, 0.0],
        }
    )  # fmt: skip
    found = patient_histograms(table, "rectum", kind="cumulative")
    assert_allclose(equivalent_uniform_doses(found, n=1)["a"], 35.0)
    # 20 and 50 Gy in 30 fractions, alpha/beta 3: 14.667 and 46.667 Gy
    converted = equivalent_uniform_doses(found, n=1, fractions=30, alpha_beta_gy=3)
    assert_allclose(converted["a"], (20 * (20 / 30 + 3) / 5 + 50 * (50 / 30 + 3) / 5) / 2)
    with pytest.raises(RefusedInput, match="patient a"):
        patient_histograms(table, "rectum", kind="differential")
    with pytest.raises(NotEstimable, match="no histogram of heart"):
        patient_histograms(table, "heart", kind="cumulative")
    with pytest.raises(OutOfRange, match="alpha_beta_gy"):
        equivalent_uniform_doses(found, n=1, fractions=30)
