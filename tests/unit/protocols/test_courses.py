"""Courses from shifts tables: what becomes a unit, what is added back, what is refused."""

import numpy as np
import polars as pl
import pytest

from popmargin.core.exceptions import OutOfRange, RefusedInput
from popmargin.protocols.courses import Courses, courses_from_arrays, courses_from_shifts


def shifts(**columns):
    n = len(columns["fraction"])
    axes = {axis: np.arange(n, dtype=float) for axis in ("lr_mm", "si_mm", "ap_mm")}
    return pl.DataFrame({"patient_id": ["a"] * n, **axes, **columns})


def test_units_are_patient_course_and_plan_and_rows_may_come_in_any_order():
    frame = shifts(
        patient_id=["b", "a", "a", "a", "b"],
        course=[1, 1, 2, 1, 1],
        plan=["1", "2", "1", "1", "1"],
        fraction=[2, 5, 1, 4, 1],
    )
    courses = courses_from_shifts(frame)
    assert courses.unit_count == 4
    assert courses.patient_count == 2
    assert courses.patient.tolist() == [0, 0, 0, 1]
    assert courses.fraction.tolist() == [4, 5, 1, 1, 2]
    assert courses.errors_mm[:, 0].tolist() == [3, 1, 2, 4, 0]
    for seed in range(3):
        again = courses_from_shifts(frame.sample(fraction=1, shuffle=True, seed=seed))
        assert np.array_equal(again.errors_mm, courses.errors_mm)


def test_what_was_carried_is_added_back():
    frame = shifts(fraction=[3, 4], lr_mm=[3.0, 1.0]).with_columns(
        carried_lr_mm=pl.Series([None, 4.0], dtype=pl.Float64)
    )
    assert courses_from_shifts(frame).errors_mm[:, 0].tolist() == [3, 5]


def test_a_row_without_all_axes_is_set_aside_and_counted():
    frame = shifts(fraction=[1, 2, 3], si_mm=[0.0, None, 0.0])
    courses = courses_from_shifts(frame)
    assert courses.incomplete_rows == 1
    assert courses.fraction.tolist() == [1, 3]


def test_the_first_image_before_correction_counts():
    frame = shifts(
        fraction=[1, 1, 1, 2],
        image=[2, 1, 3, 1],
        timing=["before_correction"] * 2 + ["after_correction", "before_correction"],
        lr_mm=[7.0, 5.0, 1.0, 6.0],
    )
    assert courses_from_shifts(frame).errors_mm[:, 0].tolist() == [5, 6]
    after = courses_from_shifts(frame.lazy(), timing="after_correction")
    assert after.errors_mm[:, 0].tolist() == [1]


def test_surrogates_can_be_told_apart():
    frame = shifts(fraction=[1, 1], surrogate=["bone", "soft_tissue"], ap_mm=[1.0, 2.0])
    found = courses_from_shifts(frame, surrogate="soft_tissue")
    assert found.errors_mm[:, 2].tolist() == [2]


@pytest.mark.parametrize(
    "frame",
    [
        shifts(fraction=[1], ap_mm=pl.Series([None], dtype=pl.Float64)),
        shifts(fraction=[1], timing=["after_correction"]),
        shifts(fraction=[1]).drop("si_mm"),
    ],
)
def test_a_table_without_a_complete_row_is_refused(frame):
    with pytest.raises(RefusedInput, match="a replay needs all axes"):
        courses_from_shifts(frame)


def test_first_of_week_is_by_fraction_number_and_falls_to_the_next_logged_one():
    numbers = [2, 3, 7, 8, 10, 11, 21]
    courses = courses_from_arrays([np.zeros((7, 3)), np.zeros((1, 3))], [numbers, [21]])
    assert courses.first_of_week.tolist() == [1, 0, 1, 0, 0, 1, 1, 1]
    assert courses.rank_in_week.tolist() == [0, 1, 0, 1, 2, 0, 0, 0]
    assert courses.index.tolist() == [0, 1, 2, 3, 4, 5, 6, 0]


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"errors_mm": np.full((3, 3), np.nan)}, "errors_mm"),
        ({"errors_mm": np.zeros((2, 3))}, "errors_mm"),
        ({"fraction": np.array([2, 1, 1])}, "fraction"),
        ({"fraction": np.array([1, 1, 1])}, "fraction"),
        ({"fraction": np.array([0, 1, 1])}, "fraction"),
        ({"offsets": np.array([0, 3, 3])}, "offsets"),
        ({"offsets": np.array([0, 2])}, "offsets"),
        ({"offsets": np.array([1, 2, 3])}, "offsets"),
        ({"offsets": np.array([0, 2, 4])}, "offsets"),
        ({"patient": np.array([0, -1])}, "patient"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(change, name):
    good = {
        "errors_mm": np.zeros((3, 3)),
        "fraction": np.array([1, 2, 1]),
        "offsets": np.array([0, 2, 3]),
        "patient": np.array([0, 1]),
    }
    assert Courses(**good).sizes.tolist() == [2, 1]
    with pytest.raises(OutOfRange, match=f"^{name}"):
        Courses(**{**good, **change})
