"""``popmargin init`` recognises what files prove and asks the rest; once answered, it passes."""

import datetime
import json
import re

import pytest
import xlsxwriter

from popmargin.cli.main import main
from popmargin.tables.read import read_table
from popmargin.tables.source import SourceDeclaration
from tests.writers import dicom_objects as dicom
from tests.writers import vendor_texts as texts
from tests.writers.course import course

MATCHES = course()
P1 = [match for match in MATCHES if match.patient_id == "00123"]
TABLE = """\
MRN;Fx;Lat [cm];Lng [cm];Vrt;Datum;Site
0012;1;0,12;-0,30;1,5;03/04/2024;lung
0012;2;0,22;-0,10;2,5;05/04/2024;lung
0013;1;-0,42;0,30;0,5;03/05/2024;lung
0013;2;-0,12;0,20;1,0;06/05/2024;lung
"""
COMMON = {"timing": "before_correction", "quantity": "setup_error", "patient_position": "HFS"}
SIGNS = {"lr_mm": "1", "si_mm": "1", "ap_mm": "1"}
UNITS = {"lr_mm": "cm", "si_mm": "cm", "ap_mm": "cm"}


def write_offline_review(folder):
    (folder / "raw.txt").write_text(texts.offline_review(P1))


def write_xvi(folder):
    for match in P1:
        (folder / f"{match.fraction}.INI.XVI").write_text(texts.xvi_ini(match))


def write_mosaiq_images(folder):
    (folder / "00123.txt").write_text(texts.mosaiq_images(P1))


def write_mosaiq_offsets(folder):
    (folder / "offset.csv").write_text(texts.mosaiq_offsets(MATCHES))


def write_dicom(folder):
    for match in P1:
        dicom.save(dicom.registration(match), folder / f"{match.fraction}.dcm")
    rings = [[(x, y, z) for x, y in ((0, 0), (9, 0), (9, 9))] for z in (0.0, 3.0)]
    data = dicom.structure_set("00123", P1[0].when, {"Parotid L": rings})
    dicom.save(data, folder / "rs.dcm")
    dicom.save(dicom.plan("00123"), folder / "plan.dcm")


def write_records(folder):
    dicom.save(dicom.plan("00123", uid="1.5", couch=(0, 0, 0)), folder / "plan.dcm")
    for match in P1:
        data = dicom.record(match, "HFS", "1.5", (0, 0, 0))
        dicom.save(data, folder / f"{match.fraction}.dcm")


DOORS = {
    "offline_review": (write_offline_review, {"error_from": "online_match", "signs": SIGNS}),
    "xvi": (write_xvi, {}),
    "mosaiq_images": (
        write_mosaiq_images,
        {"patient_id_from": "file_name", "date_format": '"%d/%m/%Y %I:%M %p"'},
    ),
    "mosaiq_offsets": (write_mosaiq_offsets, {"signs": SIGNS, "units": UNITS}),
    "dicom_registration": (
        write_dicom,
        {"direction": "as_written", "machine_isocentre_mm": "1", "structures": "parotid/left"},
    ),
    "dicom_record": (write_records, {}),
}


def answered(text, answers):
    """The config with every question answered: by key, or by column within a mapping."""
    lines, key = [], ""
    for line in text.splitlines():
        code, mark, comment = line.partition("   #")
        name = code.partition(":")[0].strip(" -")
        if code.rstrip().endswith(":"):
            key = name
        answer = answers.get(name, answers.get(key))
        if isinstance(answer, dict):
            inline = re.sub(r"(\w+): ASK", lambda m, a=answer: f"{m[1]}: {a[m[1]]}", code)
            code = inline if "{" in code else code.replace("ASK", answer.get(name, "ASK"))
        elif answer is not None:
            code = code.replace("ASK", answer)
        lines.append(code + mark + comment)
    return "\n".join(lines) + "\n"


def init(export, config, capsys):
    assert main(["init", str(export), "-o", str(config), "--json"]) == 0
    return {row["key"]: row for row in json.loads(capsys.readouterr().out)["rows"]}


@pytest.mark.parametrize("door", DOORS)
def test_a_vendor_export_is_recognised_and_the_answered_config_passes(door, tmp_path, capsys):
    write, answers = DOORS[door]
    (tmp_path / "export").mkdir()
    write(tmp_path / "export")
    config = tmp_path / "mine.yaml"
    rows = init(tmp_path / "export", config, capsys)
    text = config.read_text()
    assert f"reader: {door}" in text
    assert rows["timing"]["status"] == "asked"
    assert main(["check", str(config)]) == 1
    err = capsys.readouterr().err
    asked = sum("ASK" in line.partition("#")[0] for line in text.splitlines())
    assert err.count("expected an answer, found ASK") >= asked > 0
    assert re.search(r"mine\.yaml, line \d+, key sources\[0\]\.timing", err)
    config.write_text(answered(text, COMMON | answers))
    assert main(["check", str(config)]) == 0, capsys.readouterr().err
    assert "used" in capsys.readouterr().out


