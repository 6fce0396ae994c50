"""A config is refused before anything runs, naming file, line and key; or it is complete."""

import pytest

from popmargin.core.exceptions import RefusedInput
from popmargin.core.resources import resource_path
from popmargin.pipeline.config import RefusedConfig, load_study

GOOD = """\
study: mine
sources:
  - label: clinic A
    path: shifts.csv
    quantity: setup_error
    timing: before_correction
margins:
  dose_level: 0.95
"""


@pytest.fixture
def study(tmp_path):
    (tmp_path / "shifts.csv").write_text("patient_id,fraction,lr_mm,si_mm,ap_mm\n")

    def load(text=GOOD, overrides=None):
        (tmp_path / "mine.yaml").write_text(text)
        return load_study(tmp_path / "mine.yaml", overrides)

    return load


def test_the_example_is_accepted():
    example = load_study(resource_path("config", "config.yaml"))
    assert example.name == "example"
    assert all(source.path is None or source.path.is_file() for source in example.sources)


def test_a_small_config_is_complete(study, tmp_path):
    loaded = study()
    assert loaded.results.as_posix() == "results/mine"
    assert loaded.sources[0].path == tmp_path / "shifts.csv"
    assert loaded.values["errors"]["estimator"] == "anova"
    assert loaded.values["margins"]["recipes"] == ["van_herk", "van_herk_linear"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("margins:", "marginss:", r"mine\.yaml, line 7, key marginss: .*did you mean margins\?"),
        (
            "  dose_level: 0.95",
            "  dose: 0.95",
            r"line 8, key margins\.dose: expected one of the keys",
        ),
        (
            "0.95",
            "'0.95'",
            r"line 8, key margins\.dose_level: expected a number, found text '0.95'",
        ),
        ("0.95", "95", r"line 8, key margins\.dose_level: expected a number <= 0.999, found 95"),
        ("0.95", "NO", r"line 8, key margins\.dose_level: expected a value that YAML"),
        ("0.95", "010", r"line 8, key margins\.dose_level: expected a value that YAML"),
        ("0.95", "true", r"line 8, key margins\.dose_level: expected a number, found true"),
        ("study: mine", "study: ../up", r"line 1, key study: expected text of the form"),
        ("study: mine", "study: 7", r"line 1, key study: expected text, found 7"),
        ("study: mine", "title: x", r"line 1: expected the key study \(short name"),
        ("study: mine", "study: mine\nseed: 1.0", r"line 2, key seed: expected a whole number"),
        ("study: mine", "study: mine\nstudy: b", r"line 2: expected each key once"),
        (
            "  - label: clinic A\n    path",
            "  - path",
            r"line 3, key sources\[0\]: expected the key label",
        ),
        (
            "    timing: before_correction\n",
            "",
            r"line 3, key sources\[0\]: expected the key timing",
        ),
        (
            "setup_error",
            "shift",
            r"line 5, key sources\[0\]\.quantity: expected one of setup_error",
        ),
        (
            "path: shifts.csv",
            "path: absent.csv",
            r"line 4, key sources\[0\]\.path: expected a file",
        ),
        (
            "path: shifts.csv",
            "path: ../x.csv",
            r"line 4, .*inside the data folder, found one outside",
        ),
        (
            "path: shifts.csv",
            "path: /etc/passwd",
            r"line 4, .*inside the data folder, found one out",
        ),
        (
            "path: shifts.csv",
            "path: a/../../x",
            r"line 4, .*inside the data folder, found one outside",
        ),
        ("path: shifts.csv", "path: 'a{input}.csv'", r"line 4, .*expected a path without braces"),
        ("path: shifts.csv", "path: .", r"line 4, .*inside the data folder, found one outside"),
        (
            "    path: shifts.csv\n",
            "",
            r"line 3, key sources\[0\]: expected either path or synthetic",
        ),
        (
            "label: clinic A",
            'label: "a\\nb"',
            r"line 3, key sources\[0\]\.label: expected text of the",
        ),
        ("label: clinic A", f"label: {'x' * 10_000}", r"line 3, key sources\[0\]\.label"),
        (
            "margins:",
            "margins:\n  recipes: [magic]",
            r"line 8, key margins.recipes\[0\]: .*van_herk",
        ),
        ("margins:", "protocol_in_use: nall\nmargins:", r"line 7, key protocol_in_use: .*unknown"),
        ("margins:", "overrides: [{flag: x, reason: no}]\nmargins:", r"line 7, .*reason"),
        ("quantity:", "columns: {Lr: x}\n    quantity:", r"line 5, key sources\[0\]\.columns"),
        (
            "quantity:",
            "signs: {lr_mm: 2}\n    quantity:",
            r"line 5, key sources\[0\]\.signs\.lr_mm",
        ),
    ],
)
def test_a_fault_is_named_with_its_line_and_key(study, old, new, message):
    assert old in GOOD
    with pytest.raises(RefusedInput, match=message):
        study(GOOD.replace(old, new, 1))


def test_all_faults_are_named_at_once(study):
    text = GOOD.replace("0.95", "2").replace("study: mine", "studie: mine")
    with pytest.raises(RefusedConfig) as refused:
        study(text)
    assert len(refused.value.problems) == 3
    assert len(str(refused.value).splitlines()) == 3


def test_labels_and_cohorts(study):
    twice = GOOD + "  fractions: 5\n"
    twice = twice.replace(
        "margins:", "  - label: clinic A\n    synthetic: {cohort: nowhere}\nmargins:"
    )
    with pytest.raises(RefusedConfig) as refused:
        study(twice)
    messages = [str(problem) for problem in refused.value.problems]
    assert any("that of sources[0] again" in message for message in messages)
    assert any("sources[1].synthetic.cohort" in m and "prostate" in m for m in messages)


