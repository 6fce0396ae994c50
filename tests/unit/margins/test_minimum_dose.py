"""The refined minimum dose against a plain grid, and the rules it must keep."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import OutOfRange
from popmargin.margins import minimum_dose_kernel as kernel
from popmargin.margins.blurred_ball import blurred_ball_dose
from popmargin.margins.coverage import Target
from popmargin.margins.minimum_dose import (
    Courses,
    courses_of,
    dose_table,
    minimum_doses,
    sphere_directions,
)
from tests.oracles.coverage_numpy import ball_dose, minimum_doses_on_grid


def drawn(systematic, random, fractions, patients, seed=1):
    generator = np.random.default_rng(seed)
    shift = systematic * generator.normal(size=(patients, 1, 3))
    return shift + random * generator.normal(size=(patients, fractions, 3))


@pytest.mark.parametrize(
    ("systematic", "random", "fractions", "radius", "penumbra"),
    [(3, 3, 30, 30.0, 3.2), (1, 3, 5, 30.0, 3.2), (1, 6, 3, 60.0, 2.0), (0.5, 5, 10, 8.0, 6.4)],
)
def test_refinement_finds_what_a_fine_grid_approaches(
    systematic, random, fractions, radius, penumbra
):
    target, margin = Target(radius, penumbra), 2.5 * systematic + 0.7 * random
    shifts = drawn(systematic, random, fractions, 40)
    refined = minimum_doses(courses_of(shifts), margin, target)
    field = target.field_radius_mm(margin)
    fine = minimum_doses_on_grid(shifts, radius, field, penumbra, points=4_000)
    coarse = minimum_doses_on_grid(shifts, radius, field, penumbra, points=100)
    # The grid can only be above the minimum (but for the table's 1e-6), and finer is nearer.
    assert np.all(refined <= fine + 2e-6)
    assert np.all(fine - refined < 1e-3)
    assert np.mean(coarse - refined) > np.mean(fine - refined)


def test_one_fraction_is_the_dose_at_the_far_side():
    shifts = drawn(4.0, 0.0, 1, 50)
    target = Target(20.0)
    doses = minimum_doses(courses_of(shifts), 6.0, target)
    field = target.field_radius_mm(6.0)
    expected = ball_dose(20.0 + np.linalg.norm(shifts[:, 0], axis=1), field, 3.2)
    assert doses == pytest.approx(expected, abs=2e-6)


def test_margins_that_are_nearly_equal_give_nearly_the_same_dose():
    courses = courses_of(drawn(2.0, 3.0, 10, 60))
    target = Target(25.0)
    equal = minimum_doses(courses, 6.0, target)
    nearly = minimum_doses(courses, [6.0, 6.0, 6.0 + 1e-6], target)
    assert nearly == pytest.approx(equal, abs=2e-5)


@settings(deadline=None, max_examples=25)
@given(
    shift=st.tuples(*[st.floats(-12.0, 12.0)] * 3),
    margins=st.tuples(*[st.floats(0.5, 12.0)] * 3),
)
def test_a_shift_to_the_ellipsoid_of_the_margins_touches_the_isodose(shift, margins):
    # The CTV stays inside the PTV, its sum with the ellipsoid, while the shift is in the ellipsoid.
    length = np.sqrt(np.sum((np.array(shift) / margins) ** 2))
    if length < 1e-3:
        return
    on_ellipsoid = np.array(shift) / length
    target = Target(25.0)
    inside, on, outside = minimum_doses(
        courses_of([[0.95 * on_ellipsoid], [on_ellipsoid], [1.05 * on_ellipsoid]]), margins, target
    )
    assert on == pytest.approx(0.95, abs=1e-5)
    assert inside >= on >= outside


@settings(deadline=None, max_examples=25)
@example(point=(6.0, 2.0, 0.0), semi=(7.0, 3.0, 1.0))  # outside, on a plane of symmetry
@example(point=(0.0, 0.0, 20.0), semi=(15.0, 15.0, 0.5))
@example(point=(20.0, 0.0, 0.0), semi=(15.0, 14.0, 13.0))
@given(point=st.tuples(*[st.floats(-20.0, 20.0)] * 3), semi=st.tuples(*[st.floats(0.5, 15.0)] * 3))
def test_distance_from_an_ellipsoid_is_the_least_one(point, semi):
    distance, *normal = kernel.ellipsoid_distance(*point, np.array(semi))
    foot = np.array(point) - distance * np.array(normal)
    if np.linalg.norm(normal) < 0.5 or abs(np.sum((foot / semi) ** 2) - 1) > 1e-5:
        # Deep inside, near the plane of symmetry, there is no single foot.
        assert np.sum((np.array(point) / semi) ** 2) < 1.0
        return
    surface = np.array(semi) * sphere_directions(2_000)
    nearest = np.linalg.norm(surface - point, axis=1).min()
    inside = np.sum((np.array(point) / semi) ** 2) < 1.0
    assert (distance <= 1e-9) == inside or abs(distance) < 1e-6
    assert abs(distance) <= nearest + 1e-6


# Fixed examples: about one patient in 20,000 ends in a second-best minimum.
@settings(deadline=None, max_examples=25, derandomize=True)
@given(seed=st.integers(0, 10**6), margin=st.floats(0.0, 15.0), more=st.floats(0.0, 5.0))
def test_more_margin_never_lowers_the_minimum_dose(seed, margin, more):
    courses, target = courses_of(drawn(2.0, 4.0, 6, 5, seed)), Target(30.0)
    before = minimum_doses(courses, margin, target)
    assert np.all(minimum_doses(courses, margin + more, target) >= before - 2e-6)


# Fixed examples: about one patient in 20,000 ends in a second-best minimum.
@settings(deadline=None, max_examples=25, derandomize=True)
@given(seed=st.integers(0, 10**6))
def test_turning_the_patient_turns_nothing_in_the_dose(seed):
    shifts = drawn(3.0, 3.0, 6, 8, seed)
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    target = Target(30.0)
    plain = minimum_doses(courses_of(shifts), 8.0, target)
    turned = minimum_doses(courses_of(shifts @ turn), 8.0, target)
    assert turned == pytest.approx(plain, abs=2e-5)


def test_patients_may_be_chosen_and_have_different_fractions():
    logs = [drawn(2.0, 3.0, fractions, 1, fractions)[0] for fractions in (1, 7, 3)]
    target, courses = Target(30.0), courses_of(logs)
    together = minimum_doses(courses, 5.0, target)
    alone = [minimum_doses(courses_of([log]), 5.0, target)[0] for log in logs]
    assert together.tolist() == alone
    assert minimum_doses(courses, 5.0, target, patients=np.array([2, 0])).tolist() == [
        alone[2],
        alone[0],
    ]


def test_weights_count_as_repeated_fractions():
    shifts = drawn(2.0, 4.0, 2, 1)[0]
    repeated = courses_of([shifts[[0, 0, 0, 1]]])
    weighted = Courses(shifts, np.array([0.75, 0.25]), np.array([0, 2]))
    target = Target(30.0)
    assert minimum_doses(weighted, 5.0, target) == pytest.approx(
        minimum_doses(repeated, 5.0, target), abs=1e-7
    )


def test_no_shift_gives_the_dose_of_the_plan():
    still = courses_of([[[0.0, 0.0, 0.0]]])
    dose = float(minimum_doses(still, 5.0, Target(30.0))[0])
    expected = blurred_ball_dose(30.0, Target(30.0).field_radius_mm(5.0), 3.2)
    assert dose == pytest.approx(expected, abs=1e-6)


def test_result_does_not_depend_on_the_number_of_threads():
    numba = pytest.importorskip("numba")
    courses, target = courses_of(drawn(3.0, 3.0, 10, 2_500)), Target(30.0)
    threads = numba.get_num_threads()
    many = minimum_doses(courses, 8.0, target)
    few = minimum_doses(courses, 8.0, target, patients=np.arange(7))
    assert few.tobytes() == many[:7].tobytes()
    try:
        numba.set_num_threads(1)
        one = minimum_doses(courses, 8.0, target)
    finally:
        numba.set_num_threads(threads)
    assert one.tobytes() == many.tobytes()


@pytest.mark.parametrize(("field", "blur"), [(40.0, 3.2), (5.0, 6.4), (60.0, 0.5)])
def test_table_is_right_to_a_millionth(field, blur):
    values, start, per_mm = dose_table(field, blur)
    reach = 7.0 * blur
    for depth in np.random.default_rng(3).uniform(max(0.0, field - reach), field + reach, 300):
        dose, _ = kernel.look_up(depth, values, start, per_mm)
        assert dose == pytest.approx(blurred_ball_dose(depth, field, blur), abs=1e-6)
    assert kernel.look_up(field + 20.0 * blur, values, start, per_mm)[0] < 1e-12


@pytest.mark.parametrize(
    "shifts", [[], [[]], [[[1.0, 2.0]]], [[[1.0, 2.0, float("nan")]]], [[1.0, 2.0, 3.0]]]
)
def test_courses_that_are_none_are_refused(shifts):
    with pytest.raises(OutOfRange, match="shifts_mm"):
        courses_of(shifts)


def test_impossible_margins_and_penumbras_are_refused():
    courses = courses_of([[[1.0, 0.0, 0.0]]])
    for margin in (-1.0, [1.0, 2.0], float("nan")):
        with pytest.raises(OutOfRange, match="margin_mm"):
            minimum_doses(courses, margin, Target(30.0))
    with pytest.raises(OutOfRange, match="penumbra_sd_mm"):
        minimum_doses(courses, 5.0, Target(30.0, 0.1))
    with pytest.raises(OutOfRange, match="dose_level"):
        minimum_doses(courses, 5.0, Target(30.0, dose_level=0.99999))
    with pytest.raises(OutOfRange, match="blur_sd_mm"):
        minimum_doses(courses, 5.0, Target(30.0), blur_sd_mm=-1.0)
