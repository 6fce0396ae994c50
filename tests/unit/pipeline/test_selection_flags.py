"""What the choice of rows means is said, and an unheld complete budget withholds margins."""

import polars as pl
import pytest

from popmargin.pipeline.account import withheld
from popmargin.pipeline.selection_flags import budget_flags, image_flags, pooled_flags

PART = {"component": "delineation"}


@pytest.mark.parametrize(
    ("budget", "severities"),
    [
        ({"complete": True, "components": [PART]}, ["block"]),
        ({"complete": False, "components": [PART]}, ["warn"]),
        ({"complete": True, "components": []}, []),
    ],
)
def test_a_budget_that_margins_do_not_hold(budget, severities):
    flags = budget_flags(budget)
    assert [flag.severity for flag in flags] == severities
    assert withheld(flags, []) == ("block" in severities)


def test_pooled_columns_are_named_and_missing_values_are_no_group():
    shifts = pl.LazyFrame({"site": ["a", "b", None], "surrogate": ["bone", None, "bone"]})
    assert [flag.column for flag in pooled_flags(shifts, [])] == ["site"]
    assert pooled_flags(shifts, ["site"]) == []


def test_one_image_a_fraction_needs_no_remark():
    assert image_flags(5, 5, "first") == []
