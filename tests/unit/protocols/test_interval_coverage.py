"""Intervals of what non-linear rules leave keep their level: a quick cut of the benchmark.

120 intervals a rule: below 89 % would be three standard errors under 95 %. Rules that clip leave
patient means of short tails, whose intervals are wide, never narrow.
"""

import pytest

from benchmarks.replay_interval_coverage import cohorts, coverage, replayed
from popmargin.core.random_streams import random_stream

COHORTS, PATIENTS = 40, 20


@pytest.fixture(scope="module")
def made():
    return cohorts(COHORTS, PATIENTS, random_stream(4, "quick cut"))


@pytest.mark.parametrize(
    ("text", "phase"),
    [
        ("nal_shrunk:images=3", "settled"),
        ("sal:alpha_mm=9,max_images=2,rule=vector", "settled"),
        ("cover:images=3", "settled"),
        ("daily_threshold:threshold_mm=5,rule=vector,residual_mm=3", "course"),
        ("kalman:process_sd_mm=1", "course"),
        ("nal:images=3", "course"),
        ("sal:alpha_mm=9,max_images=2,rule=axis", "course"),
    ],
)
def test_intervals_of_a_non_linear_rule_keep_their_level(made, text, phase):
    found = coverage(text, phase, made, replayed(text, made), random_stream(4, "bootstrap"))
    for share in (found.mean, found.systematic, found.random, found.margin):
        assert share >= 0.89


def test_a_percentile_bootstrap_is_too_narrow(made):
    text = "nal_shrunk:images=3"
    found = coverage(text, "settled", made, replayed(text, made), random_stream(4, "bootstrap"))
    assert found.bootstrap < found.systematic