def test_a_table_is_recognised_and_nothing_that_changes_a_number_is_guessed(tmp_path, capsys):
    (tmp_path / "Doe Jane.csv").write_text(TABLE)
    config = tmp_path / "mine.yaml"
    rows = init(tmp_path / "Doe Jane.csv", config, capsys)
    known = {key for key, row in rows.items() if row["status"] == "recognised"}
    asked = {key for key, row in rows.items() if row["status"] == "asked"}
    assert known >= {"columns.patient_id", "columns.lr_mm", "separator", "decimal", "units.lr_mm"}
    assert asked >= {"timing", "quantity", "units.ap_mm", "signs.lr_mm", "signs.ap_mm"}
    assert asked >= {"date_format"}, "days and months of these dates cannot be told apart"
    text = config.read_text()
    assert 'decimal: ","' in text
    assert "%d/%m/%Y, %m/%d/%Y" in text
    assert "0012" not in text, "what the cells hold is no business of the config"
    # A name of a file may be a patient's; only the path may hold it.
    assert [line.split(":")[0].strip() for line in text.splitlines() if "Doe" in line] == ["path"]
    answers = COMMON | {"signs": SIGNS, "units": {"ap_mm": "mm"}, "date_format": '"%d/%m/%Y"'}
    config.write_text(answered(text, answers))
    assert main(["check", str(config)]) == 0, capsys.readouterr().err
    assert "4 rows read: 4 used" in capsys.readouterr().out


