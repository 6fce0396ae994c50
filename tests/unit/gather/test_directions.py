"""Both directions of each vendor: what is written the other way round comes back the same."""

import polars as pl
import pytest

from popmargin.gather.dispatch import read_source
from popmargin.gather.options import ReaderOptions
from popmargin.tables.source import SourceDeclaration
from tests.writers import dicom_objects as dicom
from tests.writers import vendor_texts as texts
from tests.writers.course import Match, course, room_axes

SHIFTS = ["lr_mm", "si_mm", "ap_mm"]
TURNS = ["pitch_deg", "roll_deg", "yaw_deg"]
POSITIONS = ["HFS", "HFP", "FFS", "FFP"]
MATCHES = course(patients=("00123",))
PLANNED = (4.0, 1012.5, -151.0)


def opposite(match):
    """What a system that counts the other way would log."""
    values = (-value for value in (*match.shift, *match.turn))
    return Match(match.patient_id, match.fraction, match.when, *values)


def rows(folder, options, wanted, **declared):
    source = SourceDeclaration("clinic", **{"timing": "before_correction", **declared})
    table = read_source(folder, source, options).complete().sort("fraction")
    return table.select(pl.col(wanted).round(9)).rows()


def truth(columns):
    return [tuple(getattr(match, name) for name in columns) for match in MATCHES]


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("sign", [1, -1])
def test_alignrt_counts_as_declared(tmp_path, position, sign):
    written = MATCHES if sign == 1 else [opposite(match) for match in MATCHES]
    (tmp_path / "d.csv").write_text(texts.alignrt(written, position))
    found = rows(
        tmp_path,
        ReaderOptions("alignrt", patient_position=position),
        SHIFTS + TURNS,
        quantity="setup_error",
        signs=dict.fromkeys(SHIFTS + TURNS, sign),
        columns={"patient_id": "Patient", "acquired_at": "Captured"},
        date_format="%d/%m/%Y %H:%M:%S",
    )
    assert found == truth(SHIFTS + TURNS)


@pytest.mark.parametrize("quantity", ["setup_error", "couch_shift"])
def test_mosaiq_offsets_are_errors_or_corrections_as_declared(tmp_path, quantity):
    written = MATCHES if quantity == "setup_error" else [opposite(match) for match in MATCHES]
    (tmp_path / "o.csv").write_text(texts.mosaiq_offsets(written))
    declared = {"units": dict.fromkeys(SHIFTS, "cm"), "signs": {"lr_mm": 1}, "quantity": quantity}
    assert rows(tmp_path, ReaderOptions("mosaiq_offsets"), SHIFTS, **declared) == truth(SHIFTS)


def test_the_side_of_lateral_offsets_is_declared(tmp_path):
    mirrored = [
        Match(m.patient_id, m.fraction, m.when, -m.lr_mm, m.si_mm, m.ap_mm) for m in MATCHES
    ]
    (tmp_path / "o.csv").write_text(texts.mosaiq_offsets(mirrored))
    declared = {"units": dict.fromkeys(SHIFTS, "cm"), "signs": {"lr_mm": -1}}
    found = rows(
        tmp_path, ReaderOptions("mosaiq_offsets"), SHIFTS, quantity="setup_error", **declared
    )
    assert found == truth(SHIFTS)


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("quantity", ["setup_error", "couch_shift"])
def test_mosaiq_images_are_errors_or_corrections_as_declared(tmp_path, position, quantity):
    written = MATCHES if quantity == "setup_error" else [opposite(match) for match in MATCHES]
    (tmp_path / "00123.txt").write_text(texts.mosaiq_images(written, position))
    options = ReaderOptions("mosaiq_images", patient_position=position, patient_id_from="file_name")
    declared = {"quantity": quantity, "date_format": "%d/%m/%Y %I:%M %p"}
    assert rows(tmp_path, options, SHIFTS, **declared) == truth(SHIFTS)


@pytest.mark.parametrize("position", POSITIONS)
def test_offline_match_columns(tmp_path, position):
    text = texts.offline_review(MATCHES, position).replace("Online Match", "x Match")
    text = text.replace("Offline Match", "Online Match").replace("x Match", "Offline Match")
    (tmp_path / "r.txt").write_text(text)
    options = ReaderOptions("offline_review", patient_position=position, error_from="offline_match")
    assert rows(tmp_path, options, SHIFTS, signs={"ap_mm": 1}) == truth(SHIFTS)


