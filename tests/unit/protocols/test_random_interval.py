"""The interval of the random SD of a whole course knows the steps that offline rules make."""

import numpy as np
import pytest

from benchmarks.replay_interval_coverage import cohorts
from popmargin.core.exceptions import NotEstimable
from popmargin.core.random_streams import random_stream
from popmargin.protocols.courses import courses_from_arrays
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.random_interval import COHORTS, variance_ratios
from popmargin.protocols.replayed import replay_each


@pytest.fixture(scope="module")
def ten():
    return cohorts(1, 10, random_stream(3, "ten patients"))[0]


def random_limits(courses, text, *, phase="course", **how):
    (done,) = replay_each(courses, [parse_protocol(text)], **how)
    found = [e.estimate for e in done.estimates if e.source.columns["phase"] == phase]
    return [(e.random.low, e.random_sd, e.random.high, e.random.upper) for e in found]


@pytest.mark.parametrize("text", ["nal:images=3", "sal:alpha_mm=9,max_images=2,rule=axis"])
def test_whole_course_limits_span_both_intervals(ten, text):
    plain = random_limits(ten, text, step_intervals=False)
    wider = random_limits(ten, text)
    for (low, value, high, upper), (lower, same, higher, above) in zip(plain, wider, strict=True):
        assert same == value
        assert lower <= low < value < high <= higher
        assert value < upper <= above < higher
    assert wider != plain


@pytest.mark.parametrize(("text", "phase"), [("nal:images=3", "settled"), ("daily", "course"),
                                             ("kalman:process_sd_mm=1", "course")])  # fmt: skip
def test_where_no_step_is_made_nothing_changes(ten, text, phase):
    assert random_limits(ten, text, phase=phase) == random_limits(
        ten, text, phase=phase, step_intervals=False
    )


def test_ratios_of_many_units_are_those_of_all_though_few_stand_for_them():
    rng = np.random.default_rng(5)
    errors = rng.normal(0, 3, (400, 1, 3)) + rng.normal(0, 2, (400, 10, 3))
    ratios = variance_ratios(parse_protocol("nal"), courses_from_arrays(errors))
    assert ratios.shape == (COHORTS, 3)
    # 3,600 degrees of freedom of the random errors, 400 steps: 3.2 % together.
    expected = np.sqrt(2 / 3600 + 2 / 400 * (2.1 * (9 + 4 / 3) / (9 * 4 + 2.1 * 10.33)) ** 2)
    assert ratios.std() == pytest.approx(expected, rel=0.25)


def test_same_seed_same_limits(ten):
    assert random_limits(ten, "nal", seed=4) == random_limits(ten, "nal", seed=4)


def test_errors_without_a_distribution_have_no_ratios():
    with pytest.raises(NotEstimable):
        variance_ratios(parse_protocol("nal"), courses_from_arrays([np.ones((3, 3))]))
    (done,) = replay_each(courses_from_arrays([np.ones((5, 3))]), [parse_protocol("nal")])
    assert done.estimates[0].estimate.random is None
