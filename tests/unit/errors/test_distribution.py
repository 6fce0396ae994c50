"""Histogram and Q-Q points: area one, round bins, tails kept, the right values behind them."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from popmargin.errors.distribution import MAXIMUM_QUANTILES, describe_distribution


def shifts_of(lr_mm, patients, group="all"):
    n = len(lr_mm)
    return pl.DataFrame(
        {
            "group": [group] * n,
            "patient_id": patients,
            "course": ["1"] * n,
            "plan": ["1"] * n,
            "lr_mm": lr_mm,
            "si_mm": [0.0] * n,
            "ap_mm": [None] * n,
        },
        schema_overrides={"lr_mm": pl.Float64, "ap_mm": pl.Float64},
    )


def part(table, level, kind, axis="lr"):
    return table.filter(axis=axis, level=level, kind=kind)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(-200, 200, allow_subnormal=False), min_size=2, max_size=60))
def test_bars_have_area_one_and_hold_every_value(values):
    table = describe_distribution(shifts_of(values, [f"p{i}" for i in range(len(values))]))
    bars = part(table, "systematic", "histogram")
    width = bars["width"][0]
    assert (bars["y"] * bars["width"]).sum() == pytest.approx(1.0)
    assert bars.height <= 200
    assert bars["x"].min() - width / 2 <= min(values) + 1e-9
    assert max(values) - 1e-9 <= bars["x"].max() + width / 2


def test_counts_agree_with_numpy():
    values = np.random.default_rng(1).normal(1.0, 3.0, 500)
    bars = part(
        describe_distribution(shifts_of(values, [f"p{i}" for i in range(500)])),
        "systematic",
        "histogram",
    )
    width = bars["width"][0]
    assert width in (0.5, 1.0)  # Freedman-Diaconis 1.02 mm or just below, down to a round number
    edges = np.append(bars["x"] - width / 2, bars["x"][-1] + width / 2)
    density, _ = np.histogram(values, edges, density=True)
    assert bars["y"].to_numpy() == pytest.approx(density)


def test_deviations_are_from_the_unit_mean_and_single_fractions_have_none():
    table = describe_distribution(shifts_of([1.0, 3.0, 10.0], ["a", "a", "b"]))
    deviations = part(table, "random", "quantile")
    assert deviations["y"].to_list() == [-1.0, 1.0]
    assert deviations["n"].to_list() == [2, 2]
    assert part(table, "systematic", "quantile")["y"].to_list() == [2.0, 10.0]


def test_a_new_plan_is_a_unit_of_its_own():
    shifts = shifts_of([0.0, 0.0, 4.0, 4.0], ["a"] * 4).with_columns(
        plan=pl.Series(["1", "1", "2", "2"])
    )
    assert part(describe_distribution(shifts), "systematic", "quantile")["y"].to_list() == [
        0.0,
        4.0,
    ]


def test_quantiles_lie_on_the_line_of_normal_data():
    probability = (np.arange(1, 1001) - 0.375) / 1000.25
    values = 2.0 + 3.0 * stats.norm.ppf(probability)
    points = part(
        describe_distribution(shifts_of(values, [f"p{i}" for i in range(1000)])),
        "systematic",
        "quantile",
    )
    assert points.height <= MAXIMUM_QUANTILES
    assert points["y"].to_numpy() == pytest.approx(2.0 + 3.0 * points["x"].to_numpy())
    ends = points["y"].to_numpy()[[0, 1, -2, -1]]
    assert ends == pytest.approx(values[[0, 1, -2, -1]])  # thinning keeps the tails


def test_constant_axis_gives_one_bar_and_missing_axis_gives_nothing():
    table = describe_distribution(shifts_of([1.0, 2.0], ["a", "b"]))
    bar = part(table, "systematic", "histogram", axis="si")
    assert bar.select("x", "y", "width").rows() == [(0.0, 1.0, 1.0)]
    assert table.filter(axis="ap").is_empty()


def test_data_rounded_to_a_millimetre_fall_in_the_middle_of_their_bins():
    values = np.random.default_rng(2).normal(0, 3, 400).round()
    bars = part(
        describe_distribution(shifts_of(values, [f"p{i}" for i in range(400)])),
        "systematic",
        "histogram",
    )
    assert (bars["x"] % bars["width"]).abs().max() == 0


def test_row_order_does_not_change_a_bit():
    generator = np.random.default_rng(3)
    shifts = shifts_of(generator.normal(size=60), [f"p{i % 7}" for i in range(60)])
    expected = describe_distribution(shifts)
    assert describe_distribution(shifts.sample(fraction=1, shuffle=True, seed=1)).equals(expected)


def test_group_columns_are_carried():
    shifts = pl.concat(
        [shifts_of([1.0, 2.0], ["a", "b"], "y / k"), shifts_of([5.0, 7.0], ["c", "d"], "x / k")]
    ).with_columns(pl.col("group").str.head(1).alias("site"))
    table = describe_distribution(shifts, group_by=["site"])
    assert table.columns[:2] == ["site", "group"]
    assert table["group"].unique(maintain_order=True).to_list() == ["x / k", "y / k"]
    assert set(table.filter(group="x / k")["site"]) == {"x"}
