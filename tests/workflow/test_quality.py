"""A silent fault withholds all margins until the config answers for it."""

import polars as pl
import pytest

from popmargin.cohorts.faults import inject_fault
from popmargin.core.random_streams import random_stream
from tests.oracles.quality_cohorts import clean_cohort
from tests.workflow.checkout import Checkout

CONFIG = """
study: {name}
sources:
  - {{label: one, path: shifts.csv, quantity: setup_error, timing: before_correction}}
margins: {{recipes: [van_herk_linear]}}
"""
REASON = "ten patients seen by hand"
OVERRIDE = f"overrides:\n  - {{flag: mixed_units, reason: {REASON}}}\n"
TABLES = ("margins", "quality_flags", "quality_rows", "flags")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Margins, flags and ledger of a table with ten patients in cm, as it is and answered for."""
    checkout = Checkout.copy(tmp_path_factory.mktemp("quality"))
    rng = random_stream(3, "cm")
    shifts = inject_fault(clean_cohort(rng).drop("source"), "mixed_units", rng=rng)
    shifts.write_csv(checkout.here / "shifts.csv")
    for name, more in (("held", ""), ("answered", OVERRIDE)):
        (checkout.here / f"{name}.yaml").write_text(CONFIG.format(name=name) + more)
        wanted = [f"results/{name}/tables/{table}.csv" for table in TABLES]
        checkout.done("--configfile", f"{name}.yaml", "--", *wanted, f"results/{name}/ledger.csv")
    return checkout.here / "results"


def table(folder, name, stem):
    return pl.read_csv(folder / name / "tables" / f"{stem}.csv")


def test_the_flag_withholds_margins_and_names_the_rows(folder):
    margins = table(folder, "held", "margins")
    assert margins["margin_mm"].null_count() == margins.height
    assert set(margins["reason"]) == {"withheld by a blocking flag"}
    flag = table(folder, "held", "flags").filter(code="mixed_units").row(0, named=True)
    assert (flag["severity"], flag["patients"]) == ("block", 10)
    assert flag["effect_mm"] < 0
    rows = table(folder, "held", "quality_rows")
    assert rows["patient_id"].n_unique() == 10
    assert rows.select("source", "source_row").n_unique() == rows.height == 200


def test_both_margins_stand_in_the_table(folder):
    quality = table(folder, "held", "quality_flags")
    assert quality["axis"].to_list() == ["lr", "si", "ap"]
    assert (quality["margin_with_mm"] < quality["margin_without_mm"]).all()
    difference = quality["margin_with_mm"] - quality["margin_without_mm"]
    assert (quality["effect_mm"] - difference).abs().max() < 1e-12


def test_an_override_gives_margins_and_its_reason_goes_with_them(folder):
    assert table(folder, "answered", "margins")["margin_mm"].null_count() == 0
    flag = table(folder, "answered", "flags").filter(code="mixed_units").row(0, named=True)
    assert flag["severity"] == "warn"
    assert REASON in flag["message"]
    ledger = pl.read_csv(folder / "answered" / "ledger.csv").filter(stage="override")
    assert ledger["message"].to_list() == [REASON]
