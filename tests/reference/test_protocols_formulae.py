"""Rows R* of the case table: closed forms, and replays against them where a rule is replayed."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from popmargin.protocols.apply import apply_protocol
from popmargin.protocols.closed_forms import (
    cover_first_failure,
    kalman_steady_state,
    nal_errors,
    prediction_sd,
    same_day_errors,
    threshold_errors,
)
from popmargin.protocols.courses import Courses
from popmargin.protocols.expected import expected_errors
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.protocol import known_others

DATA = Path(__file__).parent / "data" / "cases_formulae.csv"
CASES = {
    row["case_id"]: row
    for row in csv.DictReader(DATA.read_text().splitlines())
    if row["case_id"].startswith("R")
}


def of(function):
    return [pytest.param(row, id=i) for i, row in CASES.items() if row["function"] == function]


def unpack(row):
    return json.loads(row["inputs_json"]), json.loads(row["expected_json"]), float(row["abs_tol"])


def normal_courses(rng, patients, fractions, systematic, random):
    """Courses with independent errors on the three axes, and the patients' true means."""
    true = systematic * rng.standard_normal((patients, 3))
    errors = random * rng.standard_normal((patients * fractions, 3))
    errors += np.repeat(true, fractions, axis=0)
    number = np.tile(np.arange(1, fractions + 1), patients)
    offsets = np.arange(0, patients * fractions + 1, fractions)
    return Courses(errors, number, offsets, np.arange(patients)), true


def test_every_case_is_tried():
    tried = ("nal", "nal_published_check", "online_threshold_daily", "weekly_online_same_day")
    tried += ("enal_prediction_sd_over_sigma", "sal_1d", "cover_first_pass_fail")
    assert {row["function"] for row in CASES.values()} == {*tried, "kalman_steady_state"}


@pytest.mark.parametrize("row", of("nal"))
def test_nal(row):
    given, expected, tolerance = unpack(row)
    left = nal_errors(given["Sigma"], given["sigma"], images=given["Nm"], fractions=given["N"])
    found = {
        "Sigma_after": left.settled_systematic_sd_mm,
        "Sigma_after_shrunk": left.shrunk_systematic_sd_mm,
        "Sigma_course": left.course_systematic_sd_mm,
        "sd_course_mean": left.course_mean_sd_mm,
        "sigma_within_ddof1": left.random_sd_mm,
    }
    for key, value in found.items():
        assert value == pytest.approx(expected[key], abs=tolerance), key
    numbers = {"systematic_sd_mm": given["Sigma"], "random_sd_mm": given["sigma"]}
    numbers["fractions"] = given["N"]
    course = expected_errors(parse_protocol(f"nal:images={given['Nm']}"), **numbers)
    assert course.random_sd_mm == pytest.approx(expected["sigma_within_ddof1"], abs=tolerance)
    assert course.variance_of_means_mm2**0.5 == pytest.approx(
        expected["sd_course_mean"], abs=tolerance
    )
    for name, key in (("nal", "Sigma_after"), ("nal_shrunk", "Sigma_after_shrunk")):
        protocol = parse_protocol(f"{name}:images={given['Nm']}")
        settled = expected_errors(protocol, **numbers, phase="settled")
        assert settled.systematic_sd_mm == pytest.approx(expected[key], abs=tolerance)
        assert settled.random_sd_mm == pytest.approx(expected["sigma_after"], abs=tolerance)


@pytest.mark.parametrize("row", of("nal_published_check"))
def test_nal_published_range(row):
    given, expected, _ = unpack(row)
    for sigma, key in zip(given["sigma"], ("Sigma_after_low", "Sigma_after_high"), strict=True):
        left = nal_errors(max(given["Sigma"]), sigma, images=given["Nm"], fractions=35)
        assert left.settled_systematic_sd_mm == pytest.approx(expected[key], abs=1e-9)
        assert 1.0 <= left.settled_systematic_sd_mm <= 2.0  # printed: 1-2 mm


@pytest.mark.parametrize("row", of("online_threshold_daily"))
def test_threshold(row):
    given, expected, tolerance = unpack(row)
    left = threshold_errors(
        given["Sigma"], given["sigma"], given["T"], residual_sd_mm=given["sigma_residual"]
    )
    assert left.systematic_sd_mm == pytest.approx(expected["Sigma_res"], abs=tolerance)
    assert left.random_sd_mm == pytest.approx(expected["sigma_res"], abs=tolerance)
    assert left.corrected_share == pytest.approx(expected["corrected_fraction"], abs=tolerance)


@pytest.mark.parametrize("row", of("online_threshold_daily"))
def test_threshold_replayed(row):
    given, expected, _ = unpack(row)
    n = 40
    courses, _ = normal_courses(np.random.default_rng(8), 1500, n, given["Sigma"], given["sigma"])
    applied = apply_protocol(parse_protocol(f"daily_threshold:threshold_mm={given['T']}"), courses)
    means, within = applied.means[:, 0], applied.squares[:, 0] / (n - 1)
    share = applied.corrections / n
    wanted_means = expected["Sigma_res"] ** 2 + expected["sigma_res"] ** 2 / n
    for values, wanted in (
        (means**2, wanted_means),
        (within, expected["sigma_res"] ** 2),
        (share, expected["corrected_fraction"]),
    ):
        assert abs(values.mean() - wanted) < 4 * values.std() / np.sqrt(values.size)


