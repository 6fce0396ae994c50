"""Margins of data and declared components: variances first, the right name, honest intervals."""

import numpy as np
import pytest

from popmargin.core.exceptions import OutOfRange
from popmargin.errors.population import axis_data, estimate_population_errors
from popmargin.errors.units import summarise_units
from popmargin.margins.breathing import breathing_component
from popmargin.margins.budget_shares import estimate_error_budget
from popmargin.margins.component_draws import component_draws, known_remarks
from popmargin.margins.declared_components import components_of
from popmargin.margins.error_budget import ErrorComponent
from popmargin.margins.estimate import estimate_margins
from popmargin.margins.group_errors import group_errors
from popmargin.margins.registry import find_recipe
from popmargin.margins.risk_volumes import estimate_risk_volume_margins
from tests.figures.comparison_tables import ORGAN, comparison_shifts

COVERS = "set-up error before correction only"
RECIPE = find_recipe("van_herk_linear")
DELINEATION = ErrorComponent("delineation", "systematic", 1.0, 2.0, 3.0, "study")
GUESSED = ErrorComponent("delineation", "systematic", 1.0, 2.0, 3.0, "study", 5)
MOTION = ErrorComponent("organ motion", "random", 2.0, 2.0, 2.0, "study")
ALGORITHM = ErrorComponent("dose algorithm", "offset", -1.0, 0.0, 0.0, "measured")


@pytest.fixture(scope="module")
def estimates():
    units = summarise_units(comparison_shifts(("lung",)), group_by=["site"])
    return estimate_population_errors(axis_data(units))[0]


def margins(estimates, *components, complete=False):
    rows, _ = estimate_margins(
        estimates, [RECIPE], covers=COVERS, components=components, complete=complete
    )
    return {row["axis"]: row for row in rows}


def test_variances_add_before_the_recipe_and_offsets_after_it(estimates):
    rows = margins(estimates, DELINEATION, MOTION, ALGORITHM)
    for axis, extra, offset in (("lr", 1.0, 1.0), ("si", 2.0, 0.0), ("ap", 3.0, 0.0)):
        row = rows[axis]
        systematic = np.sqrt(row["systematic_sd_mm"] ** 2 + extra**2)
        random = np.sqrt(row["random_sd_mm"] ** 2 + 2.0**2)
        assert row["margin_mm"] == pytest.approx(2.5 * systematic + 0.7 * random + offset)
        own = 2.5 * row["systematic_sd_mm"] + 0.7 * row["random_sd_mm"]
        assert row["data_margin_mm"] == pytest.approx(own)
        assert row["budget_systematic_sd_mm"] == pytest.approx(systematic)
        assert row["budget_offset_mm"] == -offset
        assert row["margin_low_mm"] < row["margin_mm"] < row["margin_upper_mm"]
        assert row["margin_upper_mm"] < row["margin_high_mm"]


def test_no_component_leaves_every_number_as_it_is(estimates):
    for row in margins(estimates).values():
        assert row["margin_mm"] == row["data_margin_mm"]
        assert row["covers"] == COVERS
        assert row["budget_systematic_sd_mm"] == row["systematic_sd_mm"]


@pytest.mark.parametrize(
    ("components", "complete", "called"),
    [
        ((), False, "margin for the listed errors"),
        ((), True, "margin for the listed errors"),
        ((DELINEATION,), False, "margin for the listed errors"),
        ((DELINEATION,), True, "PTV margin"),
    ],
)
def test_only_a_whole_budget_makes_a_ptv_margin(estimates, components, complete, called):
    row = margins(estimates, *components, complete=complete)["lr"]
    assert row["called"] == called
    assert ("only" not in row["covers"]) == (called == "PTV margin")
    assert all(part.component in row["covers"] for part in components)


