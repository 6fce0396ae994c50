"""Borrowing as a config states it, and drawn scenarios: what is refused, what is kept apart."""

import polars as pl
import pytest

from popmargin.core.exceptions import OutOfRange, RefusedInput
from popmargin.errors.comparison import compare_groups
from popmargin.errors.population import axis_data, estimate_population_errors
from popmargin.errors.units import summarise_units
from popmargin.margins.borrowing import borrow_for_groups
from popmargin.margins.scenario_errors import scenario_rows
from tests.figures.comparison_tables import PRIOR, RECIPE, comparison_shifts

NAMES = ("lung", "liver")


@pytest.fixture(scope="module")
def estimates():
    units = summarise_units(comparison_shifts(NAMES), group_by=["site"])
    return estimate_population_errors(axis_data(units))[0]


def test_only_the_groups_that_are_named_borrow(estimates):
    rows, flags = borrow_for_groups(
        estimates, [{"groups": ["liver"], **PRIOR}], RECIPE, covers="test"
    )
    assert {row["group"] for row in rows} == {"liver"}
    assert {row["prior_site"] for row in rows} == {"prostate"}
    assert [flag.code for flag in flags].count("borrowed") == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"groups": ["kidney"]}, "expected one of liver, lung"),
        ({"between_scale": None}, "state between_scale"),
        ({"site": "elbow"}, "choose from"),
    ],
)
def test_a_prior_that_cannot_be_made_is_refused(estimates, change, message):
    entry = {"groups": ["lung"], **PRIOR, **change}
    with pytest.raises(RefusedInput, match=message):
        borrow_for_groups(estimates, [entry], RECIPE, covers="test")


def test_drawn_courses_need_their_length():
    with pytest.raises(OutOfRange, match="fractions"):
        scenario_rows([], courses=1)


SHARED = pl.DataFrame(
    [
        (patient, fraction, group, place + fraction * (1.0 if group == "a" else 2.0 + 0.1 * place))
        for place, patient in enumerate("pqrstuvw")
        for group in ("abc" if patient < "t" else "a")
        for fraction in (1, 2, 3)
    ],
    schema=["patient_id", "fraction", "technique", "lr_mm"],
    orient="row",
)


def test_groups_are_compared_in_the_order_wanted():
    units = summarise_units(SHARED, group_by=["technique"])
    (found,), _ = compare_groups(units, "technique", groups=["b", "a"])
    assert found.groups == ("b", "a")
    assert found.patients == (4, 8)
    (other,), _ = compare_groups(units, "technique", groups=["a", "b"])
    assert found.mean.value == pytest.approx(-other.mean.value)
    with pytest.raises(RefusedInput, match="the group z"):
        compare_groups(units, "technique", groups=["a", "z"])


def test_only_shared_patients_can_be_asked_for():
    units = summarise_units(SHARED, group_by=["technique"])
    (found,), _ = compare_groups(units, "technique", groups=["a", "b"], shared_only=True)
    assert found.patients == (4, 4)
    assert found.shared_patients == 4
    # Mean fraction 2: the four shared patients differ by 2.0, 2.2, 2.4 and 2.6 mm.
    assert found.mean.value == pytest.approx(-2.3)
