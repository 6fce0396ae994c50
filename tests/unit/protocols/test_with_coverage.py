"""Coverage beside replayed rows is that of the table of coverage, in the row of each axis."""

import numpy as np
import pytest

from popmargin.margins.coverage import Target
from popmargin.margins.coverage_question import CoverageQuestion
from popmargin.margins.registry import find_recipe
from popmargin.protocols.courses import courses_from_arrays
from popmargin.protocols.parse import parse_protocol
from popmargin.protocols.protocol_coverage import protocol_coverage
from popmargin.protocols.replay import replay_protocols
from popmargin.protocols.replayed import replay_each
from popmargin.protocols.with_coverage import COVERAGE_COLUMNS

PROTOCOLS = [parse_protocol(text) for text in ("no_imaging", "nal:images=3", "daily")]


@pytest.fixture(scope="module")
def courses():
    rng = np.random.default_rng(2)
    return courses_from_arrays(rng.normal(0, 3, (12, 1, 3)) + rng.normal(0, 2, (12, 10, 3)))


@pytest.fixture(scope="module")
def question():
    recipes = [find_recipe("van_herk"), find_recipe("stroom")]
    return CoverageQuestion(Target(30.0), 10, 0.9, recipes, present_margin_mm=(8.0, 8.0, 8.0))


@pytest.fixture(scope="module")
def rows(courses, question):
    return replay_protocols(courses, PROTOCOLS, recipe=("van_herk", "stroom"), question=question)[0]


def test_shares_are_those_of_the_coverage_of_the_protocol(rows, courses, question):
    for done in replay_each(courses, PROTOCOLS, keep_errors=True):
        for known in protocol_coverage(done, courses, question, group="all"):
            same = rows.filter(protocol=done.text, phase=known["phase"], recipe="van_herk")
            before = "" if known["kind"] == "recipe" else "present_"
            for name in ("coverage", "coverage_low", "coverage_high", "logged_coverage"):
                assert same[f"{before}{name}"].to_list() == [known[name]] * 3


def test_settled_from_the_start_is_the_whole_course(rows):
    for name in COVERAGE_COLUMNS:
        course, settled = (
            rows.filter(protocol="no_imaging", phase=phase)[name].to_list()
            for phase in ("course", "settled")
        )
        assert course == settled


def test_other_recipes_and_replays_without_a_question_have_none(rows, courses):
    assert rows.filter(recipe="stroom")["coverage"].null_count() == 18
    bare, _ = replay_protocols(courses, PROTOCOLS)
    assert not set(COVERAGE_COLUMNS) & set(bare.columns)


def test_withheld_margins_have_no_coverage(courses, question):
    held, _ = replay_protocols(courses, PROTOCOLS[:1], question=question, withheld=True)
    assert held["margin_mm"].null_count() == held["coverage"].null_count() == held.height