def test_intervals_carry_what_is_uncertain_and_say_what_is_taken_as_known(estimates):
    known, guessed = (margins(estimates, part)["ap"] for part in (DELINEATION, GUESSED))
    assert known["margin_mm"] == guessed["margin_mm"]
    widths = [row["margin_high_mm"] - row["margin_low_mm"] for row in (known, guessed)]
    assert widths[1] > 1.2 * widths[0]
    # Data alone leave relatively more open than data beside a known component.
    alone = margins(estimates)["ap"]
    assert widths[0] < alone["margin_high_mm"] - alone["margin_low_mm"]
    assert "delineation" in known_remarks([DELINEATION, GUESSED])[0].message
    assert known_remarks([GUESSED]) == []


def test_draws_of_a_component_follow_its_degrees_of_freedom():
    draws = component_draws(GUESSED, "ap", 20_001)
    # 5 degrees of freedom: 9 * 5 / chi-square at .975 (12.8325) and .025 (0.8312).
    low, high = np.quantile(draws, [0.025, 0.975])
    assert [low, high] == pytest.approx([np.sqrt(45 / 12.8325), np.sqrt(45 / 0.831212)], rel=2e-3)
    other = component_draws(GUESSED, "lr", 20_001)
    assert abs(np.corrcoef(np.log(draws), np.log(other))[0, 1]) < 0.03
    assert set(component_draws(DELINEATION, "ap", 3)) == {3.0}


@pytest.mark.parametrize(("kind", "freedom"), [("systematic", 0.5), ("offset", 5.0)])
def test_impossible_degrees_of_freedom_are_refused(kind, freedom):
    with pytest.raises(OutOfRange, match="degrees_of_freedom of x"):
        ErrorComponent("x", kind, 1.0, 1.0, 1.0, "test", freedom)


def test_savings_have_intervals_that_hold_them(estimates):
    groups = group_errors(estimates, covers=COVERS, seed=1)
    rows = estimate_error_budget(groups, [GUESSED, ALGORITHM], RECIPE, complete=True)
    assert {row["total"] for row in rows} == {"PTV margin"}
    for row in rows:
        assert row["saving_low_mm"] <= row["saving_mm"] <= row["saving_high_mm"]
        assert row["margin_low_mm"] < row["margin_mm"] < row["margin_high_mm"]
    offset = next(row for row in rows if row["kind"] == "offset" and row["axis"] == "lr")
    assert offset["saving_low_mm"] == pytest.approx(offset["saving_high_mm"]) == 1.0
    whole = margins(estimates, GUESSED, ALGORITHM, complete=True)["ap"]
    found = next(row for row in rows if row["axis"] == "ap")
    assert found["margin_mm"] == pytest.approx(whole["margin_mm"])
    assert found["margin_high_mm"] == pytest.approx(whole["margin_high_mm"], rel=0.03)


def test_breathing_enters_by_its_amplitude():
    amplitude = {"lr_mm": 0.0, "si_mm": 10.0, "ap_mm": 5.0, "sd_ratio": 0.25, "source": "traces"}
    (part,) = components_of({"components": [], "breathing": amplitude})
    assert (part.component, part.kind) == ("breathing", "random")
    assert (part.lr_mm, part.si_mm, part.ap_mm) == (0.0, 2.5, 1.25)
    assert part.source == "traces; 0.25 of the peak-to-peak amplitude"
    with pytest.raises(OutOfRange):
        breathing_component(-1.0, 0.0, 0.0, "x")


def test_an_organ_at_risk_has_the_recipe_of_its_response(estimates):
    serial, parallel = (
        estimate_risk_volume_margins(estimates, [ORGAN | {"response": response}], covers=COVERS)[0][
            2
        ]
        for response in ("serial", "parallel")
    )
    systematic = np.hypot(serial["systematic_sd_mm"], 3.0)
    random = serial["random_sd_mm"]
    assert serial["margin_mm"] == pytest.approx(1.3 * systematic + 0.5 * random)
    assert parallel["margin_mm"] == pytest.approx(1.3 * systematic - 0.5 * random)
    assert serial["organ"] == "rectum"
    assert "PTV" not in serial["called"]
