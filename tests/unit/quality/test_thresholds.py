"""Thresholds: those of the config's schema and those of the library are the same, and they act."""

from dataclasses import asdict

import pytest

from popmargin.core.random_streams import random_stream
from popmargin.pipeline.config_schema import config_schema, with_defaults
from popmargin.quality.finding import severity_of
from popmargin.quality.gross_errors import find_gross_errors
from popmargin.quality.missing_fractions import find_missing_fractions
from popmargin.quality.rounding import find_rounding
from popmargin.quality.rows import PositionRows, position_rows
from popmargin.quality.thresholds import Thresholds
from tests.oracles.quality_cohorts import clean_cohort


def test_the_schema_and_the_library_have_the_same_defaults():
    filled = with_defaults({"study": "a", "sources": []})["quality"]
    assert filled == asdict(Thresholds())


def test_every_threshold_states_its_rationale():
    rules = config_schema()["properties"]["quality"]["properties"]
    assert set(rules) == set(asdict(Thresholds()))
    for name, rule in rules.items():
        assert len(rule["description"]) > 25 or name.endswith(("_high", "_rows")), name


@pytest.mark.parametrize(
    ("probability", "share", "severity"),
    [(1e-2, 0.5, None), (1e-4, 0.5, "warn"), (1e-7, 0.5, "block"), (1e-7, 0.001, "warn")],
)
def test_severity_follows_probability_and_share(probability, share, severity):
    assert severity_of(probability, share, Thresholds()) == severity


def test_rounding_is_judged_against_the_random_variance():
    rows = position_rows(clean_cohort(random_stream(1, "round"), grid_mm=2.0))
    # q^2 / 12 = 0.33 of about 4.3 mm^2 is 8 %.
    assert find_rounding(rows, Thresholds(rounding_share=0.05)).variance_within_mm2 == (
        pytest.approx([4.0 / 12.0] * 3)
    )
    assert find_rounding(rows, Thresholds(rounding_share=0.1)) is None


def test_half_the_fractions_missing_is_taken_for_a_schedule():
    weekly = PositionRows.of([0] * 4, [1, 6, 11, 16], [[0.0] * 3] * 4)
    assert find_missing_fractions(weekly, Thresholds()).severity == "info"
    assert find_missing_fractions(weekly, Thresholds(missing_share=0.9)) is None


def test_a_code_among_the_gross_values_is_named():
    rows = position_rows(clean_cohort(random_stream(2, "code")))
    values = rows.values.copy()
    values[[5, 105, 305], 1] = 99.0
    coded = PositionRows.of(rows.unit, rows.fraction, values)
    found = find_gross_errors(coded, Thresholds())
    assert (found.severity, found.suspects.sum()) == ("block", 3)
    assert "99 more than once" in found.message
    assert found.repaired.count == coded.count - 3
