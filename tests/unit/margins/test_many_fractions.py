"""The blur of many fractions: its rule holds the moments of the random error it stands for."""

import numpy as np
import pytest

from popmargin.core.exceptions import OutOfRange
from popmargin.margins.course_errors import CourseErrors
from popmargin.margins.many_fractions import blur_rule, draw_many_fractions

TURN = np.array([[1.0, 0.6, 0.0], [0.6, 1.0, 0.3], [0.0, 0.3, 1.0]])


@pytest.mark.parametrize(
    "covariance",
    [np.diag([4.0, 9.0, 1.0]), np.diag([4.0, 4.0, 5.0]), TURN, np.diag([0.0, 3.0, 0.0]),
     np.diag([1.0, 1.0, 1.005])],
)  # fmt: skip
def test_blur_and_rule_together_have_the_moments_of_the_error(covariance):
    blur, nodes, weights = blur_rule(covariance)
    assert weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert weights @ nodes == pytest.approx(np.zeros(3), abs=1e-9)
    second = np.einsum("k,ki,kj->ij", weights, nodes, nodes) + blur**2 * np.eye(3)
    # Nodes of a weight under 1e-9 are left out: the rule is that much short of whole.
    assert second == pytest.approx(covariance, rel=1e-6, abs=1e-6)
    beyond = covariance - blur**2 * np.eye(3)
    fourth = weights @ nodes**4
    # Fourth moments of a normal error: three times the square of its variance.
    assert fourth == pytest.approx(3.0 * beyond.diagonal() ** 2, rel=1e-4, abs=1e-4)


def test_equal_errors_need_one_shift():
    blur, nodes, weights = blur_rule(np.diag([4.0, 4.0, 4.0]))
    assert (blur, nodes.tolist(), weights.tolist()) == (2.0, [[0.0, 0.0, 0.0]], [1.0])
    assert blur_rule(np.zeros((3, 3)))[0] == 0.0
    _, portions = draw_many_fractions(CourseErrors(3.0, 2.0), 10, np.random.default_rng(1))
    assert next(portions).starts.tolist() == list(range(11))


def test_every_patient_has_the_same_rule_about_a_shift_of_its_own():
    errors = CourseErrors([3.0, 2.0, 1.0], [1.0, 2.0, 1.0], group_mean_mm=[5.0, 0.0, -5.0])
    blur, portions = draw_many_fractions(errors, 4000, np.random.default_rng(2))
    assert blur == pytest.approx(1.0)
    _, nodes, weights = blur_rule(errors.random_covariance())
    means, patients = [], 0
    for part in portions:
        count = len(part.starts) - 1
        patients += count
        assert part.starts.tolist() == list(range(0, count * len(weights) + 1, len(weights)))
        assert part.weights == pytest.approx(np.tile(weights, count))
        shifts = part.shifts_mm.reshape(count, len(weights), 3)
        centres = np.einsum("k,pki->pi", weights, shifts)
        assert shifts == pytest.approx(centres[:, None, :] + nodes, abs=1e-9)
        means.append(centres)
    assert patients == 4000
    found = np.concatenate(means)
    assert found.mean(axis=0) == pytest.approx([5.0, 0.0, -5.0], abs=0.15)
    assert found.std(axis=0) == pytest.approx([3.0, 2.0, 1.0], rel=0.05)


def test_patients_that_differ_need_a_number_of_fractions():
    errors = CourseErrors(3.0, 2.0, random_variance_shape=3.0)
    with pytest.raises(OutOfRange, match="differ in random variance"):
        draw_many_fractions(errors, 10, np.random.default_rng(1))
