"""Exact expectations of linear protocols: printed digits, and simulated replays around them."""

import numpy as np
import pytest

from popmargin.protocols.apply import COURSE, SETTLED, apply_protocol
from popmargin.protocols.closed_forms import same_day_errors, threshold_errors
from popmargin.protocols.courses import courses_from_arrays
from popmargin.protocols.expected import expected_errors
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.protocol import known_others

SYSTEMATIC, RANDOM, FRACTIONS = 2.6, 1.7, 30
# Sigma_A / sigma_A settled, then over the course, computed from the matrix of each rule.
PRINTED = {
    "nal:images=4": (0.8500, 1.7000, 0.6785, 1.9893),
    "nal_shrunk:images=4": (0.8079, 1.7000, 0.7622, 1.9432),
    "every_kth:k=5,carry=false": (2.0710, 1.8523, 2.0710, 1.8523),
    "enal:images=3,model=mean": (0.6099, 1.7564, 0.4911, 1.9584),
    "enal:images=3,model=trend": (0.9903, 2.3960, 0.9452, 2.4740),
    "weekly:first=3,carry=true": (0.5452, 1.5835, 0.4898, 1.5115),
}
NUMBERS = {"systematic_sd_mm": SYSTEMATIC, "random_sd_mm": RANDOM, "fractions": FRACTIONS}


@pytest.mark.parametrize("text", PRINTED)
def test_printed_digits(text):
    protocol = parse_protocol(text)
    settled = expected_errors(protocol, **NUMBERS, phase="settled")
    course = expected_errors(protocol, **NUMBERS, phase="course")
    found = (
        settled.systematic_sd_mm,
        settled.random_sd_mm,
        course.systematic_sd_mm,
        course.random_sd_mm,
    )
    assert found == pytest.approx(PRINTED[text], rel=0, abs=5e-5)


@pytest.mark.parametrize("text", [*PRINTED, "kalman:process_sd_mm=0.5"])
def test_simulated_replay_lies_around_the_expectation(text):
    protocol = parse_protocol(text)
    rng = np.random.default_rng(3)
    shape = (1200, 1, 3)
    errors = rng.normal(0, SYSTEMATIC, shape) + rng.normal(0, RANDOM, (1200, FRACTIONS, 3))
    others = known_others(0, SYSTEMATIC, RANDOM)[None]
    applied = apply_protocol(protocol, courses_from_arrays(list(errors)), others)
    for phase, number in (("course", COURSE), ("settled", SETTLED)):
        wanted = expected_errors(protocol, **NUMBERS, phase=phase)
        within = applied.squares[:, number] / (wanted.fractions - 1)
        squared_means = applied.means[:, number] ** 2
        for values, mean in (
            (within, wanted.mean_square_within_mm2),
            (squared_means, wanted.variance_of_means_mm2),
        ):
            assert abs(values.mean() - mean) < 4 * values.std() / np.sqrt(values.size)


def test_every_fifth_day_of_a_long_course_is_the_closed_form():
    protocol = parse_protocol("every_kth:k=5,carry=false,residual_sd_mm=1")
    long = expected_errors(protocol, systematic_sd_mm=3, random_sd_mm=2, fractions=100)
    limit = same_day_errors(3, 2, imaged_share=0.2, residual_sd_mm=1)
    assert long.systematic_sd_mm == pytest.approx(limit.systematic_sd_mm, abs=1e-2)
    assert long.random_sd_mm == pytest.approx(limit.random_sd_mm, abs=1e-2)


def test_threshold_moments():
    left = threshold_errors(3, 3, 5, residual_sd_mm=1)
    assert left.systematic_sd_mm == pytest.approx(0.978, abs=5e-4)
    assert left.random_sd_mm == pytest.approx(2.130, abs=5e-4)
    assert left.corrected_share == pytest.approx(0.239, abs=5e-4)


def test_shrunk_nal_settles_at_the_best_linear_predictor():
    for images in (1, 2, 5):
        protocol = parse_protocol(f"nal_shrunk:images={images}")
        settled = expected_errors(protocol, **NUMBERS, phase="settled")
        assert settled.systematic_variance_mm2 == pytest.approx(
            1 / (1 / SYSTEMATIC**2 + images / RANDOM**2), rel=1e-12
        )
