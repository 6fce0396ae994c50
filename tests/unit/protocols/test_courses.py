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


def test_two_rows_of_one_fraction_are_refused():
    with pytest.raises(RefusedInput, match="2 rows that share theirs"):
        courses_from_shifts(shifts(fraction=[1, 1, 2]))


def test_a_table_without_a_complete_row_is_refused():
    with pytest.raises(RefusedInput, match="all three axes"):
        courses_from_shifts(shifts(fraction=[1], ap_mm=pl.Series([None], dtype=pl.Float64)))


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
