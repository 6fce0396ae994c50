"""Receipts, provenance and verification: what is not what was written is named."""

import json

import pytest

import popmargin
from popmargin.cli.main import main
from popmargin.core.exceptions import RefusedInput
from popmargin.pipeline.config import load_study
from popmargin.pipeline.digests import text_digest
from popmargin.pipeline.provenance import record_provenance
from popmargin.pipeline.receipts import check_receipt, write_receipt
from popmargin.pipeline.statement import provenance_statement
from popmargin.pipeline.verify import explain_config, verify_results

CONFIG = """\
study: s
sources:
  - {label: clinic, path: a.csv, quantity: setup_error, timing: before_correction}
"""


@pytest.fixture
def results(tmp_path):
    """A finished study with two results and its record."""
    (tmp_path / "a.csv").write_text("patient_id\n")
    (tmp_path / "s.yaml").write_text(CONFIG)
    folder = tmp_path / "results" / "s"
    (folder / "tables").mkdir(parents=True)
    made = [folder / "tables" / "margins.csv", folder / "ledger.csv"]
    for path in made:
        path.write_text(f"{path.name}\n1,2\n")
        write_receipt(path, folder, rule="some_rule", code="c0de")
    statement = provenance_statement(load_study(tmp_path / "s.yaml"), ["collect_account"])
    record_provenance(made, folder / "provenance.json", statement)
    write_receipt(folder / "provenance.json", folder, rule="record_provenance", code="c0de")
    return folder


def statuses(rows):
    return {row["file"]: row["status"] for row in rows}


def test_what_was_written_is_ok(results):
    expected = {"provenance.json": "ok", "ledger.csv": "ok", "tables/margins.csv": "ok"}
    assert statuses(verify_results(results)) == expected
    (results / "logs").mkdir()
    (results / "logs" / "x.log").write_text("done")
    assert statuses(verify_results(results)) == expected


def test_changed_truncated_missing_and_foreign_files_are_named(results):
    (results / "tables" / "margins.csv").write_text("margins.csv\n1")
    (results / "ledger.csv").unlink()
    (results / "tables" / "extra.csv").write_text("")
    assert statuses(verify_results(results)) == {
        "provenance.json": "ok",
        "tables/margins.csv": "changed",
        "ledger.csv": "missing",
        "tables/extra.csv": "unexpected",
    }


def test_an_edited_record_is_named(results):
    record = results / "provenance.json"
    record.write_text(record.read_text().replace('"seed": 1', '"seed": 2'))
    assert statuses(verify_results(results))["provenance.json"] == "changed"


def test_inputs_and_config_are_checked_against_the_record(results):
    config = results.parents[1] / "s.yaml"
    assert statuses(verify_results(results, config))["input clinic"] == "ok"
    (config.parent / "a.csv").write_text("other\n")
    config.write_text(CONFIG + "seed: 2\n")
    found = statuses(verify_results(results, config))
    assert (found["config"], found["input clinic"]) == ("changed", "changed")
    config.write_text(CONFIG.replace("clinic", "new"))
    found = statuses(verify_results(results, config))
    assert (found["input new"], found["input clinic"]) == ("unexpected", "missing")


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"outputs": {"a": 1}}', "\ud800"])
def test_an_unusable_record_is_refused(results, text):
    record = results / "provenance.json"
    record.unlink()
    if text is not None:
        record.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(RefusedInput, match="record of a finished run"):
        verify_results(results)


def test_what_a_killed_run_left_half_written_is_removed_at_the_end(results):
    leftover = results / "tables" / ".partial-x.csv"
    leftover.write_text("half")
    assert statuses(verify_results(results))["tables/.partial-x.csv"] == "unexpected"
    record_provenance([results / "ledger.csv"], results / "provenance.json", {})
    assert not leftover.exists()


def test_the_record_holds_no_path_and_repeats_byte_for_byte(results, tmp_path):
    text = (results / "provenance.json").read_text()
    assert str(tmp_path) not in text
    assert "a.csv" not in text
    record = json.loads(text)
    assert record["inputs"][0]["label"] == "clinic"
    assert record["seed"] == 1
    assert record["contracts"]["margins"] == "1.0.0"
    assert record["packages"]["polars"]
    assert record["outputs"]["ledger.csv"]["rule"] == "some_rule"
    statement = provenance_statement(load_study(tmp_path / "s.yaml"), ["collect_account"])
    made = [results / "ledger.csv", results / "tables" / "margins.csv"]
    record_provenance(made, results / "provenance.json", statement)
    assert (results / "provenance.json").read_text() == text


def test_a_result_that_changed_since_its_rule_is_never_recorded(results):
    table = results / "tables" / "margins.csv"
    table.write_text("truncated")
    with pytest.raises(
        RefusedInput, match=r"margins\.csv: expected the content that some_rule wrote"
    ):
        record_provenance([table], results / "provenance.json", {})
    with pytest.raises(RefusedInput, match="delete this file and run the workflow again"):
        check_receipt(table, results)
    for receipt in (results / ".receipts").iterdir():
        receipt.write_text("{}")
    with pytest.raises(RefusedInput, match="expected a receipt"):
        check_receipt(table, results)


def test_the_command_takes_the_config_in_place_of_the_folder(results, monkeypatch, capsys):
    config = results.parents[1] / "s.yaml"
    monkeypatch.chdir(config.parent)
    assert main(["verify", "s.yaml"]) == 0
    assert "input clinic" in capsys.readouterr().out


def made_by(results, version, change):
    """The record as another version would have written it."""
    record = json.loads((results / "provenance.json").read_text())
    record["popmargin"] = version
    change(record["config"])
    record["config_sha256"] = text_digest(json.dumps(record["config"], sort_keys=True))
    (results / "provenance.json").write_text(json.dumps(record))
    write_receipt(results / "provenance.json", results, rule="record_provenance", code="c0de")


def test_new_defaults_are_not_taken_for_a_change_of_the_user_s(results, monkeypatch, capsys):
    config = results.parents[1] / "s.yaml"
    monkeypatch.chdir(config.parent)
    assert explain_config(results, config) == []

    def older(values):
        del values["margins"]["dose_level"]
        del values["sources"][0]["decimal"]
        values["confidence_level"] = 0.9

    made_by(results, "0.9.0", older)
    assert main(["verify", "s.yaml"]) == 1
    said = capsys.readouterr().out
    assert "popmargin 0.9.0, which made the results, did not have: " in said
    assert "margins.dose_level, sources[0].decimal. They are defaults of " in said
    assert "confidence_level. They were stated then, or the defaults of popmargin" in said
    assert "The config states otherwise" not in said
    assert main(["verify", "s.yaml", "--json"]) == 1
    payload = json.loads(capsys.readouterr().out)
    assert payload["rows"][0] == {"file": "config", "status": "changed"}
    assert set(payload) == {"schema_version", "command", "assumptions", "flags", "rows"}


def test_what_the_user_changed_is_named(results):
    config = results.parents[1] / "s.yaml"
    config.write_text(CONFIG.replace("setup_error", "couch_shift") + "seed: 2\n")
    (told,) = explain_config(results, config)
    assert told == (
        "The config states otherwise than for these results: seed, sources[0].quantity."
    )
    config.write_text(CONFIG)
    made_by(results, popmargin.__version__, lambda values: values.update(seed=7))
    (told,) = explain_config(results, config)
    assert told.endswith("than for these results: seed. They were stated then.")
