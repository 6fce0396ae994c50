"""A complete budget that the margins do not hold withholds them."""

import pytest

from popmargin.pipeline.account import withheld
from popmargin.pipeline.budget_flags import budget_flags

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
