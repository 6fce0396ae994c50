"""Imaging dose, and what a smaller margin spares."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.burden.dose import (
    effective_dose_from_dlp,
    imaging_dose_mgy,
    nominal_risk,
    prescription_share,
)
from popmargin.burden.spared import (
    break_even_images,
    integral_dose_spared_j,
    ptv_volume_cc,
    radius_with_margin_mm,
)
from popmargin.core.exceptions import OutOfRange


def test_dose_of_a_course_and_its_share():
    assert imaging_dose_mgy(19.0, 35) == 665
    assert prescription_share(665, 70) == pytest.approx(0.0095)
    assert effective_dose_from_dlp(100, "head_and_neck") == pytest.approx(0.57)
    assert nominal_risk(1000.0) == 0.041
    assert nominal_risk(1000.0, "all_ages") == 0.055


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: imaging_dose_mgy(-1, 3), "dose_per_image_mgy"),
        (lambda: imaging_dose_mgy(1, -3), "images"),
        (lambda: prescription_share(1, 0), "prescription_gy"),
        (lambda: nominal_risk(1, "children"), "population"),
        (lambda: effective_dose_from_dlp(1, "elbow"), "region"),
        (lambda: ptv_volume_cc(30, [1, 2]), "margin_mm"),
        (lambda: ptv_volume_cc(30, [1, 2, -1]), "margin_mm"),
        (lambda: integral_dose_spared_j(1, 10, 11), "margin_saved_mm"),
        (lambda: break_even_images(1, 0, 10), "dose_per_image_mgy"),
        (lambda: break_even_images(1, 1, 0), "imaged_mass_kg"),
    ],
)
def test_impossible_doses_are_refused_by_name(call, name):
    with pytest.raises(OutOfRange, match=name):
        call()


@settings(deadline=None, max_examples=50)
@given(radius=st.floats(1, 100), margin=st.floats(0, 30))
def test_equal_margins_make_a_larger_ball(radius, margin):
    expected = 4 / 3 * np.pi * (radius + margin) ** 3 / 1000
    assert ptv_volume_cc(radius, [margin] * 3) == pytest.approx(expected, rel=1e-12)


@settings(deadline=None, max_examples=50)
@given(saved=st.floats(0, 20), more=st.floats(0.1, 10))
def test_more_margin_saved_pays_for_more_images(saved, more):
    little, much = (break_even_images(integral_dose_spared_j(150, 40, s), 19, 11)
                    for s in (saved, saved + more))  # fmt: skip
    assert 0 <= little < much


def test_a_larger_margin_pays_for_no_image():
    spared = integral_dose_spared_j(150, 40, -1)
    assert spared < 0
    assert break_even_images(spared, 19, 11) == 0
    assert radius_with_margin_mm(30, (3, 6, 9)) == 36
