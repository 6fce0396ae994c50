"""``popmargin init`` on a whole study: shifts of two clinics, anatomy, patients and outcomes."""

import json

import yaml

from popmargin.cli.main import main
from tests.writers import vendor_texts as texts
from tests.writers.course import course

MATCHES = course(patients=("00123",))
WEIGHTS = "Patientennummer;Fraktion;Körpergewicht (kg)\n00123;1;70,5\n00123;5;69,8\n"
PEOPLE = "Pat-ID,Zentrum,Bildgebung,Alter\n00123,Köln,daily,66\n"
SEEN = "id,toxicity,CTCAE,event,months after RT\n00123,late gi,2,1,7.5\n"


def written(tmp_path, capsys):
    (tmp_path / "Köln export").mkdir()
    (tmp_path / "Köln export" / "raw.txt").write_text(texts.offline_review(MATCHES))
    (tmp_path / "Leeds").mkdir()
    for match in MATCHES:
        (tmp_path / "Leeds" / f"{match.fraction}.INI.XVI").write_text(texts.xvi_ini(match))
    (tmp_path / "Gewichte Köln.csv").write_text(WEIGHTS, encoding="utf-8")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "seen.csv").write_text(SEEN)
    config = tmp_path / "both.yaml"
    line = ["init", tmp_path / "Köln export", tmp_path / "Leeds", "--anatomy"]
    line += [tmp_path / "Gewichte Köln.csv", "--patients", tmp_path / "people.csv"]
    line += ["--outcomes", tmp_path / "seen.csv", "-o", config, "--json"]
    assert main([str(part) for part in line]) == 0
    return config, {row["key"]: row for row in json.loads(capsys.readouterr().out)["rows"]}


def test_one_config_holds_every_source_in_words_as_they_are_written(tmp_path, capsys):
    config, rows = written(tmp_path, capsys)
    text = config.read_text(encoding="utf-8")
    sources = yaml.safe_load(text)["sources"]
    assert [source.get("table", "shifts") for source in sources] == [
        "shifts", "shifts", "anatomy", "patients", "outcomes",
    ]  # fmt: skip
    assert len({source["label"] for source in sources}) == 5
    assert [source["path"] for source in sources[:3]] == [
        "Köln export", "Leeds", "Gewichte Köln.csv",
    ]  # fmt: skip
    assert 'path: "Köln export"' in text, "letters stay readable"
    assert "columns of the file: Patientennummer, Fraktion, Körpergewicht (kg)" in text
    assert "00123" not in text, "what the cells hold is no business of the config"
    assert rows["sources[0].error_from"]["status"] == "asked"
    assert rows["sources[1].reader"]["status"] == "recognised"
    assert sources[3]["columns"]["igrt_protocol"] == "Bildgebung"
    asked = ["sources[2].columns.value", "sources[2].constants.quantity"]
    asked += ["sources[4].columns.time_months", "sources[4].constants.time_origin", "compare"]
    assert {rows[key]["status"] for key in asked} == {"asked"}


def test_once_answered_it_passes_the_check(tmp_path, capsys):
    config, _ = written(tmp_path, capsys)
    study = yaml.safe_load(config.read_text(encoding="utf-8"))
    koeln, leeds, weights, _, seen = study["sources"]
    common = {"timing": "before_correction", "patient_position": "HFS"}
    koeln |= common | {"error_from": "treatment_position", "signs": {"ap_mm": 1}}
    leeds |= common
    weights["columns"]["value"] = "Körpergewicht (kg)"
    weights["constants"] = {"structure": "body", "quantity": "weight", "unit": "kg"}
    seen["columns"]["time_months"] = "months after RT"
    seen["constants"] = {"time_origin": "end"}
    study["outcomes"]["analyses"] = [{"endpoint": "late gi", "compare": "igrt_protocol"}]
    config.write_text(yaml.safe_dump(study, allow_unicode=True), encoding="utf-8")
    assert main(["check", str(config)]) == 0, capsys.readouterr().err
    out = capsys.readouterr().out
    assert "clinic 3, table: 2 rows read: 2 used" in out
    assert "missing in table" not in out


def test_exports_in_different_places_share_a_folder(tmp_path, capsys):
    for place in ("a", "b", "c"):
        (tmp_path / place).mkdir()
    (tmp_path / "a" / "x.csv").write_text("MRN;Fx;Lat\n1;1;2,5\n")
    (tmp_path / "b" / "y.csv").write_text("MRN;Fx;Lat\n1;1;2,5\n")
    config = tmp_path / "c" / "m.yaml"
    line = [tmp_path / "a" / "x.csv", tmp_path / "b" / "y.csv", "-o", config]
    assert main(["init", *map(str, line)]) == 0
    study = yaml.safe_load(config.read_text(encoding="utf-8"))
    assert study["data_folder"] == str(tmp_path)
    assert [source["path"] for source in study["sources"]] == ["a/x.csv", "b/y.csv"]
