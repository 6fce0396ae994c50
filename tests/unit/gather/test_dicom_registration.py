"""Spatial Registrations: which item counts, what is declared, what is set aside."""

import numpy as np
import pytest
from pydicom.dataset import Dataset

from popmargin.core.exceptions import RefusedInput
from popmargin.gather.dispatch import read_source
from popmargin.gather.options import ReaderOptions
from popmargin.tables.source import SourceDeclaration
from tests.writers import dicom_objects as dicom
from tests.writers.course import course

MATCH = course()[0]
SOURCE = SourceDeclaration("linac 3", timing="before_correction", max_set_aside_share=0.7)
OPTIONS = {"direction": "as_written", "machine_isocentre_mm": dicom.MACHINE}


def read(folder, source=SOURCE, **changed):
    return read_source(folder, source, ReaderOptions("dicom_registration", **(OPTIONS | changed)))


def with_plan(folder, *objects):
    dicom.save(dicom.plan(MATCH.patient_id), folder / "plan.dcm")
    for number, data in enumerate(objects):
        dicom.save(data, folder / f"{number}.dcm")
    return folder


def reasons(table):
    aside = table.ledger.filter(status="set_aside", rows=1)["reason"].to_list()
    return [reason for reason in aside if reason != "reference_file"]


def shift_of(table):
    row = table.complete().row(0, named=True)
    return tuple(row[name] for name in ("lr_mm", "si_mm", "ap_mm"))


def test_chain_of_matrices_multiplies_in_item_order(tmp_path):
    whole = dicom.registration_matrix(MATCH)
    first = np.eye(4)
    first[:3, :3] = dicom.turn_about((0, 0, 1), 40)
    first[:3, 3] = 30, -20, 10
    data = dicom.registration(MATCH, matrices=[first, np.linalg.inv(first) @ whole])
    assert shift_of(read(with_plan(tmp_path, data))) == MATCH.shift


def test_item_is_found_by_frame_not_by_position(tmp_path):
    data = dicom.registration(MATCH)
    data.RegistrationSequence = list(reversed(data.RegistrationSequence))
    assert shift_of(read(with_plan(tmp_path, data))) == MATCH.shift


def test_item_that_names_images_instead_of_a_frame(tmp_path):
    data = dicom.registration(MATCH, own="third")
    for item, uid in zip(data.RegistrationSequence, ("1.9.1", "1.9.2"), strict=True):
        frame = item.FrameOfReferenceUID
        del item.FrameOfReferenceUID
        reference = Dataset()
        reference.ReferencedSOPInstanceUID = uid
        item.ReferencedImageSequence = [reference]
        image = dicom.dataset("1.2.840.10008.5.1.4.1.1.2", "x", FrameOfReferenceUID=frame)
        image.SOPInstanceUID = uid
        dicom.save(image, tmp_path / f"ct{uid}.dcm")
    assert shift_of(read(with_plan(tmp_path, data))) == MATCH.shift


def test_two_images_in_one_registration_are_ambiguous(tmp_path):
    data = dicom.registration(MATCH)
    data.RegistrationSequence.append(dicom.registration_item("1.2.99", [np.eye(4)]))
    table = read(with_plan(tmp_path, data, dicom.registration(MATCH)))
    assert reasons(table) == ["several_registrations"]


@pytest.mark.parametrize("kind", ["AFFINE", "RIGID_SCALE", ""])
def test_only_rigid_is_accepted(tmp_path, kind):
    table = read(
        with_plan(tmp_path, dicom.registration(MATCH, kind=kind), dicom.registration(MATCH))
    )
    assert reasons(table) == ["not_rigid"]


def test_a_scaled_matrix_that_calls_itself_rigid(tmp_path):
    bad = dicom.registration(MATCH, matrices=[np.diag([1.1, 1.1, 1.1, 1.0])])
    assert reasons(read(with_plan(tmp_path, bad, dicom.registration(MATCH)))) == ["not_rigid"]


def test_registration_that_registers_nothing(tmp_path):
    bad = dicom.registration(MATCH)
    bad.RegistrationSequence = bad.RegistrationSequence[:1]
    assert reasons(read(with_plan(tmp_path, bad, dicom.registration(MATCH)))) == ["no_registration"]


def test_direction_per_producer(tmp_path):
    other = dicom.registration(MATCH, inverse=True)
    other.Manufacturer, other.ContentTime = "Beta", "101500"
    folder = with_plan(tmp_path, dicom.registration(MATCH), other)
    table = read(folder, direction={"ACME": "as_written", "beta": "inverse"})
    shifts = table.complete().select("lr_mm", "si_mm", "ap_mm")
    assert shifts.unique().rows() == [MATCH.shift]
    assert {text.partition(": ")[2] for text in table.assumptions} >= {"as_written", "inverse"}
    assert any("Beta Matcher 1.2: inverse" in text for text in table.assumptions)


