"""Control charts: limits by hand, false alarms, what they see, and what is left out."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest
from scipy import stats

from popmargin.core.exceptions import OutOfRange
from popmargin.errors.control_chart import estimate_control_chart
from popmargin.errors.control_points import (
    EWMA_LIMIT,
    EWMA_WEIGHT,
    baseline_of,
    ewma_points,
    part_of,
    window_points,
)
from popmargin.statistics.one_way import OneWayData
from tests.oracles.comparison_control_chart import ewma_average_run_length, ewma_by_definition


def summaries(rng, patients, sizes=10, shift=0.0, shape=None):
    """Patients with Sigma = sigma = 2; those after the first 20 are shifted."""
    n = np.broadcast_to(sizes, patients)
    scale = (
        np.ones(patients) if shape is None else (shape - 1) / rng.standard_gamma(shape, patients)
    )
    means = rng.normal(scale=np.sqrt(4.0 + 4.0 * scale / n)) + shift * (np.arange(patients) >= 20)
    return OneWayData.from_summaries(n, means, 4.0 * scale * rng.chisquare(n - 1))


def shifts_of(rng, patients, change=lambda _place: (0.0, 1.0), fractions=6):
    """Logged shifts with dates; ``change`` gives offset and scale of the n-th patient to start."""
    rows = []
    for place in rng.permutation(patients).tolist():
        offset, scale = change(place)
        start = offset + scale * rng.normal(scale=2.0)
        first = datetime(2024, 1, 1, 8) + timedelta(days=3 * place)
        for fraction in range(1, fractions + 1):
            when = first + timedelta(days=fraction - 1)
            rows.append((f"x{place * 7919 % 101:03}", fraction, start + rng.normal(), when))
    return pl.DataFrame(
        rows, schema=["patient_id", "fraction", "si_mm", "acquired_at"], orient="row"
    )


def test_limits_are_prediction_limits():
    data = summaries(np.random.default_rng(1), 30)
    baseline = baseline_of(part_of(data, 0, 20))
    mean, sd, random = window_points(data, 20, 30, baseline, 0.01)
    first, later = data.means[:20], data.means[20:]
    half = stats.t.ppf(0.995, 19) * first.std(ddof=1) * np.sqrt(1 / 10 + 1 / 20)
    assert (mean.value, mean.lower) == pytest.approx((later.mean(), first.mean() - half))
    factors = np.sqrt(stats.f.ppf([0.005, 0.995], 9, 19))
    assert sd.value == pytest.approx(later.std(ddof=1))
    assert [sd.lower, sd.upper] == pytest.approx((first.std(ddof=1) * factors).tolist())
    logs = np.log(data.sums_of_squares / 9)
    half = stats.t.ppf(0.995, 19) * logs[:20].std(ddof=1) * np.sqrt(1 / 10 + 1 / 20)
    centre = logs[:20].mean()
    # The bias of a log variance is common to all patients here and so to all four numbers.
    assert random.value / random.centre == pytest.approx(np.exp((logs[20:].mean() - centre) / 2))
    assert random.upper / random.centre == pytest.approx(np.exp(half / 2))


def test_ewma_is_the_weighted_sum_and_its_constants_give_500():
    data = summaries(np.random.default_rng(2), 33)
    baseline = baseline_of(part_of(data, 0, 20))
    points = ewma_points(data, baseline)
    expected = ewma_by_definition(data.means[20:].tolist(), baseline.mean, EWMA_WEIGHT)
    assert [point.value for point in points] == pytest.approx(expected)
    steady = EWMA_LIMIT * np.sqrt(baseline.variance * (0.2 / 1.8 + 1 / 20))
    assert points[-1].upper - baseline.mean == pytest.approx(steady, rel=0.06)
    assert points[-1].upper - baseline.mean < steady
    assert ewma_average_run_length(EWMA_WEIGHT, EWMA_LIMIT) == pytest.approx(500, rel=0.005)


@pytest.mark.parametrize(
    ("sizes", "shape"), [(10, None), (np.r_[np.full(20, 25), np.full(10, 5)], None), (12, 3.0)]
)
def test_without_change_the_windows_keep_their_rate(sizes, shape):
    rng = np.random.default_rng(0)
    trials, outside = 600, {"group_mean": 0, "systematic_sd": 0, "random_sd": 0}
    for _ in range(trials):
        data = summaries(rng, 30, sizes, shape=shape)
        baseline = baseline_of(part_of(data, 0, 20))
        for point in window_points(data, 20, 30, baseline, 0.05):
            outside[point.quantity] += point.outside
    # True rates measured with 6,000 cohorts: 3.4 to 5.3 %.
    low, high = stats.binom.ppf(0.0005, trials, 0.035), stats.binom.ppf(0.9995, trials, 0.055)
    assert all(low <= count <= high for count in outside.values()), outside


def test_a_shift_of_the_mean_is_seen_first_by_the_ewma():
    rng = np.random.default_rng(4)
    seen = {"ewma": 0, "window": 0}
    for _ in range(100):
        data = summaries(rng, 50, shift=2.0)
        baseline = baseline_of(part_of(data, 0, 20))
        windows = [window_points(data, s, s + 10, baseline, 0.0027)[0] for s in (20, 30, 40)]
        seen["window"] += any(point.outside for point in windows)
        seen["ewma"] += any(point.outside for point in ewma_points(data, baseline))
    assert seen["ewma"] > 65
    assert seen["ewma"] > seen["window"]


def test_a_changed_couch_raises_a_flag_with_its_date():
    def change(place):
        return (6.0, 1.0) if place >= 30 else (0.0, 1.0)

    rows, flags = estimate_control_chart(shifts_of(np.random.default_rng(5), 50, change))
    codes = [flag.code for flag in flags]
    assert codes.count("control_chart_signal") >= 2
    assert any("group_mean left its limits" in flag.message for flag in flags)
    windows = [r for r in rows if (r["chart"], r["quantity"]) == ("window", "group_mean")]
    assert [r["n_units"] for r in windows] == [10, 10, 10, 10, 10]
    assert [r["signal"] for r in windows] == [None, None, False, True, True]
    assert windows[3]["started_from"] == "2024-03-31"
    assert [r["point"] for r in windows] == [1, 2, 3, 4, 5]
    ewma = [r for r in rows if r["chart"] == "ewma"]
    assert len(ewma) == 30
    assert {r["axis"] for r in rows} == {"si"}


def test_order_of_rows_changes_nothing():
    shifts = shifts_of(np.random.default_rng(6), 30)
    shuffled = shifts.sample(fraction=1.0, shuffle=True, seed=3)
    assert estimate_control_chart(shifts) == estimate_control_chart(shuffled)


def test_without_dates_nothing_is_charted_and_said():
    shifts = shifts_of(np.random.default_rng(7), 30)
    rows, flags = estimate_control_chart(shifts.drop("acquired_at"))
    assert rows == []
    assert [(flag.code, flag.column) for flag in flags] == [("not_estimable", "acquired_at")]
    first = pl.when(pl.col("patient_id") > "x050").then("acquired_at")
    rows, flags = estimate_control_chart(shifts.with_columns(first.alias("acquired_at")))
    assert flags[0].code == "not_dated"
    assert "found" in flags[1].message
    assert rows == []


def test_few_or_equal_patients_are_not_charted():
    rows, flags = estimate_control_chart(shifts_of(np.random.default_rng(8), 22))
    assert (rows, flags[0].patients) == ([], 22)
    level = shifts_of(np.random.default_rng(8), 30).with_columns(si_mm=pl.lit(1.0))
    rows, flags = estimate_control_chart(level)
    assert rows == []
    assert "do not vary" in flags[0].message


def test_groups_are_charted_apart_and_single_fractions_lack_the_random_sd():
    shifts = shifts_of(np.random.default_rng(9), 60, fractions=1)
    both = shifts.with_columns(site=pl.when(pl.col("patient_id") > "x050").then(pl.lit("b")))
    rows, _ = estimate_control_chart(both, group_by=["site"], baseline_patients=10)
    assert {row["group"] for row in rows} == {"b", "not stated"}
    assert {row["quantity"] for row in rows} == {"group_mean", "systematic_sd"}


@pytest.mark.parametrize(
    "options", [{"baseline_patients": 4}, {"window_patients": 2}, {"false_alarm": 0.0}]
)
def test_impossible_options_are_refused(options):
    with pytest.raises(OutOfRange, match=next(iter(options))):
        estimate_control_chart(shifts_of(np.random.default_rng(1), 5), **options)
