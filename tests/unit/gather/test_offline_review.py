"""Varian Offline Review: scale, units, wrapped lateral, rows without a match, restarts."""

import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.gather.dispatch import read_source
from popmargin.gather.options import ReaderOptions
from popmargin.tables.source import SourceDeclaration
from tests.writers import vendor_texts as texts
from tests.writers.course import course
from tests.writers.reading import codes, read_text, reasons, shifts

MATCHES = course(patients=("00123",))
TEXT = texts.offline_review(MATCHES)
OPTIONS = {"patient_position": "HFS", "error_from": "treatment_position"}
SIGNS = {"signs": {"ap_mm": 1}}


def read(folder, text, source=None, **options):
    return read_text(
        folder, text, "offline_review", source=SIGNS | (source or {}), **(OPTIONS | options)
    )


def edited(row, **cells):
    """The export with cells of one row (0 is the first image) changed by column name."""
    lines = TEXT.splitlines()
    head = lines[11].split("\t")
    values = lines[13 + row].split("\t")
    for name, value in cells.items():
        values[head.index(name.replace("_", " "))] = value
    lines[13 + row] = "\t".join(values)
    return "\n".join(lines) + "\n"


def test_layout_is_the_documented_one():
    lines = TEXT.splitlines()
    assert lines[0] == "Raw Data (Scale: VAR_IEC)"
    assert lines[11].startswith("Image ID\t")
    assert len(lines[11].split("\t")) == 40
    assert [name for name in lines[11].split("\t") if name in {"Date", "Time"}] == [
        "Date",
        "Time",
    ] * 2


def test_ids_keep_leading_zeros_and_rows_their_plan(tmp_path):
    table = read(tmp_path, TEXT).complete()
    assert table["patient_id"].unique().to_list() == ["00123"]
    assert table.select("course", "plan").unique().rows() == [("C1", "Plan1")]
    assert table["acquired_at"].min() == MATCHES[0].when


@pytest.mark.parametrize("scale", ["IEC 61217", "VARIAN", "VAR_IEC2", ""])
def test_another_scale_is_refused(tmp_path, scale):
    with pytest.raises(RefusedInput, match="scale VAR_IEC"):
        read(tmp_path, TEXT.replace("VAR_IEC", scale))


@pytest.mark.parametrize(("old", "new"), [("[cm]", "[inch]"), ("[deg]", "[rad]"), ("[cm]", "")])
def test_another_unit_is_refused(tmp_path, old, new):
    with pytest.raises(RefusedInput, match=r"column .*: expected one unit"):
        read(tmp_path, TEXT.replace(old, new))


def test_millimetres_are_read_as_stated(tmp_path):
    found = shifts(read(tmp_path, TEXT.replace("[cm]", "[mm]"), error_from="online_match"))
    assert found[0] == pytest.approx(tuple(v / 10 for v in MATCHES[0].shift), abs=1e-9)


def test_vertical_direction_is_asked_for(tmp_path):
    with pytest.raises(RefusedInput) as refused:
        read(tmp_path, TEXT, {"signs": {}}, error_from=None, patient_position=None)
    for key in ("signs: {ap_mm: 1}", "error_from: treatment_position", "patient_position: HFS"):
        assert f"\n    {key}" in str(refused.value)


def test_lateral_wraps_at_ten_metres(tmp_path):
    # From 999.9 (= -0.1 cm) to 0.3 cm: the couch went 4 mm to +X, so the patient was 4 mm right.
    text = edited(0, Couch_Lat="999.90", Treatment_Pos_Lat="0.30")
    assert shifts(read(tmp_path, text))[0][0] == -4.0
    back = edited(0, Couch_Lat="0.30", Treatment_Pos_Lat="999.90")
    assert shifts(read(tmp_path, back))[0][0] == 4.0


def test_images_of_a_fraction_are_in_the_order_of_their_time(tmp_path):
    lines = TEXT.splitlines()
    first = lines[13].split("\t")
    second = [cell.replace("08:30:00", "08:25:00") for cell in first]
    lines.insert(14, "\t".join(second))
    table = read(tmp_path, "\n".join(lines) + "\n").complete().filter(fraction=1).sort("image")
    assert [str(t.time()) for t in table["acquired_at"]] == ["08:25:00", "08:30:00"]
    assert table["image"].to_list() == [1, 2]


