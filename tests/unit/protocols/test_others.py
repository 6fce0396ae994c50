"""What is known about a patient from the others, against the estimator without that patient."""

import numpy as np
import pytest

from popmargin.core.exceptions import NotEstimable
from popmargin.protocols.courses import Courses, courses_from_arrays
from popmargin.protocols.others import leave_patient_out
from popmargin.statistics.anova import anova_components
from popmargin.statistics.one_way import OneWayData


def ragged(seed, sizes, offset=0.0):
    rng = np.random.default_rng(seed)
    return [offset + rng.normal(0, 3, 3) + rng.normal(0, 1, (n, 3)) for n in sizes]


@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_equals_anova_without_the_patient(offset):
    sizes = [5, 1, 12, 3, 3, 7, 1]
    # The second and third unit are two plans of one patient: left out together.
    patient = np.array([0, 1, 1, 2, 3, 4, 5])
    plain = courses_from_arrays(ragged(1, sizes, offset))
    courses = Courses(plain.errors_mm, plain.fraction, plain.offsets, patient)
    found = leave_patient_out(courses)
    unit_of_row = np.repeat(np.arange(len(sizes)), sizes)
    for u in range(len(sizes)):
        kept = patient[unit_of_row] != patient[u]
        for a in range(3):
            data = OneWayData.from_values(courses.errors_mm[kept, a], unit_of_row[kept])
            parts = anova_components(data)
            wanted = [parts.mean, parts.between_variance, parts.within_variance]
            np.testing.assert_allclose(found[u, :, a], wanted, rtol=1e-11)


def test_the_variance_stays_raw_when_negative():
    wobble = np.array([[-1.0], [1.0], [-1.0], [1.0]]) * np.ones(3)
    assert (leave_patient_out(courses_from_arrays([wobble] * 4))[:, 1] < 0).all()


@pytest.mark.parametrize("sizes", [[3, 3], [1, 1, 1, 1], [4, 1, 1, 1]])
def test_too_few_others_is_an_answer(sizes):
    with pytest.raises(NotEstimable, match="leaving one patient out must leave two units"):
        leave_patient_out(courses_from_arrays(ragged(2, sizes)))


def test_two_others_are_enough():
    assert leave_patient_out(courses_from_arrays(ragged(3, [3, 3, 3]))).shape == (3, 3, 3)
