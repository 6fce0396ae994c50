"""Margins of compared groups: differences, Holm over distinct tests, what is withheld."""

import numpy as np
import polars as pl
import pytest

from popmargin.errors.comparison import compare_groups
from popmargin.errors.group_comparison import holm_adjusted
from popmargin.errors.units import summarise_units
from popmargin.margins.comparison import compare_margins
from popmargin.margins.estimate import WITHHELD
from popmargin.margins.registry import find_recipe

RECIPES = [find_recipe("van_herk"), find_recipe("stroom")]
TESTS = ("group_mean", "systematic_sd", "random_sd", "margin")


def comparisons(patients=10, fractions=5, axis="lr_mm"):
    rng = np.random.default_rng(patients)
    rows = [
        (f"{group}{number}", fraction, group, value)
        for group, sd in (("a", 1.0), ("b", 2.5))
        for number in range(patients)
        for start in [rng.normal(scale=sd)]
        for fraction, value in enumerate(start + rng.normal(scale=sd, size=fractions), 1)
    ]
    shifts = pl.DataFrame(rows, schema=["patient_id", "fraction", "centre", axis], orient="row")
    return compare_groups(summarise_units(shifts, group_by=["centre"]), "centre")[0]


def test_margins_are_those_of_the_recipe_and_their_difference():
    rows, flags = compare_margins(comparisons(), RECIPES, covers="test")
    row = rows[1]
    expected = [2.0 * row[f"systematic_sd_{i}_mm"] + 0.7 * row[f"random_sd_{i}_mm"] for i in (1, 2)]
    assert [row["margin_1_mm"], row["margin_2_mm"]] == pytest.approx(expected)
    assert row["margin_difference_mm"] == pytest.approx(expected[0] - expected[1])
    assert row["margin_difference_low_mm"] < row["margin_difference_mm"]
    assert row["margin_difference_high_mm"] > row["margin_difference_mm"]
    assert [flag.code for flag in flags] == ["multiple_comparisons"]
    assert row["covers"] == "test"


def test_each_test_counts_once_however_many_recipes():
    rows, _ = compare_margins(comparisons(), RECIPES, covers="test")
    assert [row["n_tests"] for row in rows] == [5, 5]
    once = [rows[0][f"{name}_p_value"] for name in TESTS] + [rows[1]["margin_p_value"]]
    expected = holm_adjusted(once)
    found = [rows[0][f"{name}_p_value_holm"] for name in TESTS] + [rows[1]["margin_p_value_holm"]]
    assert found == pytest.approx(expected)
    assert rows[1]["random_sd_p_value_holm"] == rows[0]["random_sd_p_value_holm"]


def test_options_and_fractions_reach_the_recipe():
    plain, _ = compare_margins(comparisons(), RECIPES, covers="test")
    other, _ = compare_margins(
        comparisons(), RECIPES, covers="test", options={"penumbra_sd_mm": 6.4}, fractions=5
    )
    assert other[0]["margin_1_mm"] != plain[0]["margin_1_mm"]
    assert other[1]["margin_1_mm"] > plain[1]["margin_1_mm"]
    assert other[0]["fractions"] == 5


def test_withheld_margins_are_empty_and_say_so():
    rows, _ = compare_margins(comparisons(), RECIPES, covers="test", withheld=True)
    assert {row["margin_difference_mm"] for row in rows} == {None}
    assert {row["reason"] for row in rows} == {WITHHELD}
    assert rows[0]["systematic_sd_ratio"] is not None


def test_rotations_have_one_row_without_a_recipe():
    rows, _ = compare_margins(comparisons(axis="yaw_deg"), RECIPES, covers="test")
    assert [(row["recipe"], row["margin_1_mm"], row["reason"]) for row in rows] == [
        (None, None, None)
    ]
    assert rows[0]["n_tests"] == 3


def test_what_is_not_estimable_is_null_with_the_reason():
    rows, _ = compare_margins(comparisons(fractions=1), RECIPES[:1], covers="test")
    assert rows[0]["margin_difference_mm"] is None
    assert "every group has 1" in rows[0]["reason"]
    assert rows[0]["n_tests"] == 1