def test_fraction_counter_restarts_with_the_plan(tmp_path):
    text = edited(3, Plan_ID="Boost", Fraction="1")
    table = read(tmp_path, text).complete().sort("acquired_at")
    assert table.select("plan", "fraction").rows()[-2:] == [("Plan1", 3), ("Boost", 1)]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"Treatment_Pos_Vrt": "", "Treatment_Pos_Lng": "", "Treatment_Pos_Lat": ""}, "no_match"),
        ({"Fraction": ""}, "missing_value"),
        ({"Fraction": "2.5"}, "not_whole"),
        ({"Fraction": "0"}, "out_of_range"),
        ({"Couch_Vrt": "12,3"}, "not_a_number"),
        ({"Couch_Vrt": "1e5"}, "not_a_number"),
        ({"Couch_Vrt": "nan"}, "not_a_number"),
        ({"Couch_Vrt": "99.9"}, "out_of_range"),
        ({"Date": "2024-03-04"}, "not_a_date"),
        ({"Date": "31-02-2024"}, "not_a_date"),
    ],
)
def test_rows_that_cannot_be_used(tmp_path, cells, reason):
    table = read(tmp_path, edited(1, **cells))
    assert reasons(table) == [reason]
    assert table.complete()["fraction"].to_list() == [1, 3, 4]


def test_unmeasured_axis_is_empty_not_zero(tmp_path):
    table = read(tmp_path, edited(0, Treatment_Pos_Vrt="-")).complete().sort("fraction")
    assert table["ap_mm"][0] is None
    assert table["lr_mm"][0] == MATCHES[0].lr_mm


def test_decimal_comma_is_declared(tmp_path):
    lines = TEXT.splitlines()
    text = "\n".join([*lines[:13], *(line.replace(".", ",") for line in lines[13:])])
    assert set(reasons(read(tmp_path, edited(0, Couch_Vrt="1,5")))) == {"not_a_number"}
    assert shifts(read(tmp_path, text, {"decimal": ","}))[0] == MATCHES[0].shift


def test_cut_last_line_is_set_aside(tmp_path):
    table = read(tmp_path, TEXT[: TEXT.rindex("Plan1")])
    assert reasons(table) == ["ragged_row"]


def test_the_same_export_twice_counts_once(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(TEXT)
    table = read_source(
        tmp_path,
        SourceDeclaration("clinic", timing="before_correction", **SIGNS),
        ReaderOptions("offline_review", **OPTIONS),
    )
    assert reasons(table) == ["duplicate_row"] * 4
    assert shifts(table) == [match.shift for match in MATCHES]


def test_rotations_wait_for_their_signs(tmp_path):
    text = edited(0, Couch_Rtn="359.8", Treatment_Pos_Rtn="0.1")
    table = read(tmp_path, text)
    assert "yaw_deg" not in table.complete().columns
    assert "rotations_not_read" in codes(table)
    turned = read(tmp_path, text, {"signs": {"ap_mm": 1, "yaw_deg": -1}}).complete()
    assert turned.sort("fraction")["yaw_deg"][0] == 0.3  # the couch went +0.3, counted backwards


def test_encoding_is_declared(tmp_path):
    text = TEXT.replace("Synthetic", "Synthëtic")
    with pytest.raises(RefusedInput, match="encoding"):
        read(tmp_path, text.encode("cp1252"))
    assert read(tmp_path, text.encode("cp1252"), {"encoding": "cp1252"}).complete().height == 4
    assert read(tmp_path, text.encode("utf-16")).complete().height == 4


def test_names_of_patient_and_user_are_never_kept(tmp_path):
    table = read(tmp_path, TEXT)
    words = repr((table.complete().rows(), table.flags, table.assumptions, table.ledger.rows()))
    assert "Doe" not in words
    assert "xy" not in words
