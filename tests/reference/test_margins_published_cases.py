"""Margins printed in papers, recomputed from the Sigma and sigma printed beside them."""

import csv
from pathlib import Path

import pytest

from popmargin.margins.registry import find_recipe

# In this table the word van_herk means the linear form.
RECIPES = {
    "van_herk": "van_herk_linear",
    "stroom": "stroom",
    "sigma_plus_0.7sigma": "icru62_linear",
}
DATA = Path(__file__).parent / "data" / "cases_margins_published.csv"
CASES = list(csv.DictReader(DATA.read_text().splitlines()))


def recomputed(case: dict[str, str]) -> float:
    recipe = find_recipe(RECIPES[case["recipe"]])
    return float(recipe.margin(float(case["Sigma_mm"]), float(case["sigma_mm"])))


def test_every_row_of_the_table_is_used():
    assert len(CASES) == 21


@pytest.mark.parametrize("case", CASES, ids=[case["case_id"] for case in CASES])
def test_recipe_gives_the_expected_margin(case):
    expected, tolerance = float(case["expected_margin_mm"]), float(case["abs_tol"])
    assert recomputed(case) == pytest.approx(expected, rel=0, abs=tolerance)


@pytest.mark.parametrize("case", CASES, ids=[case["case_id"] for case in CASES])
def test_printed_margin_agrees_within_its_rounding_or_is_known_not_to(case):
    difference = abs(recomputed(case) - float(case["published_margin_mm"]))
    agrees = difference <= float(case["rounding_tol_mm"]) + 1e-12
    assert agrees == (case["published_consistent"] == "yes")
