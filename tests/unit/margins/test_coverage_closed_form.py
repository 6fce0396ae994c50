"""Closed-form coverage: independent distributions, rules it must keep, refusals."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from popmargin.core.exceptions import OutOfRange
from popmargin.margins.blurred_ball import ball_field_radius, blurred_ball_dose, isodose_radius
from popmargin.margins.coverage import Target, wanted_share
from popmargin.margins.coverage_closed_form import (
    allowed_shift,
    coverage_many_fractions,
    coverage_one_fraction,
    covering_shift,
    margin_many_fractions,
    margin_one_fraction,
)
from popmargin.margins.shift_probability import shift_probability

sds = st.floats(0.1, 10.0)
lengths = st.floats(0.1, 80.0)
levels = st.sampled_from([0.3, 0.8, 0.95, 0.98])


@settings(deadline=None, max_examples=60)
@given(distance=st.floats(0.0, 80.0), radius=lengths, blur=sds)
def test_dose_is_a_noncentral_chi_square_probability(distance, radius, blur):
    independent = stats.ncx2.cdf((radius / blur) ** 2, 3, max((distance / blur) ** 2, 1e-12))
    assert blurred_ball_dose(distance, radius, blur) == pytest.approx(independent, abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(level=levels, radius=lengths, blur=sds)
def test_field_and_isodose_are_inverse_to_each_other(level, radius, blur):
    field = ball_field_radius(level, radius, blur)
    assert isodose_radius(level, field, blur) == pytest.approx(radius, abs=1e-7)
    assert blurred_ball_dose(radius, field, blur) == pytest.approx(level, abs=1e-12)


def test_field_without_blur_is_its_isodose():
    assert ball_field_radius(0.95, 30.0, 0.0) == 30.0
    assert blurred_ball_dose(30.0, 30.0, 0.0) == 1.0
    assert blurred_ball_dose(30.1, 30.0, 0.0) == 0.0
    assert isodose_radius(0.95, 2.0, 5.0) == 0.0


def test_dose_at_the_centre_joins_its_surroundings():
    assert blurred_ball_dose(0.0, 6.0, 3.0) == pytest.approx(
        blurred_ball_dose(1e-4, 6.0, 3.0), abs=1e-8
    )


@pytest.mark.parametrize("limit", [0.01, 1.0, 3.0, 12.0])
@pytest.mark.parametrize("axis_sds", [(1.0, 2.0, 4.0), (0.0, 1.0, 3.0), (2.0, 2.0, 0.01)])
def test_shift_probability_agrees_with_simulated_shifts(limit, axis_sds):
    shifts = np.random.default_rng(2).normal(size=(100_000, 3)) * axis_sds
    simulated = np.mean(np.linalg.norm(shifts, axis=1) <= limit)
    tolerance = 4.5 * math.sqrt(max(simulated * (1 - simulated), 1e-5) / 100_000)
    assert shift_probability(limit, axis_sds) == pytest.approx(simulated, abs=tolerance)


def test_shift_probability_of_one_and_two_axes_is_exact():
    for limit in (0.1, 1.0, 4.0):
        assert shift_probability(limit, [0, 2, 0]) == pytest.approx(
            math.erf(limit / 2 / math.sqrt(2)), abs=1e-12
        )
        assert shift_probability(limit, [2, 2, 0]) == pytest.approx(
            1 - math.exp(-(limit**2) / 8), abs=1e-12
        )
        assert shift_probability(limit, [2, 2, 2.0001]) == pytest.approx(
            shift_probability(limit, 2.0), abs=1e-4
        )


def test_shift_probability_at_its_ends():
    assert shift_probability(-1.0, 2.0) == shift_probability(0.0, 2.0) == 0.0
    assert shift_probability(-1.0, 0.0) == 0.0
    assert shift_probability(0.0, 0.0) == shift_probability(math.inf, [1, 2, 3]) == 1.0


@settings(deadline=None, max_examples=40)
@given(parts=st.tuples(sds, sds, sds), limit=lengths, order=st.permutations([0, 1, 2]))
def test_axes_may_change_places(parts, limit, order):
    turned = [parts[index] for index in order]
    assert shift_probability(limit, turned) == pytest.approx(
        shift_probability(limit, parts), abs=1e-12
    )


@settings(deadline=None, max_examples=40)
@given(parts=st.tuples(st.floats(0, 9), st.floats(0, 9), sds), share=st.floats(0.02, 0.99))
def test_covering_shift_covers_the_share(parts, share):
    assert shift_probability(covering_shift(share, parts), parts) == pytest.approx(share, abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(
    systematic=sds,
    random=st.floats(0.0, 8.0),
    radius=st.floats(3.0, 80.0),
    share=st.floats(0.05, 0.99),
    level=levels,
)
def test_solved_margin_gives_its_coverage(systematic, random, radius, share, level):
    target = Target(radius, dose_level=level)
    margin = margin_many_fractions(share, systematic, random, target)
    assume(margin > 0.0)
    found = coverage_many_fractions(systematic, random, margin, target)
    assert found.coverage == pytest.approx(share, abs=1e-7)
    assert found.coverage_standard_error == 0.0


@settings(deadline=None, max_examples=40)
@given(
    systematic=sds,
    random=st.floats(0.0, 8.0),
    margin=st.floats(0.0, 30.0),
    more=st.floats(0.01, 5.0),
)
def test_coverage_moves_the_right_way(systematic, random, margin, more):
    target = Target(30.0)

    def coverage(s, r, m):
        return coverage_many_fractions(s, r, m, target).coverage

    here = coverage(systematic, random, margin)
    assert coverage(systematic, random, margin + more) >= here - 1e-12
    assert coverage(systematic + more, random, margin) <= here + 1e-12
    assert coverage(systematic, random + more, margin) <= here + 1e-12


@settings(deadline=None, max_examples=30)
@given(factor=st.floats(0.2, 5.0), systematic=sds, random=sds)
def test_coverage_has_no_unit(factor, systematic, random):
    margin = 2.5 * systematic + 0.7 * random
    small = coverage_many_fractions(systematic, random, margin, Target(30.0, 3.2))
    large = coverage_many_fractions(
        factor * systematic, factor * random, factor * margin, Target(factor * 30.0, factor * 3.2)
    )
    assert large.coverage == pytest.approx(small.coverage, abs=1e-9)


def test_target_that_is_underdosed_without_a_shift_is_never_covered():
    assert allowed_shift(0.0, 6.0, Target(10.0)) < 0
    assert coverage_many_fractions(0.0, 6.0, 0.0, Target(10.0)).coverage == 0.0
    assert coverage_many_fractions(0.0, 0.0, 0.0, Target(10.0)).coverage == 1.0


def test_one_fraction_counts_both_errors_as_shifts():
    assert margin_one_fraction(0.9, 3.0, 4.0) == pytest.approx(margin_one_fraction(0.9, 5.0, 0.0))
    found = coverage_one_fraction([1.0, 2.0, 3.0], [3.0, 2.0, 1.0], 6.0)
    expected = shift_probability(6.0, np.sqrt([10.0, 8.0, 10.0]))
    assert found.coverage == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"ctv_radius_mm": 0.0}, "ctv_radius_mm"),
        ({"ctv_radius_mm": -1.0}, "ctv_radius_mm"),
        ({"ctv_radius_mm": 30.0, "penumbra_sd_mm": -1.0}, "penumbra_sd_mm"),
        ({"ctv_radius_mm": 30.0, "dose_level": 1.0}, "dose_level"),
    ],
)
def test_impossible_target_is_refused(arguments, name):
    with pytest.raises(OutOfRange, match=name):
        Target(**arguments)


def test_impossible_errors_margins_and_shares_are_refused():
    target = Target(30.0)
    with pytest.raises(OutOfRange, match="shift_sd_mm"):
        coverage_many_fractions(-1.0, 1.0, 5.0, target)
    with pytest.raises(OutOfRange, match="shift_sd_mm"):
        shift_probability(1.0, [1.0, 2.0])
    with pytest.raises(OutOfRange, match="limit_mm"):
        shift_probability(math.nan, 1.0)
    with pytest.raises(OutOfRange, match="random_sd_mm"):
        coverage_many_fractions(1.0, -1.0, 5.0, target)
    with pytest.raises(OutOfRange, match="margin_mm"):
        coverage_many_fractions(1.0, 1.0, -5.0, target)
    for share in (0.0, 1.0, 1.5, math.nan):
        with pytest.raises(OutOfRange, match="coverage"):
            wanted_share(share)
