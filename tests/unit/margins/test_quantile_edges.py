"""Quantiles and refusals of recipes, worked out by hand."""

import numpy as np
import pytest
from scipy.special import ndtri

from popmargin.core.exceptions import OutOfRange, WrongUsage
from popmargin.margins.alpha_beta import beta_factor
from popmargin.margins.percentile import error_percentiles, patient_mean_percentiles
from popmargin.margins.registry import find_recipe


def test_so_many_beams_that_one_cannot_lower_the_dose():
    assert beta_factor(0.995, beams=199) == pytest.approx(float(ndtri(0.005)), rel=1e-9)
    with pytest.raises(OutOfRange, match=r"fewer than 5 at level 0\.8"):
        beta_factor(0.8, beams=5)


def test_four_fifths_of_the_patients_leave_a_tenth_on_each_side():
    margins = patient_mean_percentiles(range(-50, 51), population=0.8)
    assert (margins.minus.quantile, margins.plus.quantile) == (40.0, 40.0)


def test_four_fifths_of_the_errors_leave_a_tenth_on_each_side():
    logs = [np.arange(-50.0, 0.0), np.arange(0.0, 51.0)]
    margins = error_percentiles(logs, np.random.default_rng(1), population=0.8, resamples=100)
    assert (margins.minus.quantile, margins.plus.quantile) == (40.0, 40.0)


def test_a_recipe_says_which_options_it_takes():
    with pytest.raises(WrongUsage, match=r"takes: none, its coefficients are fixed"):
        find_recipe("van_herk_linear").margin(1.0, 1.0, options={"beams": 2})
    with pytest.raises(WrongUsage, match=r"takes: dose_level"):
        find_recipe("van_herk").margin(1.0, 1.0, options={"beams": 2})
