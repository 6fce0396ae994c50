"""Canaries: names and numbers planted in every export are in nothing that the workflow wrote."""

from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from popmargin.cohorts.exports.offline_review import offline_review
from tests.workflow.canaries import found_canaries
from tests.workflow.checkout import Checkout
from tests.writers import dicom_objects as dicom
from tests.writers import vendor_texts as texts
from tests.writers.course import course

NAMES = ["Kanarienvogel", "KANARIE", "canarylogin", "Canaryplan", "canarynote", "canarycell"]
NUMBERS = ["9081726354", "5544332211", "6677889900", "7170717071", "1.2.826.777777"]
DAYS = ["2017-09-13", "20170913", "13-09-2017", "13/09/2017", "13.09.2017", "2017-09-14"]
CANARIES = [*NAMES, *NUMBERS, *DAYS]
FORMS = {".html", ".pdf", ".xlsx", ".docx", ".tex", ".txt", ".csv", ".json", ".svg"}
CONFIG = """\
study: quiet
data_folder: data
privacy: {key_file: ../secret/key}
sources:
  - label: table
    path: Kanarienvogel_9081726354.csv
    quantity: setup_error
    timing: before_correction
    columns: {patient_id: MRN}
    max_set_aside_share: 0.2
  - label: workbook
    path: 5544332211.xlsx
    quantity: setup_error
    timing: before_correction
  - label: varian
    path: review
    reader: offline_review
    timing: before_correction
    patient_position: HFS
    error_from: online_match
    signs: {ap_mm: 1}
  - label: mosaiq
    path: mosaiq
    reader: mosaiq_images
    timing: before_correction
    quantity: setup_error
    patient_id_from: file_name
    date_format: "%d/%m/%Y %I:%M %p"
  - label: dicom
    path: dicom
    reader: dicom_registration
    timing: before_correction
    direction: as_written
    machine_isocentre_mm: [1.5, -2.0, 3.0]
"""


def matches(patient):
    start = course(patients=(patient,), fractions=4)
    shift = start[0].when.replace(2017, 9, 13) - start[0].when
    return [
        type(m)(m.patient_id, m.fraction, m.when + shift, m.lr_mm, m.si_mm, m.ap_mm) for m in start
    ]


def write_exports(data):
    data.mkdir()
    head = "MRN,fraction,lr_mm,si_mm,ap_mm,plan,acquired_at,name,user\n"
    last = "KANARIE^J,canarylogin"
    rows = [
        f"{patient},{m.fraction},{m.lr_mm},{m.si_mm},{m.ap_mm},Canaryplan 1,{m.when},{last}"
        for patient in ("9081726354", "09081726354")
        for m in matches(patient)
    ]
    rows.append("9081726354,5,canarycell,1,1,Canaryplan 1,2017-09-14,KANARIE^J,canarylogin")
    (data / "Kanarienvogel_9081726354.csv").write_text(head + "\n".join(rows) + "\n")
    with xlsxwriter.Workbook(data / "5544332211.xlsx") as book:
        sheet = book.add_worksheet("Kanarienvogel")
        sheet.write_row(0, 0, ["patient_id", "fraction", "lr_mm", "si_mm", "ap_mm", "note"])
        for row, m in enumerate(matches("5544332211"), start=1):
            sheet.write_row(
                row, 0, [m.patient_id, m.fraction, m.lr_mm, m.si_mm, m.ap_mm, "canarynote"]
            )
    for name in ("review", "mosaiq", "dicom"):
        (data / name).mkdir()
    text = offline_review(matches("6677889900"), patient_name="Kanarienvogel, Jane")
    text = text.replace("User: xy", "User: canarylogin").replace("Plan1", "Canaryplan")
    (data / "review" / "KANARIE.txt").write_text(text)
    (data / "review" / "canarynote.bin").write_bytes(b"canarynote")
    listed = texts.mosaiq_images(matches("7170717071"), comment="canarynote")
    (data / "mosaiq" / "7170717071.txt").write_text(listed)
    for m in matches("6677889900"):
        data_set = dicom.registration(m)
        data_set.PatientName, data_set.OperatorsName = "KANARIE^Jane", "canarylogin"
        data_set.SOPInstanceUID = f"1.2.826.777777.{m.fraction}"
        dicom.save(data_set, data / "dicom" / f"KANARIE.{m.fraction}.dcm")
    plan = dicom.plan("6677889900", uid="1.2.826.777777.9")
    plan.RTPlanLabel = "Canaryplan"
    dicom.save(plan, data / "dicom" / "RP.dcm")


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    checkout = Checkout.copy(tmp_path_factory.mktemp("quiet"))
    write_exports(checkout.here / "data")
    secret = checkout.here.parent / "secret"
    secret.mkdir()
    (secret / "key").write_bytes(bytes(range(40)))
    (secret / "key").chmod(0o600)
    (checkout.here / "quiet.yaml").write_text(CONFIG)
    said = checkout.done("--configfile", "quiet.yaml")
    return checkout, said


