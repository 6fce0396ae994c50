"""Covariances for scenarios: SDs of the estimator, correlations of the axes, upper limits."""

import numpy as np
import polars as pl
import pytest

from popmargin.errors.correlations import estimate_axis_correlations
from popmargin.errors.population import axis_data, estimate_population_errors
from popmargin.errors.units import summarise_units
from popmargin.margins.scenario_errors import scenario_errors


def cohort(fractions=6, patients=25):
    rng = np.random.default_rng(3)
    starts = rng.normal(size=(patients, 1, 3)) @ np.array([[2, 1.5, 0], [0, 1, 0], [0, 0, 1.0]])
    values = (starts + rng.normal(size=(patients, fractions, 3))).reshape(-1, 3)
    frame = pl.DataFrame(values, schema=["lr_mm", "si_mm", "ap_mm"], orient="row")
    return frame.with_columns(
        patient_id=pl.Series(np.repeat([f"p{n}" for n in range(patients)], fractions)),
        fraction=pl.Series(np.tile(np.arange(1, fractions + 1), patients)),
        group=pl.lit("all"),
    )


def errors_of(frame, **options):
    estimates, _ = estimate_population_errors(axis_data(summarise_units(frame.drop("group"))))
    rows, _ = estimate_axis_correlations(frame)
    return estimates, scenario_errors(estimates, rows, **options)[0]


def test_diagonals_are_the_estimates_and_the_rest_the_correlations():
    frame = cohort()
    estimates, found = errors_of(frame)
    expected = [item.estimate.systematic_sd**2 for item in estimates]
    assert np.diag(found.systematic_mm2) == pytest.approx(expected)
    assert np.diag(found.random_mm2) == pytest.approx([e.estimate.random_sd**2 for e in estimates])
    assert found.group_mean_mm == pytest.approx([e.estimate.group_mean for e in estimates])
    means = frame.group_by("patient_id").agg(pl.col("lr_mm", "si_mm").mean())
    seen = np.corrcoef(means["lr_mm"], means["si_mm"])[0, 1]
    matrix = found.systematic_mm2
    assert matrix[0, 1] / np.sqrt(matrix[0, 0] * matrix[1, 1]) == pytest.approx(seen, abs=0.05)
    assert np.linalg.eigvalsh(matrix).min() > 0


def test_upper_limits_scale_the_covariance_and_keep_the_correlations():
    frame = cohort()
    estimates, plain = errors_of(frame)
    _, upper = errors_of(frame, limit="upper")
    ratio = [e.estimate.systematic.upper / e.estimate.systematic_sd for e in estimates]
    assert upper.systematic_mm2 == pytest.approx(plain.systematic_mm2 * np.outer(ratio, ratio))


def test_what_is_missing_has_a_reason_and_no_correlations_mean_independence():
    _, single = errors_of(cohort(fractions=1))
    assert "not on lr" in single.reason
    estimates, _ = errors_of(cohort())
    (alone,) = scenario_errors(estimates, [])
    assert alone.systematic_mm2[0, 1] == 0.0
    (two,) = scenario_errors(estimates[:2], [])
    assert "not on ap" in two.reason
