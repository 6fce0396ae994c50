"""The true workflow on a tiny study with hostile names: complete, fresh, and of its own config."""

import json
import os

import polars as pl
import pytest

from popmargin.core.resources import resource_path
from popmargin.pipeline.verify import verify_results
from tests.workflow.checkout import Checkout, tiny_shifts

CONFIG = r"""
study: tiny
seed: 3
privacy: {ids: as_logged}
sources:
  - label: "<script>alert(1)</script> ../../x $(touch pwned) {input} {wildcards.number}"
    path: "odd $(id) `id`;*name.csv"
    quantity: setup_error
    timing: before_correction
    max_set_aside_share: 0.2
  - label: '=cmd|"/C calc"!A0 `id` \u202eabc; rm -rf *'
    path: second.csv
    quantity: couch_shift
    timing: before_correction
    constants: {site: "{output} ../../../site"}
  - label: anatomy
    table: anatomy
    path: anatomy.csv
errors:
  group_by: [site]
margins:
  recipes: [van_herk]
"""
ANATOMY = """\
patient_id,fraction,structure,quantity,value,unit
a,0,parotid,volume,30,cc
a,1,parotid,volume,28,cc
b,0,parotid,volume,25,cc
b,1,parotid,volume,24,cc
"""
FILES = {
    "tiny.yaml": CONFIG,
    "odd $(id) `id`;*name.csv": tiny_shifts("$(id)", "../../x", "<b>{input}</b>"),
    "second.csv": tiny_shifts("00123", "123", "1E5").replace("nonsense", "0.5").replace(",lung", "")
    .replace(",site", ""),
    "anatomy.csv": ANATOMY,
}  # fmt: skip
RUN = ("--configfile", "tiny.yaml")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The study, run once."""
    checkout = Checkout.copy(tmp_path_factory.mktemp("tiny"))
    for name, text in FILES.items():
        (checkout.here / name).write_text(text)
    checkout.done(*RUN)
    return checkout


@pytest.fixture
def restored(tiny):
    """The study, put back after a test has changed it: content and times."""
    yield tiny
    for name, text in FILES.items():
        (tiny.here / name).write_text(text)


def results(tiny):
    return tiny.here / "results" / "tiny"


def test_a_finished_study_is_complete_and_verified(tiny):
    folder = results(tiny)
    for name in ("report.html", "ledger.csv", "provenance.json", "tables/margins.csv"):
        assert (folder / name).stat().st_size > 0, name
    for form in ("svg", "pdf", "png", "csv"):
        assert (folder / "figures" / f"margin_recipes.{form}").stat().st_size > 0
    rows = verify_results(folder)
    assert {row["status"] for row in rows} == {"ok"}
    assert len(rows) > 30


def test_a_truncated_result_is_named(tiny):
    margins = results(tiny) / "tables" / "margins.csv"
    whole, status = margins.read_bytes(), margins.stat()
    margins.write_bytes(whole[:-30])
    rows = verify_results(results(tiny))
    margins.write_bytes(whole)
    os.utime(margins, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert [row["file"] for row in rows if row["status"] != "ok"] == ["tables/margins.csv"]


def test_every_row_is_accounted_for(tiny):
    ledger = pl.read_csv(results(tiny) / "ledger.csv", infer_schema_length=None)
    gathered = ledger.filter(stage="gather")
    assert gathered["rows"].sum() == 9 + 9 + 4
    bad = gathered.filter(status="set_aside")
    assert bad.select("reason", "row", "column").rows() == [("not_a_number", 10, "lr_mm")]
    assert ledger.filter(stage="select")["rows"].sum() == 17


def test_hostile_names_stay_text_and_inside(tiny):
    assert not list(tiny.here.glob("**/pwned"))
    expected = {"results", ".snakemake", *FILES}
    assert {path.name for path in tiny.here.iterdir()} - {".cache"} == expected
    assert {path.name for path in results(tiny).parent.iterdir()} <= {"tiny", ".digests"}
    assert "<script>alert(1)" not in (results(tiny) / "report.html").read_text()
    units = pl.read_csv(results(tiny) / "tables" / "unit_summaries.csv", infer_schema=False)
    assert {"00123", "123", "1E5", "$(id)", "../../x"} < set(units["patient_id"])
    assert "{output} ../../../site" in set(units["site"])


def test_results_name_no_file_path_or_user(tiny):
    words = [str(tiny.here), str(tiny.home), "odd $", "second.csv", "anatomy.csv"]
    for path in results(tiny).rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [word for word in words if word.encode() in content], path


def test_the_config_stands_alone(tiny):
    record = json.loads((results(tiny) / "provenance.json").read_text())
    assert len(record["inputs"]) == 3
    assert record["config"]["margins"]["recipes"] == ["van_herk"]
    assert record["config"]["protocol_in_use"] is None
    assert record["seed"] == 3
    example = resource_path("config", "config.yaml").read_text()
    assert "protocol_in_use: no_imaging" in example
    assert "synthetic-" not in (results(tiny) / "tables" / "unit_summaries.csv").read_text()


def test_snakemakes_own_report_is_made_of_the_same_results(tiny, tmp_path):
    tiny.done(*RUN, "--report", str(tmp_path / "report.html"))
    page = (tmp_path / "report.html").read_text()
    assert "margins.csv" in page
    assert 'src="http' not in page


def test_nothing_changed_runs_nothing(tiny):
    assert tiny.would_run(*RUN) == set()


def test_new_content_with_an_older_time_reruns_what_depends_on_it(restored):
    file = restored.here / "second.csv"
    status = file.stat()
    file.write_text(FILES["second.csv"].replace("3.0", "4.0"))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns - 10**12))
    rules = restored.would_run(*RUN)
    assert {"gather_source", "combine_shifts", "estimate_margins", "record_provenance"} <= rules
    assert "combine_anatomy" not in rules


def test_a_config_value_reruns_what_depends_on_it(restored):
    rules = restored.would_run(*RUN, "--config", "margins={'penumbra_sd_mm': 4.0}")
    assert {"estimate_margins", "plot_figure", "write_report", "record_provenance"} <= rules
    assert not rules & {"gather_source", "summarise_units", "estimate_fraction_trend"}
    swapped = CONFIG.replace("[van_herk]", "[van_herk]\n  dose_level: 0.9\n  population: 0.95")
    (restored.here / "tiny.yaml").write_text(swapped)
    assert "estimate_margins" in restored.would_run(*RUN)


@pytest.mark.parametrize(
    ("changed", "runs", "rests"),
    [
        ("analysis/popmargin/margins/recipes/van_herk.py", "estimate_margins", "summarise_units"),
        ("analysis/popmargin/statistics/anova.py", "estimate_population_errors", "gather_source"),
        ("data_schema/shifts.json", "gather_source", "none"),
        ("workflow/scripts/combine_anatomy.py", "estimate_anatomy_errors", "combine_shifts"),
        ("analysis/popmargin/protocols/kinds/nal.py", "write_report", "estimate_margins"),
        ("analysis/popmargin/trials/survival.py", None, "estimate_margins"),
    ],
)
def test_changed_code_or_contract_reruns_what_depends_on_it(restored, changed, runs, rests):
    file = restored.home / changed
    text, status = file.read_text(), file.stat()
    try:
        file.write_text(text + "\n")
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
        rules = restored.would_run(*RUN)
    finally:
        file.write_text(text)
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert rests not in rules
    assert (runs in rules) if runs else rules == set()
