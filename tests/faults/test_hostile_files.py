"""Hostile and broken files end in a declared error or a row set aside, within 10 s and 1 GB.

Each is given to the command in a process of its own; processor time and peak memory are those of
that process, so a busy machine changes nothing.
"""

import io
import subprocess
import sys
import zipfile
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
import xlsxwriter

from tests.writers import dicom_objects as dicom
from tests.writers import vendor_texts as texts
from tests.writers.course import course

MATCHES = course(patients=("00123",), fractions=5)
HEAD = "patient_id,fraction,lr_mm,si_mm,ap_mm\n"
REG = ["timing: before_correction", "direction: as_written", "machine_isocentre_mm: [1, 2, 3]"]
XVI = ["timing: before_correction", "patient_position: HFS"]
REFUSED, DONE = {1}, {0}


@dataclass
class Ended:
    """How a run ended, with its cost."""

    code: int
    said: str
    seconds: float
    gigabytes: float


# Linux counts the memory of who starts a process as the process's own peak: a small one starts it.
MEASURE = """
import os, sys
said = [(os.POSIX_SPAWN_DUP2, 2, 1)]
child = os.posix_spawn(sys.executable, sys.argv[1:], os.environ, file_actions=said)
_, status, used = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss)
"""


def check(folder, file, *lines):
    """``popmargin check`` of a file in a process of its own."""
    said = folder / "said.txt"
    words = [word for line in lines for word in ("--declare", line)]
    command = [sys.executable, "-m", "popmargin.cli.main", "check", str(file), *words]
    with said.open("wb") as stream:
        measured = subprocess.run(
            [sys.executable, "-c", MEASURE, *command],
            stdout=subprocess.PIPE,
            stderr=stream,
            check=True,
        )
    code, seconds, peak = measured.stdout.split()
    return Ended(int(code), said.read_text(errors="replace"), float(seconds), float(peak) / 1e6)


def shifts(rows):
    rng = np.random.default_rng(1)
    frame = pl.DataFrame(
        {
            "patient_id": [f"p{i // 30:06d}" for i in range(rows)],
            "fraction": [i % 30 + 1 for i in range(rows)],
            **{name: rng.normal(0, 3, rows).round(2) for name in ("lr_mm", "si_mm", "ap_mm")},
        }
    )
    return frame.write_csv().encode()


def flipped(content, seed=3):
    """The content with 20 bits turned."""
    found = bytearray(content)
    for place in np.random.default_rng(seed).integers(0, len(found), 20):
        found[place] ^= 1 << int(place) % 8
    return bytes(found)


def workbook(rows=50, far=None):
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEAD.strip().split(","))
        for row in range(1, rows):
            sheet.write_row(row, 0, [f"p{row}", 1, 1.5, 2, 3])
        if far:
            sheet.write(*far, 1)
    return packed.getvalue()


