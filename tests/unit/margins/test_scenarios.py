"""Scenario shifts: points on the ellipsoid, how far they reach, samples of the right covariance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from popmargin.core.exceptions import OutOfRange
from popmargin.margins.alpha_beta import alpha_factor
from popmargin.margins.scenarios import (
    REACH,
    covariance_matrix,
    sampled_courses,
    unit_directions,
    worst_case_shifts,
)

AXES = ("lr_mm", "si_mm", "ap_mm")
CORRELATIONS = [[1.0, 0.3, -0.2], [0.3, 1.0, 0.5], [-0.2, 0.5, 1.0]]


def shifts(rows):
    return np.array([[row[axis] for axis in AXES] for row in rows])


@pytest.mark.parametrize("points", sorted(REACH))
def test_directions_are_distinct_balanced_unit_vectors_of_the_stated_reach(points):
    directions = unit_directions(points)
    assert directions.shape == (points - 1, 3)
    assert len({tuple(row) for row in directions.round(9).tolist()}) == points - 1
    assert np.linalg.norm(directions, axis=1) == pytest.approx(1.0)
    assert directions.sum(axis=0) == pytest.approx(0.0, abs=1e-12)
    # Equations of the hull are n x + c <= 0 with unit n: -c is a facet's distance from the centre.
    assert -ConvexHull(directions).equations[:, 3].max() == pytest.approx(REACH[points], abs=5e-5)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.floats(0.1, 8.0), min_size=3, max_size=3),
    st.sampled_from(sorted(REACH)),
    st.floats(0.5, 0.99),
)
def test_every_point_lies_on_the_ellipsoid_of_the_share(sds, points, population):
    covariance = covariance_matrix(sds, CORRELATIONS)
    centre = np.array([0.5, -1.0, 2.0])
    rows = worst_case_shifts(covariance, population=population, points=points, group_mean_mm=centre)
    assert [row["scenario"] for row in rows] == list(range(points))
    assert shifts(rows[:1])[0] == pytest.approx(centre)
    away = shifts(rows[1:]) - centre
    distance = np.einsum("ki,ij,kj->k", away, np.linalg.inv(covariance), away)
    assert np.sqrt(distance) == pytest.approx(alpha_factor(population), rel=1e-6)


def test_independent_axes_are_shifted_by_alpha_sigma():
    rows = worst_case_shifts(covariance_matrix([1.0, 2.0, 3.0]))
    assert shifts(rows[1:])[::2].diagonal() == pytest.approx(2.5003 * np.array([1, 2, 3]), abs=1e-3)
    assert {row["fraction"] for row in rows} == {None}


def test_an_axis_without_error_is_not_shifted():
    rows = worst_case_shifts(covariance_matrix([1.0, 0.0, 2.0]), points=27)
    assert shifts(rows)[:, 1] == pytest.approx(0.0, abs=1e-12)


def test_range_scenarios_double_every_point():
    rows = worst_case_shifts(covariance_matrix([1.0, 1.0, 1.0]), range_percent=3.5)
    assert len(rows) == 1 + 2 * 7
    assert [row["range_percent"] for row in rows[:4]] == [None, -3.5, 3.5, -3.5]
    assert [row["kind"] for row in rows].count("nominal") == 3


def test_sampled_courses_have_both_covariances():
    systematic = covariance_matrix([1.0, 2.0, 3.0], CORRELATIONS)
    random = covariance_matrix([2.0, 0.5, 1.0])
    rows = sampled_courses(
        systematic,
        random,
        fractions=4,
        courses=20_000,
        rng=np.random.default_rng(1),
        group_mean_mm=[1.0, 0.0, -2.0],
    )
    x = shifts(rows).reshape(20_000, 4, 3)
    inside = x - x.mean(axis=1, keepdims=True)
    within = np.einsum("pfi,pfj->ij", inside, inside) / (20_000 * 3)
    between = np.cov(x.mean(axis=1).T) - within / 4
    assert x.mean(axis=(0, 1)) == pytest.approx([1.0, 0.0, -2.0], abs=0.1)
    assert within == pytest.approx(random, abs=0.08)
    assert between == pytest.approx(systematic, abs=0.25)
    assert [rows[-1][name] for name in ("kind", "course", "fraction")] == ["sampled", 20_000, 4]


def test_the_share_of_sampled_patients_inside_the_ellipsoid_is_that_asked_for():
    covariance = covariance_matrix([1.0, 2.0, 3.0], CORRELATIONS)
    none = np.zeros((3, 3))
    rows = sampled_courses(
        covariance, none, fractions=1, courses=5_000, rng=np.random.default_rng(2)
    )
    x = shifts(rows)
    inside = np.einsum("ki,ij,kj->k", x, np.linalg.inv(covariance), x) <= alpha_factor(0.9) ** 2
    assert inside.mean() == pytest.approx(0.9, abs=4 * (0.09 / 5_000) ** 0.5)


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: unit_directions(8), "points"),
        (lambda: covariance_matrix([1.0, 2.0]), "three numbers"),
        (lambda: covariance_matrix([1.0, 2.0, -1.0]), "standard_deviations_mm"),
        (lambda: covariance_matrix([1.0] * 3, np.full((3, 3), 0.5)), "correlations"),
        (
            lambda: covariance_matrix([1.0] * 3, [[1, 1, -1], [1, 1, 1], [-1, 1, 1]]),
            "no negative eigenvalue",
        ),
        (lambda: worst_case_shifts(np.diag([1.0, 1.0, -1.0])), "covariance_mm2"),
        (lambda: worst_case_shifts([[1.0, 2, 0], [0, 1, 0], [0, 0, 1]]), "covariance_mm2"),
        (lambda: worst_case_shifts(np.eye(3), population=1.0), "population"),
        (lambda: worst_case_shifts(np.eye(3), group_mean_mm=[0.0]), "group_mean_mm"),
        (lambda: worst_case_shifts(np.eye(3), range_percent=0.0), "range_percent"),
    ],
)
def test_impossible_input_is_refused(call, word):
    with pytest.raises(OutOfRange, match=word):
        call()
