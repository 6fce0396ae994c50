"""Precision planning: smallest number of patients, simulation, impossible wishes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import OutOfRange
from popmargin.trials.precision import precision, precision_of_design


@settings(deadline=None, max_examples=60)
@given(
    st.floats(0.3, 5),
    st.one_of(st.just(0.0), st.floats(0.01, 5)),
    st.integers(2, 40),
    st.floats(0.05, 0.6),
)
def test_patients_are_the_fewest_that_reach_the_half_width(systematic, random, n, half_width):
    size = precision(systematic, random, fractions=n, half_width=half_width)
    assert size.half_width_reached <= half_width * (1 + 1e-8)
    assert size.patients >= size.patients_many_fractions
    if size.patients > 2:
        fewer = precision_of_design(systematic, random, fractions=n, patients=size.patients - 1)
        assert fewer.systematic_sd_half_width > half_width


def test_standard_errors_against_simulated_cohorts():
    patients, fractions, cohorts, rng = 40, 8, 4000, np.random.default_rng(4)
    values = 2 * rng.standard_normal((cohorts, patients, 1)) + 1.5 * rng.standard_normal(
        (cohorts, patients, fractions)
    )
    within = values.var(axis=2, ddof=1).mean(axis=1)
    between = values.mean(axis=2).var(axis=1, ddof=1) - within / fractions
    systematic, random = np.sqrt(between), np.sqrt(within)
    design = precision_of_design(2, 1.5, fractions=fractions, patients=patients)
    for simulated, half_width in (
        (systematic, design.systematic_sd_half_width_mm),
        (random, design.random_sd_half_width_mm),
        (2.5 * systematic + 0.7 * random, design.margin_half_width_mm),
    ):
        # 4 % for the simulation's and the delta method's own error at 40 patients
        assert half_width / 1.959964 == pytest.approx(simulated.std(), rel=0.04)


def test_chance_of_no_systematic_error_against_simulation():
    patients, fractions, cohorts, rng = 10, 3, 20000, np.random.default_rng(8)
    values = rng.standard_normal((cohorts, patients, 1)) + 2 * rng.standard_normal(
        (cohorts, patients, fractions)
    )
    within = values.var(axis=2, ddof=1).mean(axis=1)
    share = (values.mean(axis=2).var(axis=1, ddof=1) <= within / fractions).mean()
    design = precision_of_design(1, 2, fractions=fractions, patients=patients)
    error = np.sqrt(share * (1 - share) / cohorts)
    assert abs(share - design.probability_not_positive) < 3 * error


def test_no_random_error_has_no_relative_half_width():
    design = precision_of_design(2, 0, fractions=5, patients=20)
    assert design.random_sd_half_width is None
    assert design.random_sd_half_width_mm == 0.0
    assert design.probability_not_positive == 0.0


def test_margin_is_linear_with_its_factors():
    design = precision_of_design(
        2, 1, fractions=5, patients=20, systematic_factor=2.0, random_factor=0.0
    )
    assert design.margin_mm == 4.0
    assert design.margin_half_width_mm == pytest.approx(2 * design.systematic_sd_half_width_mm)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"systematic_sd_mm": 0}, "systematic_sd_mm"),
        ({"random_sd_mm": -1}, "random_sd_mm"),
        ({"fractions": 1}, "fractions"),
        ({"half_width": 0}, "half_width"),
        ({"half_width": 1.0}, "half_width"),
        ({"level": 1.0}, "level"),
    ],
)
def test_impossible_wishes_are_refused(changes, name):
    wanted = {"systematic_sd_mm": 2, "random_sd_mm": 2, "fractions": 5, "half_width": 0.2}
    with pytest.raises(OutOfRange, match=name):
        precision(**(wanted | changes))
