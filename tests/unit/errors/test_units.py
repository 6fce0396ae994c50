"""Summaries per unit: exact, whatever the order; one position per fraction; units are plans too."""

import math
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import RefusedInput
from popmargin.errors.population import (
    axis_data,
    axis_data_of_table,
    errors_table,
    estimate_population_errors,
)
from popmargin.errors.select import select_images
from popmargin.errors.units import summarise_units


def shifts(rows, **columns):
    names = ["patient_id", "fraction", "lr_mm", "si_mm", "ap_mm"]
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(
        pl.Series(name, values) for name, values in columns.items()
    )


VALUES = st.decimals(-50, 50, places=3, allow_nan=False)
COHORT = st.lists(
    st.tuples(st.sampled_from("abcd"), VALUES, VALUES, VALUES), min_size=1, max_size=40
)


@given(COHORT, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=60)
def test_sums_are_exact_and_free_of_the_row_order(cohort, random):
    seen: dict[str, int] = {}
    rows = []
    for patient, *position in cohort:
        seen[patient] = seen.get(patient, 0) + 1
        rows.append((patient, seen[patient], *map(float, position)))
    table = summarise_units(shifts(rows)).summaries()
    random.shuffle(rows)
    assert summarise_units(shifts(rows)).summaries().equals(table)
    for patient in seen:
        exact = [Fraction(x) for p, x, *_ in cohort if p == patient]
        mean = sum(exact) / len(exact)
        ss = sum((x - mean) ** 2 for x in exact)
        row = table.filter(patient_id=patient, axis="lr").to_dicts()[0]
        assert row["n_fractions"] == len(exact)
        assert row["mean"] == pytest.approx(float(mean), rel=1e-15, abs=1e-12)
        assert row["sum_of_squares"] == pytest.approx(float(ss), rel=1e-14, abs=1e-12)


def test_of_several_images_the_wanted_one_counts():
    rows = [("a", 1, 1.0, 0, 0), ("a", 1, 3.0, 0, 0), ("a", 2, 5.0, 0, 0)]
    by_order = shifts(rows)
    by_image = shifts(rows, image=[2, 1, 1])
    for table, first, last in ((by_order, 3.0, 4.0), (by_image, 4.0, 3.0)):
        for image, mean in (("first", first), ("last", last), ("mean", 3.5)):
            units = summarise_units(table, image=image)
            assert units.summaries().filter(axis="lr")["mean"].to_list() == [mean]
            assert (units.images, units.selected) == (3, 2)


def test_the_time_of_an_image_orders_it_where_it_has_no_number():
    times = pl.Series(["2024-01-02", "2024-01-01"]).str.to_datetime("%Y-%m-%d")
    table = shifts([("a", 1, 1.0, 0, 0), ("a", 1, 3.0, 0, 0)], acquired_at=times)
    assert select_images(table.lazy()).collect()["lr_mm"].to_list() == [3.0]


def test_fractions_beyond_the_bit_mask_are_told_apart():
    rows = [("a", f, float(f), 0, 0) for f in (1, 65, 129, 1000)]
    units = summarise_units(shifts([*rows, ("a", 129, 7.0, 0, 0)]))
    assert (units.images, units.selected) == (5, 4)


def test_timings_and_surrogates_are_never_mixed():
    table = shifts(
        [("a", 1, 1.0, 0, 0), ("a", 1, 9.0, 0, 0)],
        timing=["before_correction", "after_correction"],
        surrogate=["bone", "soft_tissue"],
    )
    assert summarise_units(table).summaries().filter(axis="lr")["mean"].to_list() == [1.0]
    residual = summarise_units(table, timing="after_correction").summaries()
    assert residual.filter(axis="lr")["mean"].to_list() == [9.0]
    with pytest.raises(RefusedInput, match="after_treatment"):
        summarise_units(table, timing="after_treatment")
    with pytest.raises(RefusedInput, match="marker"):
        summarise_units(table, surrogate="marker")


def test_an_unknown_group_column_is_refused_with_those_that_exist():
    with pytest.raises(RefusedInput, match="group by one of"):
        summarise_units(shifts([("a", 1, 1.0, 0, 0)]), group_by=["mask"])


