"""A folder of mixed files: each to its reader, nothing lost, nothing hostile followed."""

import os
import socket

import polars as pl
import pytest

from popmargin.core.exceptions import PopmarginError, RefusedInput, WrongUsage
from popmargin.gather.dispatch import read_source
from popmargin.gather.kinds import KINDS, READERS, kind_of
from popmargin.gather.options import ReaderOptions
from popmargin.gather.source_file import DamagedFile, SourceFile
from popmargin.gather.walk import printable, walk_source
from popmargin.tables.ledger import check_ledger
from popmargin.tables.source import SourceDeclaration
from tests.writers import dicom_objects as dicom
from tests.writers import vendor_texts as texts
from tests.writers.course import course
from tests.writers.reading import codes, shifts

MATCHES = course(patients=("p1", "p2"), fractions=2)
MINE = [match for match in MATCHES if match.patient_id == "p1"]
SOURCE = SourceDeclaration("clinic", timing="before_correction")
XVI = ReaderOptions("xvi", patient_position="HFS")


def write_all(folder):
    """One file of every kind, and some of none; name -> reader that should know it."""
    dicom.save(dicom.registration(MINE[0]), folder / "no_ending")
    dicom.save(dicom.record(MINE[0], "HFS", "1.5", (0, 0, 0)), folder / "treated.dcm")
    dicom.save(dicom.structure_set("p1", MINE[0].when, {}), folder / "rs.txt")
    dicom.save(dicom.rps(MINE[0], texts.xvi_ini(MINE[0])), folder / "x.RPS.dcm")
    dicom.save(dicom.plan("p1", uid="1.5", couch=(0, 0, 0)), folder / "plan.dcm")
    (folder / "raw.csv").write_text(texts.offline_review(MINE))
    (folder / "a.INI.XVI").write_bytes(texts.xvi_ini(MINE[0]).encode())
    (folder / "o.dat").write_text(texts.mosaiq_offsets(MINE))
    (folder / "i.dcm").write_text(texts.mosaiq_images(MINE))
    (folder / "d").write_bytes(texts.alignrt(MINE).encode("utf-16"))
    (folder / "readme.txt").write_text("Superior offsets are listed elsewhere.\n")
    (folder / "noise").write_bytes(bytes(range(256)) * 4)
    (folder / "empty").write_bytes(b"")
    return {
        "no_ending": "dicom_registration",
        "treated.dcm": "dicom_record",
        "rs.txt": "dicom_structures",
        "x.RPS.dcm": "xvi",
        "raw.csv": "offline_review",
        "a.INI.XVI": "xvi",
        "o.dat": "mosaiq_offsets",
        "i.dcm": "mosaiq_images",
        "d": "alignrt",
    }


def test_files_are_known_by_what_they_hold(tmp_path):
    wanted = write_all(tmp_path)
    found = {
        file.name: kind.reader
        for file in walk_source(tmp_path, "clinic").files
        if (kind := kind_of(file)[0]) is not None
    }
    assert found == wanted


def test_modality_is_never_looked_at(tmp_path):
    data = dicom.rps(MINE[0], texts.xvi_ini(MINE[0]))
    assert data.Modality == "REG"
    dicom.save(data, tmp_path / "x.dcm")
    lying = dicom.registration(MINE[0])
    lying.Modality = "CT"
    dicom.save(lying, tmp_path / "y.dcm")
    kinds = [kind_of(file)[0].reader for file in walk_source(tmp_path, "clinic").files]
    assert kinds == ["xvi", "dicom_registration"]


def test_every_file_is_accounted_for(tmp_path):
    write_all(tmp_path)
    table = read_source(tmp_path, SOURCE, XVI)
    check_ledger(table.ledger, {"clinic": table.rows_read})
    aside = table.ledger.filter(status="set_aside")
    counted = dict(aside.group_by("reason").agg(pl.col("rows").sum()).rows())
    assert counted == {
        "duplicate_row": 1,
        "unclaimed_file": 3,
        "reference_file": 1,
        "other_kind": 7,
    }
    assert table.unclaimed == ("empty", "noise", "readme.txt")
    # Results list them by number: a name may be a patient's.
    listed = aside.filter(reason="unclaimed_file")["message"].to_list()
    numbers = [table.files.index(name) + 1 for name in table.unclaimed]
    assert listed == [f"file {n}: of no kind that a reader knows" for n in numbers]
    assert f"(in the order of the names: {str(numbers)[1:-1]})" in next(
        flag.message for flag in table.flags if flag.code == "unclaimed_file"
    )
    assert len(table.files) == 13
    assert "unclaimed_file" in codes(table)


