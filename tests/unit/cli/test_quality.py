"""Silent faults on the command line: check shows them, margin waits for an answer."""

import json

import polars as pl
import pytest

import popmargin
from popmargin.cli.main import main
from popmargin.cohorts.faults import inject_fault
from popmargin.core.random_streams import random_stream
from tests.oracles.quality_cohorts import clean_cohort

CONFIG = """
study: two
sources:
  - {label: first, path: a.csv, quantity: setup_error, timing: before_correction}
  - {label: second, path: b.csv, quantity: setup_error, timing: before_correction}
quality: {warn_probability: 0.01}
"""


@pytest.fixture
def files(tmp_path):
    """A clean table, one with ten patients in cm, and a config of two sources that mirror."""
    rng = random_stream(31, "line")
    cohort = clean_cohort(rng, group_mean_mm=2.0)
    cohort.drop("source").write_csv(tmp_path / "clean.csv")
    inject_fault(cohort, "mixed_units", rng=rng).drop("source").write_csv(tmp_path / "cm.csv")
    flipped = inject_fault(cohort, "sign_flip", rng=rng, size=3.0)
    for name in ("a", "b"):
        flipped.filter(source=name).drop("source").write_csv(tmp_path / f"{name}.csv")
    (tmp_path / "two.yaml").write_text(CONFIG)
    return tmp_path


def answer(capsys, *arguments):
    """Exit code and the one JSON object."""
    code = main([*map(str, arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def codes(found):
    return {flag["code"]: flag for flag in found["flags"]}


def test_check_names_the_fault_and_its_effect(files, capsys):
    code, found = answer(capsys, "check", files / "cm.csv")
    assert code == 0
    flag = codes(found)["mixed_units"]
    assert (flag["severity"], flag["patients"]) == ("block", 10)
    assert flag["effect_mm"] < 0
    assert flag["message"] in [row["message"] for row in found["rows"]]
    assert answer(capsys, "check", files / "clean.csv")[1]["rows"] == []


def test_check_of_a_config_looks_at_all_sources_together(files, capsys):
    _, found = answer(capsys, "check", files / "two.yaml")
    assert codes(found)["sign_flip_by_source"]["severity"] in {"warn", "block"}
    assert "first and second" in codes(found)["sign_flip_by_source"]["message"]
    for name in ("a", "b"):
        assert answer(capsys, "check", files / f"{name}.csv")[1]["rows"] == []


def test_margins_wait_for_an_answer(files, capsys):
    code, found = answer(capsys, "margin", files / "cm.csv")
    assert code == 3
    assert all(row["margin_mm"] is None for row in found["rows"])
    assert answer(capsys, "margin", files / "clean.csv")[0] == 0
    stated = "mixed_units=ten patients seen by hand"
    code, found = answer(capsys, "margin", files / "cm.csv", "--override", stated)
    assert code == 0
    assert all(row["margin_mm"] > 0 for row in found["rows"])
    flag = codes(found)["mixed_units"]
    assert flag["severity"] == "warn"
    assert "ten patients seen by hand" in flag["message"]


TIMES = ("before_correction", "after_treatment")
WITH_NUMBERS = {
    "errors": [],
    "margin": ["--recipe", "stroom"],
    "compare": ["--between", "arm"],
    "replay": ["--protocol", "nal:images=3"],
    "scenarios": [],
}


def two_arms(folder):
    """The table with patients in cm, half of its patients in each of two arms."""
    table = pl.read_csv(folder / "cm.csv", infer_schema=False)
    arm = pl.col("patient_id").rank("dense") % 2
    table.with_columns(arm.cast(pl.String).alias("arm")).write_csv(folder / "arms.csv")
    return folder / "arms.csv"


@pytest.mark.parametrize("command", WITH_NUMBERS)
def test_every_command_with_numbers_of_a_log_waits_for_an_answer(files, capsys, command):
    line = [command, two_arms(files), *WITH_NUMBERS[command]]
    code, found = answer(capsys, *line)
    # Errors of the rows are shown as they are, with the flag; there is no margin to withhold.
    assert code == (0 if command == "errors" else 3)
    assert codes(found)["mixed_units"]["severity"] == "block"
    margins = [row[key] for row in found["rows"] for key in row if key.startswith("margin_")]
    assert set(margins) <= {None}
    code, found = answer(capsys, *line, "--override", "mixed_units=ten patients seen by hand")
    assert code == 0
    assert "(overridden by --override: ten patients seen" in codes(found)["mixed_units"]["message"]


def test_motion_within_fractions_waits_too(files, capsys):
    frame = pl.read_csv(files / "cm.csv")
    times = [frame.with_columns(timing=pl.lit(when)) for when in TIMES]
    pl.concat(times).write_csv(files / "fractions.csv")
    assert answer(capsys, "motion", files / "fractions.csv", "--contract", "shifts")[0] == 3


def test_no_packet_leaves_a_centre_without_an_answer(files, capsys):
    line = ["summarise", str(files / "cm.csv"), "--centre", "A", "-o", str(files / "a.json")]
    assert main(line) == 1
    assert "--override FLAG=REASON" in capsys.readouterr().err
    assert not (files / "a.json").exists()
    assert main([*line, "--override", "mixed_units=ten patients seen by hand"]) == 0
    packet = (files / "a.json").read_text()
    assert "mixed_units" in packet
    assert "by hand" not in packet, "free words of a centre do not travel"


def test_margins_in_python_wait_too(files):
    shifts = popmargin.read_shifts(files / "cm.csv")
    found = popmargin.estimate_margins(shifts)
    assert found["margin_mm"].to_list() == [None] * 3
    assert found["reason"][0].startswith("withheld by a blocking flag: mixed_units")
    assert "mixed_units" in popmargin.find_quality_faults(shifts)["code"]
    given = popmargin.estimate_margins(shifts, overrides={"mixed_units": "seen one by one"})
    assert (given["margin_mm"] > 0).all()


@pytest.mark.parametrize("stated", ["mixed_units", "mixed_units=", "mixed_units=ok"])
def test_an_answer_needs_a_reason(files, capsys, stated):
    assert main(["margin", str(files / "clean.csv"), "--override", stated]) == 2
    assert "expected FLAG=REASON" in capsys.readouterr().err


def test_check_counts_plans_as_references_of_their_own(files, capsys):
    text = (files / "clean.csv").read_text().splitlines()
    head, *lines = text
    plans = [f"{line},{2 if int(line.split(',')[1]) > 10 else 1}" for line in lines]
    (files / "plans.csv").write_text("\n".join([f"{head},plan", *plans]) + "\n")
    _, found = answer(capsys, "check", files / "plans.csv")
    flag = codes(found)["units_differ_from_patients"]
    assert (flag["severity"], flag["patients"]) == ("info", 40)
    assert flag["message"].startswith("80 units")
