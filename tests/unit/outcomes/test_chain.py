"""The chain agrees with a plain-loop twin, moves the right way, and says what is missing."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.testing import assert_allclose

from popmargin.core.exceptions import OutOfRange, WrongUsage
from popmargin.outcomes.chain import Arm, Situation, compare_arms
from popmargin.outcomes.cohort_response import (
    complication_of_patients,
    control_of_patients,
    corners,
)
from popmargin.outcomes.complication_sets import complication_set
from popmargin.outcomes.control import poisson_control
from popmargin.outcomes.control_sets import control_set
from popmargin.outcomes.ntcp import complication
from popmargin.outcomes.phantom import OrganPhantom, TargetPhantom
from popmargin.outcomes.residual_errors import ResidualErrors, after_protocol, known_errors
from popmargin.outcomes.virtual_patients import target_doses, virtual_patients
from popmargin.protocols.expected import expected_errors
from popmargin.protocols.parse import parse_protocol
from tests.oracles.outcomes_chain import mean_responses

SITUATION = Situation(
    TargetPhantom(25.0),
    OrganPhantom("rectum", "ap", "negative", 2.0, 25.0, 5.0, 0.1),
    70.0,
    28,
    complication_set("rectum_quantec"),
    control_set("prostate_logistic"),
)
SPREAD = np.outer(np.linspace(0.7, 1.3, 60), np.full(3, 2.5))
UNCERTAIN = ResidualErrors("logged", (2.5,) * 3, (2.0,) * 3, SPREAD, np.full((60, 3), 2.0))


def test_means_equal_those_of_the_plain_loop():
    errors = known_errors("stated", (2.5,) * 3, (3.0,) * 3)
    arms = [Arm("6", errors, (6.0,) * 3), Arm("4", errors, (4.0,) * 3, imaging_dose_mgy=500.0)]
    first, second = compare_arms(arms, SITUATION, patients=40)
    people = virtual_patients((2.5,) * 3, (3.0,) * 3, fractions=28, patients=40)
    blur = float(people.blur_sd_mm[0])
    before = mean_responses(people.shifts_mm, blur, SITUATION, 6.0)
    after = mean_responses(people.shifts_mm, blur, SITUATION, 4.0, imaging_gy=0.5)
    assert_allclose([first["ntcp"], second["ntcp"]], [before[0], after[0]], rtol=1e-9)
    assert_allclose(second["tcp_difference"], after[1] - before[1], rtol=1e-7)
    assert_allclose(second["organ_mean_dose_gy"], after[2], rtol=1e-12)


@pytest.mark.parametrize("label", ["rectum_quantec", "parotid_dijkema", "lung_quantec"])
def test_complication_of_many_patients_is_that_of_each(label):
    doses = np.random.default_rng(1).uniform(5.0, 75.0, (6, 24))
    many = complication_of_patients(doses, complication_set(label), fractions=30)
    shares = np.full(24, 1 / 24)
    for place, dose in enumerate(doses):
        one = complication(dose, shares, complication_set(label), fractions=30)
        assert_allclose(many[0, place], one.ntcp, rtol=1e-9)
        if one.ntcp_low is not None:  # corners hold the whole grid of the box
            assert_allclose(
                [many[:, place].min(), many[:, place].max()],
                [one.ntcp_low, one.ntcp_high],
                rtol=1e-9,
            )


def test_poisson_control_of_many_patients_is_that_of_each():
    parameters = replace(
        control_set("prostate_poisson"), alpha_low_per_gy=0.2, alpha_high_per_gy=0.3
    )
    doses = np.random.default_rng(2).uniform(60.0, 76.0, (4, 10))
    weights = np.full(10, 0.1)
    many = control_of_patients(doses, weights, parameters, fractions=35, target_cc=50)
    for place, dose in enumerate(doses):
        one = poisson_control(
            dose, weights, fractions=35, alpha_per_gy=0.26, alpha_beta_gy=3.0,
            clonogens=5e8, alpha_sd_per_gy=0.06,
        )  # fmt: skip
        assert_allclose(many[0, place], one, atol=2e-5)


def test_a_smaller_margin_spares_the_organ_and_costs_the_target():
    arms = [Arm(f"{m}", UNCERTAIN, (m,) * 3) for m in (8.0, 6.0, 4.0, 2.0)]
    rows = compare_arms(arms, SITUATION, patients=400)
    for wide, narrow in pairwise(rows):
        assert narrow["ptv_cc"] < wide["ptv_cc"]
        assert narrow["ntcp"] < wide["ntcp"]
        assert narrow["underdosed_share"] >= wide["underdosed_share"]
    assert rows[-1]["tcp_difference"] < rows[1]["tcp_difference"] < 0
    for row in rows[1:]:
        for name in ("ntcp_difference", "tcp_difference"):
            assert row[f"{name}_low"] <= row[name] <= row[f"{name}_high"]


def test_the_band_holds_the_uncertainty_of_the_errors_too():
    arms = [Arm("6", UNCERTAIN, (6.0,) * 3), Arm("3", UNCERTAIN, (3.0,) * 3)]
    sure = [replace(arm, errors=known_errors("k", (2.5,) * 3, (2.0,) * 3)) for arm in arms]
    widths = []
    for pair in (arms, sure):
        row = compare_arms(pair, SITUATION, patients=2000)[1]
        widths.append(row["tcp_difference_high"] - row["tcp_difference_low"])
    assert widths[0] > 1.5 * widths[1]


def test_unequal_axes_reduce_to_equal_ones():
    people = virtual_patients((2.0,) * 3, (3.0,) * 3, fractions=None, patients=50)
    target = TargetPhantom(25.0)
    equal = target_doses(people, target, (5.0,) * 3)
    nearly = target_doses(people, target, (5.0, 5.0, 5.0 + 1e-9))
    assert_allclose(nearly, equal, atol=1e-8)


def test_points_of_the_ball_integrate_polynomials():
    points, weights = TargetPhantom(1.0).points_mm()
    assert_allclose(weights.sum(), 1.0)
    assert_allclose(weights @ points, 0.0, atol=1e-12)
    # mean of r^2 in the unit ball is 3/5 (the cube root of the radius makes it not exact)
    assert_allclose(weights @ (points**2).sum(axis=1), 0.6, atol=1e-3)


def test_quadrature_of_the_target_is_fine_enough():
    # against a much finer set of points, mean dose of shifted patients to 0.1 %
    people = virtual_patients((3.0,) * 3, (2.0,) * 3, fractions=None, patients=64)
    target = TargetPhantom(25.0)
    _, weights = target.points_mm()
    coarse = (target_doses(people, target, (3.0,) * 3) @ weights).mean()
    rng = np.random.default_rng(3)
    direction = rng.standard_normal((20_000, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    cloud = 25.0 * direction * np.cbrt(rng.random(20_000))[:, None]

    class Fine(TargetPhantom):
        def points_mm(self):
            return cloud, np.full(20_000, 1 / 20_000)

    fine = target_doses(people, Fine(25.0), (3.0,) * 3).mean()
    assert abs(coarse - fine) < 1e-3


@pytest.mark.parametrize(
    "text", ["no_imaging", "nal:images=3", "enal:images=3,model=trend", "daily:residual_sd_mm=1"]
)
def test_what_a_protocol_leaves_of_every_draw_is_its_expectation(text):
    protocol = parse_protocol(text)
    left = after_protocol(UNCERTAIN, protocol, fractions=20)
    for row in (0, 59):
        want = expected_errors(
            protocol, systematic_sd_mm=SPREAD[row, 0], random_sd_mm=2.0, fractions=20
        )
        assert_allclose(left.systematic_draws[row, 0], want.systematic_sd_mm, atol=1e-9)
        assert_allclose(left.random_draws[row, 0], want.random_sd_mm, atol=1e-9)


def test_shrunk_weights_follow_the_population():
    left = after_protocol(UNCERTAIN, parse_protocol("nal_shrunk:images=3"), fractions=20)
    want = expected_errors(
        parse_protocol("nal_shrunk:images=3"), systematic_sd_mm=2.5, random_sd_mm=2.0, fractions=20
    )
    assert_allclose(left.systematic_sd_mm[0], want.systematic_sd_mm)
    assert left.systematic_draws.shape == (0, 3)


def test_what_cannot_be_answered_is_said():
    with pytest.raises(WrongUsage, match="not linear"):
        after_protocol(UNCERTAIN, parse_protocol("daily_threshold:threshold_mm=3"), fractions=20)
    without = replace(SITUATION, control=control_set("nsclc_logistic"))
    arms = [Arm("6", UNCERTAIN, (6.0,) * 3), Arm("3", UNCERTAIN, (3.0,) * 3)]
    row = compare_arms(arms, without, patients=100)[1]
    assert row["tcp_difference"] is None
    assert "no published limits" in row["reason"]
    assert corners(complication_set("parotid_dijkema")) == [complication_set("parotid_dijkema")]


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: TargetPhantom(0.0), "ctv_radius_mm"),
        (lambda: OrganPhantom("o", "up", "negative", 0, 1, 1), "axis"),
        (lambda: OrganPhantom("o", "ap", "behind", 0, 1, 1), "side"),
        (lambda: OrganPhantom("o", "ap", "negative", -1, 1, 1), "gap_mm"),
        (lambda: OrganPhantom("o", "ap", "negative", 0, 1, 1, 1.0), "background_share"),
        (lambda: ResidualErrors("x", (1,) * 3, (1,) * 3, np.zeros((2, 3)), np.zeros((1, 3))),
         "systematic_draws"),
    ],
)  # fmt: skip
def test_impossible_phantoms_are_refused(make, name):
    with pytest.raises(OutOfRange, match=name):
        make()
