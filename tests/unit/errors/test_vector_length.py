"""Share of fractions beyond a length: counts by hand, intervals against their definition."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from popmargin.errors.vector_length import estimate_vector_lengths


def shifts_of(lengths, patients):
    n = len(lengths)
    return pl.DataFrame(
        {
            "group": ["all"] * n,
            "patient_id": patients,
            "lr_mm": lengths,
            "si_mm": [0.0] * n,
            "ap_mm": [0.0] * n,
        }
    )


def at(table, length):
    return table.row(by_predicate=pl.col("length_mm") == length, named=True)


def test_length_uses_all_three_axes_and_exceeding_is_strict():
    shifts = pl.DataFrame(
        {
            "group": ["all"] * 3,
            "patient_id": ["a", "b", "c"],
            "lr_mm": [2.0, 0.0, 1.0],
            "si_mm": [1.0, 3.0, None],
            "ap_mm": [2.0, 4.0, 1.0],
        }
    )
    table = estimate_vector_lengths(shifts)
    assert at(table, 3.0)["share_exceeding"] == 0.5  # 3 mm exactly does not exceed 3 mm
    assert at(table, 5.0)["share_exceeding"] == 0.0
    assert set(table["n_fractions"]) == {2}


def test_shares_fall_from_the_grid_start_and_hold_3_and_5_mm():
    lengths = np.random.default_rng(1).gamma(2.0, 30.0, 200)
    table = estimate_vector_lengths(shifts_of(lengths, [f"p{i % 20}" for i in range(200)]))
    assert table["length_mm"].is_sorted()
    assert table["share_exceeding"].is_sorted(descending=True)
    assert {3.0, 5.0} <= set(table["length_mm"])
    assert table["share_exceeding"][-1] == 0.0
    for row in table.rows(named=True):
        assert row["share_exceeding_low"] <= row["share_exceeding"] <= row["share_exceeding_high"]


def test_nothing_exceeding_counts_each_patient_once():
    table = estimate_vector_lengths(shifts_of([0.1] * 40, [f"p{i % 10}" for i in range(40)]))
    row = at(table, 5.0)
    assert row["share_exceeding_low"] == 0.0
    assert row["share_exceeding_high"] == pytest.approx(1 - 0.025 ** (1 / 10))


def test_patients_all_alike_inside_are_worth_one_observation_each():
    # 20 patients of 50 equal fractions, 5 of them beyond 3 mm: the effective size is near 20.
    lengths = np.repeat([4.0] * 5 + [1.0] * 15, 50)
    row = at(
        estimate_vector_lengths(shifts_of(lengths, np.repeat(np.arange(20), 50).astype(str))), 3.0
    )
    exact = stats.binomtest(5, 20).proportion_ci(0.95, "exact")
    assert row["share_exceeding"] == 0.25
    assert row["share_exceeding_low"] == pytest.approx(exact.low, abs=0.03)
    assert row["share_exceeding_high"] == pytest.approx(exact.high, abs=0.03)


def test_one_patient_has_no_interval():
    row = at(estimate_vector_lengths(shifts_of([1.0, 4.0], ["a", "a"])), 3.0)
    assert (row["share_exceeding"], row["share_exceeding_low"]) == (0.5, None)


def test_interval_covers_the_true_share_of_a_clustered_cohort():
    generator = np.random.default_rng(11)
    true = 2 * stats.norm.sf(3.0 / np.hypot(1.5, 1.5))
    hits = 0
    for _ in range(300):
        errors = generator.normal(0, 1.5, (15, 1)) + generator.normal(0, 1.5, (15, 10))
        row = at(
            estimate_vector_lengths(
                shifts_of(errors.ravel(), np.repeat(np.arange(15), 10).astype(str))
            ),
            3.0,
        )
        hits += row["share_exceeding_low"] <= true <= row["share_exceeding_high"]
    assert hits / 300 >= 0.93
