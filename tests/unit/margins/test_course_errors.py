"""Simulated courses have the errors that they were asked for."""

import numpy as np
import pytest

from popmargin.core.exceptions import OutOfRange
from popmargin.margins.course_errors import CourseErrors, draw_courses, symmetric_root
from popmargin.margins.many_fractions import blur_rule, draw_many_fractions

CORRELATION = [[1.0, 0.5, 0.0], [0.5, 1.0, -0.3], [0.0, -0.3, 1.0]]


def courses_array(errors, fractions, patients=20_000, seed=1):
    portions = draw_courses(errors, fractions, patients, np.random.default_rng(seed))
    rows = np.concatenate([portion.shifts_mm for portion in portions])
    return rows.reshape(patients, fractions, 3)


@pytest.mark.parametrize("fractions", [2, 10])
def test_means_and_scatter_have_the_wanted_covariances(fractions):
    errors = CourseErrors(
        [1.0, 2.0, 4.0],
        [3.0, 1.0, 2.0],
        [0.5, -1.0, 2.0],
        systematic_correlation=CORRELATION,
        random_correlation=CORRELATION,
    )
    x = courses_array(errors, fractions)
    means = x.mean(axis=1)
    within = x - means[:, np.newaxis]
    assert means.mean(axis=0) == pytest.approx([0.5, -1.0, 2.0], abs=0.1)
    total = errors.systematic_covariance() + errors.random_covariance() / fractions
    assert np.cov(means.T) == pytest.approx(total, abs=0.35)
    scatter = np.einsum("pja,pjb->ab", within, within) / (len(x) * (fractions - 1))
    assert scatter == pytest.approx(errors.random_covariance(), abs=0.25)


def test_scatter_and_mean_are_independent():
    x = courses_array(CourseErrors(2.0, 2.0), 5)
    means = x.mean(axis=1)
    first = x[:, 0] - means
    assert np.corrcoef(first[:, 0], means[:, 0])[0, 1] == pytest.approx(0.0, abs=0.03)


def test_patients_come_by_growing_length_of_their_mean_shift():
    lengths = np.linalg.norm(courses_array(CourseErrors(3.0, 3.0), 4).mean(axis=1), axis=1)
    assert np.all(np.diff(lengths) > 0)
    # One patient a stratum: the median is that of the population, not of a sample.
    assert np.median(lengths) == pytest.approx(1.53817 * np.sqrt(9.0 + 9.0 / 4.0), rel=1e-3)


def test_own_random_variances_have_the_mean_and_the_spread_of_inverse_gamma():
    # Shape 3: the marginal error is Student's t with 6 degrees of freedom.
    x = courses_array(CourseErrors(0.0, 2.0, random_variance_shape=3.0), 60, 4_000)
    variances = x.var(axis=1, ddof=1)
    assert variances.mean() == pytest.approx(4.0, rel=0.05)
    between = variances.mean(axis=1)
    assert between.std() == pytest.approx(4.0, rel=0.25)  # SD equals the mean at shape 3
    assert np.median(between) == pytest.approx(4.0 * 2.0 / 2.674, rel=0.05)


def test_one_fraction_puts_everything_into_the_shift():
    x = courses_array(CourseErrors(3.0, 4.0), 1)
    assert x.std() == pytest.approx(5.0, rel=0.02)


def test_portions_do_not_change_what_is_drawn(monkeypatch):
    errors = CourseErrors(3.0, 3.0)
    whole = courses_array(errors, 3, 100)
    monkeypatch.setattr("popmargin.margins.course_errors.ROWS_AT_ONCE", 90)
    portions = list(draw_courses(errors, 3, 100, np.random.default_rng(1)))
    assert [portion.n_patients for portion in portions] == [30, 30, 30, 10]
    assert portions[0].starts.tolist() == list(range(0, 91, 3))
    assert np.concatenate([p.weights for p in portions]) == pytest.approx(1 / 3)
    assert np.concatenate([p.shifts_mm for p in portions]).std() == pytest.approx(
        whole.std(), rel=0.1
    )


def test_same_generator_gives_the_same_courses():
    errors = CourseErrors(3.0, 3.0, random_variance_shape=2.0)
    assert courses_array(errors, 3, 50).tobytes() == courses_array(errors, 3, 50).tobytes()


def test_symmetric_root_allows_a_singular_covariance():
    covariance = np.ones((3, 3))
    assert symmetric_root(covariance) @ symmetric_root(covariance) == pytest.approx(covariance)


def test_blur_rule_has_the_moments_of_the_blur():
    covariance = np.array([[4.0, 1.0, 0.0], [1.0, 9.0, 2.0], [0.0, 2.0, 16.0]])
    blur, nodes, weights = blur_rule(covariance)
    assert weights.sum() == pytest.approx(1.0)
    assert weights @ nodes == pytest.approx([0.0, 0.0, 0.0], abs=1e-12)
    rule = np.einsum("k,ka,kb->ab", weights, nodes, nodes) + blur**2 * np.eye(3)
    assert rule == pytest.approx(covariance, abs=1e-5)


def test_equal_random_errors_need_one_shift_only():
    blur, portions = draw_many_fractions(CourseErrors(3.0, 2.0), 50, np.random.default_rng(1))
    assert blur == 2.0
    assert next(portions).shifts_mm.shape == (50, 3)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"systematic_sd_mm": -1.0}, "systematic_sd_mm"),
        ({"random_sd_mm": [1.0, 2.0]}, "random_sd_mm"),
        ({"random_sd_mm": float("inf")}, "random_sd_mm"),
        ({"group_mean_mm": float("nan")}, "group_mean_mm"),
        ({"random_variance_shape": 1.0}, "random_variance_shape"),
        ({"systematic_correlation": np.eye(2)}, "systematic_correlation"),
        ({"random_correlation": 2.0 * np.eye(3)}, "random_correlation"),
        ({"random_correlation": [[1, 1, -1], [1, 1, 1], [-1, 1, 1]]}, "random_correlation"),
        ({"random_correlation": [[1, 0.5, 0], [0, 1, 0], [0, 0, 1]]}, "random_correlation"),
    ],
)
def test_impossible_errors_are_refused(arguments, name):
    with pytest.raises(OutOfRange, match=name):
        CourseErrors(**({"systematic_sd_mm": 1.0, "random_sd_mm": 1.0} | arguments))


def test_impossible_numbers_are_refused():
    generator = np.random.default_rng(1)
    with pytest.raises(OutOfRange, match="fractions"):
        next(draw_courses(CourseErrors(1.0, 1.0), 0, 10, generator))
    with pytest.raises(OutOfRange, match="n_patients"):
        next(draw_courses(CourseErrors(1.0, 1.0), 3, 0, generator))
    with pytest.raises(OutOfRange, match="fractions"):
        draw_many_fractions(CourseErrors(1.0, 1.0, random_variance_shape=3.0), 10, generator)
