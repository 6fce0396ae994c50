"""Every recipe keeps the rules that a margin formula must keep."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import OutOfRange, WrongUsage
from popmargin.margins.registry import RECIPES, describe_recipes, find_recipe

MAY_BE_NEGATIVE = {"van_herk_tcp", "mckenzie_prv_parallel"}
FIXED = ["van_herk_linear", "stroom", "parker", "icru62_linear", "icru62_quadrature", "yoda"]
sds = st.floats(0.0, 30.0)
every_recipe = pytest.mark.parametrize("name", list(RECIPES))


@every_recipe
def test_no_error_needs_no_margin(name):
    margin = float(find_recipe(name).margin(0.0, 0.0))
    assert margin == (-3.0 if name == "van_herk_tcp" else 0.0)


@every_recipe
def test_arrays_give_what_numbers_give(name):
    recipe = find_recipe(name)
    systematic, random = np.array([0.0, 1.0, 4.0]), np.array([3.0, 2.0, 5.0])
    one_by_one = [float(recipe.margin(s, r)) for s, r in zip(systematic, random, strict=True)]
    assert recipe.margin(systematic, random).tolist() == one_by_one


@every_recipe
@settings(deadline=None, max_examples=25)
@given(systematic=sds, random=sds, more=st.floats(0.001, 10.0))
def test_more_systematic_error_never_needs_less_margin(name, systematic, random, more):
    recipe = find_recipe(name)
    assert recipe.margin(systematic + more, random) >= recipe.margin(systematic, random)


@every_recipe
@settings(deadline=None, max_examples=25)
@given(systematic=sds, random=sds, factor=st.floats(0.1, 5.0))
def test_a_change_of_scale_scales_the_margin(name, systematic, random, factor):
    recipe = find_recipe(name)
    small, large = {}, {}
    if "penumbra_sd_mm" in recipe.options:
        small, large = {"penumbra_sd_mm": 3.2}, {"penumbra_sd_mm": 3.2 * factor}
    offset = 3.0 if name == "van_herk_tcp" else 0.0
    before = float(recipe.margin(systematic, random, options=small)) + offset
    after = float(recipe.margin(factor * systematic, factor * random, options=large)) + offset
    assert after == pytest.approx(factor * before, abs=1e-9)


@every_recipe
@pytest.mark.parametrize("bad", [-0.1, float("nan"), float("inf")])
def test_impossible_sd_is_refused_by_name(name, bad):
    recipe = find_recipe(name)
    with pytest.raises(OutOfRange, match="systematic_sd_mm"):
        recipe.margin(bad, 1.0)
    with pytest.raises(OutOfRange, match="random_sd_mm"):
        recipe.margin(1.0, bad)


@pytest.mark.parametrize("name", FIXED)
@pytest.mark.parametrize("option", ["penumbra_sd_mm", "population", "dose_level"])
def test_fixed_coefficients_refuse_options(name, option):
    with pytest.raises(WrongUsage, match=f"{name}.*{option}"):
        find_recipe(name).margin(3.0, 3.0, options={option: 0.9})


def test_van_herk_takes_its_options():
    recipe = find_recipe("van_herk")
    options = {"population": 0.95, "dose_level": 0.80, "penumbra_sd_mm": 6.4}
    expected = 2.79548348292 * 3.0 + 0.841621233573 * (np.hypot(4.0, 6.4) - 6.4)
    assert float(recipe.margin(3.0, 4.0, options=options)) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("population", [0.0, 1.0, 1.2, -0.5])
def test_share_outside_its_range_is_refused(population):
    with pytest.raises(OutOfRange, match="population"):
        find_recipe("van_herk").margin(3.0, 3.0, options={"population": population})


def test_one_fraction_makes_every_error_systematic():
    recipe = find_recipe("van_herk_linear")
    assert float(recipe.margin(3.0, 4.0, fractions=1)) == pytest.approx(12.5, abs=1e-12)


@pytest.mark.parametrize("fractions", [0, -1, 2.5, True])
def test_impossible_number_of_fractions_is_refused(fractions):
    with pytest.raises(OutOfRange, match="fractions"):
        find_recipe("stroom").margin(3.0, 4.0, fractions=fractions)


def test_unknown_recipe_is_refused_with_those_that_exist():
    with pytest.raises(WrongUsage, match=r"van_herc.*van_herk, van_herk_linear.*yoda"):
        find_recipe("van_herc")


def test_every_recipe_says_where_it_comes_from():
    rows = describe_recipes()
    assert [row["name"] for row in rows] == list(RECIPES)
    for row in rows:
        assert all(row[key] for key in ("formula", "source", "status", "conditions", "limits"))
        assert row["status"] in {"seen", "recalled, unvalidated"}


def codes(name, systematic, random, **more):
    return [flag.code for flag in find_recipe(name).remarks(systematic, random, **more)]


@pytest.mark.parametrize(
    ("random", "expected"),
    [(0.0, []), (2.4, ["linear_random_term"]), (2.5, []), (4.0, []), (4.1, ["linear_random_term"])],
)
def test_linear_term_is_flagged_outside_its_range(random, expected):
    assert codes("van_herk_linear", 3.0, random) == expected


def test_linear_term_says_how_much_is_missing():
    (flag,) = find_recipe("stroom").remarks(3.0, 8.0)
    assert flag.effect_mm == pytest.approx(8.9 - 5.6, abs=0.05)
    assert flag.severity == "warn"
    (flag,) = find_recipe("stroom").remarks(3.0, 1.0)
    assert flag.effect_mm == pytest.approx(0.25 - 0.70, abs=0.005)
    assert flag.severity == "info"


def test_penumbra_default_and_absence_are_flagged():
    assert codes("van_herk", 3.0, 3.0) == ["default_penumbra"]
    assert codes("van_herk", 3.0, 0.0) == []
    assert codes("van_herk", 3.0, 3.0, options={"penumbra_sd_mm": 3.2}) == []
    assert codes("van_herk", 3.0, 3.0, options={"penumbra_sd_mm": 0.0}) == ["no_penumbra"]
    assert codes("antolak_rosen", 3.0, 3.0) == ["no_penumbra"]


def test_few_fractions_are_flagged():
    assert codes("stroom", 3.0, 3.0, fractions=30) == ["effective_errors"]
    assert codes("stroom", 1.0, 3.0, fractions=5) == ["effective_errors", "few_fractions"]


@pytest.mark.parametrize("name", sorted(MAY_BE_NEGATIVE))
def test_negative_result_stays_negative_and_is_flagged(name):
    assert float(find_recipe(name).margin(0.1, 3.0)) < 0
    assert codes(name, 0.1, 3.0) == ["negative_margin"]


def test_absolute_value_of_a_negative_tcp_margin_is_never_given():
    # A published table printed 0.98 for -0.98: the sign is the finding.
    assert float(find_recipe("van_herk_tcp").margin(0.6, 0.74)) == pytest.approx(-0.982)