def test_the_canaries_are_in_the_exports(quiet):
    checkout, _ = quiet
    singing = {name for name, _ in found_canaries(checkout.here / "data", CANARIES)}
    assert singing >= set(NAMES) | set(NUMBERS)
    assert singing & set(DAYS)


def test_nothing_that_was_written_holds_one(quiet):
    checkout, said = quiet
    assert found_canaries(checkout.here / "results", CANARIES) == set()
    assert found_canaries(checkout.here / ".snakemake", CANARIES) == set()
    # The search reaches what was made: a word of the report is found in each of its forms.
    shown = {place for _, place in found_canaries(checkout.here / "results", ["margin"])}
    assert {Path(place).suffix for place in shown} >= FORMS
    assert not [name for name in NAMES[1:] + NUMBERS if name in said]


def test_results_join_patients_of_several_sources_and_see_look_alikes(quiet):
    checkout, _ = quiet
    tables = checkout.here / "results" / "quiet" / "tables"
    units = pl.read_csv(tables / "unit_summaries.csv", infer_schema=False)
    # One patient stands in the Offline Review and the DICOM folder.
    assert units["patient_id"].n_unique() == 5
    assert units["patient_id"].str.to_lowercase().n_unique() == 4
    assert "split_ids" in (tables / "quality_flags.csv").read_text()
    flags = (tables / "flags.csv").read_text()
    assert "row 10, column lr_mm: the text is no number; set aside" in flags
    assert "demonstration_key" not in flags


def test_a_refusal_says_what_it_found_on_the_terminal_only(quiet):
    checkout, _ = quiet
    table = checkout.here / "data" / "Kanarienvogel_9081726354.csv"
    whole = table.read_text()
    try:
        table.write_text("KANARIE,canarycell\n1,2\n")
        done = checkout.run("--configfile", "quiet.yaml")
    finally:
        table.write_text(whole)
    assert done.returncode != 0
    assert "no column" in done.stderr or "no such column" in done.stderr
    assert found_canaries(checkout.here / "results", CANARIES) == set()
    assert found_canaries(checkout.here / ".snakemake", CANARIES) == set()


@pytest.mark.parametrize("stage", ["gather_source", "summarise_units"])
def test_a_crash_speaks_on_the_terminal_only(quiet, stage):
    # Something that nobody foresaw, with data in its message, as a traceback would have.
    checkout, _ = quiet
    script = checkout.home / "workflow" / "scripts" / f"{stage}.py"
    whole = script.read_text()
    head, mark, rest = whole.partition('    """')
    crash = "    raise ValueError('KANARIE canarycell 9081726354')\n"
    try:
        script.write_text(head + mark + rest.replace('"""\n', f'"""\n{crash}', 1))
        done = checkout.run("--configfile", "quiet.yaml", "--forcerun", stage)
    finally:
        script.write_text(whole)
    assert done.returncode != 0
    assert "ValueError: KANARIE canarycell" in done.stderr
    assert "failed with ValueError" in "".join(
        path.read_text() for path in (checkout.here / "results").rglob("*.log")
    )
    assert found_canaries(checkout.here / "results", CANARIES) == set()
    assert found_canaries(checkout.here / ".snakemake", CANARIES) == set()


def test_another_key_runs_again_what_depends_on_it(quiet):
    checkout, _ = quiet
    key = checkout.here.parent / "secret" / "key"
    key.write_bytes(bytes(range(1, 41)))
    try:
        assert "gather_source" in checkout.would_run("--configfile", "quiet.yaml")
        key.chmod(0o644)
        assert "mode 0600" in checkout.run("--configfile", "quiet.yaml").stderr
    finally:
        key.write_bytes(bytes(range(40)))
        key.chmod(0o600)
