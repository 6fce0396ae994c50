"""The expectation beside a replay: exact and simulated agree, and both meet what was replayed."""

import numpy as np
import pytest

from popmargin.protocols.closed_forms import threshold_errors
from popmargin.protocols.courses import courses_from_arrays
from popmargin.protocols.expectation import (
    expected_residuals,
    simulated_courses,
    uncorrected_errors,
)
from popmargin.protocols.expected import expected_errors
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.protocol import known_others
from popmargin.protocols.replay import replay_protocols

KNOWN = known_others(1.5, 2.6, 1.7)
TEXTS = (
    "nal:images=4",
    "nal_shrunk:images=4",
    "enal:images=3,model=mean",
    "weekly:first=3,carry=true",
    "daily:residual_sd_mm=1",
    "kalman:process_sd_mm=0.5",
)


def design(patients=10, fractions=20, missing=False):
    numbers = [np.arange(1, fractions + 1) for _ in range(patients)]
    if missing:
        numbers[0] = np.delete(numbers[0], 0) + 1
    return courses_from_arrays([np.zeros((len(n), 3)) for n in numbers], numbers)


def expectation(text, courses, rows=60_000, **options):
    rng = np.random.default_rng(8)
    simulated = simulated_courses(courses, KNOWN, rng, rows=rows)
    return expected_residuals(parse_protocol(text), courses, KNOWN, simulated, **options)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("estimator", ["anova", "conventional"])
def test_simulated_expectation_is_the_exact_one_also_with_a_group_mean(text, estimator):
    exact = expectation(text, design(), estimator=estimator)
    # One fraction is numbered differently: the design is no longer 1 to n, but nearly.
    drawn = expectation(text, design(patients=200, missing=True), estimator=estimator)
    assert set(exact) == set(drawn)
    for place, wanted in exact.items():
        assert (wanted.method, drawn[place].method) == ("exact", "simulated")
        assert drawn[place].random_sd_mm == pytest.approx(wanted.random_sd_mm, rel=0.03)
        assert drawn[place].systematic_sd_mm == pytest.approx(
            wanted.systematic_sd_mm, rel=0.05, abs=0.12
        )


def test_group_mean_adds_the_step_that_nal_makes_of_it():
    protocol = parse_protocol("nal:images=4")
    numbers = {"systematic_sd_mm": 2.0, "random_sd_mm": 0.0, "fractions": 20}
    centred = expected_errors(protocol, **numbers)
    shifted = expected_errors(protocol, **numbers, group_mean_mm=3.0)
    # 4 fractions at M, 16 at 0: sum of squares 9 * 4 * 16 / 20 over 19 degrees of freedom.
    step = shifted.mean_square_within_mm2 - centred.mean_square_within_mm2
    assert step == pytest.approx(9 * 4 * 16 / 20 / 19)
    assert shifted.variance_of_means_mm2 == pytest.approx(centred.variance_of_means_mm2)


def test_threshold_expectation_meets_its_closed_form():
    known = known_others(0.0, 3.0, 3.0)
    courses = design(patients=100, fractions=60)
    simulated = simulated_courses(courses, known, np.random.default_rng(3), rows=120_000)
    protocol = parse_protocol("daily_threshold:threshold_mm=5,residual_sd_mm=1")
    found = expected_residuals(protocol, courses, known, simulated)
    closed = threshold_errors(3, 3, 5, residual_sd_mm=1)
    for axis in range(3):
        left = found["course", axis]
        assert left.method == "simulated"
        assert left.systematic_sd_mm == pytest.approx(closed.systematic_sd_mm, abs=0.04)
        assert left.random_sd_mm == pytest.approx(closed.random_sd_mm, abs=0.02)


def test_no_imaging_is_expected_to_be_what_it_is():
    rng = np.random.default_rng(5)
    courses = courses_from_arrays(
        [rng.normal(0, 3, 3) + rng.normal(0, 2, (8, 3)) for _ in range(9)]
    )
    rows, _ = replay_protocols(courses, [parse_protocol("no_imaging")])
    for name in ("systematic_sd_mm", "random_sd_mm", "margin_mm"):
        np.testing.assert_allclose(rows[f"expected_{name}"], rows[name], rtol=1e-12)
    assert rows["expectation"].unique().to_list() == ["exact"]


def test_a_drift_is_what_the_model_does_not_expect():
    rng = np.random.default_rng(5)
    drift = np.linspace(0, 1, 25)[:, None]
    courses = courses_from_arrays(
        [rng.normal(0, 6, 3) * drift + rng.normal(0, 1, (25, 3)) for _ in range(40)]
    )
    rows, flags = replay_protocols(courses, [parse_protocol("nal:images=3")])
    settled = rows.filter(phase="settled")
    assert (settled["systematic_sd_mm"] > 1.5 * settled["expected_systematic_sd_mm"]).all()
    assert "replay_differs_from_model" in {flag.code for flag in flags}


def test_a_cohort_that_is_not_estimable_has_no_expectation():
    assert uncorrected_errors(courses_from_arrays([np.zeros((1, 3))] * 4)) is None
    rows, _ = replay_protocols(
        courses_from_arrays([np.zeros((1, 3))] * 4), [parse_protocol("daily")]
    )
    assert rows["expected_margin_mm"].null_count() == rows.height


def test_a_large_cohort_is_thinned():
    assert (
        simulated_courses(design(400, 30), KNOWN, np.random.default_rng(1), rows=3000).unit_count
        == 100
    )
