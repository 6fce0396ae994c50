"""Rigid registrations: the shift at the isocentre, turning directions, what is not rigid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import OutOfRange
from popmargin.gather.rigid import BASIS, chained, displacement, rigid_matrix
from tests.writers.course import Match
from tests.writers.dicom_objects import (
    ANTERIOR,
    ISOCENTRE,
    LEFT,
    MACHINE,
    SUPERIOR,
    registration_matrix,
    turn_about,
)

small = st.floats(-80, 80, allow_nan=False)


def match(*values):
    return Match("p", 1, None, *values)


def moved(turn, centre):
    """Matrix from planning to image that turns the patient about ``centre`` and shifts nothing."""
    matrix = np.eye(4)
    matrix[:3, :3] = turn
    matrix[:3, 3] = np.array(centre) - turn @ np.array(centre)
    return matrix


def test_translation_column_is_not_the_shift():
    # 3 degrees about an isocentre 229 mm off the origin: nothing is displaced there, yet the
    # translation column reads 2 * 229 * sin(1.5 deg) = 12 mm.
    isocentre = (229.0, 0.0, 0.0)
    image_to_planning = np.linalg.inv(moved(turn_about(SUPERIOR, 3), isocentre))
    found = displacement(image_to_planning, isocentre, isocentre)
    assert [found[n] for n in ("lr_mm", "si_mm", "ap_mm")] == [0, 0, 0]
    assert found["roll_deg"] == 3.0
    assert np.linalg.norm(image_to_planning[:3, 3]) == pytest.approx(11.99, abs=0.005)


@pytest.mark.parametrize(
    ("axis", "column", "point", "goes_to"),
    [
        (LEFT, "pitch_deg", SUPERIOR, ANTERIOR),  # about lr: the head end comes forward
        (SUPERIOR, "roll_deg", ANTERIOR, LEFT),  # about si: the front turns to the left
        (ANTERIOR, "yaw_deg", LEFT, SUPERIOR),  # about ap: the left side goes up
    ],
)
def test_rotations_are_right_handed_about_patient_axes(axis, column, point, goes_to):
    turn = turn_about(axis, 90)
    assert np.allclose(turn @ point, goes_to)
    found = displacement(
        np.linalg.inv(moved(turn_about(axis, 10), (0, 0, 0))), (0, 0, 0), (0, 0, 0)
    )
    assert found[column] == pytest.approx(10)
    assert sum(abs(found[name]) for name in ("pitch_deg", "roll_deg", "yaw_deg")) == pytest.approx(
        10
    )


@pytest.mark.parametrize(
    ("axis", "column"), [(LEFT, "lr_mm"), (SUPERIOR, "si_mm"), (ANTERIOR, "ap_mm")]
)
def test_patient_found_along_each_axis(axis, column):
    matrix = np.eye(4)
    matrix[:3, 3] = -4.0 * axis  # what lies 4 mm off in the image maps back onto the plan
    found = displacement(matrix, ISOCENTRE, ISOCENTRE)
    assert found == {**dict.fromkeys(found, 0.0), column: 4.0}


@given(st.tuples(small, small, small, small, small, small))
@settings(max_examples=60, deadline=None)
def test_yaw_then_roll_then_pitch(values):
    # The writer multiplies Rodrigues matrices: yaw is applied first, then roll, then pitch.
    found = displacement(registration_matrix(match(*values)), ISOCENTRE, MACHINE)
    assert tuple(found.values()) == pytest.approx(values, abs=1e-5)


def test_basis_is_a_proper_rotation():
    assert np.allclose(BASIS @ BASIS.T, np.eye(3))
    assert np.linalg.det(BASIS) == pytest.approx(1)
    assert np.allclose([BASIS @ LEFT, BASIS @ SUPERIOR, BASIS @ ANTERIOR], np.eye(3))


def test_first_item_of_a_chain_stands_leftmost():
    shift, turn = np.eye(4), np.eye(4)
    shift[:3, 3] = 10, 0, 0
    turn[:3, :3] = turn_about((0, 0, 1), 90)
    # The point is turned first, then shifted.
    assert np.allclose(chained([shift, turn]) @ [1, 0, 0, 1], [10, 1, 0, 1])
    assert np.allclose(chained([]), np.eye(4))


def test_a_quarter_turn_of_roll_does_not_warn():
    matrix = np.linalg.inv(moved(turn_about(SUPERIOR, 90), (0, 0, 0)))
    assert displacement(matrix, (0, 0, 0), (0, 0, 0))["roll_deg"] == pytest.approx(90)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda m: m[:3, :3] * 1.01,  # scaled
        lambda m: m[:3, :3] * [1, 1, -1],  # mirrored
        lambda m: m[:3, :3] + [[0, 0.01, 0], [0, 0, 0], [0, 0, 0]],  # sheared
        lambda m: m[:3, :3] * np.nan,
        lambda m: m[:3, :3] * 1e308,
    ],
)
def test_only_rigid_matrices(spoil):
    matrix = np.eye(4)
    matrix[:3, :3] = spoil(matrix)
    with pytest.raises(OutOfRange):
        rigid_matrix(matrix.ravel().tolist())


@pytest.mark.parametrize("values", [[], [1.0] * 15, [0.0] * 16, [*np.eye(4).ravel()[:15], 2.0]])
def test_sixteen_numbers_and_a_last_row(values):
    with pytest.raises(OutOfRange):
        rigid_matrix(list(values))


@pytest.mark.parametrize("size", [0.9999, 1.0, 1.0001])
def test_rounding_of_a_turn_is_forgiven(size):
    matrix = np.diag([size, size, size, 1.0])
    assert np.array_equal(rigid_matrix(matrix.ravel().tolist()), matrix)


@pytest.mark.parametrize("place", [12, 13, 14, 15])
def test_a_last_row_that_is_off_is_refused(place):
    values = np.eye(4).ravel()
    values[place] += 0.005
    with pytest.raises(OutOfRange):
        rigid_matrix(values.tolist())
