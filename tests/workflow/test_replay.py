"""Replay in the true workflow: tables, ledger and report of a study with a correction in force."""

import polars as pl
import pytest

from tests.workflow.checkout import Checkout

CONFIG = """
study: replayed
seed: 5
sources:
  - label: six patients
    path: shifts.csv
    quantity: setup_error
    timing: before_correction
  - label: rectum
    table: anatomy
    path: anatomy.csv
margins: {recipes: [van_herk_linear, stroom]}
protocol_in_use: nal:images=2
replay:
  protocols: [no_imaging, nal_shrunk, "postponement:limit=40"]
  registration_sd_mm: 0.6
  couch_sd_mm: 0.8
  minutes_per_image: 4
  minutes_per_correction: 1
  filling: {structure: rectum, quantity: diameter}
"""


def write_sources(folder):
    """Six patients under NAL with two images; the third fraction of each has a full rectum."""
    shifts = ["patient_id,fraction,lr_mm,si_mm,ap_mm,carried_lr_mm,carried_si_mm,carried_ap_mm"]
    anatomy = ["patient_id,fraction,structure,quantity,value,unit"]
    for p in range(6):
        for j in range(1, 6):
            carried = f"{p - 2},{p % 3},0" if j > 2 else ",,"
            shifts.append(f"p{p},{j},{j % 2},{(p + j) % 3},{p % 2 + j % 4},{carried}")
            anatomy.append(f"p{p},{j},rectum,diameter,{50 if j == 3 else 30},mm")
    (folder / "shifts.csv").write_text("\n".join(shifts) + "\n")
    (folder / "anatomy.csv").write_text("\n".join(anatomy) + "\n")
    (folder / "replayed.yaml").write_text(CONFIG)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    checkout = Checkout.copy(tmp_path_factory.mktemp("replay"))
    write_sources(checkout.here)
    checkout.done("--configfile", "replayed.yaml")
    return checkout


def test_tables_hold_every_protocol_and_the_account_every_row(study):
    results = study.here / "results" / "replayed"
    rows = pl.read_csv(results / "tables" / "replayed_errors.csv", infer_schema_length=None)
    assert rows.height == 3 * 2 * 3 * 2
    assert rows["group"].unique().to_list() == ["all"]
    minutes = dict(rows.select("protocol", "minutes_per_patient").iter_rows())
    assert minutes == {"no_imaging": 0, "nal_shrunk": 13, "postponement:limit=40": 24}
    later = rows.filter(protocol="postponement:limit=40")
    assert later["postponed_per_patient"].unique().to_list() == [1]
    assert later["n_fractions"].unique().to_list() == [24]
    ledger = pl.read_csv(results / "ledger.csv", infer_schema_length=None).filter(stage="replay")
    assert ledger.select("reason", "rows").rows() == [("", 12), ("correction_added_back", 18)]
    page = (results / "report.html").read_text()
    assert "Correction protocols, replayed" in page
    assert "Replaying protocols: 30 rows, 30 used, 0 set aside." in page
    for name in ("replayed_errors", "protocol_margins"):
        assert (results / "figures" / f"{name}.svg").stat().st_size > 0


def test_a_protocol_s_code_reruns_the_replay_and_not_the_errors(study):
    file = study.home / "analysis/popmargin/protocols/kinds/nal.py"
    text = file.read_text()
    try:
        file.write_text(text + "\n")
        rules = study.would_run("--configfile", "replayed.yaml")
    finally:
        file.write_text(text)
    assert "replay_protocols" in rules
    assert not rules & {"estimate_population_errors", "estimate_margins", "summarise_units"}


def test_no_replay_without_protocols(study):
    (study.here / "none.yaml").write_text(
        CONFIG.replace("study: replayed", "study: none").replace(
            'protocols: [no_imaging, nal_shrunk, "postponement:limit=40"]', "protocols: []"
        )
    )
    assert "replay_protocols" not in study.would_run("--configfile", "none.yaml")
