"""Faults at their usual sizes are named, clean tables not blocked (a quick cut of the bench)."""

import numpy as np
import polars as pl
import pytest

from popmargin.cohorts.faults import FAULTS, inject_fault
from popmargin.core.exceptions import WrongUsage
from popmargin.core.random_streams import random_stream
from popmargin.quality.find_faults import find_quality_faults
from popmargin.quality.registry import FINDERS
from popmargin.quality.rows import position_rows
from popmargin.quality.thresholds import Thresholds
from tests.oracles.quality_cohorts import clean_cohort

COHORTS = 10
# At least so many of ten at the size to reach; the full benchmark says how many of a thousand.
FEWEST = {"sign_flip": 5, "change_of_reference": 0}
CLEAN = [
    {},
    {"random_variance_shape": 3.0},
    {"random_tail_degrees": 5.0},
    {"trend_mm_per_fraction": 0.05, "trend_sd_mm_per_fraction": 0.1},
    {"autocorrelation": 0.4},
    {"group_mean_mm": 0.0, "systematic_sd_mm": 0.5, "random_sd_mm": 3.0},
    {"grid_mm": 1.0},
    {"grid_mm": 5.0},
]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_its_usual_size_is_named(name):
    fault, rng = FAULTS[name], random_stream(7, name)
    seen = 0
    for _ in range(COHORTS):
        rows = position_rows(inject_fault(clean_cohort(rng), name, rng=rng))
        finding = FINDERS[fault.code](rows, Thresholds())
        seen += finding is not None
        assert finding is None or finding.code == fault.code
    assert seen >= FEWEST.get(name, COHORTS)


@pytest.mark.parametrize("changes", CLEAN, ids=str)
def test_a_clean_table_is_not_blocked(changes):
    rng = random_stream(8, str(changes))
    for _ in range(COHORTS):
        found = find_quality_faults(clean_cohort(rng, **changes)).flags
        assert [flag for flag in found if flag.severity == "block"] == []


def test_a_size_of_a_fault_can_be_chosen_and_an_unknown_fault_is_refused():
    rng = np.random.default_rng(1)
    rounded = inject_fault(clean_cohort(rng), "rounding", rng=rng, size=2.0)
    assert (rounded["ap_mm"] % 2.0 == 0.0).all()
    with pytest.raises(WrongUsage, match="no fault 'gremlins'"):
        inject_fault(rounded, "gremlins", rng=rng)


@pytest.mark.parametrize("height", [0, 1, 3])
def test_hardly_any_row_raises_nothing_and_fails_nowhere(height):
    shifts = pl.DataFrame(
        {"patient_id": ["a", "b", "b"], "fraction": [1, 1, 2], "lr_mm": [None, 0.0, 50.0]}
    ).head(height)
    assert find_quality_faults(shifts).flags == ()


def test_constant_positions_are_no_fault():
    ids = [f"p{number}" for number in range(10) for _ in range(5)]
    shifts = pl.DataFrame({"patient_id": ids, "fraction": [1, 2, 3, 4, 5] * 10})
    for value in (0.0, 2.0):
        same = shifts.with_columns(lr_mm=value, si_mm=value, ap_mm=value)
        assert find_quality_faults(same).flags == ()
