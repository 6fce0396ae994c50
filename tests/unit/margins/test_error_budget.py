"""The error budget: quadrature by kind, offsets linear, what dominates and what it is called."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import OutOfRange
from popmargin.margins.budget_rows import budget_rows
from popmargin.margins.error_budget import (
    EXPECTED_COMPONENTS,
    ErrorComponent,
    budget_margin,
    budget_remarks,
    combine_components,
    describe_coverage,
    margin_name,
)
from popmargin.margins.registry import find_recipe

RECIPE = find_recipe("van_herk_linear")
SET_UP = ErrorComponent("set-up error before correction", "systematic", 3.0, 2.0, 1.0, "data")
DELINEATION = ErrorComponent("delineation", "systematic", 4.0, 1.0, 2.0, "study")
MOTION = ErrorComponent("organ motion", "random", 3.0, 3.0, 3.0, "study")
BREATHING = ErrorComponent("breathing", "random", 4.0, 0.0, 0.0, "trace")
ALGORITHM = ErrorComponent("dose algorithm", "offset", -1.0, 0.0, 2.0, "measured")
BUDGET = [SET_UP, DELINEATION, MOTION, BREATHING, ALGORITHM]
sizes = st.floats(0.0, 10.0)


def component(kind, value):
    return ErrorComponent("x", kind, value, value, value, "test")


def test_kinds_are_combined_apart():
    errors = combine_components(BUDGET, "lr")
    assert (errors.systematic_sd_mm, errors.random_sd_mm, errors.offset_mm) == (5.0, 5.0, -1.0)


def test_margin_is_the_recipe_plus_the_size_of_the_offset():
    assert budget_margin(BUDGET, "lr", RECIPE) == pytest.approx(12.5 + 3.5 + 1.0)
    few = budget_margin([component("random", 4.0)], "si", RECIPE, fractions=1)
    assert few == pytest.approx(10.0)


def test_rows_say_what_each_component_weighs():
    rows = {(row["axis"], row["component"]): row for row in budget_rows(BUDGET, RECIPE)}
    assert len(rows) == 15
    delineation = rows["lr", "delineation"]
    assert delineation["variance_share"] == pytest.approx(0.64)
    assert delineation["dominant"]
    assert delineation["saving_mm"] == pytest.approx(2.5 * (5.0 - 3.0))
    assert not rows["lr", "set-up error before correction"]["dominant"]
    assert rows["lr", "dose algorithm"]["variance_share"] is None
    assert rows["ap", "dose algorithm"]["saving_mm"] == pytest.approx(2.0)
    assert rows["si", "breathing"]["saving_mm"] == 0.0


def test_share_of_a_kind_that_is_zero_is_none():
    (row, *_) = budget_rows([component("random", 0.0)], RECIPE)
    assert row["variance_share"] is None
    assert not row["dominant"]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["systematic", "random"]), sizes), min_size=1))
def test_removing_an_error_never_costs_margin_and_savings_do_not_add_up(parts):
    components = [component(kind, value) for kind, value in parts]
    rows = [row for row in budget_rows(components, RECIPE) if row["axis"] == "lr"]
    assert all(row["saving_mm"] >= -1e-9 for row in rows)
    assert sum(row["saving_mm"] for row in rows) <= rows[0]["margin_mm"] + 1e-9


def test_words_follow_what_is_inside():
    assert describe_coverage([SET_UP], False) == "set-up error before correction only"
    assert describe_coverage([SET_UP, DELINEATION, MOTION, MOTION], False) == (
        "set-up error before correction, delineation and organ motion only"
    )
    measured = ErrorComponent(
        "set-up error before correction only, matched on bone", "random", 1, 1, 1, "data"
    )
    text = describe_coverage([measured, DELINEATION], True)
    assert "only" not in text
    assert text.endswith("and delineation (error budget declared complete)")
    with pytest.raises(OutOfRange, match="components"):
        describe_coverage([], False)


def test_ptv_margin_is_said_of_complete_budgets_only():
    assert margin_name(True) == "PTV margin"
    assert "PTV" not in margin_name(False)


def test_complete_budget_must_have_a_word_on_every_expected_error():
    (flag,) = budget_remarks([part.component for part in BUDGET], True)
    assert "registration, machine isocentre, intra-fraction, residual" in flag.message
    assert "delineation" not in flag.message
    assert budget_remarks([], False) == []
    assert budget_remarks(EXPECTED_COMPONENTS, True) == []


def test_impossible_components_are_refused():
    with pytest.raises(OutOfRange, match="kind of x"):
        component("both", 1.0)
    with pytest.raises(OutOfRange, match="lr_mm of x"):
        component("systematic", -1.0)
    with pytest.raises(OutOfRange, match="offsets_mm"):
        component("offset", float("nan"))
