"""Drawn cohorts follow the stated truth; each complication shows where it should."""

import numpy as np
import polars as pl
import pytest

from popmargin.cohorts.simulate import simulate_cohort
from popmargin.core.exceptions import OutOfRange


def build(**changes):
    wanted = {
        "fractions": [10] * 400,
        "group_mean_mm": [1.0, 0.0, -1.0],
        "systematic_sd_mm": [2.0, 1.0, 3.0],
        "random_sd_mm": [3.0, 1.0, 2.0],
        "rng": np.random.default_rng(3),
    }
    return simulate_cohort(**(wanted | changes))


def grid(cohort: pl.DataFrame, axis: str = "lr_mm") -> np.ndarray:
    return cohort[axis].to_numpy().reshape(400, 10)


def test_truth_is_met_within_its_standard_errors():
    values = grid(build())
    within = values.var(axis=1, ddof=1).mean()
    between = values.mean(axis=1).var(ddof=1) - within / 10
    assert abs(values.mean() - 1.0) < 4 * np.sqrt((4 + 0.9) / 400)
    assert abs(within - 9.0) < 4 * 9 * np.sqrt(2 / 3600)
    assert abs(between - 4.0) < 4 * np.sqrt(2 * 4.9**2 / 399)


def test_ragged_fractions_and_ids():
    cohort = build(fractions=[2, 1, 3])
    assert cohort["fraction"].to_list() == [1, 2, 1, 1, 2, 3]
    assert cohort["patient_id"].unique().str.starts_with("synthetic-").all()


def test_inverse_gamma_variances_keep_the_mean_and_spread():
    shape = 6.0
    own = grid(build(random_variance_shape=shape, systematic_sd_mm=0)).var(axis=1, ddof=1)
    # Var(s2) of inverse gamma (mean 9) plus chi-square sampling on 9 degrees of freedom
    spread = 81 / (shape - 2)
    sampling = (spread + 81) * 2 / 9
    assert abs(own.mean() - 9.0) < 4 * np.sqrt((spread + sampling) / 400)
    equal = grid(build(systematic_sd_mm=0)).var(axis=1, ddof=1)
    assert own.std() > 1.2 * equal.std()


def test_trend_is_exact_without_noise():
    cohort = build(systematic_sd_mm=0, random_sd_mm=0, trend_mm_per_fraction=[0.1, 0, -0.2])
    assert np.allclose(grid(cohort)[0], 1.0 + 0.1 * np.arange(10))
    assert np.allclose(grid(cohort, "ap_mm")[0], -1.0 - 0.2 * np.arange(10))


def test_trend_differs_between_patients():
    cohort = build(systematic_sd_mm=0, random_sd_mm=0, trend_sd_mm_per_fraction=0.5)
    slopes = grid(cohort)[:, 1] - grid(cohort)[:, 0]
    assert abs(slopes.std() - 0.5) < 4 * 0.5 / np.sqrt(800)


def test_autocorrelation_is_the_stated_one_and_keeps_the_spread():
    values = grid(build(systematic_sd_mm=0, autocorrelation=0.6)) - 1.0
    lagged = (values[:, 1:] * values[:, :-1]).mean() / (values**2).mean()
    assert abs(lagged - 0.6) < 0.05
    assert abs((values**2).mean() - 9.0) < 1.0


def test_axis_correlation_in_both_parts():
    matrix = [[1, 0.8, 0], [0.8, 1, 0], [0, 0, 1]]
    cohort = build(axis_correlation=matrix)
    lr, si, ap = (grid(cohort, axis) for axis in ("lr_mm", "si_mm", "ap_mm"))
    within = np.corrcoef(
        (lr - lr.mean(1, keepdims=True)).ravel(), (si - si.mean(1)[:, None]).ravel()
    )
    between = np.corrcoef(lr.mean(1), si.mean(1))
    assert abs(within[0, 1] - 0.8) < 0.05
    assert abs(between[0, 1] - 0.8) < 0.1
    assert abs(np.corrcoef(lr.mean(1), ap.mean(1))[0, 1]) < 0.2


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"fractions": []}, "fractions"),
        ({"fractions": [3, 0]}, "fractions"),
        ({"autocorrelation": 1.0}, "autocorrelation"),
        ({"random_variance_shape": 1.0}, "random_variance_shape"),
        ({"trend_sd_mm_per_fraction": -0.1}, "trend_sd_mm_per_fraction"),
        ({"axis_correlation": [[1, 0], [0, 1]]}, "axis_correlation"),
        ({"axis_correlation": [[1, 0.5, 0], [0.4, 1, 0], [0, 0, 1]]}, "axis_correlation"),
        ({"axis_correlation": [[2, 0, 0], [0, 1, 0], [0, 0, 1]]}, "axis_correlation"),
        ({"axis_correlation": [[1, 1, 1], [1, 1, -1], [1, -1, 1]]}, "axis_correlation"),
    ],
)
def test_impossible_truths_are_refused(changes, name):
    with pytest.raises(OutOfRange, match=name):
        build(**changes)
