"""Elekta XVI: alignments, couch shifts, angles, matrices, and the ZIP inside raw data."""

import io
import zipfile

import numpy as np
import pytest

from popmargin.core.exceptions import OutOfRange, RefusedInput
from popmargin.gather.dispatch import read_source
from popmargin.gather.options import ReaderOptions
from popmargin.gather.readers.xvi_dicom import unpacked
from popmargin.gather.source_file import DamagedFile
from popmargin.gather.xvi_ini import parse_ini, transform_matrix, turn_between_deg
from popmargin.tables.source import SourceDeclaration
from tests.writers import dicom_objects as dicom
from tests.writers import vendor_texts as texts
from tests.writers.course import course
from tests.writers.reading import codes, read_text, reasons, shifts

MATCH = course()[0]
TEXT = texts.xvi_ini(MATCH)
# The values that a public description of a real file prints, in the vendor's own words.
PUBLIC = """[ALIGNMENT.20231010; 16:17:49]
Align.clip1=-0.21, 0.05, -0.28, 0.4, 0.8, 359.8
Align.correction=-0.21, 0.05, -0.28, 0.4, 0.8, 359.8
CouchShiftLat=0.21
CouchShiftLong=-0.05
CouchShiftHeight=0.28
CouchPitch=-
IECAngleConvention=1
IECLinearConvention=2
"""


def read(folder, text, **options):
    options = {"patient_position": "HFS", "patient_id_from": "file_name"} | options
    return read_text(folder, text, "xvi", name="p1.INI.XVI", **options)


@pytest.mark.parametrize("way", ["alignment", "couch_shift"])
@pytest.mark.parametrize("alignment", ["clip1", "correction"])
def test_public_example(tmp_path, way, alignment):
    row = read(tmp_path, PUBLIC, error_from=way, alignment=alignment).complete().row(0, named=True)
    assert (row["lr_mm"], row["si_mm"], row["ap_mm"]) == (-2.1, 0.5, -2.8)
    assert row["acquired_at"].isoformat() == "2023-10-10T16:17:49"
    assert (row["patient_id"], row["fraction"], row["image"]) == ("p1", 1, 1)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("way", ["alignment", "couch_shift"])
def test_zero_is_zero_to_the_last_bit_whatever_turns_its_sign(tmp_path, sign, way):
    # -0.0 is written otherwise than 0.0.
    text = PUBLIC.replace("ShiftLat=0.21", "ShiftLat=0.00").replace("clip1=-0.21", "clip1=-0.00")
    table = read(tmp_path, text, source={"signs": {"lr_mm": sign}}, error_from=way)
    assert repr(shifts(table)) == "[(0.0, 0.5, -2.8)]"


def test_angles_above_180_are_negative(tmp_path):
    row = read(tmp_path, PUBLIC).complete().row(0, named=True)
    assert (row["yaw_deg"], row["pitch_deg"], row["roll_deg"]) == (0.4, 0.8, -0.2)


def test_axes_of_rotations_stay_flagged_until_a_phantom_was_moved(tmp_path):
    assert "axes_unconfirmed" in codes(read(tmp_path, PUBLIC))
    assert "axes_unconfirmed" not in codes(read(tmp_path, PUBLIC, phantom_checked=True))


def test_dash_means_not_measured(tmp_path):
    text = PUBLIC.replace("Align.clip1=-0.21, 0.05", "Align.clip1=-0.21, -")
    assert shifts(read(tmp_path, text)) == [(-2.1, None, -2.8)]
    with pytest.raises(RefusedInput, match="nothing was matched"):
        read(tmp_path, PUBLIC.replace("Align.mask1", ""), alignment="mask1")


def test_couch_that_moved_otherwise_is_flagged(tmp_path):
    text = PUBLIC.replace("CouchShiftLat=0.21", "CouchShiftLat=0.35")
    assert "couch_shift_differs" in codes(read(tmp_path, text))
    assert "couch_shift_differs" not in codes(read(tmp_path, PUBLIC))


@pytest.mark.parametrize("line", ["IECLinearConvention=1", "iecangleconvention=2"])
def test_unknown_convention_is_refused(tmp_path, line):
    key = line.partition("=")[0].lower()
    kept = [row for row in PUBLIC.splitlines() if not row.lower().startswith(key)]
    with pytest.raises(RefusedInput, match=key):
        read(tmp_path, "\n".join([*kept, line]))


def test_last_alignment_of_an_image_counts(tmp_path):
    later = PUBLIC.replace("16:17:49", "16:20:00").replace("-0.21, 0.05", "-0.31, 0.05")
    table = read(tmp_path, later + PUBLIC)
    assert shifts(table) == [(-3.1, 0.5, -2.8)]
    assert reasons(table) == ["superseded"]