def bomb():
    """A workbook whose sheet unpacks to 600 MB of blanks."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook())) as whole,
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
    ):
        for item in whole.infolist():
            if "sheet1" not in item.filename:
                archive.writestr(item.filename, whole.read(item))
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(60):
                sheet.write(b" " * 10_000_000)
    return packed.getvalue()


def parquet():
    packed = io.BytesIO()
    pl.read_csv(shifts(3000)).write_parquet(packed)
    return packed.getvalue()


LONG = shifts(1_000_000)
MIDDLE = LONG.index(b"\n", len(LONG) // 2) + 1
TABLES = {
    "truncated.csv": (lambda: LONG[:4_000_003], DONE | REFUSED),
    "flipped.csv": (lambda: flipped(LONG[:400_000]), DONE | REFUSED),
    "wide.csv": (lambda: LONG[:40_000].decode().encode("utf-16"), REFUSED),
    "wide without a mark.csv": (lambda: LONG[:40_000].decode().encode("utf-16-le"), REFUSED),
    "one bad cell.csv": (lambda: LONG[:MIDDLE] + b"p,1,x,2,3\n" + LONG[MIDDLE:], DONE),
    "one ragged row.csv": (lambda: LONG[:MIDDLE] + b"p,1,2\n" + LONG[MIDDLE:], REFUSED),
    "one open quote.csv": (lambda: LONG[:MIDDLE] + b'"p,1,2,3,4\n' + LONG[MIDDLE:], REFUSED),
    "one line.csv": (lambda: HEAD.encode() + b"9" * 50_000_000, REFUSED),
    "bomb.xlsx": (bomb, REFUSED),
    "far down.xlsx": (lambda: workbook(far=(1_048_575, 2)), REFUSED),
    "far right.xlsx": (lambda: workbook(far=(3, 16_383)), REFUSED),
    "flipped.xlsx": (lambda: flipped(workbook(2000)), DONE | REFUSED),
    "truncated.xlsx": (lambda: workbook()[:-100], REFUSED),
    "truncated.parquet": (lambda: parquet()[:-9], REFUSED),
    "flipped.parquet": (lambda: flipped(parquet()), DONE | REFUSED),
    "nothing.csv": (lambda: b"", REFUSED),
}


def within_bounds(ended):
    assert "Traceback" not in ended.said, ended.said[-600:]
    assert ended.seconds < 10, ended
    assert ended.gigabytes < 1, ended


@pytest.mark.parametrize("name", TABLES)
def test_tables(tmp_path, name):
    make, codes = TABLES[name]
    (tmp_path / name).write_bytes(make())
    ended = check(tmp_path, tmp_path / name)
    within_bounds(ended)
    assert ended.code in codes, ended.said[-600:]
    if ended.code == 1:
        assert ": expected " in ended.said
    if name == "one bad cell.csv":
        assert "1000001 rows read: 1000000 used, 1 set aside" in ended.said
    if name.startswith("one ragged"):
        assert "expected 5 fields, found 3" in ended.said


def registrations(folder):
    dicom.save(dicom.plan("00123"), folder / "plan.dcm")
    for match in MATCHES:
        dicom.save(dicom.registration(match), folder / f"{match.fraction}.dcm")
    return folder


def wrong_class(folder):
    data = dicom.registration(MATCHES[0])
    data.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"  # says CT, modality REG
    dicom.save(data, folder / "1.dcm")


def without_tags(folder):
    for file, keyword in enumerate(("RegistrationSequence", "PatientID", "FrameOfReferenceUID")):
        data = dicom.registration(MATCHES[0])
        delattr(data, keyword)
        dicom.save(data, folder / f"x{file}.dcm")


def private_data(folder):
    registrations(folder)
    data = dicom.registration(MATCHES[0])
    data.add_new(0x00990010, "LO", "somebody")
    data.add_new(0x00991001, "OB", b"\x00" * 60_000_000)
    data.add_new(0x00991002, "UN", b"\xff" * 11)
    dicom.save(data, folder / "1.dcm")


def truncated_and_flipped(folder):
    registrations(folder)
    for place, file in enumerate(sorted(folder.glob("[1-4].dcm"))):
        content = file.read_bytes()
        file.write_bytes(content[: 400 * (place + 1)] if place % 2 else flipped(content, place))


def packed_bomb(folder):
    """Raw data of XVI whose ZIP unpacks to 300 MB."""
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a.INI.XVI", "w", force_zip64=True) as member,
    ):
        for _ in range(30):
            member.write(b"\n" * 10_000_000)
    dicom.save(dicom.rps(MATCHES[0], "", archive=packed.getvalue()), folder / "a.RPS.dcm")


def xvi_cut(folder):
    for match in MATCHES:
        text = texts.xvi_ini(match)
        (folder / f"{match.fraction}.INI.XVI").write_text(text[: len(text) * match.fraction // 6])


FOLDERS = {
    "wrong class": (wrong_class, REG, REFUSED),
    "missing tags": (without_tags, REG, REFUSED),
    "private data": (private_data, REG, DONE),
    "truncated and flipped": (truncated_and_flipped, REG, DONE | REFUSED),
    "bomb in raw data": (packed_bomb, XVI, REFUSED),
    "texts cut short": (xvi_cut, XVI, DONE | REFUSED),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_folders(tmp_path, name):
    make, declared, codes = FOLDERS[name]
    (tmp_path / "export").mkdir()
    make(tmp_path / "export")
    ended = check(tmp_path, tmp_path / "export", *declared)
    within_bounds(ended)
    assert ended.code in codes, ended.said[-600:]
    assert ": expected " in ended.said or "rows read" in ended.said