def test_a_synthetic_cohort_is_the_table_that_it_is_made_as(study):
    text = "study: s\nsources:\n  - {label: a, table: anatomy, synthetic: {cohort: brain}}\n"
    with pytest.raises(
        RefusedInput, match=r"sources\[0\]\.synthetic\.cohort: expected a cohort of table"
    ):
        study(text)


def test_quantity_and_timing_may_stand_in_the_file(study):
    columns = "columns: {quantity: Kind, timing: When}"
    text = GOOD.replace("quantity: setup_error", columns).replace(
        "    timing: before_correction\n", ""
    )
    assert study(text).sources[0].declared["columns"]["timing"] == "When"


def test_a_declared_data_folder_holds_the_sources(study, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "shifts.csv").write_text("x\n")
    loaded = study(f"data_folder: {tmp_path / 'data'}\n" + GOOD)
    assert loaded.sources[0].path == tmp_path / "data" / "shifts.csv"


def test_results_are_no_source(study, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RefusedInput, match=r"line 4, .*expected a path outside results/"):
        study(GOOD.replace("shifts.csv", "results/mine/shifts.csv"))


def test_sites_of_the_literature_must_exist(study):
    assert study(GOOD + "literature: {sites: [brain]}\n").values["literature"]["sites"]
    with pytest.raises(RefusedInput, match=r"key literature\.sites\[0\]: expected one of"):
        study(GOOD + "literature: {sites: [elbow]}\n")


def test_overrides_are_checked_like_the_file(study):
    loaded = study(overrides={"seed": 7, "margins": {"population": 0.8}})
    assert loaded.values["seed"] == 7
    assert loaded.values["margins"]["population"] == 0.8
    assert loaded.values["margins"]["dose_level"] == 0.95
    with pytest.raises(RefusedInput, match=r"command line, key seed: expected a whole number"):
        study(overrides={"seed": "seven"})


def test_what_a_study_states_holds_no_machine_path(study, tmp_path):
    stated = study().canonical_json()
    assert str(tmp_path) not in stated
    assert "shifts.csv" not in stated


@pytest.mark.parametrize("text", ["", "[]", "text", "3"])
def test_a_config_must_be_a_mapping(study, text):
    with pytest.raises(RefusedInput, match="expected a mapping"):
        study(text)


VENDOR = """\
study: mine
sources:
  - label: linac
    path: export
    reader: offline_review
    timing: before_correction
    patient_position: HFS
    error_from: treatment_position
    signs: {ap_mm: 1}
"""


@pytest.fixture
def vendor(study, tmp_path):
    (tmp_path / "export").mkdir()
    return study


def test_a_folder_with_a_reader_proves_its_quantity(vendor, tmp_path):
    source = vendor(VENDOR).sources[0]
    assert source.path == tmp_path / "export"
    assert source.declared["alignment"] == "clip1"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "    error_from: treatment_position\n",
            "",
            r"line 3, .*the key error_from, which offline",
        ),
        ("    signs: {ap_mm: 1}\n", "", r"key sources\[0\]: expected the key signs"),
        ("    timing: before_correction\n", "", r"the key timing, which offline_review needs"),
        (
            "    reader: offline_review\n",
            "",
            r"line 4, .*expected a file, found a folder; add reader",
        ),
        ("path: export", "path: absent", r"expected a file or folder, found nothing there"),
        ("HFS", "HFX", r"line 7, key sources\[0\].patient_position: expected one of HFS, HFP"),
        (
            "error_from",
            "direction: up\n    error_from",
            r"key sources\[0\].direction: expected text",
        ),
        (
            "error_from",
            "direction: {A: up}\n    error_from",
            r"sources\[0\].direction.A: expected one",
        ),
        ("reader: off", "machine_isocentre_mm: [1, 2]\n    reader: off", r"at least 3 entries"),
        ("reader: off", "table: anatomy\n    reader: off", r"key sources\[0\].reader: .*not give"),
        (
            "reader: offline_review",
            "reader: aria",
            r"line 5, .*no reader 'aria'; there are alignrt, dicom",
        ),
    ],
)
def test_a_vendor_source_that_states_too_little_is_refused(vendor, old, new, message):
    assert old in VENDOR
    with pytest.raises(RefusedInput, match=message):
        vendor(VENDOR.replace(old, new, 1))


def test_with_auto_the_files_decide_what_they_need(vendor):
    text = VENDOR.replace("offline_review", "auto").replace("    signs: {ap_mm: 1}\n", "")
    assert vendor(text).sources[0].declared["reader"] == "auto"
    with pytest.raises(RefusedInput, match="the key timing, which auto needs"):
        vendor(text.replace("    timing: before_correction\n", ""))


def test_a_slip_is_answered_in_one_short_line(tmp_path):
    text = "study: s\nsources:\n  - {label: a, synthetic: {cohort: brain}, timming: x}\n"
    (tmp_path / "s.yaml").write_text(text)
    with pytest.raises(RefusedInput, match=r"did you mean timing\?") as refused:
        load_study(tmp_path / "s.yaml")
    assert len(str(refused.value)) < 150
    signs = text.replace("timming: x", "signs: {lr_mm: minus}")
    (tmp_path / "s.yaml").write_text(signs)
    with pytest.raises(RefusedInput, match="expected a whole number") as refused:
        load_study(tmp_path / "s.yaml")
    assert len(refused.value.problems) == 1
    (tmp_path / "s.yaml").write_text("study: s\nsources:\n  - label: a\n   path: b\n")
    with pytest.raises(RefusedInput, match="how far it and the line above are indented"):
        load_study(tmp_path / "s.yaml")
