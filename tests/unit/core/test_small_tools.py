"""Checks, units, flags, streams, resources and exceptions: the words that every floor uses."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from popmargin.core.axes import AXES, AXIS_LABELS, axis_column, axis_unit
from popmargin.core.checks import non_negative, positive, share, whole
from popmargin.core.exceptions import NotEstimable, OutOfRange, PopmarginError, RefusedInput
from popmargin.core.flags import Flag, one_per_code
from popmargin.core.random_streams import random_stream
from popmargin.core.resources import resource_path
from popmargin.core.units import factor_to_canonical

NEVER = [math.nan, math.inf, -math.inf, -1.0, [1.0, -1e-300], [0.0, math.nan]]


@pytest.mark.parametrize("value", NEVER)
@pytest.mark.parametrize("check", [non_negative, positive])
def test_ranges_refuse_what_is_negative_or_no_number_and_name_it(check, value):
    with pytest.raises(OutOfRange) as caught:
        check("random_sd_mm", value)
    assert str(caught.value).startswith("random_sd_mm: expected a finite number")
    assert str(value) in str(caught.value)


def test_zero_is_not_positive_but_not_negative():
    assert non_negative("x", [0, 1]).tolist() == [0.0, 1.0]
    with pytest.raises(OutOfRange):
        positive("x", 0)


@pytest.mark.parametrize("value", [0, 1, -0.1, 1.1, math.nan, math.inf])
def test_a_share_lies_strictly_between_0_and_1(value):
    with pytest.raises(OutOfRange):
        share("population", value)


@pytest.mark.parametrize("value", [0, -1, 1.5, True, math.nan, math.inf])
def test_a_whole_number_is_whole_and_large_enough(value):
    with pytest.raises(OutOfRange):
        whole("fractions", value)
    assert whole("seed", 0, at_least=0) == 0


@pytest.mark.parametrize(
    ("unit", "canonical", "factor"),
    [("mm", "mm", 1.0), ("cm", "mm", 10.0), ("m", "mm", 1000.0), ("rad", "deg", 180 / math.pi)],
)
def test_units_have_their_factor(unit, canonical, factor):
    assert factor_to_canonical(unit, canonical) == factor_to_canonical(unit) == factor


@pytest.mark.parametrize(
    ("unit", "canonical"),
    [("inch", None), ("CM", None), ("deg", "mm"), ("cm", "deg"), ("min", "s")],
)
def test_a_unit_is_never_guessed(unit, canonical):
    with pytest.raises(OutOfRange, match="unit"):
        factor_to_canonical(unit, canonical)


def test_every_axis_has_a_column_a_unit_and_a_label():
    assert [axis_column(axis) for axis in AXES] == [
        "lr_mm", "si_mm", "ap_mm", "pitch_deg", "roll_deg", "yaw_deg",
    ]  # fmt: skip
    assert {axis_unit(axis) for axis in AXES} == {"mm", "deg"}
    assert set(AXIS_LABELS) == set(AXES)


def test_errors_form_one_tree_and_say_where_what_and_what_next():
    for error in (OutOfRange("a", "b", 1), RefusedInput("a", "b", "c", "d"), NotEstimable("x")):
        assert isinstance(error, PopmarginError)
    assert isinstance(OutOfRange("a", "b", 1), ValueError)
    assert str(RefusedInput("a.csv", "b", "c", "d")) == "a.csv: expected b, found c; d"


def test_a_flag_is_flat_json_with_every_key_of_the_interface():
    flag = Flag("few_patients", "warn", "6 patients", patients=6)
    assert json.loads(json.dumps(flag.as_row())) == {
        "code": "few_patients", "severity": "warn", "message": "6 patients", "file": None,
        "row": None, "column": None, "patients": 6, "effect_mm": None,
    }  # fmt: skip
    with pytest.raises(AttributeError):
        flag.code = "other"


def test_flags_of_one_code_are_said_once_by_severity():
    flags = [Flag("a", "info", "x"), Flag("b", "info", "y"), Flag("a", "info", "z")]
    flags += [Flag("a", "warn", "w"), Flag("a", "info", "v")]
    assert [flag.message for flag in one_per_code(flags)] == ["x (and 2 more rows)", "y", "w"]


def test_streams_depend_on_seed_and_names_alone():
    draw = random_stream(1, "margin", "lr").random(3).tolist()
    random_stream(1, "other").random(1000)
    assert random_stream(1, "margin", "lr").random(3).tolist() == draw
    others = [(2, "margin", "lr"), (1, "margin", "si"), (1, "marginlr"), (1, "margin", "l", "r")]
    for seed, *names in others:
        assert random_stream(seed, *names).random(3).tolist() != draw


def test_streams_are_the_same_in_every_process():
    program = (
        "from popmargin.core.random_streams import random_stream as r; print(r(7, 'a').random())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert found == {f"{random_stream(7, 'a').random()}\n"}


@given(st.integers(0, 2**70))
def test_any_whole_seed_is_taken(seed):
    assert isinstance(random_stream(seed, "x"), np.random.Generator)


def test_shipped_files_are_found_and_missing_ones_named():
    assert resource_path("data_schema", "shifts.json").is_file()
    with pytest.raises(FileNotFoundError, match=r"data_schema/nothing\.json"):
        resource_path("data_schema", "nothing.json")
