"""Early warning: a patient with a rate of his own is no step, and a step is one beside a rate."""

from collections import Counter

import numpy as np
import polars as pl
import pytest

from popmargin.anatomy.series import series_of
from popmargin.anatomy.steps import find_steps
from popmargin.statistics.change_detection import (
    alarm_threshold,
    likelihood_ratio_path,
    rate_path,
    rate_threshold,
)

NOISE = 2.0


def depths(rng, *, patients=200, n=25, rate_sd=0.0, stepped=0.0, size=-7.0, kept=1.0):
    """Depths in mm that fall by 0.2 mm a fraction, more in some patients; some have a step."""
    fraction = np.arange(n)
    rates = rng.normal(-0.2, rate_sd, (patients, 1))
    at = rng.integers(5, n - 4, (patients, 1))
    has = rng.random((patients, 1)) < stepped
    values = 90 + rates * fraction + size * (has & (fraction >= at))
    values = values + rng.normal(0, NOISE, (patients, n))
    there = rng.random(patients * n) < kept
    table = pl.DataFrame(
        {
            "patient_id": np.repeat([f"p{p:03d}" for p in range(patients)], n),
            "course": "1",
            "fraction": np.tile(fraction, patients),
            "structure": "lung",
            "side": "",
            "quantity": "water_equivalent_depth",
            "unit": "mm",
            "value": values.ravel(),
        }
    ).filter(there)
    return series_of(table)[0], {f"p{p:03d}" for p in np.flatnonzero(has)}


@pytest.mark.parametrize("rate_sd", [0.0, 0.3])
def test_unchanged_courses_are_warned_of_in_the_stated_share(rate_sd):
    rng = np.random.default_rng(4)
    counts = Counter()
    for _ in range(3):
        rows, _ = find_steps(depths(rng, rate_sd=rate_sd, kept=0.9)[0], false_alarms=0.05)
        counts.update(row["warning"] for row in rows)
    both = counts["step and unusual rate"]
    assert (counts["step"] + both) / 600 < 0.075
    assert (counts["unusual rate"] + both) / 600 < 0.075


def test_steps_are_found_among_patients_of_unlike_rates():
    series, truth = depths(np.random.default_rng(5), rate_sd=0.3, stepped=0.2, size=-9.0)
    rows, _ = find_steps(series)
    stepped = {r["patient_id"] for r in rows if r["warning"].startswith("step")}
    assert len(stepped & truth) > 0.8 * len(truth)
    assert len(stepped - truth) < 0.08 * 200
    found = [r for r in rows if r["patient_id"] in truth and r["size"] is not None]
    assert np.median([r["size"] for r in found]) == pytest.approx(-9.0, abs=1.5)


def test_one_fast_patient_is_an_unusual_rate_and_no_step():
    series, _ = depths(np.random.default_rng(6), patients=60, rate_sd=0.1)
    frame = series[0].frame.with_columns(
        value=pl.col("value") - 1.5 * pl.col("fraction") * (pl.col("patient_id") == "p007")
    )
    changed = type(series[0])(series[0].key, frame, 0)
    row = next(r for r in find_steps([changed])[0] if r["patient_id"] == "p007")
    assert "unusual rate" in row["warning"]
    assert row["rate_alarm_fraction"] < 15


def test_the_statistic_is_that_of_generalised_least_squares():
    rng = np.random.default_rng(7)
    x, y, rate_sd = np.sort(rng.uniform(0, 20, 9)), rng.normal(size=9), 0.2
    covariance = np.eye(9) + rate_sd**2 * np.outer(x, x)
    root = np.linalg.cholesky(np.linalg.inv(covariance)).T
    best = 0.0
    for place in range(2, 9):
        design = np.column_stack([np.ones(9), np.arange(9) >= place])
        full = np.linalg.lstsq(root @ design, root @ y, rcond=None)[1][0]
        none = np.linalg.lstsq(root @ design[:, :1], root @ y, rcond=None)[1][0]
        best = max(best, none - full)
    path = likelihood_ratio_path(y[None], x=x, rate_sd=rate_sd)[0]
    assert path[-1] ** 2 == pytest.approx(best)


def test_thresholds_hold_with_rates_of_their_own():
    rng = np.random.default_rng(8)
    calm = rng.standard_normal((4000, 20)) + 0.2 * rng.standard_normal((4000, 1)) * np.arange(20)
    for path, threshold in ((likelihood_ratio_path, alarm_threshold), (rate_path, rate_threshold)):
        beyond = path(calm, rate_sd=0.2).max(axis=1) > threshold(20, 0.05, rate_sd=0.2)
        assert beyond.mean() == pytest.approx(0.05, abs=0.014)