def test_producer_without_a_direction_is_set_aside(tmp_path):
    other = dicom.registration(MATCH)
    other.Manufacturer = "Beta"
    table = read(
        with_plan(tmp_path, dicom.registration(MATCH), other), direction={"ACME": "as_written"}
    )
    assert reasons(table) == ["no_direction"]


def test_isocentre_comes_from_the_plan_of_the_same_patient_and_frame(tmp_path):
    folder = with_plan(tmp_path, dicom.registration(MATCH))
    dicom.save(dicom.plan("other", isocentre=(1, 2, 3)), folder / "p2.dcm")
    dicom.save(dicom.plan(MATCH.patient_id, frame="9.9", isocentre=(9, 9, 9)), folder / "p3.dcm")
    assert shift_of(read(folder)) == MATCH.shift


def test_two_isocentres_are_not_chosen_from(tmp_path):
    folder = with_plan(tmp_path, dicom.registration(MATCH))
    dicom.save(dicom.plan(MATCH.patient_id, isocentre=(0, 0, 0)), folder / "p2.dcm")
    with pytest.raises(RefusedInput, match="different isocentres"):
        read(folder)


def test_isocentre_of_a_phantom_is_declared(tmp_path):
    dicom.save(dicom.registration(MATCH), tmp_path / "a.dcm")
    with pytest.raises(RefusedInput, match="no RT Plan"):
        read(tmp_path)
    assert shift_of(read(tmp_path, planned_isocentre_mm=dicom.ISOCENTRE)) == MATCH.shift


def test_what_is_not_declared_is_asked_for_at_once(tmp_path):
    folder = with_plan(tmp_path, dicom.registration(MATCH))
    with pytest.raises(RefusedInput) as refused:
        read_source(folder, SourceDeclaration("linac 3"), ReaderOptions("dicom_registration"))
    message = str(refused.value)
    for line in ("timing: before_correction", "machine_isocentre_mm: [0, 0, 0]", "direction: as_w"):
        assert f"\n    {line}" in message


def test_the_same_export_twice_counts_once(tmp_path):
    data = dicom.registration(MATCH)
    table = read(with_plan(tmp_path, data, data))
    assert reasons(table) == ["duplicate_row"]
    assert table.complete().height == 1


def test_one_instance_with_two_contents_is_not_chosen_from(tmp_path):
    one, other = dicom.registration(MATCH), dicom.registration(course()[1])
    third = dicom.registration(course()[2])
    other.SOPInstanceUID = one.SOPInstanceUID
    table = read(with_plan(tmp_path, one, other, third))
    assert reasons(table) == ["conflicting_duplicate"] * 2
    assert shift_of(table) == course()[2].shift


def test_two_matches_of_a_day_are_two_images(tmp_path):
    later = dicom.registration(course()[1])
    later.ContentDate, later.ContentTime = f"{MATCH.when:%Y%m%d}", "235900"
    table = read(with_plan(tmp_path, later, dicom.registration(MATCH))).complete()
    assert table.sort("image").select("fraction", "image").rows() == [(1, 1), (1, 2)]
    assert table.sort("image")["lr_mm"][0] == MATCH.lr_mm


def test_fractions_come_from_treatment_records_of_the_same_day(tmp_path):
    days = course(patients=("p",), fractions=5)[::2]  # imaged on fractions 1, 3 and 5
    dicom.save(dicom.plan("p", uid="1.5"), tmp_path / "plan.dcm")
    for match in days:
        dicom.save(dicom.registration(match), tmp_path / f"r{match.fraction}.dcm")
        treated = dicom.record(match, "HFS", "1.5", (0, 0, 0))
        dicom.save(treated, tmp_path / f"t{match.fraction}.dcm")
    table = read(tmp_path)
    assert table.complete()["fraction"].sort().to_list() == [1, 3, 5]
    assert not any("in the order of their dates" in text for text in table.assumptions)


def test_direction_stays_flagged_until_a_phantom_was_moved(tmp_path):
    folder = with_plan(tmp_path, dicom.registration(MATCH))
    assert "direction_unchecked" in {flag.code for flag in read(folder).flags}
    checked = {flag.code for flag in read(folder, phantom_checked=True).flags}
    assert "direction_unchecked" not in checked


def test_no_name_or_id_reaches_remarks(tmp_path):
    bad = dicom.registration(MATCH, kind="AFFINE")
    table = read(with_plan(tmp_path, bad, dicom.registration(MATCH)))
    words = repr((table.flags, table.assumptions, table.ledger.rows()))
    for secret in ("00123", "Doe", ".dcm", str(bad.SOPInstanceUID)):
        assert secret not in words
    assert "file 1" in words
