"""Fraction and image numbers from dates; what is declared and how it is asked for."""

from datetime import datetime, timedelta

import pytest

from popmargin.core.exceptions import RefusedInput, WrongUsage
from popmargin.gather.fields import BadCell, moment, number
from popmargin.gather.options import ReaderOptions, ask_for
from popmargin.gather.record import Record
from popmargin.gather.sessions import number_fractions, number_images
from popmargin.gather.source_file import DamagedFile, decode

START = datetime(2024, 3, 4, 8)


def records(*hours, **values):
    values = {"patient_id": "p"} | values
    return [
        Record("file 1", {**values, "acquired_at": START + timedelta(hours=h), "lr_mm": float(h)})
        for h in hours
    ]


def fractions(members):
    return [record.values["fraction"] for record in members]


def test_one_fraction_a_day():
    members = records(48, 0, 1, 24)
    number_fractions(members, None, {})
    number_images(members)
    assert fractions(members) == ["3", "1", "1", "2"]
    assert [record.values["image"] for record in members] == [1, 1, 2, 1]


def test_gap_between_two_fractions_of_a_day():
    members = records(0, 0.5, 7, 7.2, 24)
    assumed = number_fractions(members, 6.0, {})
    assert fractions(members) == ["1", "1", "2", "2", "3"]
    assert assumed == {"fractions are numbered in the order of their dates, one a gap of 6 h"}


def test_patients_and_plans_are_counted_apart():
    members = [*records(0, 24), *records(24, plan="boost"), *records(48, patient_id="q")]
    number_fractions(members, None, {})
    assert fractions(members) == ["1", "2", "1", "1"]


def test_fractions_of_treatment_records_hold_for_the_whole_course_or_not_at_all():
    days = [("p", (START + timedelta(days=d)).date()) for d in range(3)]
    members = records(0, 24, 48)
    number_fractions(members, None, {days[0]: "4", days[1]: "5", days[2]: "9"})
    assert fractions(members) == ["4", "5", "9"]
    for known in ({days[0]: "4"}, {days[0]: "4", days[1]: "5", days[2]: "4"}):
        members = records(0, 24, 48)
        number_fractions(members, None, known)
        assert fractions(members) == ["1", "2", "3"]


def test_stated_fractions_and_set_aside_records_are_left_alone():
    members = [*records(0, fraction="7"), *records(24)]
    members[1].reason = "no_match"
    assert number_fractions(members, None, {}) == set()
    assert members[0].values["fraction"] == "7"
    assert "fraction" not in members[1].values


def test_equal_times_are_ordered_by_value_whatever_the_order_of_rows():
    orders = []
    for turn in (1, -1):
        members = (records(0, fraction="1") + records(0, fraction="1", lr=1))[::turn]
        members[0 if turn == 1 else 1].values["lr_mm"] = -3.0
        number_images(members)
        orders.append({r.values["lr_mm"]: r.values["image"] for r in members})
    assert orders[0] == orders[1]


@pytest.mark.parametrize(
    ("cell", "decimal", "wanted"),
    [("1.5", ".", 1.5), (" -,5 ", ",", -0.5), ("+2", ".", 2), ("", ".", None), ("--", ".", None)],
)
def test_numbers(cell, decimal, wanted):
    found = number(cell, "x", decimal)
    assert (None if found is None else float(found)) == wanted


@pytest.mark.parametrize(
    "cell", ["1,5", "inf", "1e3", "0x1", "1_0", "\u0661", "1 5", "NaN", "9" * 20, "1.2.3", "+-1"]
)
def test_texts_that_are_no_numbers(cell):
    with pytest.raises(BadCell, match="not_a_number"):
        number(cell, "x")


@pytest.mark.parametrize("cell", ["1.5", "1.000,5", "1,5,5"])
def test_points_beside_decimal_commas_are_never_guessed(cell):
    with pytest.raises(BadCell, match="not_a_number"):
        number(cell, "x", ",")


@pytest.mark.parametrize("text", ["", "31.02.2024", "01.01.0001", "01.01.2924", "1.1.24 x"])
def test_texts_that_are_no_dates(text):
    with pytest.raises(BadCell, match="not_a_date"):
        moment(text, "%d.%m.%Y")


@pytest.mark.parametrize(
    "options",
    [
        {"patient_position": "HFDR"},
        {"direction": "backwards"},
        {"direction": {"ACME": "backwards"}},
        {"error_from": "guess"},
        {"session_gap_hours": 0},
        {"slice_thickness_mm": -1},
        {"machine_isocentre_mm": (0.0, 0.0)},
        {"planned_isocentre_mm": (0.0, 0.0, float("nan"))},
        {"patient_id_from": "somewhere"},
        {"sample": "best"},
    ],
)
def test_options_that_cannot_be_meant(options):
    with pytest.raises(WrongUsage):
        ReaderOptions("auto", **options)


def test_options_from_a_config_entry():
    entry = {
        "label": "x",
        "reader": "dicom_registration",
        "direction": {"ACME": "inverse", "ACME Medical": "as_written"},
        "machine_isocentre_mm": [0, 1, 2],
        "sample": None,
    }
    options = ReaderOptions.from_config(entry)
    assert options.machine_isocentre_mm == (0, 1, 2)
    assert options.direction_for("acme medical 7") == "as_written"  # the longest name counts
    assert options.direction_for("ACME 1") == "inverse"
    assert options.direction_for("other") is None


def test_asking_shows_the_lines_to_add():
    with pytest.raises(RefusedInput) as refused:
        ask_for("linac 3", {"timing": "before_correction", "direction": "as_written"})
    assert str(refused.value) == (
        "source linac 3: expected what its files do not prove to be declared, found nothing about "
        "timing, direction; add to this source in the config:\n    timing: before_correction\n"
        "    direction: as_written"
    )


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"\xff", "utf-8"),
        (b"a\x00b", "utf-8"),
        (b"a", "rot13"),
        (b"a", "no such"),
        (b"\xff\xfea", "x"),
    ],
)
def test_bytes_that_are_no_text(content, encoding):
    with pytest.raises(DamagedFile, match=r"other bytes|binary"):
        decode(content, encoding, "x.txt")
