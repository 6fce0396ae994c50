"""Axes and signs of couches and vendor logs, with vectors worked out by hand."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from popmargin.core.exceptions import OutOfRange, WrongUsage
from popmargin.gather.conventions import (
    COLUMNS,
    PATIENT_POSITIONS,
    find_convention,
    position_sign,
    to_patient_axes,
    wrap_degrees,
)
from tests.writers.course import LEFT_SUPERIOR_ANTERIOR, room_axes

# 1 mm along IEC X, 2 along Y, 3 along Z, as (lr, si, ap); inputs by DICOM PS3.3 C.7.3.1.1.2.
BY_HAND = {"HFS": (1, 2, 3), "HFP": (-1, 2, -3), "FFS": (-1, -2, 3), "FFP": (1, -2, -3)}
VENDORS = {
    "treatment_record": (
        ("TableTopLateralPosition", "TableTopLongitudinalPosition", "TableTopVerticalPosition"),
        ("TableTopPitchAngle", "TableTopRollAngle", "PatientSupportAngle"),
        1,
    ),
    "offline_review": (("Lat", "Lng", "Vrt"), ("Pitch", "Roll", "Rtn"), 10),
    "xvi": (("lat", "long", "vert"), ("pitch", "roll", "rot"), 10),
    "alignrt": (("LAT", "LNG", "VRT"), ("PITCH", "ROLL", "YAW"), 10),
}
UNITS = {"lr_mm": "cm", "si_mm": "cm", "ap_mm": "cm"} | dict.fromkeys(COLUMNS[3:], "deg")
SIGNS = dict.fromkeys(COLUMNS, 1)


@pytest.mark.parametrize("position", BY_HAND)
@pytest.mark.parametrize("vendor", VENDORS)
def test_couch_values_become_patient_axes(vendor, position):
    lengths, angles, factor = VENDORS[vendor]
    values = dict(zip((*lengths, *angles), (1, 2, 3, 1, 2, 3), strict=True))
    units = UNITS if vendor in {"offline_review", "alignrt"} else {}
    found = to_patient_axes(vendor, values, patient_position=position, units=units, signs=SIGNS)
    hand = BY_HAND[position]
    assert tuple(found[name] for name in COLUMNS) == (*(factor * v for v in hand), *hand)


@pytest.mark.parametrize("position", BY_HAND)
@given(vector=st.tuples(*[st.integers(-500, 500)] * 3))
@settings(max_examples=20, deadline=None)
def test_patient_to_room_and_back(position, vector):
    lengths = VENDORS["treatment_record"][0]
    room = room_axes(vector, position)
    values = dict(zip(lengths, (Decimal(v) for v in room), strict=True))
    found = to_patient_axes("treatment_record", values, patient_position=position)
    assert tuple(found.values()) == vector


@pytest.mark.parametrize("position", PATIENT_POSITIONS)
def test_positions_are_proper_half_turns(position):
    # Only a proper rotation turns pitch, roll and yaw with the same signs as the axes.
    assert np.prod(PATIENT_POSITIONS[position]) == 1
    signs = [1 if axis[0] == "+" else -1 for axis in LEFT_SUPERIOR_ANTERIOR[position]]
    assert [position_sign(name, position) for name in COLUMNS] == signs * 2


@pytest.mark.parametrize("position", ["HFDR", "hfs", "", "SITTING"])
def test_unknown_position_is_refused(position):
    with pytest.raises(OutOfRange, match="patient_position"):
        to_patient_axes("xvi", {"lat": 1.0}, patient_position=position)


def test_sign_that_nobody_knows_is_asked_for():
    with pytest.raises(OutOfRange, match=r"signs\.ap_mm"):
        to_patient_axes("offline_review", {"Vrt": 1.0}, patient_position="HFS", units=UNITS)


def test_rotation_that_nobody_knows_is_left_out():
    values = {"Lat": 1.0, "Rtn": 2.0}
    found = to_patient_axes("offline_review", values, patient_position="HFS", units=UNITS)
    assert found == {"lr_mm": 10.0}


@pytest.mark.parametrize("unit", ["deg", "inch", "header"])
def test_wrong_unit_is_refused(unit):
    with pytest.raises(OutOfRange, match="unit"):
        to_patient_axes(
            "offline_review", {"Lat": 1.0}, patient_position="HFS", units={"lr_mm": unit}
        )


def test_unknown_convention_is_refused():
    with pytest.raises(WrongUsage, match="there are treatment_record"):
        find_convention("nobody")


def test_centimetres_are_scaled_without_rounding():
    # 0.57 * 10 is 5.699999999999999 in floating point.
    found = to_patient_axes("xvi", {"lat": Decimal("0.57")}, patient_position="HFS")
    assert found == {"lr_mm": 5.7}


def test_not_measured_stays_not_measured():
    found = to_patient_axes("xvi", {"lat": None, "vert": 0.0}, patient_position="FFP")
    assert found["lr_mm"] is None
    assert found["ap_mm"] == 0.0


@pytest.mark.parametrize(
    ("angle", "turn"), [("359.8", "-0.2"), ("0.2", "0.2"), ("-359.5", "0.5"), ("540", "-180")]
)
def test_angles_from_0_to_360(angle, turn):
    assert wrap_degrees(Decimal(angle)) == Decimal(turn)


def test_every_rule_names_its_source():
    names = (
        "treatment_record",
        "offline_review",
        "xvi",
        "mosaiq_images",
        "mosaiq_offsets",
        "alignrt",
    )
    for name in names:
        rules = find_convention(name)
        assert {rule.column for rule in rules} >= set(COLUMNS[:3])
        assert all(rule.source for rule in rules)
        assert {rule.status for rule in rules} <= {"seen", "unconfirmed", "ambiguous"}
        # What has no sign is ambiguous, and only that.
        assert all((rule.sign is None) == (rule.status == "ambiguous") for rule in rules)
