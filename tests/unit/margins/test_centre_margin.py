"""Verdicts on a margin in use, by what the centre's own errors need."""

import pytest

from popmargin.core.exceptions import OutOfRange
from popmargin.errors.population import axis_data, estimate_population_errors
from popmargin.errors.units import summarise_units
from popmargin.margins.centre_margin import judge_centre_margin
from popmargin.margins.registry import find_recipe
from tests.unit.errors.cohort_of_centres import shifts


def verdicts(used, mean=0.0, patients=40, seed=3):
    groups = axis_data(summarise_units(shifts("A", patients, seed=seed, mean=mean)))
    estimates, _ = estimate_population_errors(groups)
    recipe = find_recipe("van_herk_linear")
    return judge_centre_margin(estimates, used, recipe, centre="A", covers="set-up error")


def test_the_verdict_follows_the_limits_of_what_is_needed():
    row = verdicts({"lr": 7.0})[0]
    limits = [row[f"margin_needed{part}_mm"] for part in ("_low", "", "_upper", "_high")]
    assert limits == sorted(limits)
    low, needed, upper, _ = limits
    recipe = 2.5 * 2 + 0.7 * 2  # 2 mm each by construction
    assert needed == pytest.approx(recipe, rel=0.25)
    for margin, verdict in ((upper, "enough"), (upper - 0.01, "not known"), (low, "not known"),
                            (low - 0.01, "too small")):  # fmt: skip
        assert verdicts({"lr": margin})[0]["verdict"] == verdict


def test_the_share_of_draws_is_the_confidence():
    row = verdicts({"lr": 1.0, "si": 100.0})
    assert row[0]["share_of_draws"] == 0.0
    assert row[1]["share_of_draws"] == 1.0
    upper = verdicts({"lr": 7.0})[0]["margin_needed_upper_mm"]
    assert verdicts({"lr": upper})[0]["share_of_draws"] == pytest.approx(0.95, abs=0.002)


def test_a_centre_that_is_off_is_not_told_that_a_margin_is_enough():
    assert {row["verdict"] for row in verdicts({"lr": 100.0, "ap": 0.1}, mean=5.0)} == {
        "correct the group mean first"
    }


def test_what_is_not_estimable_is_not_known():
    row = verdicts({"lr": 100.0}, patients=1)[0]
    assert (row["verdict"], row["margin_needed_mm"], row["share_of_draws"]) == (
        "not known",
        None,
        None,
    )
    assert row["reason"]


@pytest.mark.parametrize("margin", [0.0, -1.0, float("nan"), float("inf")])
def test_a_margin_must_be_a_positive_number(margin):
    with pytest.raises(OutOfRange, match="margin_mm"):
        verdicts({"lr": margin})