def test_a_new_plan_is_a_new_unit_and_that_is_said():
    rows = [("a", f, float(f), 0, 0) for f in (1, 2, 3, 4)] + [
        ("b", f, float(f), 0, 0) for f in (1, 2)
    ]
    table = shifts(rows, plan=["1", "1", "2", "2", "1", "1"])
    estimates, flags = estimate_population_errors(axis_data(summarise_units(table)))
    row = estimates[0].row()
    assert (row["n_patients"], row["n_units"], row["n_fractions"]) == (2, 3, 6)
    assert "units_differ_from_patients" in [flag.code for flag in flags]


def test_summaries_written_to_a_table_give_the_same_estimates(tmp_path):
    from popmargin.tables.result import read_result
    from popmargin.tables.write import write_table

    rows = [(p, f, 0.1 * f + i, 0.3 * f, 0.7 / f) for i, p in enumerate("abc") for f in (1, 2, 3)]
    units = summarise_units(shifts(rows))
    direct, _ = estimate_population_errors(axis_data(units))
    write_table(units.summaries(), tmp_path / "u.csv", contract="unit_summaries")
    stored = axis_data_of_table(read_result(tmp_path / "u.csv", "unit_summaries"))
    again, _ = estimate_population_errors(stored)
    assert errors_table(direct).equals(errors_table(again))


DEGENERATE = {
    "one patient": [("a", f, float(f), 1.0, 0) for f in (1, 2, 3)],
    "one fraction each": [(p, 1, float(i), 1.0, 0) for i, p in enumerate("abcd")],
    "one row": [("a", 1, 1.0, 1.0, 0)],
}


@pytest.mark.parametrize("case", DEGENERATE)
@pytest.mark.parametrize("estimator", ["anova", "reml", "conventional"])
def test_what_is_not_estimable_is_null_with_a_reason_never_nan(case, estimator):
    units = axis_data(summarise_units(shifts(DEGENERATE[case])))
    estimates, flags = estimate_population_errors(units, estimators=[estimator])
    row = estimates[0].row()
    assert row["systematic_sd_mm"] is None
    assert row["systematic_sd_low_mm"] is None
    assert row["reason"]
    assert "not_estimable" in [flag.code for flag in flags]
    numbers = [value for value in row.values() if isinstance(value, float)]
    assert all(math.isfinite(number) for number in numbers)


@pytest.mark.parametrize("estimator", ["anova", "reml", "conventional"])
def test_no_spread_gives_zero_with_a_zero_interval(estimator):
    rows = [(p, f, 2.0, 0.0, -1.5) for p in "abcd" for f in (1, 2, 3)]
    units = axis_data(summarise_units(shifts(rows)))
    estimates, _ = estimate_population_errors(units, estimators=[estimator])
    for estimate in estimates:
        row = estimate.row()
        for name in ("systematic_sd", "random_sd"):
            assert [row[f"{name}{part}_mm"] for part in ("", "_low", "_high", "_upper")] == [
                0.0
            ] * 4


def test_an_axis_that_nobody_measured_is_absent():
    table = shifts([("a", 1, 1.0, None, 2.0), ("a", 2, 1.0, None, 3.0)]).cast({"si_mm": pl.Float64})
    assert [item.axis for item in axis_data(summarise_units(table))] == ["lr", "ap"]


def test_rotations_come_in_degrees():
    rows = [(p, f, 0.0, 0.0, 0.0) for p in "abc" for f in (1, 2)]
    table = shifts(rows, pitch_deg=[0.1, 0.2, 1.0, 1.1, -0.5, 0.4])
    estimates, _ = estimate_population_errors(axis_data(summarise_units(table)))
    rotations = errors_table(estimates, rotations=True)
    assert rotations["axis"].to_list() == ["pitch"]
    assert rotations["systematic_sd_deg"].null_count() == 0
    assert errors_table(estimates)["axis"].to_list() == ["lr", "si", "ap"]


def test_the_reader_is_warned_of_what_changes_the_meaning():
    loud = [
        (p, f, 8.0 + i % 2 + 3.0 * (-1) ** f, 0, 0) for i, p in enumerate("abcdef") for f in (1, 2)
    ]
    _, flags = estimate_population_errors(axis_data(summarise_units(shifts(loud))))
    codes = {flag.code for flag in flags}
    assert {"few_patients", "group_mean_excludes_zero", "systematic_variance_negative"} <= codes
    uneven = [
        (str(p), f, (p + 1) ** 3 * 0.01 * (-1) ** f, 0, 0) for p in range(12) for f in range(1, 21)
    ]
    _, flags = estimate_population_errors(axis_data(summarise_units(shifts(uneven))))
    assert "unequal_random_sd" in {flag.code for flag in flags}
