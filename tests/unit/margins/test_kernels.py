"""The compiled kernels do what their Python source says."""

import numpy as np
import pytest

from popmargin.margins import minimum_dose_kernel as ball
from popmargin.margins import surface_kernel as surface
from popmargin.margins.minimum_dose import dose_table, sphere_directions

GENERATOR = np.random.default_rng(1)
SHIFTS = GENERATOR.normal(0, 3, (40, 3))
WEIGHTS = np.full(40, 0.1)
STARTS = np.arange(0, 41, 10)
TABLE = dose_table(36.0, 3.2)
DIRECTIONS = sphere_directions(30)
EQUAL, UNEQUAL = np.array([6.0, 6.0, 6.0]), np.array([4.0, 6.0, 9.0])
GRID = np.linalg.norm(np.stack(np.meshgrid(*[np.linspace(-40, 40, 17)] * 3)), axis=0) - 30.0


@pytest.mark.parametrize("margins", [EQUAL, UNEQUAL])
def test_search_on_the_ball(margins):
    course = (SHIFTS[:10], WEIGHTS[:10], margins, *TABLE)
    up = np.array([0.0, 0.6, 0.8])
    pull, plain_pull = np.empty(3), np.empty(3)
    dose = ball.surface_dose(up, 30.0, *course, pull)
    assert ball.surface_dose.py_func(up, 30.0, *course, plain_pull) == pytest.approx(
        dose, abs=1e-12
    )
    assert plain_pull == pytest.approx(pull, abs=1e-12)
    compiled = ball.direction_doses(DIRECTIONS, 30.0, *course)
    plain = ball.direction_doses.py_func(DIRECTIONS, 30.0, *course)
    assert plain == pytest.approx(compiled, abs=1e-12)
    down = ball.descend(up.copy(), 30.0, *course)
    assert ball.descend.py_func(up.copy(), 30.0, *course) == pytest.approx(down, abs=1e-9)
    least = ball.minimum_dose(30.0, *course, DIRECTIONS, 3)
    assert ball.minimum_dose.py_func(30.0, *course, DIRECTIONS, 3) == pytest.approx(least, abs=1e-9)
    assert least <= down


def test_descents_end_when_no_direction_is_left():
    course = (SHIFTS[:10], WEIGHTS[:10], EQUAL, *TABLE)
    few = ball.minimum_dose.py_func(30.0, *course, DIRECTIONS, 3)
    assert ball.minimum_dose.py_func(30.0, *course, DIRECTIONS, 50) <= few + 1e-12
    still = (np.zeros((1, 3)), np.ones(1), EQUAL, *TABLE)
    assert ball.minimum_dose.py_func(30.0, *still, DIRECTIONS, 50) == pytest.approx(
        ball.minimum_dose(30.0, *still, DIRECTIONS, 1), abs=1e-9
    )


def test_distance_from_an_ellipsoid():
    for point in [(9.0, 1.0, -7.0), (0.0, 0.0, 0.0), (0.0, 8.0, 0.0), (1.0, 1.0, 1.0)]:
        compiled = ball.ellipsoid_distance(*point, UNEQUAL)
        assert ball.ellipsoid_distance.py_func(*point, UNEQUAL) == pytest.approx(compiled, abs=1e-9)
    assert ball.ellipsoid_distance.py_func(0.0, 8.0, 0.0, UNEQUAL)[0] == pytest.approx(2.0)
    assert ball.dot.py_func(EQUAL, UNEQUAL) == 114.0
    assert ball.look_up.py_func(36.0, *TABLE) == ball.look_up(36.0, *TABLE)


def test_blocks_of_patients_are_patients():
    rest = (EQUAL, *TABLE, DIRECTIONS, 3)
    chosen = np.array([3, 0, 2])
    arguments = (30.0, SHIFTS, WEIGHTS, STARTS, chosen, *rest)
    few = ball.minimum_doses_of_few(*arguments)
    for function in (
        ball.minimum_doses,
        ball.minimum_doses.py_func,
        ball.minimum_doses_of_few.py_func,
    ):
        assert function(*arguments) == pytest.approx(few, abs=1e-12)


@pytest.mark.parametrize("radial", [True, False])
def test_search_over_surface_points(radial):
    points = 30.0 * sphere_directions(60)
    distances = np.linalg.norm(points[:, np.newaxis] - points, axis=2)
    neighbours = np.argsort(distances, axis=1)[:, 1:7]
    table = TABLE if radial else (TABLE[0], TABLE[1] - 30.0, TABLE[2])
    grid = np.empty((0, 0, 0)) if radial else GRID
    field = (*table, grid, np.full(3, -40.0), np.full(3, 5.0))
    course = (SHIFTS[:10], WEIGHTS[:10], *field)
    one = surface.point_dose(points[0], *course)
    assert surface.point_dose.py_func(points[0], *course) == pytest.approx(one, abs=1e-12)
    search = (points, neighbours, 10, 3)
    least = surface.least_dose(*search, *course)
    assert surface.least_dose.py_func(*search, *course) == pytest.approx(least, abs=1e-12)
    arguments = (*search, SHIFTS, WEIGHTS, STARTS, *field)
    together = surface.least_doses(*arguments)
    assert together[0] == least
    assert surface.least_doses.py_func(*arguments) == pytest.approx(together, abs=1e-12)


def test_grid_distance_is_trilinear_inside_and_goes_on_outside():
    place = (GRID, np.full(3, -40.0), np.full(3, 5.0))
    for point in [(3.0, -12.0, 20.5), (0.0, 0.0, 41.0), (-60.0, 0.0, 50.0)]:
        compiled = surface.grid_distance(*point, *place)
        assert surface.grid_distance.py_func(*point, *place) == pytest.approx(compiled, abs=1e-12)
        if max(np.abs(point)) <= 40.0:
            assert compiled == pytest.approx(np.linalg.norm(point) - 30.0, abs=0.5)
    corner = surface.grid_distance(-60.0, 0.0, 50.0, *place)
    assert corner == pytest.approx(np.hypot(40.0, 40.0) - 30.0 + np.hypot(20.0, 10.0), abs=0.2)
