"""One course of treatment, written in every vendor's format, gives the same canonical rows."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from popmargin.gather.dispatch import read_source
from popmargin.gather.options import ReaderOptions
from popmargin.tables.ledger import check_ledger
from popmargin.tables.source import SourceDeclaration
from tests.writers import dicom_objects as dicom
from tests.writers import vendor_texts as texts
from tests.writers.course import course

MATCHES = course()
SHIFTS = ["lr_mm", "si_mm", "ap_mm"]
TURNS = ["pitch_deg", "roll_deg", "yaw_deg"]
POSITIONS = ["HFS", "HFP", "FFS", "FFP"]
PLANNED = (4.0, 1012.5, -151.0)


def truth(columns):
    rows = [
        (m.patient_id, m.fraction, 1, "setup_error", *(getattr(m, name) for name in columns))
        for m in MATCHES
    ]
    names = ["patient_id", "fraction", "image", "quantity", *columns]
    return pl.DataFrame(rows, schema=names, orient="row")


def read(folder, options, **declared):
    source = SourceDeclaration("clinic", **{"timing": "before_correction", **declared})
    table = read_source(folder, source, options)
    check_ledger(table.ledger, {"clinic": table.rows_read})
    return table.complete()


def check(table, columns):
    wanted = truth(columns)
    found = table.select(wanted.columns).sort("patient_id", "fraction")
    assert_frame_equal(
        found, wanted.sort("patient_id", "fraction"), check_exact=True, check_dtypes=False
    )


def by_patient():
    return {p: [m for m in MATCHES if m.patient_id == p] for p in {m.patient_id for m in MATCHES}}


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("dialect", ["Lng Rtn", "Long Rot"])
@pytest.mark.parametrize("way", ["treatment_position", "online_match"])
def test_offline_review(tmp_path, position, dialect, way):
    for patient, matches in by_patient().items():
        text = texts.offline_review(matches, position, dialect=dialect)
        (tmp_path / f"{patient}.txt").write_text(text)
    options = ReaderOptions("offline_review", patient_position=position, error_from=way)
    check(read(tmp_path, options, signs={"ap_mm": 1}), SHIFTS)


def test_offline_review_with_a_couch_that_counts_down(tmp_path):
    for patient, matches in by_patient().items():
        (tmp_path / f"{patient}.txt").write_text(texts.offline_review(matches, vertical_down=True))
    options = ReaderOptions(
        "offline_review", patient_position="HFS", error_from="treatment_position"
    )
    check(read(tmp_path, options, signs={"ap_mm": -1}), SHIFTS)


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("way", ["alignment", "couch_shift"])
def test_xvi(tmp_path, position, upper, way):
    for number, match in enumerate(MATCHES):
        text = texts.xvi_ini(match, position, upper=upper)
        (tmp_path / f"{number}.INI.XVI").write_bytes(text.encode())
    options = ReaderOptions("xvi", patient_position=position, error_from=way)
    check(read(tmp_path, options), SHIFTS if way == "couch_shift" else SHIFTS + TURNS)


@pytest.mark.parametrize("position", POSITIONS)
def test_xvi_inside_dicom(tmp_path, position):
    for number, match in enumerate(MATCHES):
        dicom.save(dicom.rps(match, texts.xvi_ini(match, position)), tmp_path / f"{number}.RPS.dcm")
    check(read(tmp_path, ReaderOptions("xvi", patient_position=position)), SHIFTS + TURNS)


@pytest.mark.parametrize("position", POSITIONS)
def test_mosaiq_images(tmp_path, position):
    for patient, matches in by_patient().items():
        (tmp_path / f"{patient}.txt").write_text(texts.mosaiq_images(matches, position))
    options = ReaderOptions("mosaiq_images", patient_position=position, patient_id_from="file_name")
    declared = {"quantity": "setup_error", "date_format": "%d/%m/%Y %I:%M %p"}
    check(read(tmp_path, options, **declared), SHIFTS + TURNS)


def test_mosaiq_offsets(tmp_path):
    (tmp_path / "offset.csv").write_text(texts.mosaiq_offsets(MATCHES))
    table = read(
        tmp_path / "offset.csv",
        ReaderOptions("mosaiq_offsets"),
        quantity="setup_error",
        units=dict.fromkeys(SHIFTS, "cm"),
        signs={"lr_mm": 1},
    )
    check(table, SHIFTS)


@pytest.mark.parametrize("position", POSITIONS)
@pytest.mark.parametrize("unit", ["cm", "mm"])
def test_alignrt(tmp_path, position, unit):
    (tmp_path / "deltas.csv").write_text(texts.alignrt(MATCHES, position, unit=unit))
    table = read(
        tmp_path,
        ReaderOptions("alignrt", patient_position=position),
        quantity="setup_error",
        signs=dict.fromkeys(SHIFTS + TURNS, 1),
        columns={"patient_id": "Patient", "acquired_at": "Captured"},
        date_format="%d/%m/%Y %H:%M:%S",
    )
    check(table, SHIFTS + TURNS)


@pytest.mark.parametrize("own", ["planning", "image", "third"])
@pytest.mark.parametrize("direction", ["as_written", "inverse"])
def test_dicom_registration(tmp_path, own, direction):
    for number, match in enumerate(MATCHES):
        data = dicom.registration(match, own=own, inverse=direction == "inverse")
        dicom.save(data, tmp_path / f"{number}.dcm")
    for patient in by_patient():
        dicom.save(dicom.plan(patient), tmp_path / f"plan-{patient}.dcm")
    options = ReaderOptions(
        "dicom_registration", direction=direction, machine_isocentre_mm=dicom.MACHINE
    )
    # To a nanometre; DICOM writes 16 characters a number.
    check(read(tmp_path, options).with_columns(pl.col(SHIFTS + TURNS).round(6)), SHIFTS + TURNS)


@pytest.mark.parametrize("position", POSITIONS)
def test_dicom_record(tmp_path, position):
    for patient, matches in by_patient().items():
        uid = f"1.2.840.{patient.lstrip('0')}.{len(patient)}"
        dicom.save(dicom.plan(patient, uid=uid, couch=PLANNED), tmp_path / f"plan-{patient}.dcm")
        for match in matches:
            data = dicom.record(match, position, uid, PLANNED)
            dicom.save(data, tmp_path / f"{patient}-{match.fraction}.dcm")
    check(read(tmp_path, ReaderOptions("dicom_record")), SHIFTS + TURNS)


def test_generic_table(tmp_path):
    from popmargin.tables.read import read_table

    rows = [(m.patient_id, m.fraction, 1, -m.lr_mm / 10, -m.si_mm / 10, m.ap_mm) for m in MATCHES]
    names = ["MRN", "fraction", "image", "Lat", "Lng", "ap_mm"]
    pl.DataFrame(rows, schema=names, orient="row").write_csv(tmp_path / "t.csv")
    source = SourceDeclaration(
        "clinic",
        columns={"patient_id": "MRN", "lr_mm": "Lat", "si_mm": "Lng"},
        units={"lr_mm": "cm", "si_mm": "cm"},
        signs={"ap_mm": -1},
        quantity="couch_shift",
        timing="before_correction",
    )
    table = read_table(tmp_path / "t.csv", source).complete()
    check(table.with_columns(pl.col(SHIFTS).round(9)), SHIFTS)
