"""Components measured together: the total counts once, and its parts say what they weigh."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import OutOfRange
from popmargin.errors.population import axis_data, estimate_population_errors
from popmargin.errors.target_parts import estimate_target_parts
from popmargin.errors.units import summarise_units
from popmargin.margins.budget_rows import budget_rows
from popmargin.margins.budget_shares import estimate_error_budget
from popmargin.margins.declared_components import component_rows, components_of_rows
from popmargin.margins.error_budget import ErrorComponent, combine_components
from popmargin.margins.group_errors import group_errors
from popmargin.margins.measured_total import check_totals, part_covariance, without
from popmargin.margins.registry import find_recipe

RECIPE = find_recipe("van_herk_linear")
TOTAL = "registration and isocentre"
sds = st.floats(0.1, 8.0)


def family(first, second, total, **kwargs):
    def part(name, value, part_of=None):
        return ErrorComponent(name, "systematic", value, value, value, "x", part_of=part_of)

    return [
        ErrorComponent("delineation", "systematic", 2.0, 2.0, 2.0, "study"),
        part("registration", first, TOTAL),
        part("isocentre", second, TOTAL),
        part(TOTAL, total),
    ]


def test_a_measured_total_counts_in_place_of_its_parts():
    components = family(3.0, 4.0, 6.0)
    assert combine_components(components, "si").systematic_sd_mm == pytest.approx(np.sqrt(40.0))
    # 36 = 9 + 16 + 2 * 5.5
    assert part_covariance(components[1], components, "si") == pytest.approx(5.5)
    assert part_covariance(components[0], components, "si") is None
    rows = [row for row in budget_rows(components, RECIPE) if row["axis"] == "si"]
    whole, left = 2.5 * np.sqrt(40.0), 2.5 * np.sqrt(4.0 + 16.0)
    assert rows[1]["saving_mm"] == pytest.approx(whole - left)
    assert rows[3]["saving_mm"] == pytest.approx(whole - 5.0)
    assert rows[1]["variance_share"] == pytest.approx((9.0 + 5.5) / 40.0)
    assert rows[1]["variance_share"] + rows[2]["variance_share"] == pytest.approx(
        rows[3]["variance_share"]
    )


@settings(deadline=None, max_examples=50)
@given(sds, sds, st.floats(-1.0, 1.0))
def test_what_is_left_without_a_part_is_the_other_part(first, second, correlation):
    total = np.sqrt(first**2 + second**2 + 2.0 * correlation * first * second)
    components = family(first, second, float(total))
    check_totals(components)
    (rest,) = [part for part in without(components, 1) if part.component == TOTAL]
    assert rest.lr_mm == pytest.approx(second, rel=1e-6, abs=1e-6)
    found = part_covariance(components[1], components, "lr")
    assert found == pytest.approx(correlation * first * second, rel=1e-6, abs=1e-6)


def test_parts_come_through_a_table_with_their_groups():
    parts = [
        ErrorComponent(**row)
        for row in (
            {"component": c, "kind": "random", "lr_mm": v, "si_mm": v, "ap_mm": v, "source": "x",
             "part_of": p, "groups": ("lung", "liver")}
            for c, v, p in (("a", 1.0, "t"), ("b", 1.0, "t"), ("t", 1.5, None))
        )
    ]  # fmt: skip
    again = components_of_rows(component_rows(parts))
    assert [part.groups for part in again] == [("lung",), ("liver",)] * 3
    one = [part for part in again if part.groups == ("liver",)]
    assert combine_components(one, "ap").random_sd_mm == 1.5


@pytest.mark.parametrize(
    ("components", "words"),
    [
        (family(3.0, 4.0, 8.0), "between 1 and 7"),
        (family(3.0, 4.0, 0.5), "between 1 and 7"),
        (family(3.0, 4.0, 6.0)[:3], "part_of of registration"),
        (family(3.0, 4.0, 6.0)[2:], "two or more"),
    ],
)
def test_impossible_totals_are_refused(components, words):
    with pytest.raises(OutOfRange, match=words):
        check_totals(components)


def matched_shifts(patients=24, fractions=8, covariance=0.0, seed=1):
    """Bone and soft-tissue matches with known SDs: set-up 2 and 1, motion 1.5 and 2."""
    rng = np.random.default_rng(seed)
    between = rng.multivariate_normal([0, 0], [[4, covariance], [covariance, 2.25]], (patients, 3))
    scatter = rng.normal(size=(patients, fractions, 3, 2)) * [1.0, 2.0]
    errors = between[:, None] + scatter
    frames = []
    for name, values in (("bone", errors[..., 0]), ("soft_tissue", errors.sum(axis=-1))):
        flat = values.reshape(-1, 3)
        frames.append(
            pl.DataFrame(
                {
                    "patient_id": np.repeat([f"p{i}" for i in range(patients)], fractions),
                    "fraction": list(range(1, fractions + 1)) * patients,
                    "surrogate": name,
                    **dict(zip(("lr_mm", "si_mm", "ap_mm"), flat.T, strict=True)),
                }
            )
        )
    return pl.concat(frames)


def split_budget(shifts, **kwargs):
    units = summarise_units(shifts, surrogate="soft_tissue")
    estimates, _ = estimate_population_errors(axis_data(units))
    groups = group_errors(estimates, covers="set-up error only, matched on soft tissue", seed=1)
    parts = estimate_target_parts(shifts)
    return estimate_error_budget(groups, [], RECIPE, complete=False, target_parts=parts, **kwargs)


def test_errors_matched_on_the_target_are_split_with_their_covariance():
    rows = split_budget(matched_shifts(400, 10, covariance=-1.5))
    found = {(r["axis"], r["kind"], r["component"]): r for r in rows}
    total = found["ap", "systematic", "set-up error, matched on soft tissue"]
    setup, motion = (found["ap", "systematic", n] for n in ("set-up error", "organ motion"))
    # 4 + 2.25 - 3 = 3.25: together the two errors are smaller than the larger of them.
    assert total["value_mm"] == pytest.approx(np.sqrt(3.25), rel=0.12)
    assert setup["covariance_mm2"] == pytest.approx(-1.5, abs=0.5)
    assert setup["variance_share"] + motion["variance_share"] == pytest.approx(1.0)
    assert setup["dominant"]
    assert not motion["dominant"]
    assert motion["part_of"] == total["component"]
    # Without organ motion the set-up error is left, which is larger than both together.
    assert motion["saving_mm"] == pytest.approx(
        total["margin_mm"] - 2.5 * setup["value_mm"] - 0.7 * found[
            "ap", "random", "set-up error, matched on soft tissue"]["value_mm"]
    )  # fmt: skip
    assert motion["saving_mm"] < 0.0
    for row in (setup, motion):
        assert row["saving_low_mm"] < row["saving_mm"] < row["saving_high_mm"]


def test_intervals_of_savings_hold_the_truth_as_often_as_they_say():
    truth = 2.5 * (np.sqrt(6.25) - 2.0)  # removing a systematic organ motion of 1.5 mm
    held = 0
    for seed in range(40):
        rows = split_budget(matched_shifts(15, 6, seed=seed))
        for row in rows:
            if row["component"] == "organ motion" and row["kind"] == "systematic":
                held += row["saving_low_mm"] <= truth <= row["saving_high_mm"]
    # 120 intervals of 95 %: 114 expected, SD 2.4 (the three axes are independent).
    assert held >= 106
