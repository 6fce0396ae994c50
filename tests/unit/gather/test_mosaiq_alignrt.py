"""MOSAIQ lists and offsets, AlignRT deltas: words, kinds of offset, units, samples."""

import pytest

from popmargin.core.exceptions import RefusedInput
from tests.writers import vendor_texts as texts
from tests.writers.course import course
from tests.writers.reading import codes, read_text, reasons, shifts

MATCHES = course(patients=("p1",))
IMAGES = texts.mosaiq_images(MATCHES)
OFFSETS = texts.mosaiq_offsets(MATCHES)
DELTAS = texts.alignrt(MATCHES)
CM = {"lr_mm": "cm", "si_mm": "cm", "ap_mm": "cm"}


def read_images(folder, text, source=None, **options):
    source = {"quantity": "setup_error", "date_format": "%d/%m/%Y %I:%M %p"} | (source or {})
    options = {"patient_id_from": "file_name"} | options
    return read_text(folder, text, "mosaiq_images", name="p1.txt", source=source, **options)


def read_offsets(folder, text, source=None, **options):
    source = {"quantity": "setup_error", "units": CM, "signs": {"lr_mm": 1}} | (source or {})
    return read_text(folder, text, "mosaiq_offsets", name="o.csv", source=source, **options)


def read_deltas(folder, text, source=None, **options):
    source = {
        "quantity": "setup_error",
        "signs": {"lr_mm": 1, "si_mm": 1, "ap_mm": 1},
        "columns": {"patient_id": "Patient", "acquired_at": "Captured"},
        "date_format": "%d/%m/%Y %H:%M:%S",
    } | (source or {})
    return read_text(
        folder, text, "alignrt", name="d.csv", source=source, patient_position="HFS", **options
    )


def image_row(sup="Sup 0.10 cm", lat="Rht 0.20 cm", ant="Ant 0.30 cm"):
    head, first = IMAGES.splitlines()[0], IMAGES.splitlines()[1:3]
    cells = "\n".join(first).split("\t")
    cells[6:9] = sup, lat, ant
    return f"{head}\n" + "\t".join(cells) + "\n" + "\n".join(IMAGES.splitlines()[3:]) + "\n"


def test_words_give_axis_and_side(tmp_path):
    assert shifts(read_images(tmp_path, image_row()))[0] == (-2.0, 1.0, 3.0)
    turned = read_images(tmp_path, image_row(), {"quantity": "couch_shift"})
    assert shifts(turned)[0] == (2.0, -1.0, -3.0)


@pytest.mark.parametrize("zero", ["0.0 cm", "0 mm", "Sup 0.0 cm", "Inf 0 cm"])
def test_zero_is_a_measurement_and_an_empty_cell_is_none(tmp_path, zero):
    assert shifts(read_images(tmp_path, image_row(sup=zero, ant="")))[0] == (-2.0, 0.0, None)


@pytest.mark.parametrize(
    "cell", ["0.1 cm", "Ant 0.1 cm", "Sup 0.1", "Sup 0.1 in", "Sup -0.1 cm", "Up 0.1 cm", "CW 1 cm"]
)
def test_cells_that_say_something_else_are_set_aside(tmp_path, cell):
    assert reasons(read_images(tmp_path, image_row(sup=cell))) == ["not_a_number"]


def test_comments_may_hold_line_ends_and_rows_without_a_shift_are_told(tmp_path):
    table = read_images(tmp_path, image_row(sup="", lat="", ant=""))
    assert reasons(table) == ["no_match"]
    assert table.complete().height == 3


def test_rotations_need_the_patient_position(tmp_path):
    assert "yaw_deg" not in read_images(tmp_path, IMAGES).complete().columns
    table = read_images(tmp_path, IMAGES, patient_position="HFS")
    row = table.complete().sort("fraction").row(0, named=True)
    assert (row["pitch_deg"], row["roll_deg"], row["yaw_deg"]) == MATCHES[0].turn
    assert "axes_unconfirmed" in codes(table)


def test_images_need_quantity_date_format_and_patient(tmp_path):
    source = {"quantity": None, "date_format": None}
    with pytest.raises(RefusedInput) as refused:
        read_images(tmp_path, IMAGES, source, patient_id_from="file")
    for line in ("quantity: setup_error", 'date_format: "%d/%m/%Y', "patient_id_from: file_name"):
        assert f"\n    {line}" in str(refused.value)


def test_date_format_is_never_guessed(tmp_path):
    table = read_images(tmp_path, IMAGES, {"date_format": "%m/%d/%Y %I:%M %p"})
    assert table.complete()["acquired_at"].dt.month().unique().sort().to_list() == [4, 5, 6, 7]


def offset(number, kind, values, *, state="1", version="0", when="2024-03-04 09:00:00.000"):
    return ",".join([str(number), "p1", "7", when, state, kind, *values, version]) + "\n"


