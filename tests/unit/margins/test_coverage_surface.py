"""Coverage over surface points: against the refined ball, against all points, and refusals."""

import numpy as np
import pytest
from scipy import stats

from popmargin.core.exceptions import OutOfRange
from popmargin.margins.course_errors import CourseErrors
from popmargin.margins.coverage import Target
from popmargin.margins.coverage_closed_form import planar_allowed_shift
from popmargin.margins.coverage_surface import (
    DepthProfile,
    DistanceGrid,
    straight_edge,
    surface_coverage,
    surface_minimum_doses,
)
from popmargin.margins.minimum_dose import courses_of, minimum_doses, sphere_directions
from popmargin.margins.shift_probability import shift_probability
from tests.oracles.coverage_numpy import ball_dose

GENERATOR = np.random.default_rng(1)
SHIFTS = GENERATOR.normal(0, 1, (60, 1, 3)) + GENERATOR.normal(0, 3, (60, 10, 3))
TARGET = Target(20.0)
BALL = 20.0 * sphere_directions(1_500)


def ball_profile(margin):
    start, step = 0.0, 0.01
    depth = np.arange(1, 8_001) * step
    field = TARGET.field_radius_mm(margin)
    dose = ball_dose(depth, field, TARGET.penumbra_sd_mm)
    return DepthProfile(np.concatenate([[1.0], dose]), start, step)


def box_grid(half, reach, spacing):
    """Signed distance from a box, exact outside and inside."""
    axis = np.arange(-reach, reach + spacing / 2, spacing)
    grids = np.meshgrid(axis, axis, axis, indexing="ij")
    beyond = np.stack([np.abs(grid) - half for grid in grids])
    outside = np.linalg.norm(np.maximum(beyond, 0.0), axis=0)
    return DistanceGrid(outside + np.minimum(beyond.max(axis=0), 0.0), [-reach] * 3, [spacing] * 3)


def test_points_of_a_ball_approach_its_refined_minimum():
    courses = courses_of(SHIFTS)
    refined = minimum_doses(courses, 5.0, TARGET)
    points = surface_minimum_doses(courses, BALL, ball_profile(5.0))
    assert np.all(points >= refined - 5e-6)
    assert np.all(points - refined < 2e-3)


@pytest.mark.parametrize("with_grid", [False, True])
def test_descent_finds_the_lowest_of_all_points(with_grid):
    grid = box_grid(15.0, 30.0, 1.5) if with_grid else None
    points = BALL * 15.0 / np.abs(BALL).max(axis=1, keepdims=True) if with_grid else BALL
    profile = straight_edge(5.0, 3.2, 0.95) if with_grid else ball_profile(5.0)
    found = surface_minimum_doses(courses_of(SHIFTS), points, profile, grid)
    # One patient and one point at a time: nothing to search.
    for patient in range(0, 60, 12):
        moved = [points[i] + SHIFTS[patient] for i in range(len(points))]
        everything = surface_minimum_doses(courses_of(moved), np.zeros((20, 3)), profile, grid)
        assert found[patient] == pytest.approx(everything.min(), abs=1e-12)


def test_large_box_is_covered_as_a_plane_face_is():
    # Only lr errors: a face of the box shifts along its normal, which is the planar formula.
    errors = CourseErrors([3.0, 0.0, 0.0], 0.0)
    points = BALL * 15.0 / np.abs(BALL).max(axis=1, keepdims=True)
    found = surface_coverage(
        errors,
        points,
        straight_edge(5.0, 3.2, 0.95),
        0.95,
        np.random.default_rng(2),
        fractions=1,
        grid=box_grid(15.0, 30.0, 1.5),
        n_patients=2_000,
    )
    allowed = planar_allowed_shift(5.0, 0.0, penumbra_sd_mm=3.2)
    expected = shift_probability(allowed, [3.0, 0.0, 0.0])
    assert found.coverage == pytest.approx(expected, abs=4 * found.coverage_standard_error)


def test_beyond_the_grid_the_distance_goes_on():
    grid = box_grid(5.0, 8.0, 1.0)
    profile = straight_edge(4.0, 3.2, 0.95)
    points = np.zeros((20, 3))
    doses = surface_minimum_doses(
        courses_of([[[9.0, 0.0, 0.0]], [[14.0, 0, 0]]]), points, profile, grid
    )
    expected = stats.norm.cdf(stats.norm.ppf(0.95) + (4.0 - np.array([4.0, 9.0])) / 3.2)
    assert doses == pytest.approx(expected, abs=1e-5)


def test_weights_of_fractions_count():
    courses = courses_of([[[0.0, 0.0, 9.0], [0.0, 0.0, 0.0]]])
    alone = [
        surface_minimum_doses(courses_of([[shift]]), np.tile([0.0, 0.0, 20.0], (20, 1)), p)[0]
        for p in [ball_profile(5.0)]
        for shift in courses.shifts_mm
    ]
    both = surface_minimum_doses(courses, np.tile([0.0, 0.0, 20.0], (20, 1)), ball_profile(5.0))
    assert both[0] == pytest.approx(np.mean(alone), abs=1e-12)


def test_impossible_surfaces_grids_and_profiles_are_refused():
    courses, profile = courses_of([[[1.0, 0, 0]]]), ball_profile(5.0)
    for points in (BALL[:5], BALL[:, :2], np.full((30, 3), np.nan)):
        with pytest.raises(OutOfRange, match="surface_points_mm"):
            surface_minimum_doses(courses, points, profile)
    with pytest.raises(OutOfRange, match="distance_mm"):
        DistanceGrid(np.zeros((1, 5, 5)), [0, 0, 0], [1, 1, 1])
    with pytest.raises(OutOfRange, match="origin_mm"):
        DistanceGrid(np.zeros((5, 5, 5)), [0, 0], [1, 1, 1])
    with pytest.raises(OutOfRange, match="spacing_mm"):
        DistanceGrid(np.zeros((5, 5, 5)), [0, 0, 0], [1, 0, 1])
    with pytest.raises(OutOfRange, match="penumbra_sd_mm"):
        straight_edge(5.0, 0.1, 0.95)
    with pytest.raises(OutOfRange, match="margin_mm"):
        straight_edge(-5.0, 3.2, 0.95)
