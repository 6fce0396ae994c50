"""The table of a synthetic cohort adds up."""

import numpy as np
import pytest

from popmargin.cohorts.frame import cohort_frame
from popmargin.core.exceptions import OutOfRange


def test_rows_and_fractions_must_add_up():
    with pytest.raises(OutOfRange, match="errors_mm: expected 3 rows of 3"):
        cohort_frame(np.zeros((4, 3)), np.array([1, 2]))


def test_columns_follow_the_patient_axes():
    frame = cohort_frame(np.array([[1.0, 2.0, 3.0]]), np.array([1]), label="x")
    assert frame.rows(named=True) == [
        {"patient_id": "synthetic-x-1", "fraction": 1, "lr_mm": 1.0, "si_mm": 2.0, "ap_mm": 3.0}
    ]