def test_folder_of_several_kinds_becomes_one_table(tmp_path):
    (tmp_path / "a").mkdir()
    dicom.save(dicom.registration(MATCHES[0]), tmp_path / "a" / "r.dcm")
    dicom.save(dicom.plan(MATCHES[0].patient_id), tmp_path / "plan.dcm")
    (tmp_path / "b.INI.XVI").write_bytes(texts.xvi_ini(MATCHES[2]).encode())
    options = ReaderOptions(
        "auto",
        direction="as_written",
        machine_isocentre_mm=dicom.MACHINE,
        patient_position="HFS",
    )
    assert shifts(read_source(tmp_path, SOURCE, options)) == [MATCHES[0].shift, MATCHES[2].shift]
    turned = SourceDeclaration("clinic", timing="before_correction", signs={"ap_mm": -1})
    with pytest.raises(RefusedInput, match="a source of its own"):
        read_source(tmp_path, turned, options)


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"quantity": "couch_shift"}, "quantity setup_error"),
        ({"constants": {"quantity": "couch_shift"}}, "quantity setup_error"),
        ({"units": {"lr_mm": "mm"}}, "state their own"),
    ],
)
def test_declarations_that_the_files_contradict_are_refused(tmp_path, declared, words):
    (tmp_path / "a.ini").write_bytes(texts.xvi_ini(MINE[0]).encode())
    source = SourceDeclaration("clinic", timing="before_correction", **declared)
    with pytest.raises(RefusedInput, match=words):
        read_source(tmp_path, source, XVI)


def test_declared_turns_are_said(tmp_path):
    (tmp_path / "a.ini").write_bytes(texts.xvi_ini(MINE[0]).encode())
    source = SourceDeclaration("clinic", timing="before_correction", signs={"ap_mm": -1})
    table = read_source(tmp_path, source, XVI)
    assert shifts(table) == [(*MINE[0].shift[:2], -MINE[0].ap_mm)]
    assert "the sign of ap_mm is turned, as the source declares" in table.assumptions


@pytest.mark.parametrize(
    ("name", "patient"),
    [("12.345.txt", "12.345"), ("007.INI.XVI", "007"), ("a.rps.DCM", "a"), ("00123", "00123")],
)
def test_ids_from_names_lose_their_ending_only(tmp_path, name, patient):
    (tmp_path / name).write_bytes(texts.xvi_ini(MINE[0]).encode())
    options = ReaderOptions("xvi", patient_position="HFS", patient_id_from="file_name")
    assert read_source(tmp_path, SOURCE, options).complete()["patient_id"].to_list() == [patient]


def test_id_from_the_folder(tmp_path):
    (tmp_path / "0042").mkdir()
    (tmp_path / "0042" / "x.ini").write_bytes(texts.xvi_ini(MINE[0]).encode())
    options = ReaderOptions("xvi", patient_position="HFS", patient_id_from="folder")
    assert read_source(tmp_path, SOURCE, options).complete()["patient_id"].to_list() == ["0042"]


def test_all_that_is_missing_is_asked_for_in_one_message(tmp_path):
    write_all(tmp_path)
    with pytest.raises(RefusedInput) as refused:
        read_source(tmp_path, SourceDeclaration("clinic"), ReaderOptions("auto"))
    lines = str(refused.value).splitlines()[1:]
    keys = {line.partition(":")[0].strip() for line in lines}
    assert keys == {
        "timing",
        "quantity",
        "machine_isocentre_mm",
        "direction",
        "patient_position",
        "error_from",
        "signs",
        "units",
        "patient_id_from",
        "date_format",
    }


@pytest.mark.parametrize("reader", READERS)
def test_folder_without_the_wanted_kind_is_refused(tmp_path, reader):
    (tmp_path / "readme.txt").write_text("nothing")
    table = {"dicom_structures": "anatomy", "dicom_dose": "dvh"}.get(reader, "shifts")
    with pytest.raises(RefusedInput, match="files that its reader knows"):
        read_source(tmp_path, SourceDeclaration("clinic", table=table), ReaderOptions(reader))


def test_unknown_reader_or_table_is_wrong_usage(tmp_path):
    with pytest.raises(WrongUsage, match="there are alignrt"):
        read_source(tmp_path, SOURCE, ReaderOptions("varian"))
    with pytest.raises(WrongUsage, match="does not give the table shifts"):
        read_source(tmp_path, SOURCE, ReaderOptions("dicom_structures"))
    with pytest.raises(RefusedInput, match="nothing at that path"):
        read_source(tmp_path / "missing", SOURCE, XVI)