def test_all_offsets_of_a_session_count(tmp_path):
    second = offset(9, "4", ("0", "0", "0"), when="2024-03-04 09:10:00.000")
    table = read_offsets(tmp_path, OFFSETS + second).complete().filter(fraction=1).sort("image")
    assert table["image"].to_list() == [1, 2]
    assert table.row(1, named=True)["lr_mm"] == 0.0


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (offset(9, "2", ("1", "1", "1")), "localisation_offset"),
        (offset(9, "5", ("1", "1", "1")), "unknown_type"),
        (offset(9, "3", ("1", "1", "1"), state="7"), "unknown_type"),
        (offset(9, "3", ("1", "1", "1"), version="1"), "old_version"),
        (offset(9, "3", ("", "", "")), "no_match"),
        (offset(9, "3", ("1", "x", "1")), "not_a_number"),
        (offset(9, "3", ("1", "1", "1"), when="04.03.2024"), "not_a_date"),
        ("9,p1,7\n", "ragged_row"),
    ],
)
def test_rows_that_are_no_measurement(tmp_path, row, reason):
    table = read_offsets(tmp_path, OFFSETS + row)
    assert reasons(table) == [reason]
    assert shifts(table) == [match.shift for match in MATCHES]


def test_systematic_correction_is_carried_when_declared(tmp_path):
    text = OFFSETS + offset(9, "2", ("0.4", "0", "-0.3"), when="2024-03-05 18:00:00.000")
    assert "corrections_in_force" in codes(read_offsets(tmp_path, text))
    table = read_offsets(tmp_path, text, localisation_offsets="carried").complete().sort("fraction")
    assert table["carried_si_mm"].to_list() == [None, None, 4.0, 4.0]
    assert table["carried_lr_mm"].to_list() == [None, None, -3.0, -3.0]


def test_carried_corrections_are_errors_whatever_the_table_holds(tmp_path):
    text = OFFSETS + offset(9, "2", ("0.4", "0", "-0.3"), when="2024-03-05 18:00:00.000")
    source = {"quantity": "couch_shift", "signs": {"lr_mm": -1}}
    found = read_offsets(tmp_path, text, source, localisation_offsets="carried").complete()
    row = found.sort("fraction").row(3, named=True)
    assert (row["carried_lr_mm"], row["carried_si_mm"]) == (-3.0, -4.0)
    assert row["lr_mm"] == MATCHES[3].lr_mm


def test_offsets_need_units_and_the_side_of_lateral(tmp_path):
    with pytest.raises(RefusedInput) as refused:
        read_offsets(tmp_path, OFFSETS, {"units": {}, "signs": {}})
    assert "\n    signs: {lr_mm: 1}" in str(refused.value)
    assert "\n    units: {lr_mm: cm, si_mm: cm, ap_mm: cm}" in str(refused.value)


def test_patient_that_was_not_found(tmp_path):
    text = DELTAS + "p1,09/03/2024 08:30:00,999.0,999.0,999.0,999.0,0,0,0\n"
    assert reasons(read_deltas(tmp_path, text)) == ["patient_not_found"]
    assert shifts(read_deltas(tmp_path, DELTAS)) == [match.shift for match in MATCHES]


def test_unit_stands_in_the_head_or_is_asked_for(tmp_path):
    bare = DELTAS.replace(" (cm)", "")
    with pytest.raises(RefusedInput, match="units: "):
        read_deltas(tmp_path, bare)
    assert shifts(read_deltas(tmp_path, bare, {"units": CM}))[0] == MATCHES[0].shift
    with pytest.raises(RefusedInput, match="a unit of length"):
        read_deltas(tmp_path, DELTAS.replace("D.VRT (cm)", "D.VRT (deg)"))
    with pytest.raises(RefusedInput, match="declared against it"):
        read_deltas(tmp_path, DELTAS, {"units": {"ap_mm": "mm"}})


def test_signs_of_a_surface_system_are_asked_for(tmp_path):
    with pytest.raises(RefusedInput, match=r"signs: \{lr_mm: 1, si_mm: 1, ap_mm: 1\}"):
        read_deltas(tmp_path, DELTAS, {"signs": {}})
    turned = read_deltas(tmp_path, DELTAS, {"signs": {"lr_mm": 1, "si_mm": 1, "ap_mm": -1}})
    assert shifts(turned)[0] == (*MATCHES[0].shift[:2], -MATCHES[0].ap_mm)


RECORDING = (
    "Patient,Captured,Elapsed Time (sec),D.VRT (mm),D.LNG (mm),D.LAT (mm)\n"
    "p1,04/03/2024 08:30:00,0.0,1,1,1\n"
    "p1,04/03/2024 08:30:01,1.0,999,999,999\n"
    "p1,04/03/2024 08:30:02,2.0,2,3,5\n"
    "p1,04/03/2024 08:30:03,3.0,9,4,3\n"
)


@pytest.mark.parametrize(
    ("sample", "wanted"),
    [("first", [(1, 1, 1)]), ("last", [(3, 4, 9)]), ("median", [(3, 3, 2)])],
)
def test_sample_of_a_recording_is_declared(tmp_path, sample, wanted):
    table = read_deltas(tmp_path, RECORDING, sample=sample)
    assert shifts(table) == wanted
    assert sorted(reasons(table)) == ["other_sample", "other_sample", "patient_not_found"]


def test_recording_without_a_declared_sample(tmp_path):
    with pytest.raises(RefusedInput, match="sample: median"):
        read_deltas(tmp_path, RECORDING)
    assert len(shifts(read_deltas(tmp_path, RECORDING, sample="each"))) == 3
