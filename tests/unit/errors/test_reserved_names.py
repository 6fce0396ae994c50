"""No result column can be a group column at the same time."""

import json
import re

import polars as pl
import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.core.resources import resource_path
from popmargin.errors.select import RESERVED, UNIT_KEY
from popmargin.errors.units import summarise_units


def result_columns():
    """Columns without a unit of every contract that carries group columns."""
    for path in sorted(resource_path("data_schema").glob("*.json")):
        contract = json.loads(path.read_text())
        names = {field["name"] for field in contract.get("fields", [])}
        if names & {"group", "group_1"} and "otherColumns" in contract:
            yield path.stem, {n for n in names if not re.search(r"_(mm|deg|mm2|deg2)(_|$)", n)}


@pytest.mark.parametrize(("contract", "names"), list(result_columns()))
def test_names_of_result_columns_are_reserved(contract, names):
    assert names - {"group", *UNIT_KEY} <= RESERVED


@pytest.mark.parametrize("name", ["comparison", "group_1", "signal", "papers"])
def test_a_reserved_name_makes_no_group(name):
    shifts = pl.DataFrame({"patient_id": ["a"], "fraction": [1], name: ["x"], "lr_mm": [1.0]})
    with pytest.raises(RefusedInput, match="the name of a result column"):
        summarise_units(shifts, group_by=[name])