def test_alone_and_inside_dicom_it_is_one_record(tmp_path):
    (tmp_path / "a.INI.XVI").write_bytes(TEXT.encode())
    dicom.save(dicom.rps(MATCH, TEXT), tmp_path / "a.RPS.dcm")
    source = SourceDeclaration("linac", timing="before_correction")
    table = read_source(tmp_path, source, ReaderOptions("xvi", patient_position="HFS"))
    assert shifts(table) == [MATCH.shift]
    assert reasons(table) == ["duplicate_row"]


def test_patient_position_is_asked_for(tmp_path):
    with pytest.raises(RefusedInput, match="patient_position: HFS"):
        read(tmp_path, PUBLIC, patient_position=None)


@pytest.mark.parametrize(
    "line",
    [
        "Align.clip1=1, 2, 3",
        "Align.clip1=1, 2, 3, 4, 5, 6, 7",
        "Align.clip1=a, 2, 3, 4, 5, 6",
        "Align.clip1=1e9, 2, 3, 4, 5, 6",
        "Align.clip1=99, 2, 3, 4, 5, 6",
    ],
)
def test_numbers_that_are_none_are_refused(tmp_path, line):
    with pytest.raises(RefusedInput):
        read(tmp_path, f"[ALIGNMENT]\nDateTime=20231010; 16:17:49\n{line}\n")


def test_first_of_repeated_keys_counts():
    general, alignments = parse_ini("a=1\nA=2\n[ALIGNMENT]\nb = 3\nB=4\n[OTHER]\nc=5")
    assert general == {"a": "1", "c": "5"}
    assert alignments[0].keys == {"b": "3"}


def test_matrix_is_transposed_and_in_centimetres():
    # Printed in a public description of the format.
    matrix = transform_matrix("0 0 -1 0 0 1 0 0 1 0 0 0 10.8 4.92 5.21 1")
    assert matrix[:3, :3].tolist() == [[0, 0, 1], [0, 1, 0], [-1, 0, 0]]
    assert matrix[:3, 3] == pytest.approx([108.0, 49.2, 52.1])


@pytest.mark.parametrize("text", ["", "1 2 3", "x " * 16, "nan " * 16, "2 0 0 0 " * 4])
def test_matrix_that_is_none(text):
    with pytest.raises(OutOfRange):
        transform_matrix(text)


def test_matrix_that_turns_otherwise_is_flagged(tmp_path):
    def written(angle):
        turn = np.eye(4)
        turn[:3, :3] = dicom.turn_about((0, 0, 1), angle)
        return " ".join(f"{x:.9f}" for x in turn.T.ravel())

    def text(angle):
        unmatched = f"OnlineToRefTransformUnMatched={written(0)}"
        return f"{PUBLIC}{unmatched}\nOnlineToRefTransformCorrection={written(angle)}\n"

    assert turn_between_deg(np.eye(4), transform_matrix(written(7))) == pytest.approx(7, abs=1e-5)
    # 0.4, 0.8 and 0.2 degrees turn by 0.92 degrees in all.
    assert "matrix_differs" not in codes(read(tmp_path, text(0.92)))
    assert "matrix_differs" in codes(read(tmp_path, text(3)))
    broken = text(1).replace(written(1), "1 2 3")
    assert "matrix_differs" in codes(read(tmp_path, broken))


def packed(members, method=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_zip_bomb_is_refused_within_bounds():
    bomb = packed({"a.INI.XVI": b"\x00" * 50_000_000})
    assert len(bomb) < 100_000
    with pytest.raises(DamagedFile, match="at most"):
        unpacked(bomb, "x")


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"PK\x05\x06" + b"\x00" * 18,
        packed({"a.ini": b"x"}),
        packed({f"{n}.INI.XVI": b"x" for n in range(21)}),
        packed({f"{n}": b"x" for n in range(1001)} | {"a.INI.XVI": b"x"}),
        packed({"a.INI.XVI": b"x" * 100}, zipfile.ZIP_BZIP2),
        packed({"a.INI.XVI": b"x" * 5000})[:-60],
    ],
    ids=["empty", "no member", "no text", "many texts", "many", "bzip2", "cut"],
)
def test_zip_that_is_none(archive):
    with pytest.raises(DamagedFile):
        unpacked(archive, "x")


def test_member_names_are_never_paths():
    assert unpacked(packed({"../../etc/x.INI.XVI": b"a", "/abs.ini.xvi": b"b"}), "x") == [
        b"a",
        b"b",
    ]


def test_raw_data_of_another_vendor_is_set_aside(tmp_path):
    data = dicom.rps(MATCH, TEXT)
    data[0x00210010].value = "SOMEBODY"
    dicom.save(data, tmp_path / "a.dcm")
    dicom.save(dicom.rps(MATCH, TEXT), tmp_path / "b.dcm")
    source = SourceDeclaration("linac", timing="before_correction", max_set_aside_share=0.5)
    table = read_source(tmp_path, source, ReaderOptions("xvi", patient_position="HFS"))
    assert reasons(table) == ["damaged_file"]
