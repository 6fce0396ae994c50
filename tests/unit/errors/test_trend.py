"""The trend over fractions: means by hand, t limits, what counts once, and order of rows."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from popmargin.core.exceptions import OutOfRange
from popmargin.errors.trend import estimate_fraction_trend


def shifts_of(rows):
    """Rows are (group, patient, fraction, lr); the other axes stay 0."""
    return pl.DataFrame(
        rows, schema=["group", "patient_id", "fraction", "lr_mm"], orient="row"
    ).with_columns(pl.lit(0.0).alias("si_mm"), pl.lit(0.0).alias("ap_mm"))


def row_of(trend, **where):
    return trend.row(
        by_predicate=pl.all_horizontal(pl.col(k) == v for k, v in where.items()), named=True
    )


def test_interval_agrees_with_scipy():
    values = [1.0, 2.5, -0.5, 4.0]
    trend = estimate_fraction_trend(
        shifts_of([("all", f"p{i}", 3, v) for i, v in enumerate(values)]), confidence_level=0.9
    )
    row = row_of(trend, axis="lr", fraction=3)
    low, high = stats.t.interval(0.9, 3, np.mean(values), stats.sem(values))
    assert row["n_patients"] == 4
    assert row["mean_mm"] == pytest.approx(1.75)
    assert (row["mean_low_mm"], row["mean_high_mm"]) == (pytest.approx(low), pytest.approx(high))


def test_one_patient_has_a_mean_and_no_interval():
    row = row_of(estimate_fraction_trend(shifts_of([("all", "p", 1, 2.0)])), axis="lr")
    assert row["mean_mm"] == 2.0
    assert row["mean_low_mm"] is None
    assert row["mean_high_mm"] is None


def test_two_images_of_one_patient_count_as_one_patient():
    trend = estimate_fraction_trend(
        shifts_of([("all", "p", 1, 2.0), ("all", "p", 1, 4.0), ("all", "q", 1, 0.0)])
    )
    row = row_of(trend, axis="lr")
    assert (row["n_patients"], row["mean_mm"]) == (2, 1.5)


def test_not_measured_is_left_out_and_measured_zero_is_not():
    trend = estimate_fraction_trend(
        shifts_of([("all", "p", 1, None), ("all", "q", 1, 0.0), ("all", "r", 1, 3.0)])
    )
    assert row_of(trend, axis="lr")["n_patients"] == 2
    assert row_of(trend, axis="si")["n_patients"] == 3


def test_group_columns_are_carried_and_groups_are_apart():
    shifts = shifts_of([("a / x", "p", 1, 1.0), ("b / x", "q", 1, 9.0)]).with_columns(
        pl.col("group").str.head(1).alias("site")
    )
    trend = estimate_fraction_trend(shifts, group_by=["site"])
    assert trend.columns == [
        "site",
        "group",
        "axis",
        "fraction",
        "n_patients",
        "mean_mm",
        "mean_low_mm",
        "mean_high_mm",
    ]
    assert row_of(trend, group="b / x", axis="lr")["mean_mm"] == 9.0
    assert trend.filter(group="b / x")["site"].unique().to_list() == ["b"]


def test_rows_come_in_the_order_of_groups_axes_and_fractions():
    shifts = shifts_of([(g, "p", f, 1.0) for g in "ba" for f in (10, 2, 1)])
    trend = estimate_fraction_trend(shifts)
    assert trend["group"].to_list() == ["a"] * 9 + ["b"] * 9
    assert trend["axis"].to_list()[:9] == ["lr"] * 3 + ["si"] * 3 + ["ap"] * 3
    assert trend["fraction"].to_list()[:3] == [1, 2, 10]


@settings(deadline=None, max_examples=25)
@given(st.randoms(use_true_random=False))
def test_order_of_rows_does_not_change_a_bit(random):
    generator = np.random.default_rng(4)
    rows = [("all", f"p{i}", f, float(generator.normal())) for i in range(7) for f in (1, 1, 2)]
    expected = estimate_fraction_trend(shifts_of(rows))
    random.shuffle(rows)
    assert estimate_fraction_trend(shifts_of(rows)).equals(expected)


@pytest.mark.parametrize("level", [0.0, 1.0, float("nan")])
def test_level_outside_its_range_is_refused(level):
    with pytest.raises(OutOfRange, match="confidence_level"):
        estimate_fraction_trend(shifts_of([("all", "p", 1, 2.0)]), confidence_level=level)
