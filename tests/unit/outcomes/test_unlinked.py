"""Patients that one table lacks are counted, in the check and in the run: none vanishes unseen."""

import polars as pl
import pytest

from popmargin.cli.main import main
from popmargin.outcomes.unlinked import unlinked_patients

CONFIG = """
study: two
sources:
  - {label: images, path: shifts.csv, quantity: setup_error, timing: before_correction}
  - {label: people, table: patients, path: patients.csv}
  - {label: seen, table: outcomes, path: outcomes.csv}
outcomes:
  analyses: [{endpoint: gi, compare: igrt_protocol}]
"""


def ids(*names):
    return pl.DataFrame({"patient_id": list(names)})


def test_each_table_is_compared_with_the_other():
    tables = {"outcomes": ids("007", "008", "9"), "patients": ids("7", "8", "9", "10")}
    found = {flag.code: flag for flag in unlinked_patients(tables | {"shifts": ids("9", "008")})}
    assert {code: flag.patients for code, flag in found.items()} == {
        "outcomes_without_patient": 2,
        "patients_without_outcome": 3,
        "outcomes_without_shifts": 1,
    }
    assert {flag.severity for flag in found.values()} == {"warn"}
    assert "leading zeros" in found["outcomes_without_patient"].message


@pytest.mark.parametrize("names", [[], ["outcomes"], ["patients", "shifts"]])
def test_a_study_without_both_tables_has_nothing_to_link(names):
    assert unlinked_patients({name: ids(name) for name in names}) == []


def test_alike_ids_raise_nothing():
    tables = {name: ids("a", "b", "b") for name in ("outcomes", "patients", "shifts")}
    assert unlinked_patients(tables) == []


def test_the_check_of_a_config_says_who_is_in_no_comparison(tmp_path, capsys):
    shifts = [f"00{p},{f},{p}.{f},{f}.5,0.{p}" for p in range(1, 7) for f in range(1, 5)]
    head = "patient_id,fraction,lr_mm,si_mm,ap_mm"
    (tmp_path / "shifts.csv").write_text("\n".join([head, *shifts]) + "\n")
    arms = [f"{p},{'daily' if p % 2 else 'weekly'}" for p in range(1, 7)]
    (tmp_path / "patients.csv").write_text("\n".join(["patient_id,igrt_protocol", *arms]) + "\n")
    seen = [f"00{p},gi,2,{p % 2},{p}.5,end" for p in range(1, 7)]
    names = "patient_id,endpoint,grade,event,time_months,time_origin"
    (tmp_path / "outcomes.csv").write_text("\n".join([names, *seen]) + "\n")
    (tmp_path / "study.yaml").write_text(CONFIG)
    main(["check", str(tmp_path / "study.yaml")])
    out = capsys.readouterr().out
    assert "6 of 6 patients of table outcomes are missing in table patients" in out
    assert "6 of 6 patients of table patients have no outcome" in out
    assert "have no image among the shifts" not in out
