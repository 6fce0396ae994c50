"""RT Beams Treatment Records: couch positions against the plan."""

import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.gather.dispatch import read_source
from popmargin.gather.options import ReaderOptions
from popmargin.tables.source import SourceDeclaration
from tests.writers import dicom_objects as dicom
from tests.writers.course import course

MATCHES = course(patients=("p",), fractions=3)
PLANNED = (4.0, 1012.5, -151.0)
SOURCE = SourceDeclaration("linac 3", timing="before_correction", max_set_aside_share=0.7)


def folder_with(folder, *records, couch=PLANNED):
    dicom.save(dicom.plan("p", uid="1.5", couch=couch), folder / "plan.dcm")
    for number, data in enumerate(records):
        dicom.save(data, folder / f"{number}.dcm")
    return folder


def record(match=MATCHES[0], position="HFS", **changed):
    return dicom.record(match, position, "1.5", PLANNED, **changed)


def first_point(data):
    return data.TreatmentSessionBeamSequence[0].ControlPointDeliverySequence[0]


def read(folder, **options):
    return read_source(folder, SOURCE, ReaderOptions("dicom_record", **options))


def reasons(table):
    aside = table.ledger.filter(status="set_aside")["reason"].to_list()
    return [reason for reason in aside if reason != "reference_file"]


def test_couch_shift_is_turned_into_the_error(tmp_path):
    row = read(folder_with(tmp_path, record())).complete().row(0, named=True)
    match = MATCHES[0]
    assert (row["lr_mm"], row["si_mm"], row["ap_mm"]) == match.shift
    assert (row["pitch_deg"], row["roll_deg"], row["yaw_deg"]) == match.turn
    assert (row["quantity"], row["plan"], row["fraction"]) == ("setup_error", "Plan1", 1)


def test_setup_displacement_of_the_record_does_not_matter(tmp_path):
    data = record()
    data.PatientSetupSequence[0].TableTopLateralSetupDisplacement = 120.0
    row = read(folder_with(tmp_path, data)).complete().row(0, named=True)
    assert row["lr_mm"] == MATCHES[0].lr_mm


def test_empty_first_control_point_is_refused(tmp_path):
    data = record()
    del first_point(data).TableTopVerticalPosition
    assert reasons(read(folder_with(tmp_path, data, record(MATCHES[1])))) == [
        "relative_couch_position"
    ]
    with pytest.raises(RefusedInput, match="couch positions are relative"):
        read(folder_with(tmp_path, data, data))


def test_plan_without_couch_positions(tmp_path):
    with pytest.raises(RefusedInput, match="no RT Plan gives the planned couch position"):
        read(folder_with(tmp_path, record(), couch=None))


def test_record_of_an_unknown_plan(tmp_path):
    stray = dicom.record(MATCHES[1], "HFS", "1.99", PLANNED)
    assert reasons(read(folder_with(tmp_path, stray, record()))) == ["no_planned_position"]


def test_setup_beams_give_no_shift(tmp_path):
    data = record(beams=2)
    data.TreatmentSessionBeamSequence[0].TreatmentDeliveryType = "OPEN_PORTFILM"
    table = read(folder_with(tmp_path, data))
    assert reasons(table) == ["setup_beam"]
    assert table.complete().height == 1


def test_beams_of_a_fraction_are_images_in_their_order(tmp_path):
    data = record(beams=3)
    for index, beam in enumerate(data.TreatmentSessionBeamSequence):
        beam.ControlPointDeliverySequence[0].TableTopLateralPosition = f"{9 - index}.0"
    table = read(folder_with(tmp_path, data)).complete().sort("image")
    assert table["image"].to_list() == [1, 2, 3]
    assert table["lr_mm"].to_list() == [-5.0, -4.0, -3.0]


def test_turned_eccentric_table_is_set_aside(tmp_path):
    data = record()
    first_point(data).TableTopEccentricAngle = 5.0
    assert reasons(read(folder_with(tmp_path, data, record(MATCHES[1])))) == ["turned_couch"]


def test_position_of_the_file_must_be_that_of_the_source(tmp_path):
    folder = folder_with(tmp_path, record(position="HFP"), record(MATCHES[1]))
    assert reasons(read(folder, patient_position="HFS")) == ["position_differs"]
    assert reasons(read(folder)) == []


@pytest.mark.parametrize("position", ["HFDR", "SITTING"])
def test_unknown_position_is_set_aside(tmp_path, position):
    data = record()
    data.PatientSetupSequence[0].PatientPosition = position
    assert reasons(read(folder_with(tmp_path, data, record(MATCHES[1])))) == ["position_differs"]


def test_position_that_nobody_states_is_asked_for(tmp_path):
    data = record()
    del data.PatientSetupSequence
    with pytest.raises(RefusedInput, match="patient_position: HFS"):
        read(folder_with(tmp_path, data))
    assert read(tmp_path, patient_position="HFS").complete().height == 1


def test_angle_that_the_plan_leaves_open_is_not_measured(tmp_path):
    plan = dicom.plan("p", uid="1.5", couch=PLANNED)
    del plan.BeamSequence[0].ControlPointSequence[0].TableTopPitchAngle
    dicom.save(record(), tmp_path / "r.dcm")
    dicom.save(plan, tmp_path / "plan.dcm")
    table = read(tmp_path).complete()
    assert "pitch_deg" not in table.columns
    assert table["roll_deg"].to_list() == [MATCHES[0].roll_deg]


def test_fraction_that_is_no_number_is_set_aside(tmp_path):
    data = record()
    data.TreatmentSessionBeamSequence[0].CurrentFractionNumber = 0
    assert reasons(read(folder_with(tmp_path, data, record(MATCHES[1])))) == ["out_of_range"]
