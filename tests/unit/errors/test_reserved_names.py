"""No result column can be a group column at the same time."""

import json
import re

import polars as pl
import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.core.resources import resource_path
from popmargin.errors.select import RESERVED, UNIT_KEY
from popmargin.errors.units import summarise_units

CONTRACTS = (
    "analysis_errors", "axis_correlations", "borrowed_margins", "centre_errors", "centre_places",
    "centre_verdicts", "control_chart",
    "course_dependence", "coverage_curve", "dose_population", "error_budget_shares",
    "error_distribution", "fraction_trend", "group_comparison", "intrafraction_motion",
    "margin_coverage", "margins", "off_axis_margins", "organ_motion", "population_errors",
    "protocol_coverage", "quality_flags", "quality_rows", "replayed_errors",
    "risk_volume_margins", "rotation_errors", "scenario_shifts", "unit_summaries",
    "vector_lengths",
)  # fmt: skip


def columns_of(contract):
    fields = json.loads(resource_path("data_schema", f"{contract}.json").read_text())["fields"]
    return {field["name"] for field in fields}


@pytest.mark.parametrize("contract", CONTRACTS)
def test_names_of_result_columns_are_reserved(contract):
    """Columns with a unit are left out, and those that the shifts themselves may be grouped by."""
    names = {n for n in columns_of(contract) if not re.search(r"_(mm|deg|mm2|deg2)(_|$)", n)}
    assert names - {"group", *UNIT_KEY} - columns_of("shifts") <= RESERVED


@pytest.mark.parametrize("name", ["comparison", "group_1", "signal", "papers"])
def test_a_reserved_name_makes_no_group(name):
    shifts = pl.DataFrame({"patient_id": ["a"], "fraction": [1], name: ["x"], "lr_mm": [1.0]})
    with pytest.raises(RefusedInput, match="the name of a result column"):
        summarise_units(shifts, group_by=[name])