def treated(folder, position):
    dicom.save(dicom.plan("00123", uid="1.5", couch=PLANNED), folder / "plan.dcm")
    for match in MATCHES:
        data = dicom.record(match, position, "1.5", PLANNED)
        dicom.save(data, folder / f"{match.fraction}.dcm")


@pytest.mark.parametrize("position", POSITIONS)
def test_an_offline_correction_is_carried(tmp_path, position):
    treated(tmp_path, position)
    carried = (4.0, -2.0, 1.5)  # error that the correction removed: left, inferior, anterior
    moved = (p - e for p, e in zip(PLANNED, room_axes(carried, position), strict=True))
    later = MATCHES[2:]
    adjusted = tuple(moved)
    for match in later:
        dicom.save(dicom.instruction(match, adjusted), tmp_path / f"i{match.fraction}.dcm")
    names = [*SHIFTS, *(f"carried_{name}" for name in SHIFTS)]
    found = rows(tmp_path, ReaderOptions("dicom_record"), names)
    assert found[:2] == [(*match.shift, None, None, None) for match in MATCHES[:2]]
    for row, match in zip(found[2:], later, strict=True):
        assert row[3:] == carried
        # logged + carried is the error without any correction
        assert [a + b for a, b in zip(row[:3], carried, strict=True)] == pytest.approx(match.shift)


ANGLES = ("PatientSupport", "TableTopPitch", "TableTopRoll")


@pytest.mark.parametrize("only_angles", [False, True])
def test_rotations_count_from_adjusted_angles(tmp_path, only_angles):
    treated(tmp_path, "HFS")
    degrees = ["yaw_deg", "pitch_deg", "roll_deg"]
    options = ReaderOptions("dicom_record")
    before = rows(tmp_path, options, [*SHIFTS, *degrees])
    data = dicom.instruction(MATCHES[0], PLANNED)
    task = data.BeamTaskSequence[0]
    for name, angle in zip(ANGLES, (2.0, -1.0, 0.5), strict=True):
        setattr(task, f"{name}AdjustedAngle", angle)
    if only_angles:
        del task.TableTopLateralAdjustedPosition
    dicom.save(data, tmp_path / "i1.dcm")
    found = rows(tmp_path, options, [*SHIFTS, *degrees])
    # The angle that the couch did less is an error that it had no need to correct.
    expected = [*before[0][:3], before[0][3] + 2, before[0][4] - 1, before[0][5] + 0.5]
    assert list(found[0]) == pytest.approx(expected)
    assert found[1:] == before[1:]
    source = SourceDeclaration("clinic", timing="before_correction", max_set_aside_share=0.5)
    said = {flag.code: flag.message for flag in read_source(tmp_path, source, options).flags}
    assert said["angles_adjusted"].startswith("rotations of 1 beams count from angles")
    task.TableTopEccentricAdjustedAngle = 5.0
    dicom.save(data, tmp_path / "i1.dcm")
    aside = read_source(tmp_path, source, options).ledger.filter(status="set_aside")
    assert "turned_couch" in aside["reason"]


def test_contradicting_and_unreadable_instructions(tmp_path):
    treated(tmp_path, "HFS")
    for index, vertical in enumerate((-150.0, -149.0)):
        data = dicom.instruction(MATCHES[0], (4.0, 1012.5, vertical), what=index)
        dicom.save(data, tmp_path / f"i{index}.dcm")
    bad = dicom.instruction(MATCHES[1], PLANNED)
    bad.BeamTaskSequence[0].TableTopLateralAdjustedPosition = None
    dicom.save(bad, tmp_path / "i7.dcm")
    source = SourceDeclaration("clinic", timing="before_correction", max_set_aside_share=0.5)
    table = read_source(tmp_path, source, ReaderOptions("dicom_record"))
    aside = table.ledger.filter(status="set_aside")
    assert dict(aside.select("reason", "rows").rows()) == {
        "adjustments_differ": 1,
        "reference_file": 4,
    }
    whole = (tmp_path / "i7.dcm").read_bytes()
    (tmp_path / "i7.dcm").write_bytes(whole[:-40])
    again = read_source(tmp_path, source, ReaderOptions("dicom_record"))
    assert "damaged_instructions" in {flag.code for flag in again.flags}