@pytest.mark.parametrize("row", of("weekly_online_same_day"))
def test_same_day(row):
    given, expected, tolerance = unpack(row)
    left = same_day_errors(
        given["Sigma"],
        given["sigma"],
        imaged_share=given["n_imaged"] / given["N"],
        residual_sd_mm=given["sigma_residual"],
    )
    assert left.systematic_sd_mm == pytest.approx(expected["Sigma_res"], abs=tolerance)
    assert left.random_sd_mm == pytest.approx(expected["sigma_res"], abs=tolerance)


@pytest.mark.parametrize("row", of("enal_prediction_sd_over_sigma"))
def test_prediction(row):
    given, expected, tolerance = unpack(row)
    for trend, key in ((True, "linear"), (False, "mean")):
        found = prediction_sd(given["measured"], given["predict"], trend=trend)
        assert found == pytest.approx(expected[key], abs=tolerance)


@pytest.mark.parametrize("row", of("sal_1d"))
def test_sal_replayed(row):
    given, expected, tolerance = unpack(row)
    patients, n = 120_000, 35  # with three axes 360,000 tracks: standard errors below 0.005
    rng = np.random.default_rng(17)
    courses, true = normal_courses(rng, patients, n, given["Sigma"], given["sigma"])
    protocol = parse_protocol(f"sal:alpha_mm={given['alpha']},max_images={given['Nmax']},rule=axis")
    applied = apply_protocol(protocol, courses, keep_errors=True, compiled=True)
    last = courses.offsets[1:] - 1
    correction = courses.errors_mm[last] - applied.errors_mm[last]
    assert (applied.settled_from > n).mean() < 1e-4  # the course is long enough
    # A track is imaged at every fraction until it is off.
    assert applied.settled_from.mean() == pytest.approx(expected["images"], abs=tolerance)
    assert applied.corrections.mean() == pytest.approx(expected["corrections"], abs=tolerance)
    assert (true - correction).std() == pytest.approx(expected["Sigma_res"], abs=tolerance)


@pytest.mark.parametrize("row", of("cover_first_pass_fail"))
def test_cover_first_check(row):
    given, expected, tolerance = unpack(row)
    limit = {"images": given["Nm"], "limit_sd": given["T"] / given["sigma"]}
    one = cover_first_failure(**limit, axes=1)
    assert one == pytest.approx(expected["p_dir"], abs=tolerance)
    anywhere = cover_first_failure(**limit, axes=given["directions"])
    assert anywhere == pytest.approx(expected["p_any"], abs=tolerance)


@pytest.mark.parametrize("row", of("cover_first_pass_fail"))
def test_cover_replayed_fails_its_first_check_that_often(row):
    given, expected, _ = unpack(row)
    rng = np.random.default_rng(22)
    patients, n = 20_000, given["Nm"] + 2
    courses, _ = normal_courses(rng, patients, n, 2.0, given["sigma"])
    others = known_others(0, 2, given["sigma"])[None]
    applied = apply_protocol(
        parse_protocol(f"cover:images={given['Nm']}"), courses, others, compiled=True
    )
    failed = applied.images > given["Nm"] + 1  # a pass stops after one check
    error = 4 * np.sqrt(expected["p_any"] / patients)
    assert abs(failed.mean() - expected["p_any"]) < error


@pytest.mark.parametrize("row", of("kalman_steady_state"))
def test_kalman(row):
    given, expected, tolerance = unpack(row)
    state = kalman_steady_state(given["q"] ** 0.5, given["r"] ** 0.5)
    assert state.predicted_variance_mm2 == pytest.approx(expected["P_pred"], abs=tolerance)
    assert state.filtered_variance_mm2 == pytest.approx(expected["P_post"], abs=tolerance)
    assert state.gain == pytest.approx(expected["gain"], abs=tolerance)


@pytest.mark.parametrize("row", of("kalman_steady_state"))
def test_kalman_replayed_settles_at_that_gain(row):
    given, expected, _ = unpack(row)
    protocol = parse_protocol(f"kalman:process_sd_mm={given['q'] ** 0.5}")
    errors = np.zeros((60, 3))
    errors[-2] = 1.0  # what is left at the last fraction of a unit error just before it
    courses = Courses(errors, np.arange(1, 61), np.array([0, 60]), np.array([0]))
    others = known_others(0, 5, given["r"] ** 0.5)[None]
    left = apply_protocol(protocol, courses, others, keep_errors=True).errors_mm
    assert -left[-1, 0] == pytest.approx(expected["gain"], abs=1e-9)