HOSTILE = [
    "$(id).ini",
    "{input}",
    "a\nb",
    "a\x1b[31m",
    "-rf",
    "=cmd|x",
    "<script>",
    "\u202egnp.ini",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_only_names(tmp_path, name):
    (tmp_path / name).write_bytes(texts.xvi_ini(MINE[0]).encode())
    (tmp_path / name).with_name(f"bad{name}").write_bytes(b"[ALIGNMENT]\n\xff\xff")
    source = SourceDeclaration("clinic", timing="before_correction", max_set_aside_share=0.5)
    table = read_source(tmp_path, source, XVI)
    assert shifts(table) == [MINE[0].shift]
    words = repr((table.flags, table.assumptions, table.ledger.rows(), table.complete().rows()))
    assert name not in words
    assert repr(name)[1:-1] not in words
    assert all(text.isprintable() and text.isascii() for text in table.files)


def test_name_that_is_no_text(tmp_path):
    path = os.path.join(os.fsencode(tmp_path), b"\xff\xfe.ini")  # noqa: PTH118
    with open(path, "wb") as stream:  # noqa: PTH123
        stream.write(texts.xvi_ini(MINE[0]).encode())
    assert shifts(read_source(tmp_path, SOURCE, XVI)) == [MINE[0].shift]


def test_links_out_of_the_folder_are_not_followed(tmp_path):
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    (inside / "deep").mkdir(parents=True)
    (outside / "secret.ini").write_bytes(texts.xvi_ini(MATCHES[2]).encode())
    (inside / "deep" / "mine.ini").write_bytes(texts.xvi_ini(MINE[0]).encode())
    (inside / "leak.ini").symlink_to(outside / "secret.ini")
    (inside / "folder").symlink_to(outside, target_is_directory=True)
    (inside / "loop").symlink_to(inside, target_is_directory=True)
    (inside / "self").symlink_to(inside / "self")
    (inside / "nothing").symlink_to(inside / "missing")
    (inside / "again.ini").symlink_to(inside / "deep" / "mine.ini")
    os.mkfifo(inside / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.open(inside, os.O_RDONLY)
        listener.bind(f"/proc/self/fd/{here}/socket")
        os.close(here)
        table = read_source(inside, SOURCE, XVI)
    assert shifts(table) == [MINE[0].shift]
    aside = table.ledger.filter(status="set_aside")
    counted = dict(aside.group_by("reason").agg(pl.col("rows").sum()).rows())
    assert counted == {"duplicate_row": 1, "link": 7}
    assert "link" in codes(table)


def test_order_of_files_does_not_change_the_table(tmp_path):
    for name, order in (("one", MATCHES), ("two", MATCHES[::-1])):
        (tmp_path / name).mkdir()
        for number, match in enumerate(order):
            content = texts.xvi_ini(match).encode()
            (tmp_path / name / f"{number}.ini").write_bytes(content)
    one, two = (
        read_source(tmp_path / name, SOURCE, XVI).complete().drop("source_row")
        for name in ("one", "two")
    )
    assert one.sort("patient_id", "fraction").equals(two.sort("patient_id", "fraction"))


def test_one_unreadable_file_does_not_cost_the_others_but_many_do(tmp_path):
    for number, match in enumerate(MATCHES):
        (tmp_path / f"{number}.ini").write_bytes(texts.xvi_ini(match).encode())
    (tmp_path / "bad.ini").write_bytes(b"[ALIGNMENT]\n\xff\xff")
    source = SourceDeclaration("clinic", timing="before_correction", max_set_aside_share=0.25)
    table = read_source(tmp_path, source, XVI)
    assert table.complete().height == 4
    flag = next(flag for flag in table.flags if flag.code == "row_set_aside")
    assert "expected utf-8 text" in flag.message
    with pytest.raises(RefusedInput, match="at most 5% of 5 records"):
        read_source(tmp_path, SOURCE, XVI)


def test_a_long_text_of_few_files_is_judged_by_files_too(tmp_path):
    (tmp_path / "p1.txt").write_text(texts.offline_review(course(("p1",), fractions=40)))
    (tmp_path / "p2.txt").write_bytes(b"Raw Data (Scale: VAR_IEC)\n\xff")
    source = SourceDeclaration("clinic", timing="before_correction", signs={"ap_mm": 1})
    options = ReaderOptions("offline_review", patient_position="HFS", error_from="online_match")
    with pytest.raises(RefusedInput, match="cannot be read"):
        read_source(tmp_path, source, options)


def test_too_large_files_are_set_aside_without_being_read(tmp_path):
    with (tmp_path / "big.ini").open("wb") as stream:
        stream.write(b"[ALIGNMENT]\n")
        stream.truncate(3_000_000_000)  # sparse: takes no room
    (tmp_path / "a.ini").write_bytes(texts.xvi_ini(MINE[0]).encode())
    source = SourceDeclaration("clinic", timing="before_correction", max_set_aside_share=0.5)
    table = read_source(tmp_path, source, XVI)
    assert shifts(table) == [MINE[0].shift]
    assert "unclaimed_file" in table.ledger["reason"].to_list()
    with pytest.raises(DamagedFile, match="at most 20 bytes"):
        SourceFile(tmp_path / "big.ini", 1, "big.ini").read_bytes(20)


def test_unreadable_folder_is_refused(tmp_path):
    deep = tmp_path
    for _ in range(45):
        deep = deep / "d"
    deep.mkdir(parents=True)
    with pytest.raises(PopmarginError, match="deep"):
        read_source(tmp_path, SOURCE, XVI)


def test_each_kind_is_known_in_one_way_only():
    for kind in KINDS:
        assert bool(kind.sop_class) != (kind.sign is not None)
    classes = [kind.sop_class for kind in KINDS if kind.sop_class]
    assert len(classes) == len(set(classes))


def test_printable_names():
    assert printable("a\u202eb\n") == "a\\u202eb\\n"
    assert len(printable("x" * 10_000)) == 200
    assert SourceFile(None, 2, "x").place() == "file 2"
