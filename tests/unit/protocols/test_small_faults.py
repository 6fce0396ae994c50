"""Single values, worked out by hand or by another formula, that a small slip would move."""

from math import sqrt

import numpy as np
import polars as pl
import pytest

from popmargin.protocols.apply import apply_protocol, reduce_errors
from popmargin.protocols.closed_forms import kalman_steady_state, threshold_errors
from popmargin.protocols.courses import courses_from_arrays
from popmargin.protocols.expectation import expected_residuals, simulated_courses
from popmargin.protocols.expected import protocol_matrix
from popmargin.protocols.filling import filling_of_fractions
from popmargin.protocols.in_force import why_not_replayed
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.protocol import known_others

RNG = np.random.default_rng(6)


def test_steady_gain_of_a_drift_of_two_and_noise_of_three():
    # P = q / 2 + sqrt(q^2 / 4 + q r) with q = 4, r = 9.
    predicted = 2 + sqrt(4 + 36)
    found = kalman_steady_state(2, 3)
    assert found.gain == pytest.approx(predicted / (predicted + 9))


def test_a_correction_without_a_residual_leaves_none():
    assert threshold_errors(3, 2, 4) == threshold_errors(3, 2, 4, residual_sd_mm=0.0)


@pytest.mark.parametrize("start", [0, 1, 2, 5])
def test_parts_of_a_course_add_up_to_its_squares(start):
    errors = RNG.normal(size=(5, 3)) + np.array([10.0, -20.0, 30.0])
    means, squares = np.zeros((2, 3)), np.zeros((2, 3))
    reduce_errors(errors, start, means, squares)
    assert means[0] == pytest.approx(errors.mean(axis=0))
    assert squares[0] == pytest.approx(errors.var(axis=0) * 5)
    if start < 5:
        assert means[1] == pytest.approx(errors[start:].mean(axis=0))
        assert squares[1] == pytest.approx(errors[start:].var(axis=0) * (5 - start), abs=1e-12)


def test_equal_errors_that_differ_by_axis_leave_exactly_nothing():
    errors = np.tile([0.1, 0.7, -0.3], (7, 1))
    means, squares = np.zeros((2, 3)), np.ones((2, 3))
    reduce_errors(errors, 3, means, squares)
    assert not squares.any()
    assert (means == errors[:2]).all()


def test_a_small_variance_between_patients_shrinks_and_does_not_vanish():
    protocol = parse_protocol("nal_shrunk:images=1")
    others = np.tile(known_others(0.0, sqrt(0.005), 0.1), (1, 1, 1))
    course = courses_from_arrays([[[1.0, 1.0, 1.0]] * 3])
    left = apply_protocol(protocol, course, others, keep_errors=True, compiled=False)
    # w = 0.005 / (0.005 + 0.01 / 1) = 1 / 3.
    assert left.errors_mm[2] == pytest.approx([2 / 3] * 3)
    alike = np.tile(known_others(0.0, 0.0, 0.1), (1, 1, 1))
    left = apply_protocol(protocol, course, alike, keep_errors=True, compiled=False)
    assert left.errors_mm[2].tolist() == [1.0] * 3


def test_errors_that_nobody_states_are_one_millimetre():
    protocol = parse_protocol("nal_shrunk:images=2")
    stated = protocol_matrix(protocol, 5, systematic_sd_mm=1.0, random_sd_mm=1.0)
    assert (protocol_matrix(protocol, 5) == stated).all()


def test_a_week_begins_with_three_fractions_unless_stated():
    assert parse_protocol("weekly").values["first"] == 3


def test_without_images_the_conventional_error_is_that_of_patient_means():
    courses = courses_from_arrays([RNG.normal(size=(4, 3)) for _ in range(6)])
    known = np.tile(known_others(0.0, 3.0, 2.0), (1, 1, 1))[0]
    simulated = simulated_courses(courses, known, np.random.default_rng(1), rows=600)
    found = expected_residuals(
        parse_protocol("no_imaging"), courses, known, simulated, estimator="conventional"
    )
    assert found["course", 0].systematic_sd_mm == pytest.approx(sqrt(9 + 4 / 4))


def test_simulated_means_have_the_stated_spread_in_the_sample():
    courses = courses_from_arrays([np.zeros((2, 3))] * 8)
    known = known_others(0.0, 3.0, 0.0)
    simulated = simulated_courses(courses, known, np.random.default_rng(1), rows=16)
    means = simulated.errors_mm.reshape(8, 2, 3).mean(axis=1)
    assert means.std(axis=0, ddof=1) == pytest.approx([3.0] * 3)


def test_a_long_design_is_thinned_from_its_first_unit_to_its_last():
    # 20 rows in 5 units, about 8 wanted: 8 * 5 / 20 = 2 units, the two ends.
    courses = courses_from_arrays([np.zeros((size, 3)) for size in (2, 3, 4, 5, 6)])
    known = known_others(0.0, 3.0, 2.0)
    simulated = simulated_courses(courses, known, np.random.default_rng(1), rows=8)
    assert simulated.sizes.tolist() == [2, 6]


def test_what_is_expected_of_one_course_alone():
    course = courses_from_arrays([RNG.normal(size=(4, 3))])
    known = known_others(1.0, 3.0, 2.0)
    simulated = simulated_courses(course, known, np.random.default_rng(1), rows=8)
    found = expected_residuals(parse_protocol("no_imaging"), course, known, simulated)
    for axis in range(3):
        assert found["course", axis].systematic_sd_mm == pytest.approx(3.0)
        assert found["course", axis].random_sd_mm == pytest.approx(2.0)


@pytest.mark.parametrize("protocol", [None, "daily", "no_imaging"])
def test_errors_are_known_where_nothing_was_carried_into_them(protocol):
    rows = pl.DataFrame({"lr_mm": [1.0]})
    assert not why_not_replayed(rows, None if protocol is None else parse_protocol(protocol))


def test_errors_are_not_known_where_one_carried_axis_is_not_logged():
    carried = {f"carried_{axis}_mm": [0.5] for axis in ("lr", "si", "ap")}
    rows, in_use = pl.DataFrame({"lr_mm": [1.0]} | carried), parse_protocol("nal")
    assert not why_not_replayed(rows, in_use)
    assert "(carried_si_mm)" in why_not_replayed(rows.drop("carried_si_mm"), in_use)


def test_the_filling_at_planning_is_that_of_no_fraction():
    rows = pl.DataFrame(
        {
            "patient_id": "a", "fraction": [0, 1, 2], "structure": "rectum",
            "quantity": "diameter", "value": [50.0, 30.0, 20.0], "unit": "mm",
        }
    )  # fmt: skip
    found = filling_of_fractions(rows, structure="rectum", quantity="diameter")
    assert found.rows() == [("a", 1, 30.0), ("a", 2, 20.0)]


def test_the_filling_of_one_side():
    rows = pl.DataFrame(
        {
            "patient_id": "a", "fraction": 1, "structure": "parotid", "quantity": "volume",
            "side": ["left", "right"], "value": [30.0, 20.0], "unit": "cc",
        }
    )  # fmt: skip
    found = filling_of_fractions(rows, structure="parotid", quantity="volume", side="left")
    assert found.row(0) == ("a", 1, 30.0)
