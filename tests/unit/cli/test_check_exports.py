"""``popmargin check`` on vendor files, folders and configs: reads them as a run would."""

import json

import pytest

from popmargin.cli.main import main
from tests.writers import vendor_texts as texts
from tests.writers.course import course

MATCHES = course(patients=("00123",))
DECLARED = ["timing: before_correction", "patient_position: HFS"]
CONFIG = """\
study: mine
sources:
  - label: linac 3
    path: export
    reader: xvi
    timing: before_correction
    patient_position: HFS
"""


@pytest.fixture
def export(tmp_path):
    (tmp_path / "export").mkdir()
    for match in MATCHES:
        text = texts.xvi_ini(match)
        (tmp_path / "export" / f"{match.fraction}.INI.XVI").write_text(text)
    (tmp_path / "export" / "readme.txt").write_text("nothing")
    return tmp_path / "export"


def check(capsys, *arguments):
    code = main(["check", "--json", *map(str, arguments)])
    streams = capsys.readouterr()
    return code, json.loads(streams.out) if code == 0 else streams.err


def declared(lines):
    return [word for line in lines for word in ("--declare", line)]


def test_a_folder_is_read_by_the_reader_of_its_files(export, capsys):
    code, answer = check(capsys, export, *declared(DECLARED))
    assert code == 0
    assert any("1 files of no kind that a reader knows" in r["message"] for r in answer["rows"])
    assert main(["check", str(export), *declared(DECLARED)]) == 0
    said = capsys.readouterr().out
    assert "5 rows read: 4 used, 1 set aside" in said
    assert "no reader knows readme.txt" in said


def test_what_is_missing_is_asked_for(export, capsys):
    code, err = check(capsys, export)
    assert code == 1
    assert "timing: before_correction" in err
    assert "patient_position: HFS" in err


def test_a_single_vendor_file_needs_no_reader(export, capsys):
    assert check(capsys, export / "1.INI.XVI", *declared(DECLARED))[0] == 0


def test_a_table_may_be_declared_too(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("MRN,fraction,lr_mm,si_mm,ap_mm\n1,1,2,3,4\n")
    assert check(capsys, tmp_path / "t.csv")[0] == 1
    code, answer = check(capsys, tmp_path / "t.csv", "--declare", "columns: {patient_id: MRN}")
    assert code == 0
    assert answer["rows"] == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("timming: x", "did you mean timing"),
        ("timing", "KEY: VALUE"),
        ("path: elsewhere", "KEY: VALUE"),
        ("patient_position: HFX", "expected one of HFS"),
    ],
)
def test_a_wrong_declaration_is_named(export, capsys, line, words):
    code, err = check(capsys, export, "--declare", line)
    assert code in {1, 2}
    assert words in err


def test_a_config_is_checked_with_its_sources(export, tmp_path, capsys):
    (tmp_path / "mine.yaml").write_text(CONFIG)
    code, answer = check(capsys, tmp_path / "mine.yaml")
    assert code == 0
    assert all(row["message"].startswith("linac 3: ") for row in answer["rows"])
    (tmp_path / "mine.yaml").write_text(CONFIG.replace("    timing: before_correction\n", ""))
    code, err = check(capsys, tmp_path / "mine.yaml")
    assert code == 1
    assert "the key timing, which xvi needs" in err


def test_lines_to_add_stand_below_each_other(tmp_path, capsys):
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "00123.txt").write_text(texts.mosaiq_images(MATCHES[:3]))
    assert main(["check", str(tmp_path / "export")]) == 1
    first, *lines = capsys.readouterr().err.splitlines()
    assert first.endswith("add to this source in the config:")
    assert "    patient_id_from: file_name   # or folder, or constants: {patient_id: ...}" in lines
    assert all(line.startswith("    ") for line in lines)
