"""Margins of logged patients: thresholds, order statistics and percentiles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from popmargin.core.exceptions import OutOfRange
from popmargin.margins.coverage import Target
from popmargin.margins.empirical_coverage import (
    empirical_coverage,
    empirical_coverage_margin,
    threshold_margins,
)
from popmargin.margins.minimum_dose import courses_of, minimum_doses
from popmargin.margins.order_statistics import quantile_interval, sample_quantile
from popmargin.margins.percentile import error_percentiles, patient_mean_percentiles

TARGET = Target(30.0)


def logs(patients=30, seed=1):
    generator = np.random.default_rng(seed)
    return courses_of(
        [
            2.0 * generator.normal(size=3)
            + 3.0 * generator.normal(size=(int(generator.integers(1, 12)), 3))
            for _ in range(patients)
        ]
    )


def test_threshold_is_where_the_dose_reaches_the_level():
    courses = logs()
    thresholds = threshold_margins(courses, TARGET)
    for patient in range(0, 30, 5):
        chosen = np.array([patient])
        threshold = thresholds[patient]
        above = minimum_doses(courses, threshold + 0.02, TARGET, patients=chosen)
        below = minimum_doses(courses, max(threshold - 0.02, 0.0), TARGET, patients=chosen)
        assert above[0] >= 0.95
        assert below[0] < 0.95 or threshold < 0.02


def test_one_fraction_needs_its_own_length():
    shifts = [[[3.0, 4.0, 0.0]], [[0.0, 0.0, 0.0]], [[1.0, 2.0, 2.0]]]
    assert threshold_margins(courses_of(shifts), TARGET) == pytest.approx([5.0, 0.0, 3.0], abs=0.01)


def test_empirical_margin_covers_the_share_and_no_less_does():
    courses = logs(40)
    found = empirical_coverage_margin(courses, 0.8, TARGET)
    assert found.n_patients == 40
    assert empirical_coverage(courses, found.margin_mm + 0.02, TARGET) >= 0.8
    assert empirical_coverage(courses, found.margin_mm - 0.05, TARGET) < 0.8
    assert found.low_mm < found.margin_mm < found.high_mm


def test_few_patients_cannot_bound_a_high_share_from_above():
    found = empirical_coverage_margin(logs(20), 0.9, TARGET)
    assert found.upper_mm is None
    assert found.high_mm is None
    assert found.low_mm is not None


def test_impossible_share_is_refused():
    with pytest.raises(OutOfRange, match="coverage"):
        empirical_coverage_margin(logs(3), 1.0, TARGET)


@pytest.mark.parametrize(
    ("count", "share", "expected"),
    [(10, 0.9, 9.0), (20, 0.9, 18.0), (10, 0.91, 10.0), (1, 0.5, 1.0), (7, 0.3, 3.0)],
)
def test_sample_quantile_is_the_least_value_that_serves_the_share(count, share, expected):
    assert sample_quantile(np.arange(1.0, count + 1.0), share) == expected


@settings(deadline=None, max_examples=30)
@given(count=st.integers(1, 120), share=st.sampled_from([0.5, 0.8, 0.9]))
def test_limits_have_their_confidence_and_no_tighter_ones_do(count, share):
    found = quantile_interval(np.arange(count, dtype=float), share)
    below = stats.binom(count, share)
    if found.upper is None:
        assert below.cdf(count - 1) < 0.95
    else:
        assert below.cdf(found.upper) >= 0.95 > below.cdf(found.upper - 1)
    if found.high is not None:
        assert below.cdf(found.high) >= 0.975 > below.cdf(found.high - 1)
    if found.low is not None:
        assert below.cdf(found.low) <= 0.025 < below.cdf(found.low + 1)


def test_interval_of_a_quantile_holds_its_confidence_in_simulation():
    generator = np.random.default_rng(2)
    truth = stats.norm.ppf(0.9)
    held = [quantile_interval(generator.normal(size=60), 0.9).upper >= truth for _ in range(1_000)]
    assert np.mean(held) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 1_000)


def test_patient_mean_percentiles_look_both_ways():
    means = np.concatenate([np.linspace(-8.0, 0.0, 100), np.linspace(0.0, 4.0, 100)])
    margins = patient_mean_percentiles(means)
    assert margins.minus.quantile == pytest.approx(7.2, abs=0.1)
    assert margins.plus.quantile == pytest.approx(3.6, abs=0.05)
    assert margins.plus.low < margins.plus.quantile < margins.plus.upper


def test_error_percentiles_resample_patients_and_not_errors():
    generator = np.random.default_rng(3)
    patients = [generator.normal(0, 3) + generator.normal(0, 1, 30) for _ in range(25)]
    margins = error_percentiles(patients, np.random.default_rng(1), resamples=200)
    everything = np.concatenate(patients)
    assert margins.plus.quantile == pytest.approx(np.quantile(everything, 0.975), abs=0.2)
    assert margins.minus.quantile == pytest.approx(-np.quantile(everything, 0.025), abs=0.2)
    # Were the 750 errors independent, the interval would be about a millimetre wide.
    assert margins.plus.high - margins.plus.low > 1.2
    assert margins.minus.low <= margins.minus.quantile <= margins.minus.high


def test_impossible_samples_are_refused():
    for bad in ([], [float("nan")], [[1.0]]):
        with pytest.raises(OutOfRange, match="values"):
            quantile_interval(bad, 0.9)
    for share in (0.0, 1.0):
        with pytest.raises(OutOfRange, match="population"):
            patient_mean_percentiles([1.0, 2.0], population=share)
    with pytest.raises(OutOfRange, match="errors_mm"):
        error_percentiles([[1.0]], np.random.default_rng(1))
    with pytest.raises(OutOfRange, match="resamples"):
        error_percentiles([[1.0], [2.0]], np.random.default_rng(1), resamples=10)
