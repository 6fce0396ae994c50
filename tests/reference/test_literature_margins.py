"""Published margins: verdicts on the 168 rows and on the cases, from their printed digits."""

import csv
from pathlib import Path

import pytest

from popmargin.margins.published import (
    check_published_margins,
    judge_margin,
    published_population_errors,
)
from popmargin.margins.registry import find_recipe

CASES = Path(__file__).parent / "data" / "cases_margins_published.csv"
RECIPES = {
    "van_herk": "van_herk_linear",
    "sigma_plus_0.7sigma": "icru62_linear",
    "stroom": "stroom",
}


@pytest.fixture(scope="module")
def verdicts():
    return check_published_margins(published_population_errors())


def test_every_published_row_gets_one_verdict_with_a_reason(verdicts):
    assert verdicts.height == 168
    assert verdicts["reason"].null_count() == 0
    counts = dict(verdicts["verdict"].value_counts().iter_rows())
    assert counts == {
        "reproduces": 36,
        "does_not_follow": 5,
        "no_stated_recipe": 15,
        "errors_not_stated": 34,
        "no_margin_stated": 78,
    }


def test_verdicts_agree_with_the_agreement_noted_when_the_rows_were_collected(verdicts):
    """Where a recipe is stated the noted agreement is the verdict; nobody else is accused."""
    noted = published_population_errors()["agrees_within_rounding"].to_list()
    for row, agreed in zip(verdicts.to_dicts(), noted, strict=True):
        if row["recipe_stated"] is None or agreed == "n/a":
            assert row["reproduces"] is None, row
        else:
            assert row["reproduces"] == (agreed == "yes"), row


def test_the_absolute_value_of_a_negative_margin_is_named(verdicts):
    rows = verdicts.filter(paper="PMC4809593").drop_nulls("margin_stated_mm").to_dicts()
    assert [row["verdict"] for row in rows] == ["does_not_follow", "reproduces", "does_not_follow"]
    assert all("absolute value" in row["reason"] for row in rows[::2])


def test_rotations_keep_their_unit(verdicts):
    rotations = verdicts.filter(unit="deg")
    assert rotations.height == 3
    assert rotations["systematic_sd_mm"].null_count() == 3
    assert rotations["systematic_sd_deg"].null_count() == 0


@pytest.mark.parametrize(
    "case", list(csv.DictReader(CASES.read_text().splitlines())), ids=lambda case: case["case_id"]
)
def test_published_case(case):
    """The recipe gives the tabled margin, and the printed margin is judged as the table says."""
    name = RECIPES[case["recipe"]]
    margin = float(find_recipe(name).margin(float(case["Sigma_mm"]), float(case["sigma_mm"])))
    assert margin == pytest.approx(float(case["expected_margin_mm"]), abs=float(case["abs_tol"]))
    if name == "van_herk_linear":
        verdict = judge_margin(
            case["Sigma_mm"], case["sigma_mm"], case["published_margin_mm"], "", "2.5Sigma+0.7sigma"
        )
        assert verdict.reproduces == (case["published_consistent"] == "yes")
