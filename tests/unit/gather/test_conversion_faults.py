"""Edges of conversions: half a turn, a missing position, times that read in another order."""

import csv
import math
from datetime import datetime, timedelta

import numpy as np
import pytest

from popmargin.core.resources import resource_path
from popmargin.core.units import factor_to_canonical
from popmargin.gather.conventions import to_patient_axes
from popmargin.gather.record import Record
from popmargin.gather.rigid import displacement
from popmargin.gather.sessions import number_fractions, number_images

with resource_path("reference", "conventions.csv").open(encoding="utf-8", newline="") as stream:
    RULES = list(csv.DictReader(stream))


def test_canonical_units_are_left_as_they_are():
    assert factor_to_canonical("deg") == factor_to_canonical("deg", "deg") == 1.0
    assert factor_to_canonical("s", "s") == 1.0


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule['convention']}-{rule['column']}")
def test_what_needs_no_position_is_converted_without_one(rule):
    column = rule["column"]
    declared = {"units": {column: "deg" if column.endswith("_deg") else "mm"}}
    if not rule["sign"]:
        declared["signs"] = {column: 1}
    if rule["frame"] == "patient":
        found = to_patient_axes(rule["convention"], {rule["field"]: 2.0}, **declared)
        assert abs(found[column]) == 2.0
    elif column.endswith("_deg"):
        assert to_patient_axes(rule["convention"], {rule["field"]: 2.0}, **declared) == {}


@pytest.mark.parametrize(("angle", "turn"), [(180.0, 180.0), (180.5, -179.5), (-180.0, -180.0)])
def test_half_a_turn_keeps_its_sign_and_more_does_not(angle, turn):
    rule = next(r for r in RULES if r["column"].endswith("_deg") and r["sign"] in ("1", ""))

    def converted(value):
        found = to_patient_axes(
            rule["convention"],
            {rule["field"]: value},
            patient_position="HFS",
            units={rule["column"]: "deg"},
            signs={rule["column"]: 1},
        )
        return found[rule["column"]]

    assert converted(angle) == turn * converted(2.0) / 2.0


def test_shifts_are_given_to_a_nanometre_and_zero_has_no_sign():
    moved = np.eye(4)
    moved[0, 3], moved[1, 3] = math.pi, 1e-9
    found = displacement(moved, [0, 0, 0], [0, 0, 0])
    assert found["lr_mm"] == -3.141593
    assert all(math.copysign(1.0, value) == 1.0 for value in found.values() if value == 0.0)
    assert found["ap_mm"] == 0.0


def records(*hours, **values):
    start = datetime(2024, 3, 4, 8)
    return [
        Record(f"file {h}", {"patient_id": "p", "acquired_at": start + timedelta(hours=h)} | values)
        for h in hours
    ]


def test_images_are_numbered_by_time_however_it_is_written():
    # Ten o'clock reads before eight as text.
    members = records(2, 0, fraction="1")
    number_images(members)
    assert [record.values["image"] for record in members] == [2, 1]


def test_an_image_number_that_is_given_stays():
    members = records(0, 1, fraction="1")
    members[0].values["image"] = 7
    members[1].reason = "no_direction"
    number_images(members)
    assert [record.values.get("image") for record in members] == [7, None]


def test_a_gap_must_be_longer_than_stated():
    members = records(0, 6, 12.5)
    number_fractions(members, 6.0, {})
    assert [record.values["fraction"] for record in members] == ["1", "1", "2"]
