"""Complication and control of plans: bands, conversions, what is not given."""

from dataclasses import replace

import pytest

from popmargin.core.exceptions import NotEstimable, OutOfRange, RefusedInput
from popmargin.outcomes.complication_sets import complication_set
from popmargin.outcomes.control import poisson_control
from popmargin.outcomes.control_sets import PoissonControlSet, control_set
from popmargin.outcomes.ntcp import complication, complication_difference
from popmargin.outcomes.tcp import control_difference

RECTUM = complication_set("rectum_quantec")
WIDE = ([20, 50, 74], [0.5, 0.3, 0.2])
NARROW = ([20, 50, 74], [0.6, 0.3, 0.1])


def test_band_is_the_range_over_the_box_of_published_limits():
    result = complication(*WIDE, RECTUM)
    assert result.ntcp_low < result.ntcp < result.ntcp_high
    corners = [
        complication(*WIDE, replace(RECTUM, label="corner", n=n, m=m, td50_gy=td50)).ntcp
        for n in (RECTUM.n_low, RECTUM.n_high)
        for m in (RECTUM.m_low, RECTUM.m_high)
        for td50 in (RECTUM.td50_low_gy, RECTUM.td50_high_gy)
    ]
    # the probability is monotonic in each parameter here, so the corners are the extremes
    assert result.ntcp_low == pytest.approx(min(corners), rel=1e-12)
    assert result.ntcp_high == pytest.approx(max(corners), rel=1e-12)


def test_limits_of_one_parameter_alone_give_a_band_too():
    partial = replace(RECTUM, label="partial", n_low=None, m_low=None)
    result, whole = complication(*WIDE, partial), complication(*WIDE, RECTUM)
    assert whole.ntcp_low < result.ntcp_low < result.ntcp < result.ntcp_high < whole.ntcp_high


def test_no_published_limits_no_band_and_the_reason():
    result = complication([26], [1], complication_set("parotid_dijkema"))
    assert result.ntcp_low is None
    assert result.ntcp_high is None
    assert result.assumptions[-1].startswith("no band")


def test_difference_of_plans():
    change = complication_difference(WIDE, NARROW, RECTUM)
    assert change.difference == pytest.approx(change.ntcp_new - change.ntcp_reference)
    assert change.difference_low < change.difference < change.difference_high <= 0
    same = complication_difference(WIDE, WIDE, RECTUM)
    assert (same.difference, same.difference_low, same.difference_high) == (0, 0, 0)


def test_physical_dose_is_converted_with_the_sets_own_ratio():
    hypofractionated = complication([60], [1], RECTUM, fractions=20)
    assert hypofractionated.ntcp == pytest.approx(complication([72], [1], RECTUM).ntcp)
    assert "alpha/beta 3 Gy" in hypofractionated.assumptions[2]
    with pytest.raises(RefusedInput, match="an alpha/beta to convert"):
        complication([60], [1], replace(RECTUM, alpha_beta_gy=None), fractions=20)


def test_status_reaches_the_result():
    result = complication([20], [1], complication_set("lung_quantec"))
    assert "default, not validated" in result.status
    assert "default, not validated" in result.assumptions[0]
    assert result.ntcp == pytest.approx(0.206, abs=5e-4)


def test_control_difference_has_a_band_and_says_what_it_is_not():
    change = control_difference(
        ([78], [1]), ([78, 70], [0.9, 0.1]), control_set("prostate_logistic"), fractions=39
    )
    assert change.difference_low < change.difference < change.difference_high < 0
    assert "only the difference" in change.assumptions[1]
    assert not hasattr(change, "tcp")


def test_band_of_control_holds_every_parameter_between_the_limits():
    plans = ([78], [1]), ([74], [1])
    parameters = control_set("prostate_logistic")
    change = control_difference(*plans, parameters, fractions=39)
    for d50 in (64, 66.03, 70.4, 72):
        inner = control_difference(*plans, replace(parameters, d50_gy=d50), fractions=39)
        assert change.difference_low - 1e-4 <= inner.difference <= change.difference_high + 1e-4


def test_set_without_limits_gives_no_difference():
    with pytest.raises(NotEstimable, match="has no limits"):
        control_difference(([60], [1]), ([59], [1]), control_set("nsclc_logistic"), fractions=30)


def test_poisson_set_needs_a_target_volume_and_limits():
    parameters = control_set("prostate_poisson")
    assert isinstance(parameters, PoissonControlSet)
    with pytest.raises(NotEstimable, match="has no limits"):
        control_difference(([78], [1]), ([76], [1]), parameters, fractions=39, target_cc=40)
    banded = replace(parameters, alpha_low_per_gy=0.2, alpha_high_per_gy=0.32)
    with pytest.raises(OutOfRange, match="target_cc"):
        control_difference(([78], [1]), ([76], [1]), banded, fractions=39)
    change = control_difference(([78], [1]), ([76], [1]), banded, fractions=39, target_cc=40)
    expected = [
        poisson_control(
            [dose],
            [1],
            fractions=39,
            alpha_per_gy=0.26,
            alpha_sd_per_gy=0.06,
            alpha_beta_gy=3,
            clonogens=4e8,
        )
        for dose in (78, 76)
    ]
    assert change.difference == pytest.approx(expected[1] - expected[0])
    assert change.difference_low <= change.difference <= change.difference_high < 0