def test_columns_that_cannot_be_told_are_asked_for(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("id,MRN,fx,lat,vrt,z\n1,2,3,4,5,6\n")
    rows = init(tmp_path / "t.csv", tmp_path / "m.yaml", capsys)
    assert "'id', 'MRN'" in rows["columns.patient_id"]["note"]
    assert rows["columns.si_mm"] == {
        "key": "columns.si_mm",
        "status": "asked",
        "note": "which column is it?",
    }
    assert "'vrt', 'z'" in rows["columns.ap_mm"]["note"]


def test_words_that_name_the_kind_of_number_are_no_hindrance(tmp_path, capsys):
    header = "Pat-Nr;Fx;Couch Lat [cm];Shift Lng [cm];Delta Vrt [cm]\n"
    (tmp_path / "t.csv").write_text(header + "007;1;0,5;-1;0,2\n")
    rows = init(tmp_path / "t.csv", tmp_path / "m.yaml", capsys)
    for column in ("patient_id", "fraction", "lr_mm", "si_mm", "ap_mm"):
        assert rows[f"columns.{column}"]["status"] == "recognised", column
    assert rows["decimal"]["status"] == "recognised"
    assert rows["signs.lr_mm"]["status"] == rows["quantity"]["status"] == "asked"


def test_the_decimal_mark_is_seen_before_the_columns_are(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("a;b;c\n1;2,5;3\n2;-0,5;03.04.2024\n")
    rows = init(tmp_path / "t.csv", tmp_path / "m.yaml", capsys)
    assert rows["columns.lr_mm"]["status"] == "asked"
    assert rows["decimal"]["status"] == "recognised"


@pytest.mark.parametrize("title", ["Report;;;;;;\n;;;;;;\n", "Export of linac 3\n"])
def test_titles_above_the_names_are_left_out_and_rows_keep_their_numbers(title, tmp_path, capsys):
    broken = TABLE + "0013;3;n/a;0,20;1,0;07/05/2024;lung\n"
    (tmp_path / "t.csv").write_text(title + broken)
    rows = init(tmp_path / "t.csv", tmp_path / "m.yaml", capsys)
    above = title.count("\n")
    assert rows["lines_above"]["status"] == "recognised"
    assert f"lines_above: {above}   #" in (tmp_path / "m.yaml").read_text()
    names = {"patient_id": "MRN", "fraction": "Fx", "lr_mm": "Lat [cm]", "si_mm": "Lng [cm]"}
    source = SourceDeclaration(
        "clinic",
        columns=names | {"ap_mm": "Vrt"},
        units={"lr_mm": "cm", "si_mm": "cm", "ap_mm": "cm"},
        decimal=",",
        separator=";",
        lines_above=above,
        max_set_aside_share=0.5,
    )
    table = read_table(tmp_path / "t.csv", source)
    assert [flag.row for flag in table.flags] == [above + 6]
    assert table.complete()["source_row"].to_list() == [above + n for n in (2, 3, 4, 5)]
    assert table.rows_read == 5


def test_titles_above_the_names_of_a_workbook_are_left_out(tmp_path):
    with xlsxwriter.Workbook(tmp_path / "t.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["Clinic X"])
        sheet.write_row(2, 0, ["patient_id", "fraction", "lr_mm", "si_mm", "ap_mm"])
        sheet.write_row(3, 0, ["0012", 1, 1.5, 0.5, 2.5])
    table = read_table(tmp_path / "t.xlsx", SourceDeclaration("clinic", lines_above=2))
    assert table.complete()["source_row"].to_list() == [4]
    assert (table.rows_read, table.flags) == (1, ())


def test_files_of_no_kind_are_counted_and_not_named(tmp_path, capsys):
    (tmp_path / "export").mkdir()
    write_xvi(tmp_path / "export")
    (tmp_path / "export" / "Doe Jane.csv").write_text(TABLE)
    init(tmp_path / "export", tmp_path / "m.yaml", capsys)
    text = (tmp_path / "m.yaml").read_text()
    assert "1 files (.csv) are of no kind" in text
    assert "Doe" not in text


def test_utf16_and_foreign_bytes(tmp_path, capsys):
    (tmp_path / "wide.csv").write_text(TABLE.replace(",", ".").replace(";", ","), encoding="utf-16")
    rows = init(tmp_path / "wide.csv", tmp_path / "a.yaml", capsys)
    assert rows["encoding"]["status"] == "recognised"
    (tmp_path / "west.csv").write_bytes("Größe;MRN\n1;2\n".encode("cp1252"))
    rows = init(tmp_path / "west.csv", tmp_path / "b.yaml", capsys)
    assert rows["encoding"]["status"] == "asked"


@pytest.mark.parametrize("content", [b"", b"only a header\n", bytes(range(256))])
def test_what_is_no_table_is_refused(tmp_path, capsys, content):
    (tmp_path / "t.csv").write_bytes(content)
    assert main(["init", str(tmp_path / "t.csv"), "-o", str(tmp_path / "m.yaml")]) == 1
    assert not (tmp_path / "m.yaml").exists()


def test_nothing_is_overwritten(tmp_path, capsys):
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "m.yaml").write_text("mine")
    assert main(["init", str(tmp_path / "t.csv"), "-o", str(tmp_path / "m.yaml")]) == 1
    assert (tmp_path / "m.yaml").read_text() == "mine"


def test_an_export_elsewhere_gets_its_folder(tmp_path, capsys):
    (tmp_path / "far").mkdir()
    (tmp_path / "near").mkdir()
    write_xvi(tmp_path / "far")
    init(tmp_path / "far", tmp_path / "near" / "m.yaml", capsys)
    text = (tmp_path / "near" / "m.yaml").read_text()
    assert f'data_folder: "{tmp_path}"' in text
    assert "study: m\n" in text


def test_a_few_broken_rows_hide_neither_separator_nor_dates(tmp_path, capsys):
    rows = [f"00{p};{f};0,1;0,2;{f}.5;2{f % 9}/04/2024" for p in range(5) for f in range(1, 9)]
    head = "Pat.-Nr.;Fraktion;Lateral (cm);Longitudinal (cm);Vertikal;Datum"
    lines = [head, *rows[:7], "0099;broken", *rows[7:]]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    found = init(tmp_path / "t.csv", tmp_path / "m.yaml", capsys)
    recognised = {key for key, row in found.items() if row["status"] == "recognised"}
    assert recognised >= {"separator", "columns.patient_id", "columns.ap_mm", "date_format"}
    assert 'date_format: "%d/%m/%Y"' in (tmp_path / "m.yaml").read_text()


def test_decimal_commas_are_no_separators(tmp_path, capsys):
    rows = [f"00{p};{p},5;{p},25" for p in range(9)]
    (tmp_path / "t.csv").write_text("\n".join(["MRN;Lat;Lng", *rows]) + "\n")
    init(tmp_path / "t.csv", tmp_path / "m.yaml", capsys)
    assert 'separator: ";"' in (tmp_path / "m.yaml").read_text()


def test_the_sheet_with_such_columns_is_proposed_and_passes(tmp_path, capsys):
    with xlsxwriter.Workbook(tmp_path / "log.xlsx") as book:
        book.add_worksheet("Info").write(0, 0, "Shifts of linac 3")
        sheet = book.add_worksheet("2025")
        sheet.write_row(0, 0, ["MRN", "Fx #", "Acquired", "Lat", "Lng", "Vrt"])
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for row in range(1, 9):
            sheet.write_row(row, 0, [f"00{row % 2}", (row + 1) // 2])
            sheet.write_datetime(row, 2, datetime.datetime(2025, 3, row, 9, 30), day)
            sheet.write_row(row, 3, [row / 10, -0.5, 1.25])
    config = tmp_path / "m.yaml"
    found = init(tmp_path / "log.xlsx", config, capsys)
    assert found["sheet"] == {
        "key": "sheet",
        "status": "recognised",
        "note": "the one with such columns: is it?",
    }
    assert "date_format" not in found
    config.write_text(answered(config.read_text(), COMMON | {"signs": SIGNS, "units": UNITS}))
    assert main(["check", str(config)]) == 0, capsys.readouterr().err
    assert "8 rows read: 8 used" in capsys.readouterr().out
    with xlsxwriter.Workbook(tmp_path / "two.xlsx") as book:
        for name in ("a", "b"):
            book.add_worksheet(name).write_row(0, 0, ["MRN", "Fx", "Lat"])
    assert init(tmp_path / "two.xlsx", tmp_path / "n.yaml", capsys)["sheet"]["status"] == "asked"
